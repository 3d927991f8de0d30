package stacks

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/origin"
)

// proxySite is a site of a proxy, with what the proxy does there.
type proxySite struct {
	*Site
	*proxyBehaviour

	engine *proxyEngine
	rules  *proxyRules
	// title is that of the stack.
	title string
	// literal is a quote in which more than quotes must be escaped, so that nothing
	// is edited there; 0 if there is none.
	literal byte
	// onErrors returns the edits that let errors have a header, vary those that
	// add Vary: Origin after its line, and app those that remove the header of the
	// application; each may be nil.
	onErrors, vary func(proxyHeader) []source.Edit
	app            func() (proxyPlace, []source.Edit)
	done           map[string]bool
}

// once reports whether something is new.
func (s *proxySite) once(what string, at proxyPlace) bool {
	key := what + "\x00" + strconv.Itoa(at.Start) + "\x00" + at.file.Name
	if s.done == nil {
		s.done = map[string]bool{}
	}
	if s.done[key] || len(s.done) > 20*proxyMaxTried {
		return false
	}
	s.done[key] = true
	return true
}

// entry adds an entry, unless it is there, or no policy can have it.
func (s *proxySite) entry(field, value string, at proxyPlace) {
	if slices.ContainsFunc(s.Draft.Entries, func(e Entry) bool { return e.Field == field && e.Value == value }) {
		return
	}
	if err := validEntry(field, value); err != nil {
		kind, text := leftOut(value, err)
		s.remark(kind, field, text, at)
		return
	}
	s.Draft.Entries = append(s.Draft.Entries, Entry{Field: field, Value: value, File: at.file, Span: at.Span})
}

// remark adds a remark, unless it is there.
func (s *proxySite) remark(kind RemarkKind, field, text string, at proxyPlace) {
	if s.once("remark "+field+text, at) {
		s.Draft.Remarks = append(s.Draft.Remarks, Remark{kind, field, text, at.file, at.Span})
	}
}

// finish fills in the draft and the faults of a site.
func (s *proxySite) finish() {
	if s.engine.work >= proxyMaxWork {
		s.remark(Lost, "", "The configuration is too large to find out what "+s.title+" does with it.", proxyPlace{s.File, source.Span{Start: s.Start, End: s.Start}})
		return
	}
	s.origins()
	s.settings()
	s.flags()
	s.Draft.Sort()
	s.lint()
	slices.SortStableFunc(s.Faults, func(a, b Fault) int {
		if a.File != b.File {
			return strings.Compare(a.File.Name, b.File.Name)
		}
		return a.Start - b.Start
	})
}

// origins adds which origins are allowed.
func (s *proxySite) origins() {
	refused, others := s.refused()
	for _, r := range []*proxyReply{s.stranger.get, s.stranger.preflight} {
		for _, h := range r.values("Access-Control-Allow-Origin") {
			switch {
			case refused && others: // those are read below
			case refused:
				s.remark(Dynamic, "allow_origins", s.title+" refuses requests, and which ones is not clear.", h.line)
			case h.unsure:
				s.remark(Dynamic, "allow_origins", "It is sent on a condition that is known only when "+s.title+" runs.", h.line)
			case h.value == "*":
				s.entry("allow_origins", "*", h.at)
			case h.value == proxyStranger:
				s.everybody(r, h)
			case strings.Contains(h.value, proxyUnknown):
				s.remark(Dynamic, "allow_origins", "The origin comes from "+h.written+", which is known only when "+s.title+" runs.", h.at)
			default:
				s.constant(h)
			}
		}
	}
	if s.everyone() {
		return
	}
	for i := range s.tried {
		if t := &s.tried[i]; t.allowed() {
			s.compared(t)
		}
	}
	for i := range s.tried {
		for _, r := range []*proxyReply{s.tried[i].get, s.tried[i].preflight} {
			for _, h := range r.values("Access-Control-Allow-Origin") {
				if h.value != s.tried[i].origin && h.value != "*" && !h.unsure && !strings.Contains(h.value, proxyUnknown) {
					s.constant(h)
				}
			}
		}
	}
}

