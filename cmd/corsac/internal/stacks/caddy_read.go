package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

var caddySource = &Source{Files: caddyFileNames, Rules: caddyRules.all(), Read: readCaddy}

var caddyWordsOf = proxyWords{
	ruleMaker: "caddy", title: "Caddy",
	repeat:    "{http.request.header.Origin} without a matcher",
	list:      "Compare the origin with those that you trust, with header_regexp in a named matcher, and set {http.request.header.Origin} for that matcher.",
	errors:    "With defer, a > before the name, or a line in the same block that deletes or replaces a header, Caddy sets it when the application has answered. Its own errors, such as 502, go without, so that browsers show a CORS error.",
	errorsFix: "Set the header without defer, in a header directive of its own before the answer, and remove the application's with header_down -Access-Control-Allow-Origin.",
	vary:      "Add header +Vary Origin.",
	preflight: "Answer preflights in Caddy: respond 204 for OPTIONS, in a route before reverse_proxy.",
	app:       "Remove it with header_down -Access-Control-Allow-Origin in reverse_proxy; and the same for the others.",
}

var (
	caddyTooLate = caddyWordsOf.rule("respond-too-late", finding.Error, "preflight-not-routed",
		"The answer to preflights is never reached",
		"Caddy sorts directives: handle comes before route, and both before respond, so that another directive answers first.",
		"Put respond into a route, before reverse_proxy, or into a handle of its own: a route keeps the order of its lines.")
	caddyLiteral = caddyWordsOf.rule("wildcard-is-literal", finding.Error, "no-cors-headers",
		"The matcher header does not know this wildcard",
		"A * stands for anything only at the beginning or the end of the value; elsewhere it is compared as it is, so that no page matches.",
		`Use header_regexp Origin with ^https://([a-z0-9-]+\.)+example\.org$.`)
	caddyPlugin = caddyWordsOf.rule("cors-plugin", finding.Warning, "",
		"The directive cors is of a plugin",
		"Caddy has no such directive by itself, and does not start with it.",
		"Write header lines, as corsac generate caddy does.")

	caddyRules = caddyWordsOf.rules(caddyTooLate, caddyLiteral, caddyPlugin)
)

// readCaddy returns the blocks that set CORS headers.
func readCaddy(t *source.Tree) (sites []*Site) {
	c := loadCaddy(t)
	for _, n := range c.sites {
		for _, scope := range c.scopes(n) {
			if c.engine.full(sites) {
				break
			}
			s := c.read(n, scope)
			s.finish()
			c.lint(s, n)
			sites = append(sites, s.Site)
		}
		sites = append(sites, pluginSites(n)...)
	}
	for i := range c.broken {
		sites = append(sites, c.broken[i].site("Caddy"))
	}
	if c.nodes > caddyMaxNodes {
		sites = append(sites, unreadSite(t.Files(caddyFileNames...)[0]))
	}
	return withoutRepeats(sites)
}

// pluginSites returns the directives cors of a site.
func pluginSites(n *caddyHostBlock) (sites []*Site) {
	for _, d := range n.children {
		if d.word(0) == "cors" {
			at := d.head()
			sites = append(sites, &Site{
				Title: "cors", File: d.file, Span: at.Span, Faults: []Fault{{Rule: caddyPlugin, File: d.file, Span: at.Span}},
				Draft: Draft{Remarks: []Remark{{Lost, "", "The directive cors is of a plugin, whose settings are not read.", d.file, at.Span}}},
			})
		}
	}
	return sites
}

// caddyScope is a block with lines that set CORS headers, and the requests that
// they are for.
type caddyScope struct {
	block      *caddyNode
	host, path string // patterns; "" for all
}

// caddyMaxScopes bounds the scopes of a site.
const caddyMaxScopes = 50

// scopes returns the scopes of a site.
func (c *caddyConfig) scopes(site *caddyHostBlock) (list []caddyScope) {
	site.each(func(n *caddyNode) {
		if !n.setsCORS() || len(list) == caddyMaxScopes {
			return
		}
		scope := caddyScope{block: site.caddyNode}
		for p := n; p != nil && p != site.caddyNode; p = p.parent {
			matcher, _ := p.split()
			host, path := p.only(matcher, "host"), p.onlyPath(matcher)
			if p.word(0) == "handle_errors" {
				return // what errors have besides
			}
			if path != "" && scope.path == "" || host != "" && scope.host == "" {
				scope.host, scope.path, scope.block = firstOf(scope.host, host), firstOf(scope.path, path), p
			}
		}
		if !slices.ContainsFunc(list, func(s caddyScope) bool { return s.host == scope.host && s.path == scope.path }) {
			list = append(list, scope)
		}
	})
	return list
}

