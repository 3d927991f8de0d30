package stacks

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cors"
)

var nginxSource = &Source{Files: nginxFileNames, Rules: nginxRules, Read: readNginx, Change: changeNginx}

// readNginx returns the blocks that set CORS headers.
func readNginx(t *source.Tree) []*Site {
	sites, _ := loadNginx(t, nil).read()
	return sites
}

// nginxSite is a site with what nginx does there.
type nginxSite struct {
	*Site
	node       *nginxNode
	behaviours []*nginxBehaviour
}

// read returns the sites, and for each the block that it is, and what nginx does
// with requests for it.
func (c *nginxConfig) read() (sites []*Site, more []*nginxSite) {
	for _, top := range c.tops {
		top.each(func(n *nginxNode) {
			if own := n.corsHeaders(); len(own) > 0 && n.kind != "if" {
				s := &nginxSite{Site: &Site{Title: n.title(), File: n.file, Span: n.span(), Path: n.prefix()}, node: n}
				more = append(more, s)
			}
		})
	}
	if len(more) > 0 {
		for _, block := range c.blocks() {
			c.assign(more, block)
		}
	}
	for _, s := range more {
		s.draft()
		s.lint(c)
		sites = append(sites, s.Site)
	}
	for _, b := range c.broken {
		at := source.Span{Start: b.Offset, End: min(b.Offset+1, len(b.file.Text))}
		remark := Remark{Lost, "", "nginx's syntax is broken here, so the file was not read: " + b.Problem + ".", b.file, at}
		sites = append(sites, &Site{Title: "the file", File: b.file, Span: at, Draft: Draft{Remarks: []Remark{remark}}})
	}
	return sites, more
}

// assign gives a block that answers requests to the site that decides about it.
func (c *nginxConfig) assign(sites []*nginxSite, block *nginxNode) {
	owner := block.owner()
	if owner == nil || block.kind == "server" && owner == block && len(block.named("location")) > 0 && !owner.answers() {
		return
	}
	for _, s := range sites {
		if s.node == owner {
			s.behaviours = append(s.behaviours, c.behaviour(block))
			if s.Upstream == "" {
				s.Upstream = c.upstream(block)
			}
		}
	}
}

// answers reports whether requests can get an answer of the server itself: no
// location has all paths.
func (n *nginxNode) answers() bool {
	for _, l := range n.named("location") {
		if slices.Equal(l.args(), []string{"/"}) {
			return false
		}
	}
	return true
}

// owner returns the block whose lines decide about CORS for a block: itself, if
// it or an if in it sets CORS headers, or the nearest around it whose headers it
// inherits; nil if there is none.
func (n *nginxNode) owner() *nginxNode {
	for b := n; b != nil; b = b.parent {
		if len(b.corsHeaders()) > 0 {
			return b
		}
		if len(b.named("add_header")) > 0 {
			return nil
		}
	}
	return nil
}

// corsHeaders returns the directives of a block and of the ifs in it that set
// CORS headers.
func (n *nginxNode) corsHeaders() (list []*nginxNode) {
	for _, d := range n.children {
		switch {
		case d.kind == "if" && n.kind != "if":
			list = append(list, d.corsHeaders()...)
		case d.setsCORS():
			list = append(list, d)
		}
	}
	return list
}

// setsCORS reports whether a directive sets a header of the CORS protocol.
func (n *nginxNode) setsCORS() bool {
	switch n.kind {
	case "add_header":
		return isCORSHeader(n.arg(1))
	case "more_set_headers":
		return slices.ContainsFunc(n.args(), func(arg string) bool {
			name, _, _ := strings.Cut(arg, ":")
			return isCORSHeader(strings.TrimSpace(name))
		})
	}
	return false
}

func isCORSHeader(name string) bool {
	return slices.ContainsFunc(corsHeaders, func(h string) bool { return strings.EqualFold(h, name) }) || strings.EqualFold(name, "Timing-Allow-Origin")
}