// refused reports whether a request of a stranger is refused, whatever headers the
// answer has, and whether requests of other origins are not.
func (s *proxySite) refused() (yes, others bool) {
	is := func(r *proxyReply) bool { return r.status == 401 || r.status == 403 }
	for i := range s.tried {
		others = others || s.tried[i].allowed() && !is(s.tried[i].get)
	}
	return is(s.stranger.get), others
}

// everyone reports whether the entries allow every origin.
func (s *proxySite) everyone() bool {
	return slices.ContainsFunc(s.Draft.Entries, func(e Entry) bool { return e.Field == "allow_origins" && e.Value == "*" })
}

// everybody says that every origin is repeated.
func (s *proxySite) everybody(r *proxyReply, h proxyHeader) {
	if r.value("Access-Control-Allow-Credentials") == "true" {
		s.remark(Lost, "allow_origins", allCredentials, h.at)
		return
	}
	s.remark(Differs, "allow_origins", "Every origin is repeated"+sameAsAny, h.at)
	s.entry("allow_origins", "*", h.at)
}

// constant adds the origins that a header has, whoever asks.
func (s *proxySite) constant(h proxyHeader) {
	list := strings.FieldsFunc(h.value, func(r rune) bool { return r == ',' || r == ' ' })
	if len(list) > 1 {
		s.remark(Wider, "allow_origins", "Browsers do not accept a list of origins in the header; it is read as what was meant.", h.at)
	}
	for _, value := range list {
		bare := strings.TrimRight(value, "/")
		if bare != value {
			s.remark(Wider, "allow_origins", "Browsers accept no slash at the end of "+value+"; it is read without.", h.at)
		}
		s.entry("allow_origins", bare, h.at)
	}
}

// compared adds what an allowed origin was compared with.
func (s *proxySite) compared(t *proxyTried) {
	switch t.how {
	case proxyIs:
		value := t.text
		if t.fold {
			value = strings.ToLower(value)
		}
		s.entry("allow_origins", strings.TrimRight(value, "/"), t.at)
	case proxyExpression:
		s.expression(t)
	default:
		s.partial(t)
	}
}

// expression adds what an expression means.
func (s *proxySite) expression(t *proxyTried) {
	expr, dots := t.meaning()
	x, err := ReadExpression(expr, MatchSearch)
	switch {
	case err != nil:
		s.remark(Lost, "dangerously_allow_origin_regexps", "The expression "+t.text+" has what policies do not: "+err.Error()+".", t.at)
		return
	case x.Everything:
		s.remark(Differs, "allow_origins", "The expression "+t.text+" matches every origin.", t.at)
		s.entry("allow_origins", "*", t.at)
		return
	case x.Unanchored:
		s.remark(Differs, "allow_origins", "The expression "+t.text+" lacks an anchor (^ or $), so "+s.title+" allows more; it is read as if it were there.", t.at)
	}
	if dots > 0 {
		s.remark(Differs, "allow_origins", "A dot in the expression "+t.text+" matches any character; it is read as a dot.", t.at)
	}
	for _, o := range x.Origins {
		s.entry("allow_origins", o, t.at)
	}
	for _, re := range x.Regexps {
		if listed, ok := listedOrigins(re); ok {
			for _, o := range listed {
				s.entry("allow_origins", o, t.at)
			}
			continue
		}
		s.entry("dangerously_allow_origin_regexps", re, t.at)
	}
}

// meaning returns an expression as its author meant it, and how many dots of it
// would have to be escaped for that.
func (c *proxyCompared) meaning() (expr string, dots int) {
	expr, dots = escapeDots(c.text)
	if c.fold {
		expr = lowerExpression(expr)
	}
	return expr, dots
}

