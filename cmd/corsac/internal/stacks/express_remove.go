package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// dropCall takes away a call of cors besides the one that decides.
func (c *expressChange) dropCall(o corsCall) {
	x := o.user
	if o.use == nil {
		c.Notes = append(c.Notes, fmt.Sprintf("%s, line %d: it is not clear where this call of cors() is used; it was left as it is.", x.file.Name, x.file.Place(x.Tokens[o.call.Start].Start).Line))
		return
	}
	if len(o.use.handlers) == 1 && x.At(o.use.handlers[0].Start) != "[" {
		if s, ok := x.Statement(o.use.Start); ok && s.Start == o.use.receiver.Start && s.End-o.use.End <= 1 {
			c.Edit(x.file, x.withoutStatement(s))
		} else {
			c.Edit(x.file, x.withoutSegment(o.use.Range))
		}
		return
	}
	for _, r := range o.use.handlers {
		inside := x.At(r.Start) == "["
		items := []js.Range{r}
		if inside {
			items = x.Args(r.Start)
		}
		for _, item := range items {
			if o.user != o.expressFile && len(items) > 1 || o.isItem(item) {
				c.Edit(x.file, x.withoutItem(item))
			}
		}
	}
}

// isItem reports whether an expression is this call of cors, or the constant of
// it.
func (p *corsCall) isItem(r js.Range) bool {
	d := p.Decl(r.Start)
	return r.Start == p.call.Start || d != nil && d.Init.Start == p.call.Start
}

// withoutSegment returns an edit that takes a call of a method out of a chain;
// the range begins with its name.
func (x *jsFile) withoutSegment(r js.Range) source.Edit {
	span := x.Span(js.Range{Start: r.Start - 1, End: r.End})
	before := x.Text[:span.Start]
	if trimmed := strings.TrimRight(before, " \t\r\n"); x.Newline(r.Start - 1) {
		span.Start = len(trimmed)
	}
	return source.Edit{Span: span}
}

// dropHands takes away the CORS headers that functions set by hand.
func (c *expressChange) dropHands() {
	for _, x := range c.files {
		for _, h := range x.hands {
			u := x.middleware(h)
			if c.replaced(x, h) || !c.concerns(u) || !c.concernsRoute(x, h) || u == nil && c.leaves(x, nil, h.headers[0].call.Start) {
				continue
			}
			if u != nil {
				whole := newCorsHand(x, h, u)
				if statement, ok := whole.pure(); ok && whole.user == x {
					c.Edit(x.file, x.withoutStatement(statement))
					c.dropFunction(whole)
					continue
				}
			}
			c.dropHeaders(x, h)
		}
	}
}

// replaced reports whether a function is inside of an edit already.
func (c *expressChange) replaced(x *expressFile, h *hand) bool {
	s := x.Span(h.function.Range)
	return slices.ContainsFunc(c.Edits[x.file.Name], func(e source.Edit) bool { return e.Start <= s.Start && s.End <= e.End })
}

// concernsRoute reports whether the route that a function is for is to be
// changed; one that is not known is.
func (c *expressChange) concernsRoute(x *expressFile, h *hand) bool {
	for _, u := range x.uses {
		for _, r := range u.handlers {
			if r.Start <= h.function.Start && h.function.End <= r.End {
				return c.concerns(u) || u.object != x.declaredBy(c.app)
			}
		}
	}
	return true
}

// dropFunction takes away the declaration of a function that is not used any
// more.
func (c *expressChange) dropFunction(h corsHand) {
	r := h.use.handlers[0]
	if r.End != r.Start+1 {
		return
	}
	d := h.Decl(r.Start)
	if d == nil || len(h.Uses(d)) != 1 {
		return
	}
	if s, ok := h.Statement(d.Token); ok && h.declaresOnly(s, h.hand.function) {
		c.Edit(h.file, h.withoutStatement(s))
	}
}

// dropImports takes away the imports of the package whose uses all go away.
func (c *expressChange) dropImports() {
	for _, x := range c.files {
		for _, d := range x.Imports("cors") {
			switch {
			case !c.unused(x, d):
			case x.importsOnly(d):
				c.Edit(x.file, x.withoutStatement(d.Statement))
			case x.At(d.Token-1) == "import" && x.At(d.Token+1) == ",":
				from, to := x.Tokens[d.Token].Start, x.Tokens[d.Token+2].Start // what else it imports may be in use
				c.Edit(x.file, source.Edit{Span: source.Span{Start: from, End: to}})
			}
		}
	}
}

// importsOnly reports whether a statement declares a name of another module and
// nothing else.
func (x *expressFile) importsOnly(d *js.Decl) bool {
	for i := d.Statement.Start; i < d.Statement.End; i = x.Skip(i) {
		if x.At(i) == "," || x.At(i) == "{" {
			return false
		}
	}
	return d.Statement.End > d.Statement.Start && x.Up(d.Statement.Start) < 0
}

