package paste

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// maxValue bounds the total size of values, because constants can be used many
// times.
const maxValue = 4 * MaxInput

var errTooLarge = errors.New("the values in the script are too large")

// evaluator evaluates expressions as far as the text itself determines them.
type evaluator struct {
	constants map[*js.Var]any // or the error of evaluating them
	given     given
	size      int // of all values so far
}

// grow adds n to the size of all values.
func (e *evaluator) grow(n int) error {
	if e.size += n; e.size > maxValue {
		return errTooLarge
	}
	return nil
}

// unknown is an expression whose value the text does not determine.
type unknown struct {
	node js.INode
	why  string
}

// Error implements error.
func (e *unknown) Error() string {
	source := &beginning{room: 60}
	e.node.JS(source)
	text := strings.ToValidUTF8(source.String(), "\ufffd")
	if source.room == 0 {
		text += "…"
	}
	return fmt.Sprintf("the value of %s %s", text, cmp.Or(e.why, "is unknown"))
}

// nameOf is what [Values] call an expression: a name, members of it, and calls without
// arguments, such as user.id or token(). It is "" for any other.
func nameOf(n js.INode) string {
	suffix := ""
	for {
		switch x := n.(type) {
		case *js.Var:
			return string(x.Name()) + suffix
		case *js.DotExpr:
			suffix, n = "."+x.Y.String()+suffix, x.X
		case *js.CallExpr:
			if len(x.Args.List) > 0 {
				return ""
			}
			suffix, n = "()"+suffix, x.X
		default:
			return ""
		}
		if len(suffix) > maxName {
			return ""
		}
	}
}

// maxName bounds the names of [Values], in bytes.
const maxName = 200

// beginning keeps only the first bytes that are written to it.
type beginning struct {
	strings.Builder
	room int
}

// Write implements io.Writer.
func (b *beginning) Write(p []byte) (int, error) {
	n := min(len(p), b.room)
	b.room -= n
	_, _ = b.Builder.Write(p[:n]) // it never fails
	return len(p), nil
}

func unknownOf(n js.INode) error { return &unknown{node: n} }

// variable returns what a name refers to, through the scopes in which it is
// used.
func variable(v *js.Var) *js.Var {
	for v.Link != nil {
		v = v.Link
	}
	return v
}

// value evaluates an expression. If the text does not determine its value, the user may
// have given it.
func (e *evaluator) value(n js.IExpr) (any, error) {
	v, err := e.determined(n)
	if open := (*unknown)(nil); len(e.given.values) > 0 && errors.As(err, &open) {
		if text, ok := e.given.get(nameOf(n)); ok {
			return text, e.grow(len(text))
		}
	}
	return v, err
}

// determined evaluates an expression by the text alone. The parser bounds how deep
// expressions are.
func (e *evaluator) determined(n js.IExpr) (any, error) {
	switch n := n.(type) {
	case *js.LiteralExpr:
		return e.literal(n)
	case *js.GroupExpr:
		return e.value(n.X)
	case *js.Var:
		if v, ok := e.constants[variable(n)]; ok {
			err, _ := v.(error)
			return v, err
		}
		if string(n.Name()) == "undefined" {
			return undefined{}, nil
		}
	case *js.TemplateExpr:
		return e.template(n)
	case *js.BinaryExpr:
		return e.sum(n)
	case *js.UnaryExpr:
		if v, err := e.value(n.X); err == nil && n.Op == js.NegToken {
			if digits, ok := v.(number); ok && !strings.HasPrefix(string(digits), "-") {
				return "-" + digits, nil
			}
		}
	case *js.ObjectExpr:
		return e.object(n, nil)
	case *js.ArrayExpr:
		return e.array(n)
	case *js.CallExpr:
		return e.call(n)
	case *js.NewExpr:
		return e.construct(n)
	}
	return nil, unknownOf(n)
}

func (e *evaluator) literal(n *js.LiteralExpr) (any, error) {
	switch n.TokenType {
	case js.StringToken:
		return e.text(n.Data[1 : len(n.Data)-1])
	case js.TrueToken:
		return true, nil
	case js.FalseToken:
		return false, nil
	case js.NullToken:
		return nil, nil //nolint:nilnil // null is a value
	case js.DecimalToken, js.IntegerToken:
		if v, ok := toNumber(string(n.Data)); ok {
			return v, nil
		}
	}
	return nil, unknownOf(n)
}

// text decodes the text between quotes.
func (e *evaluator) text(raw []byte) (string, error) {
	return unquoteJS(string(raw)), e.grow(len(raw))
}

func (e *evaluator) template(n *js.TemplateExpr) (any, error) {
	if n.Tag != nil {
		return nil, unknownOf(n)
	}
	var b strings.Builder
	for _, part := range n.List {
		s, err := e.text(lines(bytes.TrimSuffix(part.Value[1:], []byte("${"))))
		if err != nil {
			return nil, err
		}
		v, err := e.string(part.Expr)
		if err != nil {
			return nil, err
		}
		b.WriteString(s + v)
	}
	tail, err := e.text(lines(n.Tail[1 : len(n.Tail)-1]))
	return b.String() + tail, err
}