func firstOf(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// setsCORS reports whether a directive sets a header of the CORS protocol.
func (n *caddyNode) setsCORS() bool {
	switch n.word(0) {
	case "header":
		_, rest := n.split()
		list, _ := caddyOperations(n, rest)
		return slices.ContainsFunc(list, func(o caddyOperation) bool { return o.kind() != '-' && isCORSHeader(o.name()) })
	case "header_down":
		return len(n.words) > 2 && isCORSHeader(strings.TrimLeft(n.word(1), "+?>"))
	}
	return false
}

// read returns the site of a scope, with what Caddy does there.
func (c *caddyConfig) read(site *caddyHostBlock, scope caddyScope) *proxySite {
	title := strings.Join(scope.block.titles(), " ")
	s := &proxySite{
		Site:   &Site{Title: title, File: scope.block.file, Span: source.Span{Start: scope.block.Start, End: scope.block.End}, Path: strings.TrimSuffix(scope.path, "*")},
		engine: &c.engine, rules: caddyRules, title: "Caddy",
	}
	switch s.Exact = strings.HasPrefix(scope.path, "/") && !strings.Contains(scope.path, "*"); {
	case strings.Contains(s.Path, "*"), s.Path == "/" && !s.Exact:
		s.Path = ""
	}
	host, path := strings.ReplaceAll(scope.host, "*", "corsac"), sampleOfPath(scope.path)
	if path == "" {
		path = "/corsac"
	}
	s.proxyBehaviour = c.engine.behaviour(host, path, func(q proxyRequest) *proxyReply { return c.run(site, q) })
	proxies := site.proxies()
	if len(proxies) > 0 {
		s.Upstream = proxies[0].upstream()
	}
	if c.route(s, site, scope); len(s.Parts) > 0 {
		s.Upstream = s.Parts[0].Upstream
	}
	s.onErrors = func(h proxyHeader) []source.Edit { return site.undefer(h, proxies, s) }
	s.vary = func(h proxyHeader) []source.Edit {
		if n := site.headerOf(h.line); n != nil && n.forEveryone() {
			return []source.Edit{source.Insert(n.Start, "header +Vary Origin"+n.file.NewLine()+n.file.Indent(n.Start))}
		}
		return nil
	}
	if len(proxies) == 1 {
		s.app = func() (proxyPlace, []source.Edit) { return proxies[0].head(), proxies[0].headerDown(s.corsNames()) }
	}
	return s
}

// titles returns the words that a block begins with.
func (n *caddyNode) titles() (list []string) {
	words := n.words
	if n.word(0) == "header" {
		words = words[:min(2, len(words))]
	}
	for _, w := range words {
		list = append(list, strings.ReplaceAll(w.text, proxyUnknown, "…"))
	}
	return list
}

// corsNames returns the headers of the CORS protocol that the proxy sets.
func (s *proxySite) corsNames() (names []string) {
	for _, name := range corsHeaders {
		if slices.ContainsFunc(s.replies(), func(r *proxyReply) bool { return len(r.values(name)) > 0 }) {
			names = append(names, name)
		}
	}
	return names
}

// proxies returns the directives of a site that forward requests.
func (n *caddyHostBlock) proxies() (list []*caddyNode) {
	n.each(func(d *caddyNode) {
		if d.word(0) == "reverse_proxy" || d.word(0) == "php_fastcgi" {
			list = append(list, d)
		}
	})
	return list
}

// upstream returns the URL that a directive forwards to, or "".
func (n *caddyNode) upstream() string {
	_, rest := n.split()
	if len(rest) == 0 || n.word(0) != "reverse_proxy" {
		return ""
	}
	to := rest[0].text
	switch {
	case strings.ContainsAny(to, "{"+proxyUnknown), strings.HasPrefix(to, "unix/"), strings.HasPrefix(to, "h2c://"), strings.HasPrefix(to, "srv+"):
		return ""
	case strings.HasPrefix(to, ":"):
		to = "localhost" + to
	}
	if !strings.Contains(to, "://") {
		to = "http://" + to
	}
	for p := n.parent; p != nil && p.parent != nil; p = p.parent {
		if p.word(0) == "handle_path" { // it takes the path off
			return to + "/"
		}
	}
	return to
}

// headerOf returns the directive header that a line is, or is in.
func (n *caddyHostBlock) headerOf(line proxyPlace) (found *caddyNode) {
	n.each(func(d *caddyNode) {
		if d.word(0) == "header" && d.file == line.file && d.Start <= line.Start && line.End <= d.End {
			found = d
		}
	})
	return found
}

// forEveryone reports whether the blocks around a directive ask for no more than a
// path.
func (n *caddyNode) forEveryone() bool {
	for p := n.parent; p != nil && p.parent != nil; p = p.parent {
		if matcher, _ := p.split(); strings.HasPrefix(matcher, "@") {
			return false
		}
	}
	return true
}

// headerDown returns the edits that remove headers of the application, as far as
// they are not removed yet.
func (n *caddyNode) headerDown(names []string) []source.Edit {
	unit, newline := n.file.IndentUnit("\t"), n.file.NewLine()
	indent := n.file.Indent(n.Start)
	var b strings.Builder
	for _, name := range names {
		if !n.removes(name) {
			b.WriteString(newline + indent + unit + "header_down -" + name)
		}
	}
	switch {
	case b.Len() == 0:
		return nil
	case n.Block:
		return []source.Edit{source.Insert(n.Open+1, b.String())}
	}
	return []source.Edit{source.Insert(n.End, " {"+b.String()+newline+indent+"}")}
}

// removes reports whether a header of the application is removed.
func (n *caddyNode) removes(name string) bool {
	answer := proxyReply{headers: []proxyHeader{{name: name}}}
	for _, c := range n.children {
		if field, ok := strings.CutPrefix(c.word(1), "-"); ok && c.word(0) == "header_down" {
			answer.remove(field)
		}
	}
	return len(answer.headers) == 0
}

// undefer returns the edits that set a header before the application answers.
// Without defer, one of the application is no longer replaced: it must be removed,
// which is only safe where the header is set for everybody.
func (n *caddyHostBlock) undefer(h proxyHeader, proxies []*caddyNode, s *proxySite) (edits []source.Edit) {
	d := n.headerOf(h.line)
	if d == nil || len(proxies) > 1 {
		return nil
	}
	_, rest := d.split()
	list, _ := caddyOperations(d, rest)
	var names []string
	for i := range list {
		o := &list[i]
		switch o.kind() {
		case '-', 'r', '?':
			return nil
		case '>':
			edits = append(edits, source.Edit{Span: source.Span{Start: strings.Index(d.file.Text[o.line.Start:], ">") + o.line.Start, End: strings.Index(d.file.Text[o.line.Start:], ">") + o.line.Start + 1}})
		}
		names = append(names, o.name())
	}
	for _, c := range d.children {
		if c.word(0) == "defer" {
			edits = append(edits, source.Edit{Span: source.Span{Start: c.file.LineStart(c.Start), End: c.file.LineEnd(c.Start)}})
		}
	}
	if len(edits) == 0 || len(proxies) == 0 {
		return edits
	}
	down := proxies[0].headerDown(names)
	if len(down) > 0 && (s.stranger.get.value(h.name) != h.value || proxies[0].file != d.file || slices.ContainsFunc(names, func(name string) bool { return !isCORSHeader(name) })) {
		return nil
	}
	return append(edits, down...)
}

// lint adds the faults that only Caddy has.
func (c *caddyConfig) lint(s *proxySite, site *caddyHostBlock) {
	for _, compared := range s.stranger.get.compared {
		if compared.how != proxyExpression && strings.Contains(compared.text, "*") {
			s.fault(caddyLiteral, compared.at, "")
		}
	}
	t := s.example()
	if t == nil || t.preflight.answered() {
		return
	}
	site.each(func(n *caddyNode) {
		matcher, rest := n.split()
		def := n.named(matcher)
		if n.word(0) != "respond" || def == nil {
			return
		}
		r := &caddyRun{caddyConfig: c, q: proxyRequest{method: "OPTIONS", origin: t.origin, requestMethod: proxyMethod, requestHeaders: proxyHeaders, host: s.host, path: s.path}, reply: &proxyReply{}, site: site, values: map[string]string{}}
		matches, known := r.condition(n, matcher)
		r.q.method = "GET"
		also, _ := r.condition(n, matcher)
		if status := caddyStatus(rest); matches && known && !also && status >= 200 && status < 300 {
			s.fault(caddyTooLate, n.head(), "")
		}
	})
}
