package stacks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/origin"
)

// fault adds a fault, unless it is there.
func (s *nginxSite) fault(r *Rule, n *nginxNode, span source.Span, evidence string, edits ...source.Edit) {
	if s.once(nginxFault{r, n.file.Name, span}) {
		s.Faults = append(s.Faults, Fault{Rule: r, File: n.file, Span: span, Evidence: evidence, Edits: edits})
	}
}

// nginxFault is what makes two faults the same.
type nginxFault struct {
	rule *Rule
	file string
	source.Span
}

// lint adds the faults of a site.
func (s *nginxSite) lint(c *nginxConfig) {
	for _, b := range s.behaviours {
		s.lintValues(b)
		s.lintComparisons(c, b)
		s.lintAnswers(b)
		s.lintPreflight(b)
		s.lintUpstream(b)
		s.lintErrorPages(c, b)
		s.lintNotes(b)
	}
	s.lintIfs()
	s.lintInheritance()
	slices.SortStableFunc(s.Faults, func(a, b Fault) int {
		if a.File != b.File {
			return strings.Compare(a.File.Name, b.File.Name)
		}
		return a.Start - b.Start
	})
}

// replies returns all replies of a behaviour.
func (b *nginxBehaviour) replies() []*nginxReply {
	list := []*nginxReply{&b.none, &b.stranger.get, &b.stranger.preflight}
	for i := range b.tried {
		list = append(list, &b.tried[i].get, &b.tried[i].preflight)
	}
	return list
}

// lintValues looks at the values of the headers.
func (s *nginxSite) lintValues(b *nginxBehaviour) {
	for _, r := range b.replies() {
		acao := r.values("Access-Control-Allow-Origin")
		credentials := r.value("Access-Control-Allow-Credentials") == "true"
		if len(acao) > 1 {
			s.fault(nginxTwice, acao[1].node, acao[1].node.span(), "")
		}
		for _, h := range acao {
			s.lintOrigin(h, credentials)
		}
		for _, h := range r.values("Access-Control-Allow-Credentials") {
			if h.value != "true" && !unknown(h.value) {
				s.fault(nginxNotTrue, h.node, h.valueSpan(), "")
			}
		}
		for _, h := range r.values("Access-Control-Max-Age") {
			if _, err := strconv.Atoi(h.value); err != nil && !unknown(h.value) {
				s.fault(nginxMaxAge, h.node, h.valueSpan(), "")
			}
		}
		for _, name := range []string{"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Expose-Headers"} {
			for _, h := range r.values(name) {
				if strings.TrimSpace(h.value) == "*" && credentials {
					s.fault(nginxWildcardNames, h.node, h.valueSpan(), "")
				}
			}
		}
	}
}

// lintOrigin looks at the value of Access-Control-Allow-Origin.
func (s *nginxSite) lintOrigin(h nginxHeader, credentials bool) {
	v, span := h.value, h.valueSpan()
	single := strings.TrimRight(v, "/")
	switch o, err := origin.Parse(single); {
	case v == "*":
		if credentials {
			s.fault(nginxWildcardCredentials, h.node, span, "")
		}
	case unknown(v):
		if text := h.source(); strings.Contains(text, "$scheme") || strings.Contains(text, "$host") || strings.Contains(text, "$server_name") {
			s.fault(nginxOwnOrigin, h.node, span, "")
		}
	case v == "null":
		s.fault(nginxNull, h.node, span, "")
	case strings.ContainsAny(strings.TrimSpace(v), " ,"):
		s.fault(nginxSeveral, h.node, span, "")
	case strings.Contains(v, "*"):
		s.fault(nginxSubdomains, h.node, span, "")
	case v == nginxStranger:
	case err == nil && !o.IsOpaque() && v != single:
		var edits []source.Edit
		if text := span.In(h.node.file); !h.more && strings.TrimRight(strings.Trim(text, `"'`), "/") == single {
			at := span.Start + strings.Index(text, single) + len(single)
			edits = append(edits, source.Edit{Span: source.Span{Start: at, End: at + len(v) - len(single)}})
		}
		s.fault(nginxSlash, h.node, span, "", edits...)
	case (err != nil || o.String() != v) && strings.Contains(h.source(), v):
		s.fault(nginxInvalid, h.node, span, "")
	}
}

