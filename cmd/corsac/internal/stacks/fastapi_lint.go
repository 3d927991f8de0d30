package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/origin"
)

// faults returns the mistakes of a CORSMiddleware.
func (c *asgiCORS) faults(p *asgi, options map[string]pyOption, s *Site) []Fault {
	l := &pyLinter{pyReader: pyReader{file: c.file, at: c.stmt}}
	get := func(name string) *python.Expr { return options[name].value }
	for _, name := range []string{"allow_origins", "allow_methods", "allow_headers", "expose_headers"} {
		l.notString(name, get(name))
	}
	l.anyOrigin(s)
	l.originList(get("allow_origins"))
	l.cases(get("allow_origins"), s, 0)
	l.expression(get("allow_origin_regex"), s)
	switch methods := get("allow_methods"); {
	case methods == nil && !c.spreads():
		l.fault(fastapiDefaultMethods, c.call.Span)
	case methods != nil && l.hasStar(methods):
		l.fault(fastapiEveryMethod, methods.Span)
	}
	if headers := get("allow_headers"); headers != nil && l.hasStar(headers) {
		l.fault(fastapiEveryHeader, headers.Span)
	}
	c.places(p, l)
	around := c.around()
	if c.shape != asgiWrapped && !slices.Contains(around, "ServerErrorMiddleware") && !c.part {
		l.fault(fastapiUnhandled, c.call.Span)
	}
	star := slices.ContainsFunc(s.Draft.Entries, func(e Entry) bool { return e.Field == "allow_origins" && e.Value == "*" })
	if !star && !slices.ContainsFunc(around, p.varying) {
		l.fault(fastapiVary, c.call.Span)
	}
	if !star {
		l.fault(fastapiRefused, c.call.Span)
	}
	if !star && get("allow_credentials") == nil && !c.spreads() {
		l.fault(fastapiNoCredentials, c.call.Span)
	}
	return l.faults
}

// around returns the names of the middlewares around the same application.
func (c *asgiCORS) around() []string { return middlewares(c.file, c.owner(), c.stmt, c) }

// spreads reports whether options of the call are spread into it, so that what
// is not seen may be there.
func (c *asgiCORS) spreads() bool {
	return slices.ContainsFunc(c.args, func(a python.Arg) bool { return a.Star != "" })
}

// notString finds a string where a list belongs. A literal becomes a list of one
// where that allows nobody else: for origins, if no part of it is an origin.
func (l *pyLinter) notString(name string, e *python.Expr) {
	if e == nil {
		return
	}
	value := l.file.Follow(e, l.at)
	switch {
	case l.file.isVariable(value):
		l.fault(fastapiString, e.Span)
	case value.Kind != python.String || value.Text == "*" && name != "allow_origins" || value.Text == "":
	case value == e && name == "allow_origins" && value.Text != "*" && !strings.ContainsAny(value.Text, "*, "):
		text := e.In(l.file.File)
		l.fault(fastapiString, e.Span, source.Edit{Span: e.Span, New: "[" + strings.TrimSuffix(strings.TrimPrefix(text, "("), ")") + "]"})
	default:
		l.fault(fastapiString, e.Span)
	}
}

// anyOrigin finds credentials for every origin, in the remarks of the site.
func (l *pyLinter) anyOrigin(s *Site) {
	for _, r := range s.Draft.Remarks {
		if r.Kind == Lost && r.Field == "allow_origins" && strings.HasPrefix(r.Text, "Every website") {
			l.fault(fastapiAnyWithCredentials, r.Span)
		}
	}
}

// originList finds entries that allow nothing, or everybody.
func (l *pyLinter) originList(e *python.Expr) {
	if e == nil {
		return
	}
	quiet := pyReader{file: l.file, at: l.at}
	items, _ := quiet.strings("", e)
	for _, item := range items {
		if rule := originRule(item.Text, len(items) > 1); rule != nil {
			l.fault(rule, item.Span)
		}
	}
}

// cases reports the mistakes in the lists of one if condition else other, which
// are there in one case only.
func (l *pyLinter) cases(e *python.Expr, s *Site, depth int) {
	if e == nil || depth > maxFollow {
		return
	}
	value := l.file.Follow(e, l.at)
	last := len(value.Items) - 1
	if value.Kind != python.Other || last < 2 || slices.Index(value.Ops, "if") != 0 || slices.Index(value.Ops, "else") != len(value.Ops)-1 {
		return
	}
	for _, list := range []*python.Expr{value.Items[0], value.Items[last]} {
		before := len(l.faults)
		l.notString("allow_origins", list)
		l.originList(list)
		if l.hasStar(list) && hasCredentials(s) {
			l.fault(fastapiAnyWithCredentials, list.Span)
		}
		l.cases(list, s, depth+1)
		for i := range l.faults[before:] {
			f := &l.faults[before+i]
			if f.Evidence == "" {
				f.Evidence = shorten(f.Span.In(l.file.File))
			}
			if !strings.HasPrefix(f.Evidence, inOneCase) {
				f.Evidence = inOneCase + f.Evidence
			}
		}
	}
}

