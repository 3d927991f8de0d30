package cfamily

import (
	"slices"
	"strings"
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
	NullValue
	ListValue
)

// Value is what an expression is, as far as the file says it.
type Value struct {
	Kind ValueKind
	// Text is that of a string or a number.
	Text string
	// Items are those of a list.
	Items []Value
	// Range is the literal, and Used the expression that it stands for: the same,
	// or the name of a constant.
	Range, Used Range
	// Property is the property of the configuration that a dynamic value comes
	// from, such as app.origins; "" if it comes from elsewhere.
	Property string
}

// Bounds on the work for one value.
const (
	maxSteps = 2000
	maxNest  = 50
)

// reader reads one value.
type reader struct {
	*Program

	steps, depth int
}

// Value returns what an expression is.
func (p *Program) Value(r Range) Value {
	rd := reader{Program: p}
	return rd.value(r)
}

func (p *reader) value(r Range) Value {
	p.steps++
	p.depth++
	defer func() { p.depth-- }()
	v := Value{Range: r, Used: r}
	if r.End <= r.Start || p.steps > maxSteps || p.depth > maxNest {
		return v
	}
	for p.At(r.Start) == "(" && p.Skip(r.Start) == r.End && r.End-r.Start > 2 {
		r = Range{Start: r.Start + 1, End: r.End - 1}
	}
	for p.At(r.End-1) == "!" && r.End-r.Start > 1 { // it is not null
		r.End--
	}
	one := r.End == r.Start+1
	switch text := p.At(r.Start); {
	case p.Kind(r.Start) == String:
		p.text(&v, r)
	case p.Kind(r.Start) == Number:
		p.number(&v, r)
	case text == "-" && r.End == r.Start+2 && p.Kind(r.Start+1) == Number:
		v.Kind, v.Text = NumberValue, "-"+numberText(p.At(r.Start+1))
	case one && text == "true":
		v.Kind = TrueValue
	case one && text == "false":
		v.Kind = FalseValue
	case one && text == "null":
		v.Kind = NullValue
	case (text == "{" || text == "[") && p.Skip(r.Start) == r.End:
		p.items(&v, p.Args(r.Start))
	case text == "new":
		p.created(&v, r)
	case text == "Boolean" && p.Is(r.Start+1, ".", "TRUE") && r.End == r.Start+3:
		v.Kind = TrueValue
	case text == "Boolean" && p.Is(r.Start+1, ".", "FALSE") && r.End == r.Start+3:
		v.Kind = FalseValue
	case p.Kind(r.Start) == Name:
		p.named(&v, r)
	}
	return v
}

// text reads strings, also some with + between them, and names of constants.
func (p *reader) text(v *Value, r Range) {
	var b strings.Builder
	for i := r.Start; i < r.End; {
		stop := p.Until(i, r.End, "+")
		part := Value{}
		if stop == i+1 && p.Kind(i) == String {
			part.Text, _ = Literal(p.At(i), p.Language)
			if _, ok := Literal(p.At(i), p.Language); ok {
				part.Kind = StringValue
			}
		} else if stop < r.End || i > r.Start {
			part = p.value(Range{Start: i, End: stop})
		}
		if part.Kind != StringValue || stop+1 == r.End {
			return
		}
		b.WriteString(part.Text)
		i = stop + 1
	}
	v.Kind, v.Text = StringValue, b.String()
}

// number reads a number, also a product such as 60 * 60.
func (p *reader) number(v *Value, r Range) {
	if r.End == r.Start+1 {
		v.Kind, v.Text = NumberValue, numberText(p.At(r.Start))
		return
	}
	product := int64(1)
	for i := r.Start; i < r.End; i += 2 {
		n, ok := integer(numberText(p.At(i)))
		if !ok || p.Kind(i) != Number || i+1 < r.End && (p.At(i+1) != "*" || i+2 == r.End) {
			return
		}
		if product *= n; product > 1<<40 {
			return
		}
	}
	v.Kind, v.Text = NumberValue, decimal(product)
}

// numberText returns a number without separators and the letter of its type.
func numberText(s string) string { return strings.TrimRight(strings.ReplaceAll(s, "_", ""), "lLuU") }

