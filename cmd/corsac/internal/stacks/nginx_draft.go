package stacks

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cors"
)

// draft fills in the draft of a site.
func (s *nginxSite) draft(c *nginxConfig) {
	for _, b := range s.behaviours {
		s.origins(c, b)
		s.settings(b)
	}
	s.unsure()
	s.flags()
	s.Draft.Sort()
}

// entry adds an entry, unless it is there, or no policy can have it.
func (s *nginxSite) entry(field, value string, n *nginxNode, span source.Span) {
	for _, e := range s.Draft.Entries {
		if e.Field == field && e.Value == value {
			return
		}
	}
	if err := validEntry(field, value); err != nil {
		kind, text := leftOut(value, err)
		s.remark(kind, field, text, n, span)
		return
	}
	s.Draft.Entries = append(s.Draft.Entries, Entry{Field: field, Value: value, File: n.file, Span: span})
}

// remark adds a remark, unless it is there.
func (s *nginxSite) remark(kind RemarkKind, field, text string, n *nginxNode, span source.Span) {
	r := Remark{kind, field, text, n.file, span}
	if s.once(r) {
		s.Draft.Remarks = append(s.Draft.Remarks, r)
	}
}

// validEntry returns why no policy can have a value.
func validEntry(field, value string) error {
	p := &cors.Policy{AllowOrigins: []string{"https://app.example.com"}, DangerouslyAllowNullOrigin: true, DangerouslyAllowAllBrowserExtensions: true, DangerouslyAllowInsecureOriginsWithCredentials: true, DangerouslyAllowPublicSuffixesWithCredentials: true}
	switch field {
	case "allow_origins":
		p.AllowOrigins = []string{value}
	case "dangerously_allow_origin_regexps":
		if MatchesNoOrigin(value) {
			return errors.New("no origin is like it, as each begins with a scheme such as https://; write what is meant, with ^https:// before it and $ after it")
		}
		p.DangerouslyAllowOriginRegexps = []string{value}
	case "allow_methods":
		p.AllowMethods = []string{value}
	case "allow_headers":
		p.AllowHeaders = []string{value}
	case "expose_headers":
		p.ExposeHeaders = []string{value}
	}
	_, err := cors.New(*p)
	return err
}

// leftOut returns the remark about a value that no policy can have. Nothing is lost
// with one that browsers never send or never show to scripts.
func leftOut(value string, err error) (RemarkKind, string) {
	var mistake *cors.ConfigError
	if errors.As(err, &mistake) {
		switch mistake.Code {
		case cors.CodeMethodForbidden, cors.CodeHeaderForbidden, cors.CodeHeaderProhibited:
			return Differs, value + " is left out, as it changes nothing: " + mistake.Why + "."
		}
	}
	return Lost, value + " is left out: " + problem(err) + "."
}

// problem returns the first line of an error, without a full stop.
func problem(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	if _, after, ok := strings.Cut(text, "policies.app."); ok {
		text = after // without the place, which is in no file
	}
	if _, after, ok := strings.Cut(text, "]: "); ok {
		text = after // without the field
	}
	return strings.TrimSuffix(text, ".")
}

// origins adds which origins a block allows.
func (s *nginxSite) origins(c *nginxConfig, b *nginxBehaviour) {
	var headers []nginxHeader
	for _, r := range []*nginxReply{&b.stranger.preflight, &b.stranger.get} {
		if r.value("Access-Control-Allow-Origin") != "" {
			headers = r.values("Access-Control-Allow-Origin")
		}
	}
	for _, h := range headers {
		span := h.valueSpan()
		switch {
		case h.value == "*":
			s.entry("allow_origins", "*", h.node, span)
			return
		case h.value == nginxStranger:
			s.everybody(b, h)
			return
		case unknown(h.value):
			s.remark(Dynamic, "allow_origins", "The origin comes from "+h.source()+", which is known only when nginx runs.", h.node, span)
		default:
			s.constant(h)
		}
	}
	for i := range b.tried {
		if t := &b.tried[i]; t.allowed() {
			s.tried(c, t)
		}
	}
}

