package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// comparesPart reports comparisons in a function with a part of the origin, such
// as origin.endsWith('example.com').
func (r *jsReader) comparesPart(f *js.Function, isOrigin func(js.Range) bool) {
	for _, method := range []string{"endsWith", "startsWith", "includes", "indexOf"} {
		for _, c := range r.Methods(method) {
			if c.Start < f.Body.Start || c.Start >= f.Body.End || len(c.Args) != 1 || !isOrigin(r.Receiver(c.Start)) {
				continue
			}
			v := r.value(c.Args[0])
			if v.Kind == js.StringValue && !wholePart(method, v.Text) || v.Kind != js.StringValue && (method == "includes" || method == "indexOf") {
				r.fault(r.rules.originInPart, js.Range{Start: r.Receiver(c.Start).Start, End: c.End})
			}
		}
	}
}

// wholePart reports whether a comparison with a part of an origin is one with
// whole labels of its host: what else there is of the origin belongs to whoever
// has that.
func wholePart(method, part string) bool {
	switch method {
	case "endsWith":
		return strings.HasPrefix(part, ".") || strings.Contains(part, "://")
	case "startsWith":
		scheme, rest, ok := strings.Cut(part, "://")
		return ok && scheme != "" && strings.HasSuffix(rest, ":") || !ok || rest == ""
	}
	return false
}

// maxResults is how many results of a function are looked at, and maxFollow how
// deep the functions that it calls.
const (
	maxResults = 20
	maxFollow  = 3
)

// originFunction reads a function that returns the origin to allow, as those of
// @koa/cors and Hono do: it looks the origin of the request up in a list. What it
// does otherwise is known only when the program runs.
type originFunction struct {
	*jsReader

	f *js.Function
	// isOrigin reports whether an expression is the origin of the request.
	isOrigin func(js.Range) bool
	// allowed are the origins and expressions that it compares with.
	allowed []js.Value
	// boolean is a result that is true or false, not an origin; it may be empty.
	boolean js.Range
	// guard is what the origin is one of from here on, if guarded.
	guard   []js.Value
	guarded bool
	steps   int
}

// readFunction reads who a function allows.
func (r *jsReader) readFunction(v *js.Value, isOrigin func(s *jsSettings, f *js.Function, e js.Range) bool, boolean *Rule) {
	defer r.within(v)()
	o := &originFunction{jsReader: r, f: v.Function}
	o.isOrigin = func(e js.Range) bool { return isOrigin(r.jsSettings, v.Function, o.withoutDefault(o.bare(e))) }
	r.comparesPart(v.Function, o.isOrigin)
	known := o.read()
	if o.boolean.End > 0 {
		r.fault(boolean, o.boolean)
	}
	if !known {
		r.remark(Dynamic, "allow_origins", dynamic(v), v.Used)
		return
	}
	r.allow(o.allowed)
}

// allow reads what the origin is compared with: origins, and expressions.
func (r *jsReader) allow(list []js.Value) {
	seen := map[string]bool{}
	for i := range list {
		a := &list[i]
		if a.Kind != js.DynamicValue && seen[a.Text+a.Flags] {
			continue
		}
		seen[a.Text+a.Flags] = true
		switch a.Kind {
		case js.StringValue:
			r.origins(a, r.rules.origins)
		case js.RegExpValue:
			r.regexp(a)
		default:
			r.dynamicItem(a)
		}
	}
}

// read reads the function. It is false if it does something else than to look the
// origin up.
func (o *originFunction) read() bool {
	body := js.Range{Start: o.f.Body.Start, End: o.f.Body.End}
	if !o.f.Block {
		return o.result(body)
	}
	return o.block(body.Start)
}

// block reads the statements of a block that ends with a return.
func (o *originFunction) block(open int) bool {
	for _, s := range o.Statements(open) {
		if o.steps++; o.steps > maxResults {
			return false
		}
		switch o.At(s.Start) {
		case "const", "let":
			if !o.pureDeclaration(s) {
				return false
			}
		case "console":
			if !o.Is(s.Start+1, ".") || o.Mentions(s, "throw") {
				return false
			}
		case "return":
			return o.result(o.returned(s))
		case "if":
			if !o.branch(s) {
				return false
			}
		default:
			return false
		}
	}
	return true // it returns undefined
}

// pureDeclaration reports whether what a declaration begins with has no effect,
// and does not throw.
func (o *originFunction) pureDeclaration(s js.Range) bool {
	for i := s.Start + 1; i < s.End; {
		end := o.ExpressionEnd(i, s.End)
		if equals := o.find(js.Range{Start: i, End: end}, "="); equals >= 0 && !o.pure(js.Range{Start: equals + 1, End: end}, o.f) {
			return false
		}
		i = end + 1
	}
	return true
}