// integer returns the value of digits.
func integer(s string) (n int64, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || n > 1<<40 {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, s != ""
}

// decimal returns a number in digits.
func decimal(n int64) string {
	if n == 0 {
		return "0"
	}
	var b []byte
	for ; n > 0; n /= 10 {
		b = append(b, byte('0'+n%10))
	}
	slices.Reverse(b)
	return string(b)
}

// items reads the items of a list.
func (p *reader) items(v *Value, args []Range) {
	v.Kind = ListValue
	for _, arg := range args {
		if p.steps > maxSteps {
			*v = Value{Range: v.Range, Used: v.Used}
			return
		}
		switch first := p.At(arg.Start); {
		case p.Language == CSharp && p.Is(arg.Start, ".", "."), p.Language == Kotlin && first == "*":
			skip := map[string]int{".": 2, "*": 1}[first]
			inner := p.value(Range{Start: arg.Start + skip, End: arg.End})
			p.spread(v, &inner, arg)
		default:
			v.Items = append(v.Items, p.value(arg))
		}
	}
}

// spread adds the items of a list that stands among others.
func (p *reader) spread(v, inner *Value, arg Range) {
	if inner.Kind != ListValue {
		inner.Kind, inner.Used = DynamicValue, arg
		v.Items = append(v.Items, *inner)
		return
	}
	for _, item := range inner.Items {
		item.Used = arg
		v.Items = append(v.Items, item)
	}
}

// created reads new String[] {…}, new[] {…}, new List<string> {…} and
// new ArrayList<>(List.of(…)).
func (p *reader) created(v *Value, r Range) {
	i := r.Start + 1
	for p.Kind(i) == Name || p.At(i) == "." {
		i++
	}
	i = p.afterTypes(i)
	for p.Is(i, "[", "]") {
		i += 2
	}
	var args []Range
	if p.At(i) == "(" && i < r.End {
		args = p.Args(i)
		i = p.Skip(i)
	}
	switch {
	case p.At(i) == "{" && p.Skip(i) == r.End && len(args) == 0:
		p.items(v, p.Args(i))
	case i == r.End && len(args) == 1:
		if inner := p.value(args[0]); inner.Kind == ListValue {
			inner.Used = v.Used
			*v = inner
		}
	case i == r.End && len(args) == 0 && p.At(r.End-1) == ")":
		v.Kind = ListValue
	}
}

// listMakers are functions that return a list of their arguments.
var listMakers = []string{
	"List.of", "Arrays.asList", "Set.of", "ImmutableList.of", "Lists.newArrayList", "Stream.of", "Collections.singletonList", "Collections.emptyList",
	"listOf", "mutableListOf", "arrayListOf", "arrayOf", "setOf", "emptyList", "Collections.singleton",
}

// named reads an expression that begins with a name: a call that makes a list,
// or a constant.
func (p *reader) named(v *Value, r Range) {
	end := r.Start + 1
	for p.At(end) == "." && p.Kind(end+1) == Name && end+1 < r.End {
		end += 2
	}
	path := p.Source(Range{Start: r.Start, End: end})
	open := p.afterTypes(end)
	if p.At(open) == "(" && p.Skip(open) == r.End && slices.Contains(listMakers, path) {
		p.made(v, p.Args(open))
		return
	}
	if end == r.End {
		p.follow(v, r)
	} else if i := p.Until(r.Start, r.End, "+"); i < r.End {
		p.text(v, r)
	} else if c, ok := p.CallAt(end - 1); ok {
		p.methods(v, c, r)
	}
}

// made reads the arguments of what makes a list. One that is a list, such as
// that of Arrays.asList(origins), is the list itself.
func (p *reader) made(v *Value, args []Range) {
	p.items(v, args)
	if len(v.Items) == 1 && v.Items[0].Kind == ListValue {
		v.Items = v.Items[0].Items
	}
}

// same are methods whose result has the values of what they are called on.
var same = []string{"toList", "toArray", "ToArray", "ToList", "toTypedArray", "name", "toString", "ToString", "trim", "Trim"}

// methods reads calls such as HttpMethod.PUT.name() and list.toArray(…), of
// which c is the first.
func (p *reader) methods(v *Value, c Call, r Range) {
	if p.At(c.Name-1) != "." || p.End(c) != r.End || !slices.Contains(same, p.At(c.Name)) || c.Name-1 <= r.Start {
		return
	}
	inner := p.value(Range{Start: r.Start, End: c.Name - 1})
	if inner.Kind != DynamicValue || inner.Property != "" {
		inner.Used = v.Used
		*v = inner
	}
}

// Methods of requests, as constants of HttpMethod, RequestMethod and HttpMethods
// name them.
var requestMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}

// follow reads the name of a constant.
func (p *reader) follow(v *Value, r Range) {
	name := p.At(r.End - 1)
	if r.End > r.Start+1 {
		class := p.At(r.End - 3)
		upper := strings.ToUpper(name)
		if slices.Contains([]string{"HttpMethod", "RequestMethod", "HttpMethods"}, class) && slices.Contains(requestMethods, upper) {
			v.Kind, v.Text = StringValue, upper
			return
		}
		if class == "HttpHeaders" || class == "HeaderNames" {
			v.Kind, v.Text = StringValue, HeaderName(name)
			return
		}
	}
	class := -1
	if before := p.At(r.Start); r.End == r.Start+3 && before != "this" {
		class = p.classBody(before)
	}
	if r.End > r.Start+3 || r.End == r.Start+3 && p.At(r.Start) != "this" && class < 0 {
		return
	}
	d, ok := p.declaration(name, r.Start, class)
	if !ok {
		p.imported(v, name)
		return
	}
	if d.property != "" {
		v.Property = d.property
		return
	}
	if d.init.End <= d.init.Start || d.init.Start <= r.Start && r.Start < d.init.End {
		return
	}
	found := p.value(d.init)
	found.Used = r
	*v = found
}

// imported reads a name that a static import brings, such as PUT.
func (p *reader) imported(v *Value, name string) {
	if p.Language != CSharp && slices.Contains(requestMethods, name) {
		v.Kind, v.Text = StringValue, name
	}
}

// HeaderName returns the name of a header that a constant stands for, such as
// CONTENT_TYPE or ContentType.
func HeaderName(constant string) string {
	if known, ok := map[string]string{"ETAG": "ETag", "ETag": "ETag", "TE": "TE"}[constant]; ok {
		return known
	}
	if strings.ToUpper(constant) != constant {
		var b strings.Builder
		for i, r := range constant {
			if i > 0 && r >= 'A' && r <= 'Z' {
				b.WriteByte('-')
			}
			b.WriteRune(r)
		}
		return b.String()
	}
	words := strings.Split(strings.ToLower(constant), "_")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "-")
}
