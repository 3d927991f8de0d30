package stacks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/origin"
)

// fault adds a fault, unless it is there.
func (s *proxySite) fault(r *Rule, at proxyPlace, evidence string, edits ...source.Edit) {
	if at.file != nil && s.once("fault "+r.ID, at) {
		s.Faults = append(s.Faults, Fault{Rule: r, File: at.file, Span: at.Span, Evidence: evidence, Edits: edits})
	}
}

// lint adds the faults of a site.
func (s *proxySite) lint() {
	for _, r := range s.replies()[1:] { // nobody reads that to a request without an origin
		s.lintValues(r)
	}
	if !s.lintEverybody() {
		for i := range s.tried {
			if t := &s.tried[i]; t.allowed() {
				s.lintCompared(t)
			}
		}
	}
	if t := s.example(); t != nil {
		s.lintErrors(t)
		s.lintVary(t)
		s.lintPreflight(t)
		s.lintApplication(t)
	}
}

// lintValues looks at the values of the headers.
func (s *proxySite) lintValues(r *proxyReply) {
	acao := r.values("Access-Control-Allow-Origin")
	credentials := r.value("Access-Control-Allow-Credentials") == "true"
	if len(acao) > 1 && !acao[1].unsure && !acao[0].unsure {
		s.fault(s.rules.twice, acao[1].line, "")
	}
	for _, h := range acao {
		s.lintOrigin(h, credentials)
	}
	for _, h := range r.values("Access-Control-Allow-Credentials") {
		if h.value != "true" && !strings.Contains(h.value, proxyUnknown) {
			s.fault(s.rules.notTrue, h.at, "")
		}
	}
	for _, h := range r.values("Access-Control-Max-Age") {
		if _, err := strconv.Atoi(h.value); err != nil && !strings.Contains(h.value, proxyUnknown) {
			s.fault(s.rules.maxAge, h.at, "")
		}
	}
	for _, name := range []string{"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Expose-Headers"} {
		for _, h := range r.values(name) {
			if strings.TrimSpace(h.value) == "*" && credentials {
				s.fault(s.rules.wildcardNames, h.at, "")
			}
		}
	}
}

// proxyOwnAddress are what in a value stands for the server's own address, in the
// languages of the proxies.
var proxyOwnAddress = []string{
	"{host}", "{hostport}", "{http.request.host}", "{http.request.hostport}", "{scheme}", "{http.request.scheme}",
	"%{HTTP_HOST}", "%{SERVER_NAME}", "%{req:Host}", "req.hdr(host)", "hdr(host)", "req.fhdr(host)", "req.http.host",
}

// lintOrigin looks at the value of Access-Control-Allow-Origin.
func (s *proxySite) lintOrigin(h proxyHeader, credentials bool) {
	v := h.value
	single := strings.TrimRight(v, "/")
	switch o, err := origin.Parse(single); {
	case v == "" && !h.unsure:
		s.fault(s.rules.empty, h.at, "")
	case v == "*":
		if credentials && !h.unsure {
			s.fault(s.rules.wildcard, h.at, "")
		}
	case strings.Contains(v, proxyUnknown):
		if slices.ContainsFunc(proxyOwnAddress, func(own string) bool { return strings.Contains(strings.ToLower(h.written), strings.ToLower(own)) }) {
			s.fault(s.rules.ownOrigin, h.at, "")
		}
	case v == "null":
		s.fault(s.rules.null, h.at, "")
	case strings.ContainsAny(strings.TrimSpace(v), " ,"):
		s.fault(s.rules.several, h.at, "")
	case strings.Contains(v, "*"):
		s.fault(s.rules.subdomains, h.at, "")
	case v == proxyStranger:
	case err == nil && !o.IsOpaque() && v != single:
		s.fault(s.rules.slash, h.at, "", h.at.replace(v, single)...)
	case (err != nil || o.String() != v) && strings.Contains(h.written, v):
		s.fault(s.rules.invalid, h.at, "")
	}
}

// replace returns the edit that replaces a text at a place, if it stands there as
// it is.
func (p proxyPlace) replace(old, by string) []source.Edit {
	i := strings.Index(p.In(p.file), old)
	if i < 0 || old == "" {
		return nil
	}
	return []source.Edit{{Span: source.Span{Start: p.Start + i, End: p.Start + i + len(old)}, New: by}}
}