// returned returns the expression of a return statement.
func (o *originFunction) returned(s js.Range) js.Range {
	end := s.End
	if o.At(end-1) == ";" {
		end--
	}
	return js.Range{Start: s.Start + 1, End: end}
}

// branch reads if (condition) return result, without else.
func (o *originFunction) branch(s js.Range) bool {
	condition := js.Range{Start: s.Start + 2, End: o.Partner(s.Start + 1)}
	then := js.Range{Start: o.Partner(s.Start+1) + 1, End: s.End}
	if o.At(then.Start) == "{" {
		inner := o.Statements(then.Start)
		if o.Skip(then.Start) != then.End || len(inner) != 1 {
			return false
		}
		then = inner[0]
	}
	if o.At(then.Start) != "return" || o.At(then.Start+1) == "" || o.hasElse(then) {
		return false
	}
	return o.choice(condition, o.returned(then))
}

func (o *originFunction) hasElse(r js.Range) bool {
	for i := r.Start; i < r.End; i = o.Skip(i) {
		if o.At(i) == "else" {
			return true
		}
	}
	return false
}

// choice reads a result that is returned under a condition.
func (o *originFunction) choice(condition, result js.Range) bool {
	list, negated, ok := o.condition(condition, 0)
	switch {
	case !ok || o.guarded:
		return false
	case len(list) == 0 && !negated:
		return true // there is no origin: no page asks
	case o.refuses(result) && negated:
		o.guard, o.guarded = list, true
		return true
	case !negated && o.isOrigin(result):
		o.allowed = append(o.allowed, list...)
		return true
	}
	return false
}

// result reads an expression that is returned in the end.
func (o *originFunction) result(r js.Range) bool {
	r = o.bare(r)
	if o.steps++; o.steps > maxResults {
		return false
	}
	if i := o.find(r, "?"); i > 0 {
		colon := o.find(js.Range{Start: i + 1, End: r.End}, ":")
		if colon < 0 {
			return false
		}
		return o.either(js.Range{Start: r.Start, End: i}, js.Range{Start: i + 1, End: colon}, js.Range{Start: colon + 1, End: r.End})
	}
	switch {
	case o.refuses(r):
		return true
	case o.isOrigin(r) && o.guarded:
		o.allowed = append(o.allowed, o.guard...)
		return true
	case o.isOrigin(r):
		o.everyone(&js.Value{Range: r, Used: r}, true)
		return true
	case o.Value(r).Kind == js.TrueValue:
		o.boolean = r
		return false
	}
	if _, _, ok := o.condition(r, 0); ok {
		o.boolean = r
		return false
	}
	if i := o.find(r, "&&"); i > 0 {
		return o.either(js.Range{Start: r.Start, End: i}, js.Range{Start: i + 1, End: r.End}, js.Range{})
	}
	return !o.guarded && o.constant(r)
}

// either reads condition ? then : other; an empty other refuses.
func (o *originFunction) either(condition, then, other js.Range) bool {
	list, negated, ok := o.condition(condition, 0)
	if negated {
		then, other = other, then
	}
	switch {
	case !ok || o.guarded || other.End > other.Start && !o.refuses(other) && !o.constant(other):
		return false
	case o.isOrigin(then):
		o.allowed = append(o.allowed, list...)
		return true
	default:
		return o.refuses(then)
	}
}

// refuses reports whether a result means that no header is sent.
func (o *originFunction) refuses(r js.Range) bool {
	v := o.Value(o.bare(r))
	return falsy(&v)
}

// constant reads an origin that is sent whatever the page is, such as the first
// of the list: it is allowed.
func (o *originFunction) constant(r js.Range) bool {
	v := o.value(o.bare(r))
	if v.Kind == js.StringValue {
		if v.Text == "*" {
			o.everyone(&v, false)
			return true
		}
		o.allowed = append(o.allowed, v)
		return true
	}
	// list[0]
	if inner := o.bare(r); inner.End-inner.Start == 4 && o.Is(inner.Start+1, "[", "0", "]") {
		list := o.value(js.Range{Start: inner.Start, End: inner.Start + 1})
		if list.Kind != js.ArrayValue || len(list.Items) == 0 || list.Items[0].Kind != js.StringValue {
			return false
		}
		o.allowed = append(o.allowed, list.Items[0])
		return true
	}
	return false
}

// bare returns an expression without parentheses around it.
func (o *originFunction) bare(r js.Range) js.Range {
	for r.End-r.Start > 2 && o.At(r.Start) == "(" && o.Skip(r.Start) == r.End {
		r = js.Range{Start: r.Start + 1, End: r.End - 1}
	}
	return r
}

// withoutDefault returns an expression without a default after it that refuses, as
// in origin ?? null.
func (o *originFunction) withoutDefault(r js.Range) js.Range {
	for _, operator := range []string{"||", "??"} {
		if i := o.find(r, operator); i > r.Start && o.refuses(js.Range{Start: i + 1, End: r.End}) {
			return js.Range{Start: r.Start, End: i}
		}
	}
	return r
}