// unused reports whether a file has had uses of a name, and all of them go away.
func (c *expressChange) unused(x *expressFile, d *js.Decl) bool {
	edits, uses := c.Edits[x.file.Name], 0
	if slices.ContainsFunc(edits, func(e source.Edit) bool { return strings.Contains(e.New, d.Name) }) {
		return false
	}
	for _, i := range x.Names(d.Name) {
		if i >= d.Statement.Start && i < d.Statement.End {
			continue
		}
		uses++
		at := x.Tokens[i]
		if !slices.ContainsFunc(edits, func(e source.Edit) bool { return e.Start <= at.Start && at.End <= e.End }) {
			return false
		}
	}
	return uses > 0
}

// declaresOnly reports whether a statement is the declaration of a function and
// nothing else, so that it can go when the function is not used any more.
func (x *expressFile) declaresOnly(s js.Range, f *js.Function) bool {
	end := s.End
	if x.At(end-1) == ";" {
		end--
	}
	first := s.Start
	if x.At(first) == "async" {
		first++
	}
	switch x.At(first) {
	case "function":
		return f.Start <= first && f.End == end
	case "const", "let", "var":
		for i := first + 1; i < end; i = x.Skip(i) {
			if x.At(i) == "," && i < f.Start {
				return false
			}
		}
		return f.End == end
	}
	return false
}

// dropHeaders takes away single headers: each a call whose arguments do nothing
// else. The others are left, with a note.
func (c *expressChange) dropHeaders(x *expressFile, h *hand) {
	done := map[int]bool{}
	for _, header := range h.headers {
		if !header.known || done[header.call.Start] {
			continue
		}
		line := x.file.Place(x.Tokens[header.call.Start].Start).Line
		if header.object == nil {
			if x.pure(header.setting, h.function) {
				c.Edit(x.file, x.withoutSetter(header.call, h.function))
			} else {
				c.Notes = append(c.Notes, fmt.Sprintf("%s, line %d: this header is left, as its value may do more than CORS: take it away yourself.", x.file.Name, line))
			}
			continue
		}
		done[header.call.Start] = true
		if !header.object.Literal() {
			c.Notes = append(c.Notes, fmt.Sprintf("%s, line %d: take the CORS headers out of the object that is used here.", x.file.Name, line))
			continue
		}
		var gone []js.Range
		for _, p := range header.object.Props {
			if _, ok := corsFields[strings.ToLower(p.Name)]; !ok {
				continue
			}
			if x.pureProp(p.Range, h.function) {
				gone = append(gone, p.Range)
			} else {
				c.Notes = append(c.Notes, fmt.Sprintf("%s, line %d: %s is left, as its value may do more than CORS: take it away yourself.", x.file.Name, line, p.Name))
			}
		}
		open := header.object.Range.Start
		if len(gone) == len(x.Args(open)) && x.At(header.call.Start) != "writeHead" {
			c.Edit(x.file, x.withoutSetter(header.call, h.function))
		} else {
			c.Edit(x.file, x.exchange(open, gone, nil)...)
		}
	}
}

// withoutSetter returns an edit that takes res.set(…) away: as a statement, with
// an if that has nothing else in it and asks only what has no effect, or out of a
// chain. Everywhere else, res stays as the value that the call has.
func (x *expressFile) withoutSetter(call js.Call, f *js.Function) source.Edit {
	s, ok := x.Statement(call.Start)
	receiver := x.Receiver(call.Start)
	if !ok || x.At(call.End) == "." || x.At(receiver.End-1) == ")" {
		return x.withoutSegment(call.Range)
	}
	rest := x.Source(js.Range{Start: call.End, End: s.End})
	alone := rest == "" || rest == ";"
	switch {
	case alone && s.Start == receiver.Start:
		if block := x.Up(s.Start); x.Partner(block) == s.End && block == s.Start-1 {
			if outer, ok := x.Statement(block); ok && x.At(outer.Start) == "if" && x.Skip(outer.Start+1) == block && outer.End == s.End+1 && x.pure(x.inside(outer.Start+1), f) {
				return x.withoutStatement(outer)
			}
		}
		return x.withoutStatement(s)
	case alone && x.At(s.Start) == "if" && x.Skip(s.Start+1) == receiver.Start:
		if x.pure(x.inside(s.Start+1), f) {
			return x.withoutStatement(s)
		}
		return source.Edit{Span: x.Span(js.Range{Start: receiver.Start, End: s.End}), New: "{}"}
	case x.At(receiver.Start-1) == "=>":
		return source.Edit{Span: x.Span(js.Range{Start: receiver.Start, End: call.End}), New: "{}"}
	default:
		return source.Edit{Span: x.Span(js.Range{Start: receiver.Start, End: call.End}), New: x.Source(receiver)}
	}
}