// everybody says that every origin is repeated.
func (s *nginxSite) everybody(b *nginxBehaviour, h nginxHeader) {
	if b.stranger.get.value("Access-Control-Allow-Credentials") == "true" || b.stranger.preflight.value("Access-Control-Allow-Credentials") == "true" {
		s.remark(Lost, "allow_origins", "Every origin is allowed with credentials, so that any website can read the data of its visitors. No policy says that: list the origins.", h.node, h.valueSpan())
		return
	}
	s.remark(Differs, "allow_origins", "Every origin is repeated; without credentials, * means the same.", h.node, h.valueSpan())
	s.entry("allow_origins", "*", h.node, h.valueSpan())
}

// constant adds the origins that a header has for everybody.
func (s *nginxSite) constant(h nginxHeader) {
	list := strings.FieldsFunc(h.value, func(r rune) bool { return r == ',' || r == ' ' })
	if len(list) > 1 {
		s.remark(Wider, "allow_origins", "Browsers do not accept a list of origins in the header; it is read as what was meant.", h.node, h.valueSpan())
	}
	for _, value := range list {
		bare := strings.TrimRight(value, "/")
		if bare != value {
			s.remark(Wider, "allow_origins", "Browsers accept no slash at the end of "+value+"; it is read without.", h.node, h.valueSpan())
		}
		s.entry("allow_origins", bare, h.node, h.valueSpan())
	}
}

// tried adds what an allowed origin was compared with.
func (s *nginxSite) tried(c *nginxConfig, t *nginxTried) {
	n, span := t.node, t.span()
	if !t.expression {
		value := t.text
		if t.fold {
			value = strings.ToLower(value)
		}
		s.entry("allow_origins", strings.TrimRight(value, "/"), n, span)
		return
	}
	r := c.reading(&t.nginxCompared)
	x := r.Expression
	switch {
	case r.err != nil:
		s.remark(Lost, "dangerously_allow_origin_regexps", "The expression "+t.text+" has what policies do not: "+r.err.Error()+".", n, span)
		return
	case x.Everything:
		s.remark(Differs, "allow_origins", "The expression "+t.text+" matches every origin.", n, span)
		s.entry("allow_origins", "*", n, span)
		return
	case x.Unanchored:
		s.remark(Differs, "allow_origins", "The expression "+t.text+" lacks an anchor (^ or $), so nginx allows more; it is read as if it were there.", n, span)
	}
	if r.dots > 0 {
		s.remark(Differs, "allow_origins", "A dot in the expression "+t.text+" matches any character; it is read as a dot.", n, span)
	}
	for _, o := range x.Origins {
		s.entry("allow_origins", o, n, span)
	}
	for _, re := range x.Regexps {
		if listed, ok := listedOrigins(re); ok {
			for _, o := range listed {
				s.entry("allow_origins", o, n, span)
			}
			continue
		}
		s.entry("dangerously_allow_origin_regexps", re, n, span)
	}
}

// nginxReading is what an expression means.
type nginxReading struct {
	Expression
	err error
	// fixed is the expression with its dots escaped, and dots how many were not.
	fixed string
	dots  int
	// miss is an origin of somebody else that it matches, too.
	miss string
}

// reading returns what an expression means.
func (c *nginxConfig) reading(what *nginxCompared) *nginxReading {
	key := *what
	key.node, key.word = nil, 0
	if r := c.readings[key]; r != nil {
		return r
	}
	var r nginxReading
	r.fixed, r.dots = escapeDots(what.text)
	expr := r.fixed
	if what.fold {
		expr = lowerExpression(expr)
	}
	r.Expression, r.err = ReadExpression(expr, MatchSearch)
	if r.err == nil && !r.Unanchored {
		r.miss = c.nearMiss(expr)
	}
	c.readings[key] = &r
	return &r
}

// span returns where the text of a comparison is.
func (c *nginxCompared) span() source.Span {
	w := c.node.Words[c.word]
	return source.Span{Start: w.Start, End: w.End}
}

// valueSpan returns where the value of a header is.
func (h *nginxHeader) valueSpan() source.Span {
	if h.more || len(h.node.Words) < 3 {
		return h.node.span()
	}
	return source.Span{Start: h.node.Words[2].Start, End: h.node.Words[2].End}
}