// find returns where an operator is in an expression, in no bracket, or -1.
func (o *originFunction) find(r js.Range, operator string) int {
	for i := r.Start; i < r.End; i = o.Skip(i) {
		if o.At(i) == operator && o.Kind(i) == js.Punctuator {
			return i
		}
	}
	return -1
}

// condition returns what the origin is compared with, if a condition does only
// that; negated says that it is true for all others.
func (o *originFunction) condition(r js.Range, depth int) (list []js.Value, negated, ok bool) {
	r = o.bare(r)
	if o.steps++; o.steps > 10*maxResults || depth > maxFollow || r.End <= r.Start {
		return nil, false, false
	}
	if i := o.find(r, "||"); i > 0 {
		left, no, ok := o.condition(js.Range{Start: r.Start, End: i}, depth+1)
		right, neither, also := o.condition(js.Range{Start: i + 1, End: r.End}, depth+1)
		return append(left, right...), false, ok && also && !no && !neither
	}
	if i := o.find(r, "&&"); i > 0 { // there is an origin, and
		left := js.Range{Start: r.Start, End: i}
		if !o.isOrigin(left) {
			return nil, false, false
		}
		return o.condition(js.Range{Start: i + 1, End: r.End}, depth+1)
	}
	if o.At(r.Start) == "!" {
		inner := js.Range{Start: r.Start + 1, End: r.End}
		if o.isOrigin(o.bare(inner)) {
			return nil, false, true // no origin: there is nothing to allow
		}
		list, no, ok := o.condition(inner, depth+1)
		return list, true, ok && !no
	}
	return o.lookup(r, depth)
}

// lookup reads one comparison with the origin.
func (o *originFunction) lookup(r js.Range, depth int) (list []js.Value, negated, ok bool) {
	for _, operator := range []string{"===", "=="} {
		if i := o.find(r, operator); i > 0 {
			left, right := js.Range{Start: r.Start, End: i}, js.Range{Start: i + 1, End: r.End}
			if o.isOrigin(right) {
				left, right = right, left
			}
			v := o.value(right)
			return []js.Value{v}, false, o.isOrigin(left) && v.Kind == js.StringValue
		}
	}
	index := false
	for _, end := range [][]string{{"!==", "-", "1"}, {"!=", "-", "1"}, {">", "-", "1"}, {">=", "0"}} {
		if n := r.End - len(end); n > r.Start && o.Is(n, end...) {
			index, r.End = true, n
			break
		}
	}
	open := r.End - 1
	if o.At(open) != ")" {
		return nil, false, false
	}
	open = o.Partner(open)
	args := o.Args(open)
	if len(args) != 1 || (o.At(open-1) == "indexOf") != index {
		return nil, false, false
	}
	if before := o.At(open - 2); before != "." && before != "?." {
		list, ok = o.call(r, open, args[0], depth)
		return list, false, ok
	}
	receiver := o.Receiver(open - 1)
	if receiver.Start != r.Start {
		return nil, false, false
	}
	list, ok = o.member(o.At(open-1), receiver, args[0])
	return list, false, ok
}

// member reads list.includes(origin), /…/.test(origin) and the like.
func (o *originFunction) member(method string, receiver, arg js.Range) ([]js.Value, bool) {
	switch method {
	case "includes", "indexOf", "has":
		list := o.list(receiver)
		if !o.isOrigin(arg) || list == nil {
			return nil, false
		}
		for i := range list {
			if list[i].Kind == js.RegExpValue {
				return nil, false // it is never the same as a string
			}
		}
		return list, true
	case "test":
		v := o.value(receiver)
		return []js.Value{v}, o.isOrigin(arg) && v.Kind == js.RegExpValue
	case "some":
		list := o.list(receiver)
		tests, ok := o.comparesEach(arg)
		if !tests { // an expression is never the same as a string
			list = slices.DeleteFunc(list, func(v js.Value) bool { return v.Kind == js.RegExpValue })
		}
		return list, len(list) > 0 && ok
	}
	return nil, false
}

// list returns the items of an array, or of a Set of one.
func (o *originFunction) list(r js.Range) []js.Value {
	if r.End == r.Start+1 {
		if d := o.Decl(r.Start); d != nil && o.Is(d.Init.Start, "new", "Set") && o.Constant(d) {
			r = d.Init
		}
	}
	if o.Is(r.Start, "new", "Set", "(") && o.Skip(r.Start+2) == r.End {
		if args := o.Args(r.Start + 2); len(args) == 1 {
			r = args[0]
		}
	}
	v := o.value(r)
	if v.Kind != js.ArrayValue {
		return nil
	}
	return slices.Clone(v.Items)
}