// originRule returns what is wrong with an entry of allow_origins, or nil.
func originRule(s string, among bool) *Rule {
	pattern, err := origin.ParsePattern(s)
	scheme, host, ok := strings.Cut(s, "://")
	switch {
	case s == "*" && among:
		return fastapiStarAmong
	case s == "*" || err == nil && pattern.IsExact():
		return nil
	case s == "null":
		return fastapiNull
	case err == nil || strings.Contains(s, "*"):
		return fastapiWildcard
	case !ok || scheme == "":
		return fastapiScheme
	case strings.HasSuffix(host, "/") && !strings.Contains(strings.TrimSuffix(host, "/"), "/"):
		return fastapiSlash
	case strings.Contains(host, "/"):
		return fastapiPath
	}
	return fastapiSpelling
}

// expression finds what is wrong with allow_origin_regex.
func (l *pyLinter) expression(e *python.Expr, s *Site) {
	if e == nil {
		return
	}
	value := l.regex(e)
	switch value.Kind {
	case python.String:
	case python.List, python.Tuple, python.Set:
		l.fault(fastapiRegexList, e.Span)
		return
	default:
		return
	}
	x, err := ReadExpression(value.Text, MatchWhole)
	switch credentials := hasCredentials(s); {
	case err != nil:
	case x.Everything && !credentials:
		l.fault(fastapiRegexAll, e.Span)
	case x.Everything:
	case slices.ContainsFunc(x.Regexps, func(re string) bool { return tooWide(re) && manyOwners(re) }):
		l.fault(fastapiRegexWide, e.Span)
	case slices.ContainsFunc(x.Regexps, anyDot.MatchString):
		l.fault(fastapiRegexDot, e.Span, l.escapeDots(value)...)
	}
}

// places finds what is wrong with where a CORSMiddleware is.
func (c *asgiCORS) places(p *asgi, l *pyLinter) {
	if c.part || c.app != nil && c.app.prefix != "" {
		l.fault(fastapiPart, c.call.Span)
	}
	for _, other := range p.cors {
		if other == c {
			break
		}
		if c.app != nil && other.app == c.app && other.path == c.path {
			l.fault(fastapiTwo, c.call.Span)
			break
		}
	}
	for _, outer := range c.outside() {
		l.fault(fastapiOutside, outer.Span)
	}
}

// harmless are middlewares that may be outside of CORSMiddleware: they answer
// nothing by themselves, or only change the answers.
var harmless = []string{"GZipMiddleware", varyClass, "BrotliMiddleware", "ProxyHeadersMiddleware", "ServerErrorMiddleware", "CORSMiddleware", belowClass}

// outside returns the statements or elements that put another middleware outside
// of this one.
func (c *asgiCORS) outside() (list []*python.Expr) {
	if c.app == nil || c.app.file != c.file {
		return nil
	}
	switch c.shape {
	case asgiAdded:
		after := false
		for _, s := range c.file.block(c.stmt) {
			if class, yes := addsMiddleware(s, c.app.name); after && yes && !slices.Contains(harmless, lastPart(class)) {
				list = append(list, &python.Expr{Span: source.Span{Start: s.Start, End: s.End}})
			}
			after = after || s == c.stmt
		}
	case asgiListed:
		for _, item := range c.app.middleware().Items {
			if item == c.call {
				break
			}
			if class := argument(item, 0, "cls"); class == nil || !slices.Contains(harmless, lastPart(class.Name)) {
				list = append(list, item)
			}
		}
	}
	return list
}

// ownFaults returns the mistakes of headers that are set by hand.
func (p *asgi) ownFaults(o *ownHeaders, s *Site) []Fault {
	rule := fastapiByHand.alone
	if len(p.cors) > 0 {
		rule = fastapiByHand.beside
	}
	faults := o.faults(fastapiByHand, func(ownHeader) *Rule { return rule })
	if method, _ := route(o.function); method == "options" {
		faults = append(faults, Fault{Rule: fastapiOptions, File: o.file.File, Span: source.Span{Start: s.Start, End: o.function.Header}})
	}
	return faults
}

// unused returns sites for imports of CORSMiddleware that nothing uses, if
// nothing else sets CORS headers.
func (p *asgi) unused() []*Site {
	if len(p.cors) > 0 || len(p.own) > 0 {
		return nil
	}
	return importSites(p.files, "CORSMiddleware", "CORSMiddleware", fastapiUnused)
}