// lintEverybody looks whether every origin is repeated, and reports that.
func (s *proxySite) lintEverybody() (everybody bool) {
	for _, r := range []*proxyReply{s.stranger.get, s.stranger.preflight} {
		for _, h := range r.values("Access-Control-Allow-Origin") {
			switch {
			case h.unsure || h.value != proxyStranger:
				everybody = everybody || h.value == "*"
			case r.value("Access-Control-Allow-Credentials") == "true":
				everybody = true
				s.fault(s.rules.reflects, h.at, "")
			default:
				everybody = true
				s.fault(s.rules.reflectsPlain, h.at, "")
			}
		}
	}
	return everybody
}

// lintCompared looks at what an origin that is allowed was compared with.
func (s *proxySite) lintCompared(t *proxyTried) {
	if t.fold {
		s.fault(s.rules.fold, t.at, "")
	}
	switch t.how {
	case proxyIs:
		if t.text == "null" {
			s.fault(s.rules.null, t.at, "")
		}
	case proxyExpression:
		s.lintExpression(t)
	default:
		if miss := s.miss(t); miss != "" {
			s.fault(s.rules.partial, t.at, t.text+" also matches "+miss)
		}
	}
}

// lintExpression looks at an expression.
func (s *proxySite) lintExpression(t *proxyTried) {
	x, err := ReadExpression(t.text, MatchSearch)
	switch {
	case err != nil:
	case x.Everything:
		return
	case x.Unanchored && onlyStartOpen(t.text):
		s.fault(s.rules.start, t.at, "", s.unlessQuoted(t.at, t.anchors())...)
	case x.Unanchored:
		s.fault(s.rules.unanchored, t.at, "", s.unlessQuoted(t.at, t.anchors())...)
	}
	escaped, dots := escapeDots(t.text)
	if dots > 0 {
		s.fault(s.rules.dot, t.at, "", s.unlessQuoted(t.at, t.at.replace(t.text, escaped))...)
	} else if miss := s.miss(t); miss != "" && !x.Unanchored {
		s.fault(s.rules.wide, t.at, t.text+" also matches "+miss)
	}
}

// unlessQuoted returns edits of an expression, but none if it stands where more than
// quotes must be escaped.
func (s *proxySite) unlessQuoted(at proxyPlace, edits []source.Edit) []source.Edit {
	if s.literal != 0 && strings.IndexByte(at.In(at.file), s.literal) >= 0 {
		return nil
	}
	return edits
}

// anchors returns the edits that put anchors around an expression that begins
// with a scheme and has no alternatives outside of a group: what it then matches
// is what it says.
func (c *proxyCompared) anchors() []source.Edit {
	_, atStart, atEnd := withoutAnchors(c.text)
	inner := strings.TrimLeft(strings.TrimPrefix(c.text, "^"), "(?:")
	if !strings.HasPrefix(inner, "http") || len(alternativesOutside(c.text)) > 1 {
		return nil
	}
	anchored := c.text
	if !atStart {
		anchored = "^" + anchored
	}
	if !atEnd {
		anchored += "$"
	}
	return c.at.replace(c.text, anchored)
}

// miss returns an origin of somebody else that is allowed like the one that was
// tried; "" if none is found.
func (s *proxySite) miss(t *proxyTried) string {
	o, err := origin.Parse(t.origin)
	if err != nil || o.IsOpaque() {
		return ""
	}
	domain, ok := o.RegistrableDomain()
	host := o.Host()
	list := []string{host + ".stranger.example", "stranger-" + host, "stranger" + host}
	if label, rest, found := strings.Cut(host, "."); found {
		list = append(list, label+"stranger."+rest, label+".stranger"+rest, "stranger"+rest)
	}
	for _, other := range list {
		miss, err := origin.Parse(strings.Replace(t.origin, host, other, 1))
		if err != nil {
			continue
		}
		d, also := miss.RegistrableDomain()
		if tried := s.try(miss.String()); (!ok || also && d != domain) && tried.allowed() {
			return miss.String()
		}
	}
	return ""
}

// proxyReadable are the headers without which a page cannot read an answer.
var proxyReadable = []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Vary"}

// lintErrors looks at the errors of the proxy itself.
func (s *proxySite) lintErrors(t *proxyTried) {
	if t.down.status < 400 || len(t.get.values("Access-Control-Allow-Origin")) == 0 || len(t.down.values("Access-Control-Allow-Origin")) > 0 {
		return
	}
	for _, h := range t.get.headers {
		if h.line.file == nil || len(t.down.values(h.name)) > 0 || !slices.ContainsFunc(proxyReadable, func(name string) bool { return strings.EqualFold(name, h.name) }) {
			continue
		}
		var edits []source.Edit
		if s.onErrors != nil {
			edits = s.onErrors(h)
		}
		s.fault(s.rules.errors, h.line, "", edits...)
	}
}