// partial adds what comparing with a part of an origin means.
func (s *proxySite) partial(t *proxyTried) {
	text := strings.ToLower(t.text)
	var meant []string
	scheme, host, ok := strings.Cut(text, "://")
	switch {
	case !ok && t.how == proxyBegins:
		s.remark(Lost, "allow_origins", "Every origin that begins with "+t.text+" is allowed; no policy says that.", t.at)
		return
	case !ok:
		scheme, host = "https", text
	case t.how == proxyBegins && strings.HasSuffix(host, ":"):
		s.entry("allow_origins", text+"*", t.at)
		return
	}
	if bare := strings.TrimPrefix(host, "."); bare != host {
		meant = append(meant, scheme+"://*."+bare)
	} else {
		meant = append(meant, scheme+"://"+host)
		if !ok && strings.Contains(host, ".") {
			meant = append(meant, scheme+"://*."+host)
		}
	}
	s.remark(Differs, "allow_origins", s.title+" compares only a part of the origin with "+t.text+", and so allows more; it is read as "+strings.Join(meant, " and ")+".", t.at)
	for _, m := range meant {
		if _, err := origin.ParsePattern(m); err == nil {
			s.entry("allow_origins", m, t.at)
		}
	}
}

// settings adds everything but origins.
func (s *proxySite) settings() {
	t := s.example()
	if t == nil {
		return
	}
	for _, x := range []struct {
		header, field string
		first, second *proxyReply
	}{
		{"Access-Control-Allow-Methods", "allow_methods", t.preflight, t.get},
		{"Access-Control-Allow-Headers", "allow_headers", t.preflight, t.get},
		{"Access-Control-Expose-Headers", "expose_headers", t.get, t.get},
	} {
		list := x.first.values(x.header)
		if len(list) == 0 {
			list = x.second.values(x.header)
		}
		for _, h := range list {
			s.names(x.field, h)
		}
	}
	for _, h := range t.get.values("Access-Control-Allow-Credentials") {
		if h.value == "true" {
			s.entry("allow_credentials", "true", h.at)
		}
	}
	for _, h := range append(t.preflight.values("Access-Control-Max-Age"), t.get.values("Access-Control-Max-Age")...) {
		s.maxAge(h)
	}
	for _, h := range t.get.values("Timing-Allow-Origin") {
		if h.value == t.get.value("Access-Control-Allow-Origin") {
			s.entry("allow_timing", "true", h.at)
		}
	}
	for _, h := range t.get.values("Cross-Origin-Resource-Policy") {
		s.single("resource_policy", h.value, h.at)
	}
	if t.preflight.answered() && t.preflight.status != 204 && !t.preflight.empty {
		s.entry("preflight_status", strconv.Itoa(t.preflight.status), t.preflight.by)
	}
}

func (s *proxySite) maxAge(h proxyHeader) {
	seconds, err := strconv.Atoi(strings.TrimSpace(h.value))
	if err != nil || seconds < 0 {
		return
	}
	if seconds > nginxMaxAgeSeconds {
		s.remark(Differs, "max_age", "No browser remembers a preflight for longer than a day.", h.at)
		seconds = nginxMaxAgeSeconds
	}
	s.single("max_age", (time.Duration(seconds) * time.Second).String(), h.at)
}

// single adds an entry of a field with one value, unless it has one.
func (s *proxySite) single(field, value string, at proxyPlace) {
	if !slices.ContainsFunc(s.Draft.Entries, func(e Entry) bool { return e.Field == field }) {
		s.entry(field, value, at)
	}
}

// names adds the names in a header.
func (s *proxySite) names(field string, h proxyHeader) {
	for name := range strings.SplitSeq(h.value, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
		case strings.Contains(name, proxyUnknown) || h.unsure:
			s.remark(Dynamic, field, "It comes from "+h.written+", which is known only when "+s.title+" runs.", h.at)
		case field == "allow_methods" && name == proxyMethod, field == "allow_headers" && name == proxyHeaders:
			s.entry(field, "*", h.at)
		case field == "allow_methods" && slices.Contains([]string{"GET", "HEAD", "POST"}, name):
		default:
			s.entry(field, name, h.at)
		}
	}
}

// unreadSite says that the files of a tree have more directives than are read.
func unreadSite(f *source.File) *Site {
	remark := Remark{Lost, "", "The files have too many directives, or include each other too often: some were not read.", f, source.Span{}}
	return &Site{Title: "the file", File: f, Draft: Draft{Remarks: []Remark{remark}}}
}
