package stacks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// pure returns the statement that adds a middleware, if the middleware does
// nothing but set CORS headers and answer preflights. Each of its statements has
// one of a few known shapes: everything else may be a login or the like.
func (h *corsHand) pure() (js.Range, bool) {
	f := h.hand.function
	statement, ok := h.user.Statement(h.use.Start)
	if !ok || !f.Block || len(h.use.handlers) != 1 || statement.Start != h.use.receiver.Start || statement.End-h.use.End > 1 {
		return statement, false
	}
	if len(f.Names) != 3 || slices.Contains(f.Names, "") {
		return statement, false
	}
	m := &corsOnly{jsFile: h.jsFile, f: f}
	list := m.Statements(f.Body.Start)
	if len(list) == 0 || !m.ends(list[len(list)-1]) {
		return statement, false
	}
	for _, s := range list[:len(list)-1] {
		if !m.sets(s) && !m.preflight(s, false) {
			return statement, false
		}
	}
	return statement, true
}

// corsOnly reads the statements of a middleware (req, res, next) that does nothing
// but CORS.
type corsOnly struct {
	*jsFile

	f *js.Function
	// steps bounds how much is read.
	steps int
}

// expression returns a statement without its semicolon.
func (m *corsOnly) expression(s js.Range) js.Range {
	if m.At(s.End-1) == ";" {
		s.End--
	}
	return s
}

// sets reports whether a statement only sets CORS headers, declares a variable
// for that, or does so under a condition without effects.
func (m *corsOnly) sets(s js.Range) bool {
	if m.steps++; m.steps > maxSites {
		return false
	}
	switch m.At(s.Start) {
	case "const", "let", "var":
		return m.declares(m.expression(s))
	case "if":
		then, other, ok := m.branches(s)
		return ok && m.pure(m.inside(s.Start+1), m.f) && len(then) > 0 && m.all(then, m.sets) && m.all(other, m.sets)
	}
	answers, ok := m.chain(m.expression(s))
	return ok && answers == nothing
}

func (m *corsOnly) all(list []js.Range, is func(js.Range) bool) bool {
	return !slices.ContainsFunc(list, func(s js.Range) bool { return !is(s) })
}

// declares reports whether a declaration has one name, with a value without
// effects.
func (m *corsOnly) declares(s js.Range) bool {
	i := s.Start + 1
	d := m.Decl(i)
	return m.Kind(i) == js.Name && d != nil && d.Init.End == s.End && d.Init.End > d.Init.Start && m.pure(d.Init, m.f)
}

// branches returns the statements of both branches of an if.
func (m *corsOnly) branches(s js.Range) (then, other []js.Range, ok bool) {
	start := m.Skip(s.Start + 1)
	end := s.End
	for i := start; i < s.End; i = m.Skip(i) {
		if m.At(i) == "else" {
			end = i
			break
		}
	}
	if then, ok = m.branch(js.Range{Start: start, End: end}); !ok || end == s.End {
		return then, nil, ok
	}
	other, ok = m.branch(js.Range{Start: end + 1, End: s.End})
	return then, other, ok
}

// branch returns the statements of a block, or a single one that has no others
// in it.
func (m *corsOnly) branch(r js.Range) (list []js.Range, ok bool) {
	if m.At(r.Start) == "{" {
		return m.Statements(r.Start), m.Skip(r.Start) == r.End
	}
	return []js.Range{r}, r.End > r.Start && !slices.Contains([]string{"if", "for", "while", "do", "switch", "try", "with", "const", "let", "var"}, m.At(r.Start))
}

// ends reports whether a statement goes on to the next handler, for all requests
// but preflights.
func (m *corsOnly) ends(s js.Range) bool { return m.goesOn(s) || m.preflight(s, true) }

// goesOn reports whether a statement is next() or return next().
func (m *corsOnly) goesOn(s js.Range) bool {
	r := m.expression(s)
	if m.At(r.Start) == "return" {
		r.Start++
	}
	return r.End-r.Start == 3 && m.Is(r.Start, m.f.Names[2], "(", ")")
}

