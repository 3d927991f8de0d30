package stacks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/haproxycfg"
)

var haproxySource = &Source{Files: haproxyFileNames, Rules: haproxyRules.all(), Read: readHAProxy}

var haproxyWords = proxyWords{
	ruleMaker: "haproxy", title: "HAProxy",
	repeat:    "%[req.hdr(origin)] without a condition",
	list:      "Keep the origin in a variable if it is one that you trust (http-request set-var(txn.cors_origin) req.fhdr(origin) if cors_allowed), and send that.",
	errors:    "http-response does not run for answers that HAProxy makes itself, such as 503, so that pages cannot read them: browsers show a CORS error.",
	errorsFix: "Write http-after-response for http-response (HAProxy 2.2 and newer).",
	vary:      "Add http-after-response add-header Vary Origin.",
	preflight: "Answer preflights in HAProxy: http-request return status 204 if METH_OPTIONS.",
	app:       "Write set-header for add-header, or del-header Access-Control-Allow-Origin before it.",
}

var (
	haproxyGone = haproxyWords.rule("request-headers-in-response", finding.Error, "no-cors-headers",
		"The condition never matches",
		"The headers of the request are gone when http-response and http-after-response run; HAProxy only warns.",
		"Keep the origin in a variable: http-request set-var(txn.cors_origin) req.fhdr(origin).")
	haproxyCut = haproxyWords.rule("origin-cut", finding.Warning, "acao-other-origin",
		"Long origins are cut",
		"A capture keeps no more than its length, and browsers refuse an origin that was cut.",
		"Keep the origin in a variable, or write len 256.")
	haproxySplits = haproxyWords.rule("splits-at-commas", finding.Note, "",
		"req.hdr splits the header at commas",
		"No browser sends several origins, but a request that was made by hand matches with any of them.",
		"Write req.fhdr, which reads the whole header.")
	haproxyRemoved = haproxyWords.rule("removed-keyword", finding.Error, "no-cors-headers",
		"rspadd no longer exists",
		"HAProxy 2.1 and newer do not start with it.",
		"Write http-after-response set-header.")

	haproxyRules = haproxyWords.rules(haproxyGone, haproxyCut, haproxySplits, haproxyRemoved)
)

// readHAProxy returns the sections that set CORS headers.
func readHAProxy(t *source.Tree) (sites []*Site) {
	for _, c := range loadHAProxy(t) {
		for _, s := range c.sections {
			if slices.ContainsFunc(s.Lines, haproxySetsCORS) && !c.engine.full(sites) {
				sites = append(sites, c.site(s))
			}
		}
		for i := range c.broken {
			sites = append(sites, c.broken[i].site("HAProxy"))
		}
	}
	return withoutRepeats(sites)
}

// site returns the site of a section.
func (c *haproxyConfig) site(section *haproxySection) *Site {
	front, back := section, (*haproxySection)(nil)
	var line *haproxycfg.Line
	if section.kind() == "backend" {
		front, line = c.user(section)
		back = section
	}
	path := ""
	if line != nil {
		if wants := front.wants(line); len(wants) == 1 && wants[0].isPrefix() {
			path = wants[0].paths[0]
		}
	}
	s := &proxySite{
		Site:   &Site{Title: strings.TrimSpace(section.Word(0) + " " + section.Word(1)), File: section.file, Span: source.Span{Start: section.Start, End: section.end}, Path: path},
		engine: &c.engine, rules: haproxyRules, title: "HAProxy", literal: '"',
	}
	gone := map[proxyPlace]bool{}
	s.proxyBehaviour = c.engine.behaviour("", firstOf(path, "/corsac"), func(q proxyRequest) *proxyReply { return c.run(front, back, q, gone) })
	c.route(s, section)
	s.onErrors = func(h proxyHeader) []source.Edit {
		if word, rest, _ := strings.Cut(h.line.In(h.line.file), " "); word == "http-response" && !strings.HasPrefix(strings.TrimSpace(rest), "replace-") {
			return h.line.replace("http-response", "http-after-response")
		}
		return nil
	}
	s.vary = func(h proxyHeader) []source.Edit {
		word, _, _ := strings.Cut(h.line.In(h.line.file), " ")
		if !strings.HasPrefix(word, "http-") || word == "http-request" {
			return nil
		}
		return []source.Edit{source.Insert(h.line.Start, word+" add-header Vary Origin"+h.line.file.NewLine()+h.line.file.Indent(h.line.Start))}
	}
	s.app = func() (proxyPlace, []source.Edit) { return s.replacing() }
	s.finish()
	c.lint(s, section, front, gone)
	return s.Site
}

// replacing returns the line that adds Access-Control-Allow-Origin, and the edits
// that let it and those of the other headers replace what is there.
func (s *proxySite) replacing() (at proxyPlace, edits []source.Edit) {
	seen := map[proxyPlace]bool{}
	for _, r := range s.replies() {
		for _, h := range r.headers {
			if h.line.file == nil || seen[h.line] || !isCORSHeader(h.name) {
				continue
			}
			seen[h.line] = true
			if at.file == nil && strings.EqualFold(h.name, "Access-Control-Allow-Origin") {
				at = h.line
			}
			edits = append(edits, h.line.replace(" add-header ", " set-header ")...)
		}
	}
	return at, edits
}

// haproxyLongOrigin is how long an origin that people use may be.
const haproxyLongOrigin = 100

// lint adds the faults that only HAProxy has.
func (c *haproxyConfig) lint(s *proxySite, section, front *haproxySection, gone map[proxyPlace]bool) {
	for at := range gone {
		s.fault(haproxyGone, at, "")
	}
	sections := []*haproxySection{section}
	if front != nil && front != section {
		sections = append(sections, front)
	}
	for _, sec := range sections {
		for _, l := range sec.captures {
			for i, w := range l.Words {
				if n, err := strconv.Atoi(l.Word(i + 1)); w.Text == "len" && err == nil && n < haproxyLongOrigin && strings.Contains(strings.ToLower(strings.Join(wordsOf(l), " ")), "origin") {
					s.fault(haproxyCut, sec.at(l.Words[i], l.Words[i+1]), "", source.Edit{Span: source.Span{Start: l.Words[i+1].Start, End: l.Words[i+1].End}, New: "256"})
				}
			}
		}
		for _, l := range sec.Lines {
			switch {
			case strings.HasPrefix(l.Word(0), "rsp"):
				s.fault(haproxyRemoved, sec.at(l.Words[0], l.Words[0]), "")
			case l.Word(0) == "acl" || l.Word(0) == "http-request":
				s.lintSplits(sec, l)
			}
		}
	}
	slices.SortStableFunc(s.Faults, func(a, b Fault) int { return a.Start - b.Start })
}

// lintSplits looks for req.hdr(origin).
func (s *proxySite) lintSplits(sec *haproxySection, l *haproxycfg.Line) {
	for _, w := range l.Words {
		at := sec.at(w, w)
		lower := strings.ToLower(at.In(sec.file))
		for _, fetch := range []string{"req.hdr(origin)", "hdr(origin)"} {
			if i := strings.Index(lower, fetch); i == 0 {
				name := strings.Index(lower, "hdr(")
				s.fault(haproxySplits, at, "", source.Edit{Span: source.Span{Start: at.Start, End: at.Start + name + 3}, New: "req.fhdr"})
			}
		}
	}
}

func wordsOf(l *haproxycfg.Line) (list []string) {
	for _, w := range l.Words {
		list = append(list, w.Text)
	}
	return list
}