// title says what a block is.
func (n *nginxNode) title() string {
	switch {
	case n.Directive == nil:
		return "the file"
	case n.kind == "server":
		for _, key := range []string{"server_name", "listen"} {
			if d := n.named(key); len(d) > 0 && d[0].arg(1) != "_" {
				return "server " + d[0].arg(1)
			}
		}
	}
	return strings.Join(append([]string{n.kind}, n.args()...), " ")
}

// prefix returns the prefix of the paths of a location; "" for all, or if only an
// expression says which.
func (n *nginxNode) prefix() string {
	if n.kind != "location" || n.Directive == nil {
		return ""
	}
	switch args := n.args(); {
	case len(args) == 1 && strings.HasPrefix(args[0], "/") && args[0] != "/":
		return args[0]
	case len(args) == 2 && (args[0] == "=" || args[0] == "^~") && args[1] != "/":
		return args[1]
	case len(args) == 2 && strings.HasPrefix(args[1], "^/"):
		path := args[1][1:]
		if i := strings.IndexAny(path, `\.+*?()|[]{}^$`); i >= 0 {
			path = path[:strings.LastIndexByte(path[:i], '/')+1]
		}
		return strings.TrimSuffix(path, "/")
	}
	return ""
}

// upstream returns the URL that a block forwards to, or "".
func (c *nginxConfig) upstream(block *nginxNode) string {
	for _, p := range block.named("proxy_pass") {
		scheme, rest, ok := strings.Cut(p.arg(1), "://")
		if !ok || strings.Contains(rest, "$") {
			continue
		}
		host, path, _ := strings.Cut(rest, "/")
		for _, top := range c.tops {
			top.each(func(n *nginxNode) {
				if n.kind == "upstream" && n.arg(1) == host && len(n.named("server")) > 0 {
					host = n.named("server")[0].arg(1)
				}
			})
		}
		if strings.HasPrefix(host, "unix:") {
			return ""
		}
		return strings.TrimSuffix(scheme+"://"+host+"/"+path, "/")
	}
	return ""
}

// draft fills in the draft of a site.
func (s *nginxSite) draft() {
	for _, b := range s.behaviours {
		s.origins(b)
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
		s.remark(Lost, field, value+" is left out: "+problem(err)+".", n, span)
		return
	}
	s.Draft.Entries = append(s.Draft.Entries, Entry{Field: field, Value: value, File: n.file, Span: span})
}

// remark adds a remark, unless it is there.
func (s *nginxSite) remark(kind RemarkKind, field, text string, n *nginxNode, span source.Span) {
	r := Remark{kind, field, text, n.file, span}
	if !slices.Contains(s.Draft.Remarks, r) {
		s.Draft.Remarks = append(s.Draft.Remarks, r)
	}
}

