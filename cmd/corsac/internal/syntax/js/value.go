package js

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/bracket"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/literal"
)

// ValueKind is what a value is.
type ValueKind uint8

// The kinds of values.
const (
	DynamicValue ValueKind = iota // known only when the program runs
	StringValue
	NumberValue
	TrueValue
	FalseValue
	NullValue // null and undefined
	RegExpValue
	ArrayValue
	ObjectValue
	FunctionValue
)

// Value is what an expression is, as far as the file says it.
type Value struct {
	Kind ValueKind
	// Text is that of a string or a number, or the source of a regular
	// expression; Flags are those of the latter.
	Text, Flags string
	// Items are those of an array, and Props those of an object in their order;
	// Open says that there are others that are not known.
	Items []Value
	Props []Prop
	Open  bool
	// Function is what a function is.
	Function *Function
	// Range is the literal, and Used the expression that it stands for: the same,
	// or the name of a constant.
	Range, Used Range
	// Shared says that the literal is used elsewhere, too.
	Shared bool
	// In is the program that Range and Used are in, if that is another one than
	// the value was asked of: see [Imports].
	In *Program
	// Env is the environment variable that a dynamic value comes from, and
	// Default what it is without it: dynamic if there is nothing.
	Env     string
	Default *Value
}

// Prop is a property of an object.
type Prop struct {
	Name  string
	Value Value
	// Range is all of it.
	Range
}

// Prop returns the last property of a name, or nil.
func (v *Value) Prop(name string) *Prop {
	for i := len(v.Props) - 1; i >= 0; i-- {
		if v.Props[i].Name == name {
			return &v.Props[i]
		}
	}
	return nil
}

// Literal reports whether a value was written where it is used.
func (v *Value) Literal() bool { return v.Range == v.Used }

// maxSteps bounds how many expressions are looked at for one value.
const maxSteps = 5000

// reader reads one value.
type reader struct {
	*Program

	imports      Imports
	steps, depth int
}

// Value returns what an expression is, without what comes from other modules.
func (p *Program) Value(r Range) Value { return p.ValueWith(r, nil) }

// ValueWith returns what an expression is, with what comes from other modules.
func (p *Program) ValueWith(r Range, imports Imports) Value {
	rd := reader{Program: p, imports: imports}
	return rd.value(r)
}

func (p *reader) value(r Range) Value {
	p.steps++
	p.depth++
	defer func() { p.depth-- }()
	v := Value{Range: r, Used: r}
	if r.End <= r.Start || p.steps > maxSteps || p.depth > bracket.MaxDepth {
		return v
	}
	inner := p.bare(r)
	switch i := inner.Start; p.Kind(i) {
	case String, Template, Number, RegExp:
		p.literal(&v, inner)
	case Name:
		p.named(&v, inner)
	case Punctuator:
		switch {
		case p.Skip(i) != inner.End:
			p.function(&v, inner)
		case p.At(i) == "[":
			p.array(&v, inner)
		case p.At(i) == "{":
			p.object(&v, inner)
		}
		if v.Kind == DynamicValue && p.At(i) == "-" && i+2 == inner.End && p.Kind(i+1) == Number {
			v.Kind, v.Text = NumberValue, "-"+numberText(p.At(i+1))
		}
	}
	if v.Kind == DynamicValue && v.Env == "" {
		p.environment(&v, inner)
	}
	return v
}

// bare returns an expression without parentheses around it, and without what
// TypeScript adds: as, satisfies and !.
func (p *reader) bare(r Range) Range {
	for {
		for i := p.Skip(r.Start); i < r.End; i = p.Skip(i) {
			if (p.At(i) == "as" || p.At(i) == "satisfies") && p.Kind(i) == Name && p.At(i-1) != "." {
				r.End = i
				break
			}
		}
		if r.End-r.Start > 1 && p.At(r.End-1) == "!" {
			r.End--
			continue
		}
		if p.At(r.Start) != "(" || p.Skip(r.Start) != r.End || r.End-r.Start < 3 {
			return r
		}
		r = Range{Start: r.Start + 1, End: r.End - 1}
	}
}

// literal reads strings, also some with + between them, numbers and regular
// expressions.
func (p *reader) literal(v *Value, r Range) {
	one := r.End == r.Start+1
	switch p.Kind(r.Start) {
	case Number:
		if one {
			v.Kind, v.Text = NumberValue, numberText(p.At(r.Start))
		}
	case RegExp:
		text := p.At(r.Start)
		if end := strings.LastIndexByte(text, '/'); one && end > 0 {
			v.Kind, v.Text, v.Flags = RegExpValue, text[1:end], text[end+1:]
		}
	default:
		var b strings.Builder
		for i := r.Start; i < r.End; i += 2 {
			text, ok := stringText(p.At(i))
			if !ok || i+1 < r.End && (p.At(i+1) != "+" || i+2 == r.End) {
				return
			}
			b.WriteString(text)
		}
		v.Kind, v.Text = StringValue, b.String()
	}
}