// preflight reports whether a statement is if (req.method === 'OPTIONS'), which
// ends the response with success; with last, others go on in its else.
func (m *corsOnly) preflight(s js.Range, last bool) bool {
	if m.At(s.Start) != "if" || !m.isOptions(m.inside(s.Start+1)) {
		return false
	}
	then, other, ok := m.branches(s)
	if !ok || len(then) == 0 || !m.answers(then) {
		return false
	}
	if !last {
		return len(other) == 0
	}
	n := len(other)
	return n > 0 && m.goesOn(other[n-1]) && m.all(other[:n-1], m.sets)
}

// isOptions reports whether a condition is that the method is OPTIONS.
func (m *corsOnly) isOptions(r js.Range) bool {
	var b strings.Builder
	for i := r.Start; i < min(r.End, r.Start+20); i++ {
		b.WriteString(strings.ReplaceAll(m.At(i), `"`, "'"))
	}
	left, right, ok := strings.Cut(strings.Replace(b.String(), "===", "==", 1), "==")
	if strings.HasPrefix(left, "'") {
		left, right = right, left
	}
	method := m.f.Names[0] + ".method"
	return ok && (right == "'OPTIONS'" && (left == method || left == method+".toUpperCase()") || right == "'options'" && left == method+".toLowerCase()")
}

// answers reports whether statements only set headers and end a response with
// success.
func (m *corsOnly) answers(list []js.Range) bool {
	if n := len(list); n > 1 && m.Source(m.expression(list[n-1])) == "return" {
		list = list[:n-1]
	}
	for k, s := range list {
		s = m.expression(s)
		last := k == len(list)-1
		if last && m.At(s.Start) == "return" {
			s.Start++
		}
		if !last && m.Is(s.Start, m.f.Names[1], ".", "statusCode", "=") && s.End == s.Start+5 && m.succeeds(js.Range{Start: s.Start + 4, End: s.End}) {
			continue
		}
		answers, ok := m.chain(s)
		if !ok || last != (answers == wholly) {
			return false
		}
	}
	return true
}

// answering is how far calls answer a request.
type answering int

const (
	nothing answering = iota
	partly            // a status, or a header that only answers have
	wholly
)

// chain reads calls on the response, such as res.set(…).status(204).end(). It is
// false if one of them does something besides CORS.
func (m *corsOnly) chain(r js.Range) (a answering, ok bool) {
	i := r.Start
	if i >= r.End || m.At(i) != m.f.Names[1] {
		return nothing, false
	}
	for i++; i < r.End; i = m.Skip(i + 2) {
		if a == wholly || m.At(i) != "." || m.At(i+2) != "(" || m.Skip(i+2) > r.End {
			return a, false
		}
		does, ok := m.call(m.At(i+1), m.Args(i+2))
		if !ok {
			return a, false
		}
		a = max(a, does)
	}
	return a, i > r.Start+1
}

// call reads one call on the response.
func (m *corsOnly) call(name string, args []js.Range) (a answering, ok bool) {
	switch name {
	case "set", "header", "setHeader", "append", "appendHeader":
		return m.setter(args)
	case "removeHeader":
		return nothing, len(args) == 1 && m.corsName(m.Value(args[0]).Text)
	case "vary":
		v := js.Value{}
		if len(args) == 1 {
			v = m.Value(args[0])
		}
		return nothing, v.Kind == js.StringValue && isCorsVary(v.Text)
	case "status":
		return partly, len(args) == 1 && m.succeeds(args[0])
	case "writeHead":
		ok := len(args) > 0 && m.succeeds(args[0])
		if len(args) == 2 && ok {
			_, ok = m.setter(args[1:])
		}
		return partly, ok && len(args) <= 2
	case "sendStatus":
		return wholly, len(args) == 1 && m.succeeds(args[0])
	case "end", "send", "json":
		return wholly, len(args) == 0 || len(args) == 1 && m.plain(args[0])
	}
	return nothing, false
}

// setter reads the arguments of a method that sets headers.
func (m *corsOnly) setter(args []js.Range) (a answering, ok bool) {
	if len(args) == 2 {
		v := m.Value(args[0])
		if v.Kind == js.StringValue && strings.EqualFold(v.Text, "Content-Length") {
			return partly, m.plain(args[1])
		}
		if v.Kind == js.StringValue && strings.EqualFold(v.Text, "Vary") {
			value := m.Value(args[1])
			return nothing, value.Kind == js.StringValue && isCorsVary(value.Text)
		}
		return nothing, v.Kind == js.StringValue && m.corsName(v.Text) && m.pure(args[0], m.f) && m.pure(args[1], m.f)
	}
	if len(args) != 1 || m.At(args[0].Start) != "{" {
		return nothing, false
	}
	v := m.Value(args[0])
	if v.Kind != js.ObjectValue || v.Open {
		return nothing, false
	}
	for _, p := range v.Props {
		name := strings.ToLower(p.Name)
		switch {
		case name == "content-length":
			a = partly
		case name == "vary" && (p.Value.Kind != js.StringValue || !isCorsVary(p.Value.Text)), name != "vary" && !m.corsName(name):
			return a, false
		}
		if !m.pureProp(p.Range, m.f) {
			return a, false
		}
	}
	return a, len(v.Props) > 0
}

