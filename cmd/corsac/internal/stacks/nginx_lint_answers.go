package stacks

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// nginxReadable are the headers without which a page cannot read an answer.
var nginxReadable = []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Vary"}

// lintAnswers looks at which answers have the headers.
func (s *nginxSite) lintAnswers(b *nginxBehaviour) {
	example := b.example()
	if example == nil {
		return
	}
	for _, r := range b.replies() {
		if r.block.kind == "if" && r.status != 0 || r.value("Access-Control-Allow-Origin") == "" {
			continue // the answer of a return has no errors
		}
		for _, h := range r.headers {
			if !h.always && !h.more && slices.ContainsFunc(nginxReadable, func(name string) bool { return strings.EqualFold(name, h.name) }) && r.status == 0 {
				s.fault(nginxAlwaysMissing, h.node, h.node.span(), "", source.Insert(h.node.End-1, " always"))
			}
		}
	}
	if b.differs() {
		s.lintVary(b, example)
	}
	for i := range b.tried {
		t := &b.tried[i]
		if t.preflight.allows(t.origin) && !t.get.allows(t.origin) && t.get.status == 0 {
			h := t.preflight.values("Access-Control-Allow-Origin")[0]
			s.fault(nginxOnlyPreflight, h.node, h.node.span(), "")
		}
	}
	t := &b.stranger
	if h := t.preflight.values("Access-Control-Allow-Origin"); len(h) > 0 && len(t.get.values("Access-Control-Allow-Origin")) == 0 && t.get.status == 0 {
		s.fault(nginxOnlyPreflight, h[0].node, h[0].node.span(), "")
	}
}

// differs reports whether the answer depends on the origin.
func (b *nginxBehaviour) differs() bool {
	none := b.none.value("Access-Control-Allow-Origin")
	for i := range b.tried {
		if b.tried[i].get.value("Access-Control-Allow-Origin") != none {
			return true
		}
	}
	return b.stranger.get.value("Access-Control-Allow-Origin") != none
}

func (s *nginxSite) lintVary(b *nginxBehaviour, t *nginxTried) {
	headers := t.get.values("Access-Control-Allow-Origin")
	if len(headers) == 0 {
		return
	}
	h := headers[0]
	switch {
	case !t.get.varies():
		var edits []source.Edit
		if h.node.parent.kind != "if" && !h.more {
			edits = append(edits, insertAfter(h.node, "add_header Vary Origin always;"))
		}
		s.fault(nginxVaryMissing, h.node, h.node.span(), "", edits...)
	case !b.stranger.get.varies() && b.stranger.get.status == 0:
		s.fault(nginxVaryIf, h.node, h.node.span(), "")
	}
}

// insertAfter returns an edit that inserts a line after a directive.
func insertAfter(n *nginxNode, line string) source.Edit {
	if rest := n.file.Text[n.End:n.file.LineEnd(n.End)]; strings.TrimLeft(rest, " \t\r\n") != "" && !strings.HasPrefix(strings.TrimLeft(rest, " \t"), "#") {
		return source.Insert(n.End, " "+line)
	}
	at := n.End
	if rest := n.file.Text[n.End:n.file.LineEnd(n.End)]; strings.Contains(rest, "#") {
		at = n.End + len(strings.TrimRight(rest, "\r\n"))
	}
	return source.Insert(at, n.file.NewLine()+n.file.Indent(n.Start)+line)
}

// needsPreflight reports whether what a block allows is of use only after a
// preflight.
func (b *nginxBehaviour) needsPreflight() bool {
	for _, r := range b.replies() {
		if len(r.values("Access-Control-Allow-Methods"))+len(r.values("Access-Control-Allow-Headers"))+len(r.values("Access-Control-Allow-Credentials")) > 0 {
			return true
		}
	}
	return false
}