// source returns what the value of a header is in the file.
func (h *nginxHeader) source() string {
	if h.more {
		return h.node.arg(1)
	}
	return h.node.arg(2)
}

// settings adds everything but origins.
func (s *nginxSite) settings(b *nginxBehaviour) {
	t := b.example()
	if t == nil {
		return
	}
	for _, x := range []struct {
		header, field, echo string
		first, second       *nginxReply
	}{
		{"Access-Control-Allow-Methods", "allow_methods", nginxMethod, &t.preflight, &t.get},
		{"Access-Control-Allow-Headers", "allow_headers", nginxHeaders, &t.preflight, &t.get},
		{"Access-Control-Expose-Headers", "expose_headers", "", &t.get, &t.get},
	} {
		list := x.first.values(x.header)
		if len(list) == 0 {
			list = x.second.values(x.header)
		}
		for _, h := range list {
			s.names(x.field, x.echo, h)
		}
	}
	for _, h := range t.get.values("Access-Control-Allow-Credentials") {
		if h.value == "true" {
			s.entry("allow_credentials", "true", h.node, h.valueSpan())
		}
	}
	for _, h := range append(t.preflight.values("Access-Control-Max-Age"), t.get.values("Access-Control-Max-Age")...) {
		seconds, err := strconv.Atoi(h.value)
		if err != nil || seconds < 0 {
			continue
		}
		if seconds > nginxMaxAgeSeconds {
			s.remark(Differs, "max_age", "No browser remembers a preflight for longer than a day.", h.node, h.valueSpan())
			seconds = nginxMaxAgeSeconds
		}
		s.single("max_age", (time.Duration(seconds) * time.Second).String(), h)
	}
	for _, h := range t.get.values("Timing-Allow-Origin") {
		if h.value == t.get.value("Access-Control-Allow-Origin") {
			s.entry("allow_timing", "true", h.node, h.valueSpan())
		}
	}
	for _, h := range t.get.values("Cross-Origin-Resource-Policy") {
		s.single("resource_policy", h.value, h)
	}
	if at := t.preflight.at; t.answered() && t.preflight.status != 204 && at != t.get.at { // or it answers all requests
		s.entry("preflight_status", strconv.Itoa(t.preflight.status), at, at.span())
	}
}

// nginxMaxAgeSeconds is the most that a policy can say.
const nginxMaxAgeSeconds = 86400

// single adds an entry of a field with one value, unless it has one.
func (s *nginxSite) single(field, value string, h nginxHeader) {
	if !slices.ContainsFunc(s.Draft.Entries, func(e Entry) bool { return e.Field == field }) {
		s.entry(field, value, h.node, h.valueSpan())
	}
}

// names adds the names in a header.
func (s *nginxSite) names(field, echo string, h nginxHeader) {
	for name := range strings.SplitSeq(h.value, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
		case unknown(name):
			s.remark(Dynamic, field, "It comes from "+h.source()+", which is known only when nginx runs.", h.node, h.valueSpan())
		case echo != "" && name == echo:
			s.entry(field, "*", h.node, h.valueSpan())
		case field == "allow_methods" && slices.Contains([]string{"GET", "HEAD", "POST"}, name):
		default:
			s.entry(field, name, h.node, h.valueSpan())
		}
	}
}

// example returns the replies to an origin that is allowed, or if there is none,
// to a stranger; nil if neither has CORS headers.
func (b *nginxBehaviour) example() *nginxTried {
	for i := range b.tried {
		if b.tried[i].allowed() {
			return &b.tried[i]
		}
	}
	for _, r := range []*nginxReply{&b.stranger.get, &b.stranger.preflight} {
		if len(r.headers) > 0 {
			return &b.stranger
		}
	}
	return nil
}

// unsure says which conditions are not known.
func (s *nginxSite) unsure() {
	for _, b := range s.behaviours {
		for _, n := range append(slices.Clone(b.stranger.get.unsure), b.stranger.preflight.unsure...) {
			if len(n.corsHeaders()) > 0 {
				s.remark(Dynamic, "", "Headers are sent on a condition that is known only when nginx runs.", n, source.Span{Start: n.Start, End: n.Open})
			}
		}
	}
}