// corsName reports whether a header is one of CORS.
func (m *corsOnly) corsName(name string) bool {
	return strings.HasPrefix(strings.ToLower(name), "access-control-")
}

// isCorsVary reports whether a value of Vary is only about CORS.
func isCorsVary(value string) bool {
	for name := range strings.SplitSeq(value, ",") {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "origin", "access-control-request-method", "access-control-request-headers":
		default:
			return false
		}
	}
	return true
}

// succeeds reports whether an expression is a status that browsers accept for a
// preflight.
func (m *corsOnly) succeeds(r js.Range) bool {
	v := m.Value(r)
	status, err := strconv.Atoi(v.Text)
	return v.Kind == js.NumberValue && err == nil && status >= 200 && status <= 299
}

// plain reports whether an expression is a literal without anything in it that
// runs. A number is the status in old versions of send.
func (m *corsOnly) plain(r js.Range) bool {
	if m.Is(r.Start, "{", "}") {
		return r.End == r.Start+2
	}
	k := m.Kind(r.Start)
	return r.End == r.Start+1 && (k == js.String || k == js.Template || k == js.Number && m.succeeds(r) || m.At(r.Start) == "0" || m.At(r.Start) == "null")
}

// inside returns what is between two brackets.
func (x *jsFile) inside(open int) js.Range {
	return js.Range{Start: open + 1, End: x.Partner(open)}
}

// pureProp reports whether a property of an object has a name and a value without
// effects.
func (x *jsFile) pureProp(r js.Range, f *js.Function) bool {
	switch {
	case r.End == r.Start+1:
		return x.Kind(r.Start) == js.Name
	case x.At(r.Start+1) == ":":
		return x.pure(js.Range{Start: r.Start + 2, End: r.End}, f)
	}
	return false
}

// pureOperators are the punctuators of expressions without effects; brackets are
// judged by what is before them.
var pureOperators = []string{".", "?.", ",", "!", "===", "!==", "==", "!=", "&&", "||", "??", "?", ":", "+", "-", ">", "<", ">=", "<=", "(", ")", "[", "]"}

// pureMethods are methods of strings, arrays and regular expressions that change
// nothing.
var pureMethods = []string{"includes", "indexOf", "toUpperCase", "toLowerCase", "startsWith", "endsWith", "test", "split", "join", "trim"}

// effects are words that begin what has an effect, or what is not looked into.
var effects = []string{"await", "yield", "new", "delete", "throw", "function", "class", "async", "import", "super"}

// pure reports whether an expression in a function that gets a request first has
// no effect, and calls nothing that is not known.
func (x *jsFile) pure(r js.Range, f *js.Function) bool {
	for i := r.Start; i < r.End; i++ {
		switch x.Kind(i) {
		case js.Name:
			if slices.Contains(effects, x.At(i)) && x.At(i-1) != "." && x.At(i-1) != "?." {
				return false
			}
		case js.Punctuator:
			if !slices.Contains(pureOperators, x.At(i)) || x.At(i) == "(" && !x.pureOpen(i, r, f) {
				return false
			}
		case js.Template, js.TemplateHead:
			if i > r.Start && x.endsValue(i-1) {
				return false // a function gets it
			}
		case js.String, js.Number, js.RegExp, js.TemplateMiddle, js.TemplateTail:
		default:
			return false
		}
	}
	return r.End > r.Start
}

// endsValue reports whether what follows a token is a part of the value that it
// ends, as the arguments of a call are.
func (x *jsFile) endsValue(i int) bool {
	return x.Kind(i) == js.Name && !slices.Contains([]string{"typeof", "void", "in", "instanceof", "return"}, x.At(i)) || x.At(i) == ")" || x.At(i) == "]" || x.Kind(i) == js.Template || x.Kind(i) == js.TemplateTail || x.At(i) == "?."
}

