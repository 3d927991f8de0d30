package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// jsGuard is what decides whether code of a function runs.
type jsGuard struct {
	// list is what the origin is looked up in before, if listed.
	list   []js.Value
	listed bool
	// open says that something else decides, which is not understood.
	open bool
	// preflight says that it runs for preflights only.
	preflight bool
	// block is the innermost bracket of a condition around it, or of the function.
	block int
}

// sure reports whether the code runs for every origin.
func (g *jsGuard) sure() bool { return !g.open && !g.listed }

// add is about a lookup of the origin.
func (g *jsGuard) add(list []js.Value) {
	g.open = g.open || g.listed
	g.list, g.listed = list, true
}

// guardReader reads what decides whether calls of a function run.
type guardReader struct {
	*originFunction

	options *corsOnly
}

// guards returns what decides whether a call runs in the function that sets
// headers.
func (s *handSettings) guards(call js.Call) jsGuard {
	f := s.hand.function
	o := &originFunction{jsReader: &jsReader{jsSettings: &s.jsSettings, jsPackage: &jsPackage{rules: s.rules}}, f: f}
	o.isOrigin = func(r js.Range) bool { return s.isRequestOrigin(o.bare(r), 0) }
	r := &guardReader{o, &corsOnly{jsFile: s.jsFile, f: f}}
	g := jsGuard{block: f.Body.Start}
	root := s.Receiver(call.Start).Start
	if s.Function(call.Start) != f {
		g.open = true
		return g
	}
	if !f.Block {
		g.open = root != f.Body.Start
		return g
	}
	r.outside(root, &g)
	return g
}

// outside looks at the statement that begins with a token, and at what is around
// it.
func (r *guardReader) outside(root int, g *jsGuard) {
	s, ok := r.Statement(root)
	first := true
	for ; ok && r.steps <= 10*maxResults; first = false {
		block := r.Up(s.Start)
		if first {
			r.first(s, root, g)
		}
		r.earlier(block, s, g)
		if block == r.f.Body.Start {
			return
		}
		if s, ok = r.Statement(block); !ok {
			break
		}
		if r.At(s.Start) != "if" || r.Skip(s.Start+1) != block || r.Skip(block) != s.End {
			g.open = true
		} else {
			r.within(s, g)
		}
		if g.block == r.f.Body.Start && !r.isOptionsIf(s) {
			g.block = block
		}
		r.steps++
	}
	g.open = true
}

// first is about the statement itself: a call, one that is returned, or that of
// an if without braces.
func (r *guardReader) first(s js.Range, root int, g *jsGuard) {
	switch {
	case s.Start == root, r.At(s.Start) == "return" && s.Start+1 == root, r.At(s.Start) == "await" && s.Start+1 == root:
	case r.At(s.Start) == "if" && r.Skip(s.Start+1) == root && !r.hasElse(s):
		r.within(s, g)
		g.block = s.Start
	default:
		g.open, g.block = true, s.Start
	}
	for i := root; i < s.End; i = r.Skip(i) { // res.set(…) && …
		if r.Kind(i) == js.Punctuator && !slices.Contains([]string{".", "?.", "(", ";"}, r.At(i)) {
			g.open = true
		}
	}
}

func (r *guardReader) isOptionsIf(s js.Range) bool {
	return r.At(s.Start) == "if" && len(r.f.Names) > 0 && r.options.isOptions(r.inside(s.Start+1))
}

// within is about the condition of an if around the code.
func (r *guardReader) within(s js.Range, g *jsGuard) {
	if r.isOptionsIf(s) {
		g.preflight = true
		return
	}
	for _, part := range r.split(r.inside(s.Start+1), "&&") {
		list, negated, ok := r.condition(part, 0)
		switch {
		case r.isOrigin(part):
		case ok && !negated && len(list) > 0:
			g.add(list)
		default:
			g.open = true
		}
	}
}

// split returns the parts of an expression between operators.
func (r *guardReader) split(e js.Range, operator string) (parts []js.Range) {
	e = r.bare(e)
	for i := r.find(e, operator); i >= 0; i = r.find(e, operator) {
		parts = append(parts, js.Range{Start: e.Start, End: i})
		e.Start = i + 1
	}
	return append(parts, e)
}

// earlier is about the statements of a block before another one: those that may
// leave the function.
func (r *guardReader) earlier(block int, s js.Range, g *jsGuard) {
	for _, e := range r.Statements(block) {
		switch {
		case e.Start >= s.Start:
			return
		case !r.leaves(e) || r.isOptionsIf(e) && !r.hasElse(e):
		case r.At(e.Start) == "if" && !r.hasElse(e):
			r.unless(e, g)
		default:
			g.open = true
		}
	}
}

// unless is about an if whose branch leaves the function.
func (r *guardReader) unless(s js.Range, g *jsGuard) {
	then, _, ok := r.options.branches(s)
	last := ""
	if len(then) > 0 {
		last = r.At(then[len(then)-1].Start)
	}
	if !ok || last != "return" && last != "throw" || slices.ContainsFunc(then[:len(then)-1], r.returns) {
		g.open = true
		return
	}
	for _, part := range r.split(r.inside(s.Start+1), "||") {
		list, negated, ok := r.condition(part, 0)
		switch {
		case ok && negated && len(list) > 0:
			g.add(list)
		case !ok || negated || len(list) > 0:
			g.open = true
		}
	}
}

