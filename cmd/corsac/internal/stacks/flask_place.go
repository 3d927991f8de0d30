package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// decoratorFaults finds what is wrong with where @cross_origin is among the
// decorators of a function. Those above another are outside of it.
func (l *flaskLinter) decoratorFaults() {
	l.file, l.at = l.c.file, l.c.stmt
	above := true
	for _, d := range l.c.stmt.Decorators {
		name := lastPart(d.Name)
		if d.Kind == python.Call {
			name = lastPart(d.Callee())
		}
		switch {
		case d == l.c.call:
			above = false
		case !above && slices.Contains(routeMethods, name):
			l.fault(flaskAbove, l.c.call.Span)
			return
		case above && authenticates.MatchString(name) && !l.p.whole():
			l.fault(flaskInside, d.Span)
		}
	}
}

// authenticates matches the names of decorators that refuse requests.
var authenticates = lazyregexp.New(`(?i)login|auth|jwt|token|permission|protect|role|api_?key`)

// whole reports whether an application has CORS as a whole.
func (p *flaskProject) whole() bool {
	return slices.ContainsFunc(p.cors, func(c *flaskCORS) bool {
		return !c.route && (c.target() != nil || c.constructor != nil) && c.blueprint() == nil
	})
}

// placeFaults finds what is wrong with what is around an application or blueprint.
func (l *flaskLinter) placeFaults() {
	l.file, l.at = l.c.file, l.c.stmt
	if l.c.blueprint() != nil {
		l.fault(flaskPart, l.c.call.Span)
	}
	for _, f := range l.p.auth {
		l.add(f)
	}
}

// refuses matches what a function does that answers with 401 or 403.
var refuses = lazyregexp.New(`abort\(\s*40[13]|,\s*40[13]\b|status(_code)?\s*=\s*40[13]|Unauthorized|Forbidden`)

// readBefore notes a function that runs before all requests, and refuses those
// without a login, preflights included.
func (p *flaskProject) readBefore(f *pyFile, s *python.Stmt) {
	before := slices.ContainsFunc(s.Decorators, func(d *python.Expr) bool {
		return slices.Contains([]string{"before_request", "before_app_request"}, lastPart(d.Name))
	})
	if !before {
		return
	}
	if text := s.In(f.File); refuses.MatchString(text) && !strings.Contains(text, "OPTIONS") && !strings.Contains(text, ".method") && !strings.Contains(text, "request.path") {
		p.auth = append(p.auth, Fault{Rule: flaskAuth, File: f.File, Span: source.Span{Start: s.Start, End: s.Header}})
	}
}

// ownFaults returns the mistakes of headers that are set by hand.
func (p *flaskProject) ownFaults(o *ownHeaders) []Fault {
	faults := o.faults(flaskByHand, func(h ownHeader) *Rule {
		switch {
		case p.adds(o, h):
			return flaskTwice
		case p.whole():
			return flaskByHand.beside
		case !o.file.runsAfter(o.function):
			return flaskByHand.alone
		}
		return nil
	})
	return append(faults, o.partFaults(flaskCommon.partial)...)
}

// partFaults returns faults where only a part of the origin is compared before it
// is repeated.
func (o *ownHeaders) partFaults(rule *Rule) (faults []Fault) {
	for _, c := range o.compared {
		if c.part {
			faults = append(faults, Fault{Rule: rule, File: o.file.File, Span: c.expr.Span})
		}
	}
	return faults
}

// adds reports whether a header is added to one that Flask-CORS has set before:
// functions after requests run in the opposite order of the file, and those after
// @cross_origin always.
func (p *flaskProject) adds(o *ownHeaders, h ownHeader) bool {
	if !o.file.runsAfter(o.function) || len(h.stmt.Exprs) != 1 || !slices.Contains([]string{"add", "append"}, lastPart(h.stmt.Exprs[0].Callee())) {
		return false
	}
	return slices.ContainsFunc(p.cors, func(c *flaskCORS) bool {
		return c.file == o.file && (c.route || c.stmt.Function() == o.function.Function() && c.stmt.Start > o.function.Start)
	})
}

// unused returns sites for imports of Flask-CORS that nothing uses, if nothing else
// sets CORS headers.
func (p *flaskProject) unused() []*Site {
	if len(p.cors) > 0 || len(p.own) > 0 {
		return nil
	}
	return importSites(p.files, "Flask-CORS", "from flask_cors", flaskUnused)
}