// pureOpen reports whether a parenthesis groups, or calls something without
// effects.
func (x *jsFile) pureOpen(i int, r js.Range, f *js.Function) bool {
	if i == r.Start || !x.endsValue(i-1) {
		return true
	}
	if x.Kind(i-1) != js.Name || x.At(i-2) != "." && x.At(i-2) != "?." {
		return false
	}
	switch name := x.At(i - 1); name {
	case "get", "header":
		receiver := x.Source(x.Receiver(i - 1))
		return len(f.Names) > 0 && f.Names[0] != "" && (receiver == f.Names[0] || receiver == f.Names[0]+".headers") && len(x.Args(i)) == 1
	default:
		return slices.Contains(pureMethods, name) && x.builtIn(x.Receiver(i-1), f, 0)
	}
}

// requestStrings are the properties of a request that are strings.
var requestStrings = []string{"method", "path", "url", "originalUrl", "baseUrl", "hostname", "host", "protocol", "ip"}

// builtIn reports whether an expression in a function that gets a request first is
// certainly a string, an array or a regular expression: a literal, a string of the
// request or the environment, what methods return of these, or a constant that is one.
// Other objects may have methods of the same names that do anything.
func (x *jsFile) builtIn(r js.Range, f *js.Function, depth int) bool {
	for r.End-r.Start > 2 && x.At(r.Start) == "(" && x.Skip(r.Start) == r.End {
		r = js.Range{Start: r.Start + 1, End: r.End - 1}
	}
	if r.End <= r.Start || depth > maxFollow {
		return false
	}
	for i := x.Skip(r.Start); i < r.End; i = x.Skip(i) {
		if op := x.At(i); op == "||" || op == "??" {
			return x.builtIn(js.Range{Start: r.Start, End: i}, f, depth+1) && x.builtIn(js.Range{Start: i + 1, End: r.End}, f, depth+1)
		}
	}
	switch v := x.value(r); v.Kind {
	case js.StringValue, js.ArrayValue, js.RegExpValue:
		return true
	}
	if x.Kind(r.Start) == js.Template && r.End == r.Start+1 || x.Kind(r.Start) == js.TemplateHead && x.Skip(r.Start) == r.End {
		return true
	}
	if d := x.Decl(r.Start); x.Kind(r.Start) == js.Name && r.End == r.Start+1 {
		return d != nil && d.Init.End > d.Init.Start && x.Constant(d) && (d.Key == "" && x.builtIn(d.Init, f, depth+1) || d.Key != "" && x.isHeaders(d.Init, f))
	}
	if x.At(r.End-1) == ")" {
		open := x.Partner(r.End - 1)
		name := x.At(open - 1)
		if open-2 < r.Start+1 || x.Kind(open-1) != js.Name || x.At(open-2) != "." && x.At(open-2) != "?." {
			return false
		}
		of := js.Range{Start: r.Start, End: open - 2}
		if name == "get" || name == "header" {
			return x.isRequest(of, f) || x.isHeaders(of, f)
		}
		return slices.Contains(pureMethods, name) && x.builtIn(of, f, depth+1)
	}
	if x.Is(r.Start, "process", ".", "env", ".") && r.End == r.Start+5 {
		return true
	}
	end := r.End - 2 // of what a property is read from
	if x.At(r.End-1) == "]" {
		end = x.Partner(r.End - 1)
		if x.At(end-1) == "?." {
			end--
		}
	}
	owner := js.Range{Start: r.Start, End: end}
	return x.isHeaders(owner, f) || x.isRequest(owner, f) && x.Kind(r.End-1) == js.Name && slices.Contains(requestStrings, x.At(r.End-1))
}

// isRequest reports whether an expression is the first parameter of a function.
func (x *jsFile) isRequest(r js.Range, f *js.Function) bool {
	return r.End == r.Start+1 && len(f.Names) > 0 && f.Names[0] != "" && x.At(r.Start) == f.Names[0]
}

// isHeaders reports whether an expression is the headers of the first parameter of a
// function.
func (x *jsFile) isHeaders(r js.Range, f *js.Function) bool {
	return r.End == r.Start+3 && x.isRequest(js.Range{Start: r.Start, End: r.Start + 1}, f) && x.At(r.Start+2) == "headers"
}