// named reads an expression that begins with a name.
func (p *reader) named(v *Value, r Range) {
	i, one := r.Start, r.End == r.Start+1
	switch text := p.At(i); {
	case one && text == "true":
		v.Kind = TrueValue
	case one && text == "false":
		v.Kind = FalseValue
	case one && (text == "null" || text == "undefined"), text == "void" && i+2 == r.End:
		v.Kind = NullValue
	case text == "function", text == "async", p.At(i+1) == "=>":
		p.function(v, r)
	case text == "new" && p.At(i+1) == "RegExp" && p.At(i+2) == "(" && p.Skip(i+2) == r.End:
		p.newRegExp(v, i+2)
	case text == "RegExp" && p.At(i+1) == "(" && p.Skip(i+1) == r.End:
		p.newRegExp(v, i+1)
	case text == "Object" && p.Is(i+1, ".", "freeze", "(") && p.Skip(i+3) == r.End:
		if args := p.Args(i + 3); len(args) == 1 {
			inner := p.value(args[0])
			inner.Used = v.Used
			*v = inner
		}
	default:
		p.follow(v, r)
	}
}

func (p *reader) newRegExp(v *Value, open int) {
	args := p.Args(open)
	if len(args) == 0 || len(args) > 2 {
		return
	}
	expr := p.value(args[0])
	flags := Value{Kind: StringValue, Text: expr.Flags}
	if len(args) == 2 {
		flags = p.value(args[1])
	}
	if (expr.Kind == StringValue || expr.Kind == RegExpValue) && flags.Kind == StringValue {
		v.Kind, v.Text, v.Flags = RegExpValue, expr.Text, flags.Text
	}
}

// function reads a function.
func (p *reader) function(v *Value, r Range) {
	i := r.Start
	if p.At(i) == "async" {
		i++
	}
	if f := p.FunctionAt(i); f != nil && f.End >= r.End {
		v.Kind, v.Function = FunctionValue, f
	}
}

// follow reads the constant that a name means, and properties of it.
func (p *reader) follow(v *Value, r Range) {
	found, keys, i := p.start(v, r)
	if i == 0 {
		return
	}
	shared := found.Shared || v.Shared
	for ; i+1 < r.End && p.At(i) == "." && p.Kind(i+1) == Name; i += 2 {
		keys = append(keys, p.At(i+1))
	}
	if i != r.End {
		v.Shared = false
		return
	}
	for _, key := range keys {
		prop := found.Prop(key)
		if found.Kind != ObjectValue || found.Open || prop == nil {
			*v = Value{Range: r, Used: r, Env: found.Env}
			return
		}
		found, shared = prop.Value, true
	}
	found.Shared = shared
	if found.In == nil {
		found.Used = r
	}
	*v = found
}

// start returns the value of the first name of an expression, or of a call of
// require, the keys that lead to what is meant, and the index after it: 0 if it is
// not known, or already in v.
func (p *reader) start(v *Value, r Range) (found Value, keys []string, after int) {
	if module, end := p.RequireAt(r.Start); module != "" {
		found, after = p.member(module, "*", end)
		return found, nil, after
	}
	d := p.Decl(r.Start)
	if d == nil {
		return found, nil, 0
	}
	after = r.Start + 1
	v.Shared = len(p.Uses(d)) > 1
	if d.Function != nil {
		if r.End == after {
			v.Kind, v.Function, v.Range = FunctionValue, d.Function, d.Function.Range
		}
		return found, nil, 0
	}
	if d.Module != "" && !d.TypeOnly && p.Constant(d) {
		if found, next := p.member(d.Module, d.Imported, after); next > 0 {
			return found, nil, next
		}
	}
	if d.Init.End <= d.Init.Start || d.Init.Start <= r.Start && r.Start < d.Init.End || !p.Constant(d) {
		v.Shared = false
		return found, nil, 0
	}
	if d.Key != "" {
		keys = append(keys, d.Key)
	}
	return p.value(d.Init), keys, after
}

// array reads the items of an array.
func (p *reader) array(v *Value, r Range) {
	v.Kind, v.Range = ArrayValue, r
	for _, item := range p.Args(r.Start) {
		if p.At(item.Start) != "..." {
			v.Items = append(v.Items, p.value(item))
			continue
		}
		spread := p.value(Range{Start: item.Start + 1, End: item.End})
		if spread.Kind != ArrayValue {
			spread.Used, spread.Range = item, item
			spread.Kind = DynamicValue
			v.Items = append(v.Items, spread)
			continue
		}
		for _, inner := range spread.Items {
			if inner.Shared = true; inner.In == nil {
				inner.Used = item
			}
			v.Items = append(v.Items, inner)
		}
	}
	if p.steps > maxSteps {
		*v = Value{Range: v.Range, Used: v.Used}
	}
}