// lintPreflight looks at the answer to a preflight.
func (s *nginxSite) lintPreflight(b *nginxBehaviour) {
	t := b.example()
	if t == nil || !b.needsPreflight() {
		return
	}
	if t.preflight.at != nil && !t.answered() {
		if t.get.at != t.preflight.at { // otherwise it is about all requests, such as a redirect
			s.fault(nginxRefusedFirst, t.preflight.at, t.preflight.at.span(), "")
		}
		return
	}
	if t.answered() {
		if t.get.allows(t.origin) && !t.preflight.allows(t.origin) || t == &b.stranger && t.get.value("Access-Control-Allow-Origin") != "" && t.preflight.value("Access-Control-Allow-Origin") == "" {
			n, rule := t.preflight.block, nginxPreflightBare
			if n.kind == "if" && len(n.named("add_header")) == 0 {
				rule = nginxLastIf
			}
			s.fault(rule, n, headOf(n), "")
		}
		return
	}
	where, span := b.anchor(s)
	if auth := b.block.authentication(); auth != nil {
		s.fault(nginxAuth, auth, headOf(auth), "")
	}
	if b.block.passes() == nil {
		s.fault(nginxNoPreflightFiles, where, span, "")
	} else {
		s.fault(nginxNoPreflight, where, span, "")
	}
}

// anchor returns where to report what is about a block as a whole.
func (b *nginxBehaviour) anchor(s *nginxSite) (*nginxNode, source.Span) {
	if b.block.Directive != nil {
		return b.block, headOf(b.block)
	}
	first := s.node.corsHeaders()[0]
	return first, first.span()
}

// headOf returns where a directive is, without its block.
func headOf(n *nginxNode) source.Span {
	switch {
	case n.Directive == nil:
		return source.Span{}
	case !n.Block:
		return n.span()
	}
	return source.Span{Start: n.Start, End: n.Words[len(n.Words)-1].End}
}

// authentication returns the directive that refuses requests without
// credentials, or nil.
func (n *nginxNode) authentication() *nginxNode {
	if limit := n.limits(http.MethodOptions); limit != nil {
		return limit
	}
	for _, name := range []string{"auth_basic", "auth_request", "auth_jwt"} {
		if list := n.inherited(name); len(list) > 0 && list[0].arg(1) != "off" {
			return list[0]
		}
	}
	return nil
}

// nginxPasses are the directives that forward requests, with those that hide
// headers of the answer.
var nginxPasses = map[string]string{
	"proxy_pass": "proxy_hide_header", "fastcgi_pass": "fastcgi_hide_header", "uwsgi_pass": "uwsgi_hide_header", "scgi_pass": "scgi_hide_header", "grpc_pass": "grpc_hide_header",
}

// passes returns the directive of a block that forwards requests, or nil.
func (n *nginxNode) passes() *nginxNode {
	for _, c := range n.children {
		if nginxPasses[c.kind] != "" {
			return c
		}
		if c.kind == "if" || c.kind == "limit_except" {
			if p := c.passes(); p != nil {
				return p
			}
		}
	}
	return nil
}

// hides reports whether a block hides a header of the application.
func (n *nginxNode) hides(directive, header string) bool {
	return slices.ContainsFunc(n.inherited(directive), func(h *nginxNode) bool { return strings.EqualFold(h.arg(1), header) })
}

// lintUpstream looks at the headers of the application.
func (s *nginxSite) lintUpstream(b *nginxBehaviour) {
	pass := b.block.passes()
	t := b.example()
	if pass == nil || t == nil {
		return
	}
	headers := t.get.values("Access-Control-Allow-Origin")
	if len(headers) == 0 || headers[0].more || b.block.hides(nginxPasses[pass.kind], "Access-Control-Allow-Origin") {
		return
	}
	var edits []source.Edit
	if len(b.block.inherited(nginxPasses[pass.kind])) == 0 && !b.differs() && pass.parent == b.block {
		for _, name := range b.sent() { // the others of the application are read as before
			edits = append(edits, insertBefore(pass, nginxPasses[pass.kind]+" "+name+";"))
		}
	}
	s.fault(nginxDoubled, pass, pass.span(), "", edits...)
}

// sent returns the CORS headers that nginx sends with some answer.
func (b *nginxBehaviour) sent() (names []string) {
	for _, name := range corsHeaders {
		if slices.ContainsFunc(b.replies(), func(r *nginxReply) bool { return len(r.values(name)) > 0 }) {
			names = append(names, name)
		}
	}
	return names
}

