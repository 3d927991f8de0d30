package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// eachForms are functions that compare an origin with an item a of a list.
var eachForms = []string{
	"a === o", "o === a", "a instanceof RegExp ? a . test ( o ) : a === o", "a instanceof RegExp ? a . test ( o ) : o === a",
	"typeof a === 'string' ? a === o : a . test ( o )", "typeof a === 'string' ? o === a : a . test ( o )", "a . test ( o )",
}

// comparesEach reports whether a function compares the origin with an item, and
// whether it tests the origin with an item that is a regular expression.
func (o *originFunction) comparesEach(r js.Range) (tests, ok bool) {
	v := o.Value(r)
	if v.Kind != js.FunctionValue || len(v.Function.Names) != 1 || v.Function.Names[0] == "" || v.Function.Block {
		return false, false
	}
	body := o.bare(v.Function.Body)
	var parts []string
	for i := body.Start; i < body.End; i++ {
		switch text, n := o.At(i), o.originAt(i, body.End); {
		case text == v.Function.Names[0]:
			parts = append(parts, "a")
		case n > 0:
			parts = append(parts, "o")
			i += n - 1
		default:
			parts = append(parts, strings.ReplaceAll(text, `"`, "'"))
		}
		if len(parts) > maxResults {
			return false, false
		}
	}
	form := strings.Join(parts, " ")
	return strings.Contains(form, "test"), slices.Contains(eachForms, form)
}

// originAt returns how many tokens from i on are the origin of the request, or 0.
func (o *originFunction) originAt(i, end int) int {
	if o.Kind(i) != js.Name || o.At(i-1) == "." {
		return 0
	}
	for n := min(maxResults, end-i); n > 0; n-- {
		if o.isOrigin(js.Range{Start: i, End: i + n}) {
			return n
		}
	}
	return 0
}

// call reads isAllowed(origin), a function of the same file.
func (o *originFunction) call(r js.Range, open int, arg js.Range, depth int) ([]js.Value, bool) {
	if r.Start != open-1 || !o.isOrigin(arg) {
		return nil, false
	}
	v := o.value(js.Range{Start: r.Start, End: open})
	if v.Kind != js.FunctionValue || len(v.Function.Names) != 1 || v.Function.Names[0] == "" {
		return nil, false
	}
	defer o.within(&v)()
	name := v.Function.Names[0]
	inner := &originFunction{jsReader: o.jsReader, f: v.Function, steps: o.steps}
	inner.isOrigin = func(e js.Range) bool { return e.End == e.Start+1 && o.At(e.Start) == name }
	o.comparesPart(v.Function, inner.isOrigin)
	body := v.Function.Body
	if v.Function.Block {
		statements := o.Statements(body.Start)
		if len(statements) != 1 || o.At(statements[0].Start) != "return" {
			return nil, false
		}
		body = inner.returned(statements[0])
	}
	list, negated, ok := inner.condition(body, depth+1)
	if v.In != nil {
		for i := range list {
			list[i].Locate(v.In)
		}
	}
	return list, ok && !negated
}