// object reads the properties of an object.
func (p *reader) object(v *Value, r Range) {
	v.Kind, v.Range = ObjectValue, r
	for _, item := range p.Args(r.Start) {
		p.prop(v, item)
	}
	if p.steps > maxSteps {
		*v = Value{Range: v.Range, Used: v.Used}
	}
}

func (p *reader) prop(v *Value, item Range) {
	i := item.Start
	if p.At(i) == "..." {
		spread := p.value(Range{Start: i + 1, End: item.End})
		if spread.Kind != ObjectValue {
			v.Open = true
			return
		}
		for _, inner := range spread.Props {
			if inner.Value.Shared = true; inner.Value.In == nil {
				inner.Range, inner.Value.Used = item, item
			}
			v.Props = append(v.Props, inner)
		}
		v.Open = v.Open || spread.Open
		return
	}
	if (p.At(i) == "async" || p.At(i) == "get" || p.At(i) == "set" || p.At(i) == "*") && i+1 < item.End && p.At(i+1) != ":" && p.At(i+1) != "(" && p.At(i+1) != "," {
		i++
	}
	name, ok := p.At(i), p.Kind(i) == Name || p.Kind(i) == Number
	if p.Kind(i) == String {
		name, ok = stringText(name)
	}
	switch {
	case !ok:
		v.Open = true
	case p.At(i+1) == ":" && i+1 < item.End:
		v.Props = append(v.Props, Prop{name, p.value(Range{Start: i + 2, End: item.End}), item})
	case i+1 == item.End: // shorthand
		v.Props = append(v.Props, Prop{name, p.value(item), item})
	default:
		inner := Value{Range: item, Used: item}
		if f := p.FunctionAt(i); f != nil && p.At(item.Start) != "get" {
			inner.Kind, inner.Function = FunctionValue, f
		}
		v.Props = append(v.Props, Prop{name, inner, item})
	}
}

// environment finds out whether a value comes from an environment variable.
func (p *reader) environment(v *Value, r Range) {
	for i := r.Start; i < r.End; i++ {
		name := ""
		switch {
		case p.Is(i, "env", ".") && p.At(i-1) == ".":
			name = p.At(i + 2)
		case p.Is(i, "env", "[") && p.At(i-1) == "." && p.Kind(i+2) == String:
			name, _ = stringText(p.At(i + 2))
		case p.Is(i, "env", ".", "get", "("):
			name, _ = stringText(p.At(i + 4))
		}
		if name == "" {
			continue
		}
		v.Env = name
		v.Default = &Value{Kind: NullValue}
		if k := p.Until(r.Start, r.End, "||", "??", "?"); k < r.End {
			rest := p.value(Range{Start: k + 1, End: r.End})
			v.Default = &rest
		}
		return
	}
}

// numberText returns a number without separators.
func numberText(s string) string { return strings.TrimSuffix(strings.ReplaceAll(s, "_", ""), "n") }

// simpleEscapes are what a letter after a backslash means.
var simpleEscapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", 'b': "\b", 'f': "\f", 'v': "\v", '\n': "", '\'': "'", '"': `"`, '\\': `\`, '`': "`", '/': "/", '$': "$", '{': "{", '-': "-", '.': "."}

// stringText returns the text of a string or template without substitutions.
func stringText(literal string) (string, bool) {
	if len(literal) < 2 || !slices.Contains([]byte{'\'', '"', '`'}, literal[0]) || literal[0] != literal[len(literal)-1] {
		return "", false
	}
	inner := literal[1 : len(literal)-1]
	if !strings.Contains(inner, `\`) {
		return inner, true
	}
	var b strings.Builder
	for len(inner) > 0 {
		before, after, ok := strings.Cut(inner, `\`)
		b.WriteString(before)
		if !ok {
			break
		}
		text, n := escape(after)
		if n == 0 {
			return "", false
		}
		b.WriteString(text)
		inner = after[n:]
	}
	return b.String(), true
}

// escape returns what the text after a backslash means, and its length; 0 if that
// is not clear.
func escape(s string) (text string, n int) {
	if s == "" {
		return "", 0
	}
	if simple, ok := simpleEscapes[s[0]]; ok {
		return simple, 1
	}
	hex, n := "", 0
	switch {
	case s[0] == 'x' && len(s) >= 3:
		hex, n = s[1:3], 3
	case strings.HasPrefix(s, "u{"):
		if end := strings.IndexByte(s, '}'); end > 0 && end < 9 {
			hex, n = s[2:end], end+1
		}
	case s[0] == 'u' && len(s) >= 5:
		hex, n = s[1:5], 5
	}
	r, ok := literal.Rune(hex, 16)
	if !ok {
		return "", 0
	}
	return string(r), n
}