// lintComparisons looks at what origins are compared with.
func (s *nginxSite) lintComparisons(c *nginxConfig, b *nginxBehaviour) {
	everybody := false
	for _, r := range []*nginxReply{&b.stranger.get, &b.stranger.preflight} {
		for _, h := range r.values("Access-Control-Allow-Origin") {
			if h.value != nginxStranger || r.status >= 400 {
				continue
			}
			everybody = true
			rule := nginxReflectsPlain
			if r.value("Access-Control-Allow-Credentials") == "true" {
				rule = nginxReflects
			}
			s.fault(rule, h.node, h.valueSpan(), "")
		}
	}
	if everybody {
		return
	}
	for i := range b.tried {
		if t := &b.tried[i]; t.allowed() {
			s.lintExpression(c, t)
		}
	}
}

// lintExpression looks at an expression, or a key of a map.
func (s *nginxSite) lintExpression(c *nginxConfig, t *nginxTried) {
	n, span := t.node, t.span()
	if !t.expression {
		switch {
		case t.text == "null":
			s.fault(nginxNull, n, span, "")
		case n.parent.kind == "map" && t.get.value("Access-Control-Allow-Origin") == t.origin:
			s.fault(nginxMapCase, n.parent, source.Span{Start: n.parent.Start, End: n.parent.Open}, "")
		}
		return
	}
	whole, r := t.text, c.reading(&t.nginxCompared)
	if r.err == nil && r.Unanchored {
		rule := nginxUnanchored
		if onlyStartOpen(t.text) {
			rule = nginxStart
		}
		s.fault(rule, n, span, "", anchorEdits(t)...)
	} else if r.miss != "" {
		s.fault(nginxWide, n, span, t.text+" also matches "+r.miss)
	}
	if r.dots > 0 {
		s.fault(nginxDot, n, span, "", replaceText(t, whole, r.fixed)...)
	}
	if t.fold {
		var edits []source.Edit
		at := strings.Index(span.In(n.file), "~*")
		if n.kind == "if" {
			w := n.Words[t.word-1]
			at = strings.Index(n.file.Text[w.Start:w.End], "~*") + w.Start - span.Start
		}
		if lowerExpression(whole) == whole && at+span.Start >= n.Start {
			star := span.Start + at + 1
			edits = append(edits, source.Edit{Span: source.Span{Start: star, End: star + 1}})
		}
		s.fault(nginxFold, n, span, "", edits...)
	}
}

// anchorEdits returns the edits that put anchors around an expression that begins
// with a scheme and has no alternatives outside of a group: what it then matches
// is what it says.
func anchorEdits(t *nginxTried) (edits []source.Edit) {
	expr := t.text
	_, atStart, atEnd := withoutAnchors(expr)
	inner := strings.TrimLeft(strings.TrimPrefix(expr, "^"), "(?:")
	if !strings.HasPrefix(inner, "http") || len(alternativesOutside(expr)) > 1 {
		return nil
	}
	text := t.span().In(t.node.file)
	at := strings.Index(text, expr)
	if at < 0 {
		return nil
	}
	start := t.span().Start + at
	if !atStart {
		edits = append(edits, source.Insert(start, "^"))
	}
	if !atEnd {
		edits = append(edits, source.Insert(start+len(expr), "$"))
	}
	return edits
}

// alternativesOutside splits an expression at each | that is in no group.
func alternativesOutside(expr string) (parts []string) {
	start := 0
	scan(expr, func(i, depth int) {
		if expr[i] == '|' && depth == 0 {
			parts = append(parts, expr[start:i])
			start = i + 1
		}
	})
	return append(parts, expr[start:])
}

// replaceText returns the edit that replaces the text of a comparison, if it
// stands in the file as it is.
func replaceText(t *nginxTried, old, by string) []source.Edit {
	span := t.span()
	at := strings.Index(span.In(t.node.file), old)
	if at < 0 {
		return nil
	}
	start := span.Start + at
	return []source.Edit{{Span: source.Span{Start: start, End: start + len(old)}, New: by}}
}

// nearMiss returns an origin of somebody else that an expression matches besides
// one of its own; "" if none is found.
func (c *nginxConfig) nearMiss(expr string) string {
	sample := c.sample(expr, false)
	o, err := origin.Parse(sample)
	re := c.expression(expr, false, sample)
	if err != nil || o.IsOpaque() || re == nil {
		return ""
	}
	domain, ok := o.RegistrableDomain()
	host := o.Host()
	for _, other := range []string{host + ".stranger.example", "stranger-" + host, "stranger" + host} {
		miss, err := origin.Parse(strings.Replace(sample, host, other, 1))
		if err != nil {
			continue
		}
		if d, also := miss.RegistrableDomain(); also && ok && d != domain && re.MatchString(miss.String()) {
			return miss.String()
		}
	}
	return ""
}
