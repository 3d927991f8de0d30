package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// npmCorsPackage is the npm package cors 2.8.6.
var npmCorsPackage = &jsPackage{
	options: []string{"origin", "methods", "allowedHeaders", "headers", "exposedHeaders", "credentials", "maxAge", "preflightContinue", "optionsSuccessStatus"},
	methods: "methods", headers: "allowedHeaders", alias: "headers", expose: "exposedHeaders",
	defaults: []string{"PUT", "PATCH", "DELETE"},
	rules:    npmRules, origin: (*jsReader).npmOrigin, others: (*jsReader).npmOthers,
}

// npmOrigin reads who is allowed. It is false if the options set no headers at
// all.
func (r *jsReader) npmOrigin(v *js.Value) bool {
	if falsy(v) {
		r.off(v)
		return false
	}
	r.someOrigins(v)
	return true
}

// npmOthers reads the options about preflights. It names what options leave out
// that are only about who is allowed, as in tutorials.
func (r *jsReader) npmOthers() {
	r.preflights()
	left := []string{"credentials", "exposedHeaders", "maxAge"}
	for _, name := range append(left, r.headers, r.alias) {
		if v, known := r.option(name); v != nil || !known {
			return
		}
	}
	r.fault(r.rules.leftOut, r.all)
	r.faults[len(r.faults)-1].Evidence = "not set: " + strings.Join(left, ", ")
	r.fault(r.rules.everyOptions, r.all)
}

// off is about an origin that turns CORS off.
func (r *jsReader) off(v *js.Value) {
	defer r.within(v)()
	r.remark(Lost, "allow_origins", "CORS is off here: origin is "+r.Source(v.Used)+", so that no headers are set.", v.Used)
}

// someOrigins reads the origins of the npm package cors, and of @fastify/cors.
func (r *jsReader) someOrigins(v *js.Value) {
	switch v.Kind {
	case js.TrueValue:
		r.everyone(v, true)
	case js.StringValue:
		r.constantOrigin(v)
	case js.RegExpValue:
		r.regexp(v)
	case js.ArrayValue:
		r.originList(v, 0)
	case js.FunctionValue:
		r.dynamicOrigin(v)
		r.callbackOrigin(v)
	default:
		r.dynamicOrigin(v)
		r.cases(v)
	}
}

// cases reports the mistakes in the results of condition ? one : other, which are
// there in one case only.
func (r *jsReader) cases(v *js.Value) {
	defer r.within(v)()
	one, other, ok := r.alternatives(v.Range)
	if !ok {
		return
	}
	for _, e := range []js.Range{one, other} {
		inner := &jsReader{jsSettings: &jsSettings{jsFile: r.jsFile}, jsPackage: r.jsPackage, all: r.all, given: r.given, credentials: r.credentials}
		value := inner.value(e)
		smaller := value.Range.Start >= v.Range.Start && value.Range.End <= v.Range.End && value.Range != v.Range
		switch {
		case value.Kind == js.StringValue && value.Text == "*":
			inner.everyone(&value, false)
		case value.Kind == js.DynamicValue && smaller:
			inner.cases(&value)
		case value.Kind != js.DynamicValue && value.Kind != js.FunctionValue && !falsy(&value):
			inner.someOrigins(&value)
		}
		for _, f := range inner.faults {
			if f.Rule.Severity != finding.Error {
				continue
			}
			if !strings.HasPrefix(f.Evidence, inOneCase) {
				f.Evidence = inOneCase + f.Evidence
			}
			r.faults = append(r.faults, f)
		}
	}
}

// inOneCase begins the evidence for what is there only in one case.
const inOneCase = "in one case: "

// alternatives returns both results of condition ? one : other.
func (s *jsSettings) alternatives(r js.Range) (one, other js.Range, ok bool) {
	for s.At(r.Start) == "(" && s.Skip(r.Start) == r.End {
		r = s.inside(r.Start)
	}
	question, colon, nested := 0, 0, 0
	for i := r.Start; i < r.End && colon == 0; i = s.Skip(i) {
		switch {
		case s.Kind(i) != js.Punctuator:
		case s.At(i) == "?" && question == 0:
			question = i
		case s.At(i) == "?":
			nested++
		case s.At(i) == ":" && nested > 0:
			nested--
		case s.At(i) == ":" && question > 0:
			colon = i
		}
	}
	return js.Range{Start: question + 1, End: colon}, js.Range{Start: colon + 1, End: r.End}, question > r.Start && colon > question+1 && colon+1 < r.End
}

// localOrigin matches the origins of pages in development.
var localOrigin = lazyregexp.New(`^https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$`)

// constantOrigin reads an origin that is sent to everyone.
func (r *jsReader) constantOrigin(v *js.Value) {
	defer r.within(v)()
	if localOrigin.MatchString(v.Text) {
		r.fault(r.rules.constantOrigin, v.Used)
	}
	r.origins(v, r.rules.origins)
}

// callbackOrigin looks at how a function answers that has a callback as its second
// parameter.
func (r *jsReader) callbackOrigin(v *js.Value) {
	defer r.within(v)()
	f := v.Function
	if len(f.Names) > 0 {
		r.comparesPart(f, func(e js.Range) bool { return e.End == e.Start+1 && f.Names[0] != "" && r.At(e.Start) == f.Names[0] })
	}
	if len(f.Names) < 2 || f.Names[1] == "" {
		return
	}
	for _, i := range r.Names(f.Names[1]) {
		if i < f.Body.Start || i >= f.Body.End || r.At(i+1) != "(" {
			continue
		}
		args := r.Args(i + 1)
		call := js.Range{Start: i, End: r.Partner(i+1) + 1}
		switch {
		case len(args) > 0 && r.At(args[0].Start) == "new":
			r.fault(r.rules.originError, call)
		case len(args) == 2 && r.Value(args[1]).Kind == js.FalseValue && r.rules.originFalse != nil:
			r.fault(r.rules.originFalse, call)
		case len(args) == 2 && r.Value(args[1]).Kind == js.TrueValue && r.credentials && r.unconditional(i, f):
			r.fault(r.rules.anyOriginWithCredentials, call)
		}
	}
}

// unconditional reports whether a call in a function is always made: it stands in
// no block of its own.
func (s *jsSettings) unconditional(i int, f *js.Function) bool {
	if !f.Block {
		return s.At(f.Body.Start) == s.At(i) && f.Body.Start == i
	}
	statement, ok := s.Statement(i)
	return ok && s.Up(statement.Start) == f.Body.Start && (statement.Start == i || s.At(statement.Start) == "return") && s.Statements(f.Body.Start)[0] == statement
}