// lines changes all line breaks of a template to LF, as the language does.
func lines(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

// string evaluates an expression and converts it to a string.
func (e *evaluator) string(n js.IExpr) (string, error) {
	v, err := e.value(n)
	if err != nil {
		return "", err
	}
	s, ok := toString(v)
	if !ok {
		return "", unknownOf(n)
	}
	return s, e.grow(len(s))
}

func (e *evaluator) sum(n *js.BinaryExpr) (any, error) {
	if n.Op != js.AddToken {
		return nil, unknownOf(n)
	}
	x, err := e.value(n.X)
	if err != nil {
		return nil, err
	}
	y, err := e.value(n.Y)
	if err != nil {
		return nil, err
	}
	_, textX := x.(string)
	_, textY := y.(string)
	a, okX := toString(x)
	b, okY := toString(y)
	if !textX && !textY || !okX || !okY {
		return nil, unknownOf(n)
	}
	if err := e.grow(len(a) + len(b)); err != nil {
		return nil, err
	}
	return a + b, nil
}

// object evaluates an object. Members that are not wanted are skipped and may
// be unknown. If wanted is nil, all are.
func (e *evaluator) object(n *js.ObjectExpr, wanted map[string]bool) (*object, error) {
	o := &object{}
	for i := range n.List {
		p := &n.List[i]
		if p.Name != nil && !p.Name.IsComputed() && wanted != nil && !wanted[p.Name.String()] {
			continue
		}
		v, err := e.value(p.Value)
		if err != nil {
			return nil, err
		}
		switch {
		case p.Spread:
			other, ok := v.(*object)
			if !ok {
				return nil, unknownOf(p.Value)
			}
			if err := e.grow(16 * len(other.members)); err != nil {
				return nil, err
			}
			for _, m := range other.members {
				o.set(m.name, m.value)
			}
		case p.Name == nil: // {name}
			o.set(p.Value.String(), v)
		default:
			name, err := e.name(p.Name)
			if err != nil {
				return nil, err
			}
			o.set(name, v)
		}
	}
	return o, nil
}

func (e *evaluator) name(n *js.PropertyName) (string, error) {
	switch {
	case n.IsComputed():
		return e.string(n.Computed)
	case n.Literal.TokenType == js.StringToken:
		return e.text(n.Literal.Data[1 : len(n.Literal.Data)-1])
	}
	return string(n.Literal.Data), nil
}

func (e *evaluator) array(n *js.ArrayExpr) (any, error) {
	list := []any{}
	for _, item := range n.List {
		if item.Spread || item.Value == nil {
			return nil, unknownOf(n)
		}
		v, err := e.value(item.Value)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// call evaluates JSON.stringify, and toString of values.
func (e *evaluator) call(n *js.CallExpr) (any, error) {
	dot, ok := n.X.(*js.DotExpr)
	if !ok {
		return nil, unknownOf(n)
	}
	switch name := dot.Y.String(); {
	case name == "stringify" && isVar(dot.X, "JSON") && len(n.Args.List) > 0:
		return e.stringify(n.Args.List)
	case name == "toString" && len(n.Args.List) == 0:
		return e.string(dot.X)
	}
	return nil, unknownOf(n)
}

// stringify evaluates JSON.stringify. It ignores an indent, which only adds
// spaces. A function that replaces values is not run, so the value is unknown.
func (e *evaluator) stringify(args []js.Arg) (any, error) {
	if len(args) > 1 {
		if replacer, err := e.value(args[1].Value); err != nil || replacer != nil && replacer != (undefined{}) {
			return nil, unknownOf(args[1].Value)
		}
	}
	v, err := e.value(args[0].Value)
	if err != nil {
		return nil, err
	}
	b, err := e.appendJSON(nil, v)
	return string(b), err
}

func isVar(n js.IExpr, name string) bool {
	v, ok := n.(*js.Var)
	return ok && string(v.Name()) == name
}

// construct evaluates new Headers, new URLSearchParams and new URL.
func (e *evaluator) construct(n *js.NewExpr) (any, error) {
	if n.Args == nil || len(n.Args.List) == 0 {
		switch {
		case isVar(n.X, "Headers"):
			return &object{}, nil
		case isVar(n.X, "URLSearchParams"):
			return search{}, nil
		}
		return nil, unknownOf(n)
	}
	v, err := e.value(n.Args.List[0].Value)
	if err != nil {
		return nil, err
	}
	switch {
	case isVar(n.X, "Headers"):
		return v, nil
	case isVar(n.X, "URL"):
		return e.url(n, v)
	case isVar(n.X, "URLSearchParams"):
		if text, ok := v.(string); ok {
			return searchOf(text), nil
		}
		if pairs, ok := pairsOf(v); ok {
			return search(pairs), e.grow(lengthOf(pairs))
		}
	}
	return nil, unknownOf(n)
}

// url evaluates new URL(target) and new URL(target, base), as the text to which
// a URL converts. One that throws is unknown.
func (e *evaluator) url(n *js.NewExpr, target any) (any, error) {
	text, ok := toString(target)
	if !ok || len(n.Args.List) > 2 {
		return nil, unknownOf(n)
	}
	var base *weburl.URL
	if len(n.Args.List) == 2 {
		page, err := e.string(n.Args.List[1].Value)
		if err != nil {
			return nil, err
		}
		if base, err = weburl.Parse(page, nil); err != nil {
			return nil, unknownOf(n)
		}
	}
	u, err := weburl.Parse(text, base)
	if err != nil {
		return nil, unknownOf(n)
	}
	return u.String(), e.grow(len(u.String()))
}