// differs reports whether the answer depends on the origin.
func (s *proxySite) differs() bool {
	none := s.none.value("Access-Control-Allow-Origin")
	for i := range s.tried {
		if s.tried[i].get.value("Access-Control-Allow-Origin") != none {
			return true
		}
	}
	return s.stranger.get.value("Access-Control-Allow-Origin") != none
}

func (s *proxySite) lintVary(t *proxyTried) {
	headers := t.get.values("Access-Control-Allow-Origin")
	if len(headers) == 0 || !s.differs() {
		return
	}
	h := headers[0]
	switch {
	case !t.get.varies():
		var edits []source.Edit
		if s.vary != nil {
			edits = s.vary(h)
		}
		s.fault(s.rules.vary, h.line, "", edits...)
	case !s.stranger.get.varies() && s.stranger.get.status == 0:
		s.fault(s.rules.varyIf, h.line, "")
	}
}

// needsPreflight reports whether what is allowed is of use only after a
// preflight.
func (s *proxySite) needsPreflight() bool {
	return slices.ContainsFunc(s.replies(), func(r *proxyReply) bool {
		return len(r.values("Access-Control-Allow-Methods"))+len(r.values("Access-Control-Allow-Headers"))+len(r.values("Access-Control-Allow-Credentials")) > 0
	})
}

// lintPreflight looks at the answer to a preflight.
func (s *proxySite) lintPreflight(t *proxyTried) {
	acao := t.preflight.values("Access-Control-Allow-Origin")
	if len(acao) > 0 && !acao[0].unsure && len(t.get.values("Access-Control-Allow-Origin")) == 0 && t.get.status == 0 {
		s.fault(s.rules.only, acao[0].line, "")
	}
	switch {
	case !s.needsPreflight():
		return
	case t.preflight.status == 0:
		first := t.get.values("Access-Control-Allow-Origin")
		if len(first) > 0 {
			s.fault(s.rules.noPreflight, first[0].line, "")
		}
		return
	case t.preflight.auth:
		s.fault(s.rules.auth, t.preflight.by, "")
		return
	case !t.preflight.answered():
		if t.get.by != t.preflight.by { // otherwise it is about all requests, such as a redirect
			s.fault(s.rules.refused, t.preflight.by, "")
		}
		return
	}
	if len(acao) == 0 {
		s.fault(s.rules.bare, t.preflight.by, "")
	} else if len(t.preflight.values("Access-Control-Max-Age")) == 0 {
		s.fault(s.rules.noMaxAge, acao[0].line, "")
	}
	plain := s.run(proxyRequest{method: "OPTIONS", origin: t.origin, host: s.host, path: s.path})
	if plain.answered() && t.preflight.by == plain.by && (t.get.status == 0 || t.get.by != plain.by) {
		s.fault(s.rules.options, plain.by, "")
	}
}

// lintApplication looks at what becomes of the headers of the application.
func (s *proxySite) lintApplication(t *proxyTried) {
	has := func(r *proxyReply) bool {
		return slices.ContainsFunc(r.values("Access-Control-Allow-Origin"), func(h proxyHeader) bool { return h.value == proxyApplication })
	}
	rule := s.rules.kept
	switch {
	case has(t.own) && len(t.own.values("Access-Control-Allow-Origin")) > 1:
		rule = s.rules.doubled
	case has(t.own):
	case !has(s.stranger.own) || len(s.stranger.get.values("Access-Control-Allow-Origin")) > 0:
		return
	}
	var at proxyPlace
	var edits []source.Edit
	if own := t.get.values("Access-Control-Allow-Origin"); len(own) > 0 {
		at = own[0].line
	}
	if s.app != nil {
		at, edits = s.app()
	}
	if rule == s.rules.kept {
		edits = nil // whom the application allows may be as it should be
	}
	s.fault(rule, at, "", edits...)
}

// withoutRepeats leaves out the faults of sites that one before them has, too:
// lines that are inherited are a part of several.
func withoutRepeats(sites []*Site) []*Site {
	type key struct {
		rule *Rule
		file string
		source.Span
	}
	seen := map[key]bool{}
	for _, s := range sites {
		s.Faults = slices.DeleteFunc(s.Faults, func(f Fault) bool {
			k := key{f.Rule, f.File.Name, f.Span}
			defer func() { seen[k] = true }()
			return seen[k]
		})
	}
	return sites
}