// insertBefore returns an edit that inserts a line before a directive.
func insertBefore(n *nginxNode, line string) source.Edit {
	start := n.file.LineStart(n.Start)
	if strings.TrimLeft(n.file.Text[start:n.Start], " \t") != "" {
		return source.Insert(n.Start, line+" ")
	}
	return source.Insert(start, n.file.Indent(n.Start)+line+n.file.NewLine())
}

// lintErrorPages looks at the locations of error pages.
func (s *nginxSite) lintErrorPages(c *nginxConfig, b *nginxBehaviour) {
	t := b.example()
	if t == nil || t.get.value("Access-Control-Allow-Origin") == "" {
		return
	}
	for _, page := range b.block.inherited("error_page") {
		to := c.errorLocation(b.block, page)
		if to == nil {
			continue
		}
		reply := c.run(to, nginxRequest{method: "GET", origin: t.origin})
		if !c.large() && len(reply.values("Access-Control-Allow-Origin")) == 0 {
			s.fault(nginxErrorPage, to, headOf(to), "")
		}
	}
}

// lintNotes adds what else to know about lines that somebody copied: where nginx
// answers preflights, somebody has thought about it.
func (s *nginxSite) lintNotes(b *nginxBehaviour) {
	t := b.example()
	if t == nil || t.answered() {
		return
	}
	for _, name := range []string{"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"} {
		for _, h := range t.get.values(name) {
			s.fault(nginxEverywhere, h.node, h.node.span(), "")
		}
	}
	acao := t.get.values("Access-Control-Allow-Origin")
	if len(acao) == 0 {
		return
	}
	if acao[0].value == "*" && t.get.value("Access-Control-Allow-Credentials") == "" {
		s.fault(nginxNoCredentials, acao[0].node, acao[0].valueSpan(), "")
	}
	if acao[0].node.kind == "add_header" && acao[0].node.parent.kind != "if" {
		s.fault(nginxFragile, acao[0].node, acao[0].node.span(), "")
	}
	if !b.needsPreflight() {
		return
	}
	if len(t.preflight.values("Access-Control-Max-Age")) == 0 {
		s.fault(nginxNoMaxAge, acao[0].node, acao[0].node.span(), "")
	}
	for _, h := range t.get.values("Access-Control-Allow-Headers") {
		if h.value != "*" && h.value != nginxHeaders && !unknown(h.value) {
			s.fault(nginxFewHeaders, h.node, h.valueSpan(), "")
		}
	}
}

// lintIfs looks at what stands in ifs besides return and set.
func (s *nginxSite) lintIfs() {
	for _, n := range s.node.named("if") {
		if s.node.kind != "location" || len(n.corsHeaders()) == 0 {
			continue
		}
		if n.onlyAnswers() {
			continue
		}
		for _, d := range n.children {
			if !slices.Contains([]string{"return", "set", "rewrite", "break"}, d.kind) {
				s.fault(nginxIf, n, source.Span{Start: n.Start, End: n.Open}, "")
			}
		}
	}
}

// onlyAnswers reports whether an if adds headers and returns, so that it does not
// matter which of the settings around it apply.
func (n *nginxNode) onlyAnswers() bool {
	return len(n.named("return")) > 0 && !slices.ContainsFunc(n.children, func(d *nginxNode) bool {
		return !slices.Contains([]string{"add_header", "more_set_headers", "return", "set", "default_type"}, d.kind)
	})
}

// lintInheritance finds the blocks in a site that have its headers no longer.
func (s *nginxSite) lintInheritance() {
	if !slices.ContainsFunc(s.node.named("add_header"), func(n *nginxNode) bool { return strings.EqualFold(n.arg(1), "Access-Control-Allow-Origin") }) {
		return
	}
	s.node.each(func(n *nginxNode) {
		own := n.named("add_header")
		if n == s.node || len(own) == 0 || n.kind != "location" && n.kind != "if" && n.kind != "server" {
			return
		}
		for _, d := range own {
			if strings.EqualFold(d.arg(1), "Access-Control-Allow-Origin") {
				return
			}
		}
		if n.parent.up(s.node.kind) == nil {
			return
		}
		rule := nginxInheritance
		if n.kind == "if" {
			rule = nginxPreflightBare
		}
		s.fault(rule, n, headOf(n), "")
	})
}