// returns reports whether a statement may return or throw.
func (r *guardReader) returns(s js.Range) bool {
	for i := s.Start; i < s.End; i++ {
		if r.Kind(i) == js.Name && (r.At(i) == "return" || r.At(i) == "throw") && r.Function(i) == r.f {
			return true
		}
	}
	return false
}

// leaves reports whether a statement may leave the function, or goes on to the
// next one: by itself, or because it calls something with the origin that may
// throw.
func (r *guardReader) leaves(s js.Range) bool {
	if r.returns(s) {
		return true
	}
	for i := s.Start; i < s.End; i++ {
		if r.Kind(i) != js.Name || r.Function(i) != r.f {
			continue
		}
		switch r.At(i) {
		case "break", "continue", "yield":
			return true
		case "next":
			if r.At(i-1) != "await" { // which comes back here
				return true
			}
		}
		if r.At(i+1) != "(" || r.At(i-1) == "." || r.At(i) == "if" {
			continue
		}
		for _, arg := range r.Args(i + 1) {
			if r.isOrigin(arg) {
				return true
			}
		}
	}
	return false
}

// originText matches the header Origin of a request, in lower case and with
// single quotes.
var originText = lazyregexp.New(`^[a-z_$][\w$]*(?:\.(?:req|request|raw))*(?:\.headers?\.origin|\.headers?\['origin'\]|(?:\.headers)?\.get\('origin'\)|\.header\('origin'\))$`)

// headersText matches the headers of a request.
var headersText = lazyregexp.New(`^[a-z_$][\w$]*(?:\.(?:req|request|raw))*\.headers$`)

// isRequestOrigin reports whether an expression is the header Origin of the
// request and nothing else, perhaps with * where there is none, or a constant that
// is that.
func (s *handSettings) isRequestOrigin(r js.Range, depth int) bool {
	for s.Is(r.End-2, "as", "string") || s.At(r.End-1) == "!" {
		if s.At(r.End-1) == "!" {
			r.End--
		} else {
			r.End -= 2
		}
	}
	for i := r.Start; i < r.End; i = s.Skip(i) {
		if op := s.At(i); (op == "||" || op == "??") && i > r.Start {
			v := s.Value(js.Range{Start: i + 1, End: r.End})
			return (falsy(&v) || v.Kind == js.StringValue && v.Text == "*") && s.isRequestOrigin(js.Range{Start: r.Start, End: i}, depth)
		}
	}
	if r.End <= r.Start || depth > maxFollow {
		return false
	}
	if r.End == r.Start+1 && s.Kind(r.Start) == js.Name {
		d := s.Decl(r.Start)
		if d == nil || d.Init.End <= d.Init.Start || !s.Constant(d) {
			return false
		}
		if d.Key != "" {
			return d.Key == "origin" && headersText.MatchString(s.plainText(d.Init)) && s.ofRequest(d.Init, depth)
		}
		return s.isRequestOrigin(d.Init, depth+1)
	}
	return originText.MatchString(s.plainText(r)) && s.ofRequest(r, depth)
}

// requestText matches what leads from a context or a response to the request.
var requestText = lazyregexp.New(`^[A-Za-z_$][\w$]*(?:\??\.(?:req|request|raw))+$`)

// ofRequest reports whether an expression begins with the request of the function:
// its parameter before that of the response, a context, or a constant that is one.
func (s *handSettings) ofRequest(r js.Range, depth int) bool {
	d := s.Decl(r.Start)
	if d == nil || depth > maxFollow {
		return false
	}
	if init := d.Init; init.End > init.Start {
		if d.Key != "" {
			return s.Constant(d) && (d.Key == "req" || d.Key == "request") && init.End == init.Start+1 && s.ofRequest(init, depth+1)
		}
		return s.Constant(d) && (init.End == init.Start+1 || requestText.MatchString(s.Source(init))) && s.ofRequest(init, depth+1)
	}
	f := s.hand.function
	response := slices.Index(f.Names, s.At(s.Receiver(s.hand.headers[0].call.Start).Start))
	for k, param := range f.Params {
		if d.Token < param.Start || d.Token >= param.End {
			continue
		}
		leads := r.Start+2 < r.End && slices.Contains([]string{"req", "request"}, s.At(r.Start+2))
		return k == response && (leads || k == 0 && s.rules != honoRules) || k == response-1
	}
	return false
}

// plainText returns an expression without blanks, in lower case and with single
// quotes.
func (x *jsFile) plainText(r js.Range) string {
	var b strings.Builder
	for i := r.Start; i < min(r.End, r.Start+maxResults); i++ {
		b.WriteString(x.At(i))
	}
	return strings.NewReplacer(`"`, "'", "`", "'", "?.[", "[", "?.", ".").Replace(strings.ToLower(b.String()))
}