// validEntry returns why no policy can have a value.
func validEntry(field, value string) error {
	p := &cors.Policy{AllowOrigins: []string{"https://app.example.com"}, DangerouslyAllowNullOrigin: true, DangerouslyAllowInsecureOriginsWithCredentials: true, DangerouslyAllowPublicSuffixesWithCredentials: true}
	switch field {
	case "allow_origins":
		p.AllowOrigins = []string{value}
	case "dangerously_allow_origin_regexps":
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

// problem returns the first line of an error, without a full stop.
func problem(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	if _, after, ok := strings.Cut(text, "]: "); ok {
		text = after // without the field
	}
	return strings.TrimSuffix(text, ".")
}

// origins adds which origins a block allows.
func (s *nginxSite) origins(b *nginxBehaviour) {
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
			s.tried(t)
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
		s.remark(Differs, "allow_origins", "Browsers do not accept a list of origins in the header; it is read as what was meant.", h.node, h.valueSpan())
	}
	for _, value := range list {
		bare := strings.TrimRight(value, "/")
		if bare != value {
			s.remark(Differs, "allow_origins", "Browsers accept no slash at the end of "+value+"; it is read without.", h.node, h.valueSpan())
		}
		s.entry("allow_origins", bare, h.node, h.valueSpan())
	}
}

// tried adds what an allowed origin was compared with.
func (s *nginxSite) tried(t *nginxTried) {
	n, span := t.node, t.span()
	if !t.expression {
		value := t.text
		if t.fold {
			value = strings.ToLower(value)
		}
		s.entry("allow_origins", strings.TrimRight(value, "/"), n, span)
		return
	}
	expr := t.meaning()
	x, err := ReadExpression(expr, MatchSearch)
	switch {
	case err != nil:
		s.remark(Lost, "dangerously_allow_origin_regexps", "The expression "+t.text+" has what policies do not: "+err.Error()+".", n, span)
		return
	case x.Everything:
		s.remark(Differs, "allow_origins", "The expression "+t.text+" matches every origin.", n, span)
		s.entry("allow_origins", "*", n, span)
		return
	case x.Unanchored:
		s.remark(Differs, "allow_origins", "The expression "+t.text+" lacks an anchor (^ or $), so nginx allows more; it is read as if it were there.", n, span)
	}
	if bare, _ := escapeDots(t.text); bare != t.text {
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

// meaning returns the expression as its author meant it.
func (c *nginxCompared) meaning() string {
	expr, _ := escapeDots(c.text)
	if c.fold {
		expr = lowerExpression(expr)
	}
	return expr
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
	if at := t.preflight.at; t.answered() && t.preflight.status != 204 {
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

// flags adds the settings that a policy needs for what is there.
func (s *nginxSite) flags() {
	names := []string{"dangerously_allow_null_origin", "dangerously_allow_insecure_origins_with_credentials", "dangerously_allow_public_suffixes_with_credentials"}
	with := func(on []string) bool {
		d := Draft{Entries: slices.Clone(s.Draft.Entries)}
		for _, name := range on {
			d.Entries = append(d.Entries, Entry{Field: name, Value: "true"})
		}
		_, err := d.Policy()
		return err == nil
	}
	if len(s.Draft.Entries) == 0 || !with(names) {
		return
	}
	needed := slices.Clone(names)
	for _, name := range names {
		if less := slices.DeleteFunc(slices.Clone(needed), func(s string) bool { return s == name }); with(less) {
			needed = less
		}
	}
	first := s.Draft.Entries[0]
	for _, name := range needed {
		s.Draft.Entries = append(s.Draft.Entries, Entry{Field: name, Value: "true", File: first.File, Span: first.Span})
		s.Draft.Remarks = append(s.Draft.Remarks, Remark{Differs, name, "The origins need " + name + ": what is there is not safe.", first.File, first.Span})
	}
}

// escapeDots puts a backslash before each dot of an expression between two
// characters of names, where it is meant as one. n is the number of them.
func escapeDots(expr string) (escaped string, n int) {
	var b strings.Builder
	name := func(i int) bool {
		return i >= 0 && i < len(expr) && (expr[i] == '-' || expr[i] >= '0' && expr[i] <= '9' || expr[i]|0x20 >= 'a' && expr[i]|0x20 <= 'z')
	}
	syntaxAt := map[int]bool{}
	scan(expr, func(i, _ int) { syntaxAt[i] = true })
	for i := range len(expr) {
		before := name(i-1) && syntaxAt[i-1] || i > 0 && strings.IndexByte(")]+*?", expr[i-1]) >= 0
		after := name(i+1) || i+1 < len(expr) && expr[i+1] == ')'
		if expr[i] == '.' && syntaxAt[i] && before && after {
			b.WriteByte('\\')
			n++
		}
		b.WriteByte(expr[i])
	}
	return b.String(), n
}

// lowerExpression returns an expression with its letters in lower case, except
// those after a backslash, which would mean something else.
func lowerExpression(expr string) string {
	b := []byte(expr)
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' {
			i++
		} else if b[i] >= 'A' && b[i] <= 'Z' {
			b[i] |= 0x20
		}
	}
	return string(b)
}
