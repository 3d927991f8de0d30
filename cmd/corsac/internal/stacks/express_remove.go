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

// endings are what ends a response, and neutral what else a middleware may call
// that does nothing besides CORS.
var (
	endings = []string{"sendStatus", "status", "send", "end", "json", "writeHead"}
	neutral = append([]string{"next", "includes", "indexOf", "get", "header", "toUpperCase", "toLowerCase", "test", "vary", "if"}, expressResponse.setters...)
)

// pure returns the statement that adds a middleware, if the middleware does
// nothing but set CORS headers and answer preflights.
func (h *corsHand) pure() (js.Range, bool) {
	f := h.hand.function
	statement, ok := h.user.Statement(h.use.Start)
	if !ok || !f.Block || len(h.use.handlers) != 1 || statement.Start != h.use.receiver.Start || statement.End-h.use.End > 1 {
		return statement, false
	}
	for i := f.Body.Start; i < f.Body.End; i++ {
		if h.Kind(i) != js.Name || h.At(i+1) != "(" {
			if h.Kind(i) == js.Name && (h.At(i) == "throw" || h.At(i) == "await") {
				return statement, false
			}
			continue
		}
		name := h.At(i)
		switch {
		case slices.Contains(endings, name):
			if !h.forOptions(i) {
				return statement, false
			}
		case !slices.Contains(neutral, name):
			return statement, false
		}
		if slices.Contains(expressResponse.setters, name) && name != "writeHead" && len(h.Args(i+1)) > 0 && !h.onlyCors(i+1) {
			return statement, false
		}
	}
	return statement, true
}

// onlyCors reports whether a call that sets headers sets those of CORS or Vary.
func (h *corsHand) onlyCors(open int) bool {
	args := h.Args(open)
	v := h.Value(args[0])
	names := []string{v.Text}
	if v.Kind == js.ObjectValue {
		names = nil
		for _, p := range v.Props {
			names = append(names, p.Name)
		}
	} else if v.Kind != js.StringValue {
		return false
	}
	return !slices.ContainsFunc(names, func(name string) bool {
		name = strings.ToLower(name)
		return !strings.HasPrefix(name, "access-control-") && name != "vary" && name != "origin" && !(name == "content-length" && h.forOptions(open))
	})
}

// forOptions reports whether a token stands in an if for OPTIONS requests.
func (h *corsHand) forOptions(i int) bool {
	for n := 0; n < 10 && i > h.hand.function.Body.Start; n++ {
		s, ok := h.Statement(i)
		if !ok {
			return false
		}
		if h.At(s.Start) == "if" && strings.Contains(h.Source(js.Range{Start: s.Start, End: h.Skip(s.Start + 1)}), "OPTIONS") {
			return true
		}
		i = h.Up(s.Start)
	}
	return false
}

// dropHands takes away the CORS headers that functions set by hand.
func (c *expressChange) dropHands() {
	for _, x := range c.files {
		for _, h := range x.byHand {
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
	if s, ok := h.Statement(d.Token); ok && h.At(s.Start) != "export" {
		c.Edit(h.file, h.withoutStatement(s))
	}
}

// dropHeaders takes away single headers.
func (c *expressChange) dropHeaders(x *expressFile, h *hand) {
	done := map[int]bool{}
	for _, header := range h.headers {
		if !header.known || done[header.call.Start] {
			continue
		}
		if header.object == nil {
			c.Edit(x.file, x.withoutSetter(header.call))
			continue
		}
		done[header.call.Start] = true
		if !header.object.Literal() {
			c.Notes = append(c.Notes, fmt.Sprintf("%s, line %d: take the CORS headers out of the object that is used here.", x.file.Name, x.file.Place(x.Tokens[header.call.Start].Start).Line))
			continue
		}
		var gone []js.Range
		for _, p := range header.object.Props {
			if _, ok := corsFields[strings.ToLower(p.Name)]; ok {
				gone = append(gone, p.Range)
			}
		}
		open := header.object.Range.Start
		if len(gone) == len(x.Args(open)) && x.At(header.call.Start) != "writeHead" {
			c.Edit(x.file, x.withoutSetter(header.call))
		} else {
			c.Edit(x.file, x.exchange(open, gone, nil)...)
		}
	}
}

// withoutSetter returns an edit that takes res.set(…) away: as a statement, with
// an if that has nothing else in it, or out of a chain.
func (x *expressFile) withoutSetter(call js.Call) source.Edit {
	s, ok := x.Statement(call.Start)
	receiver := x.Receiver(call.Start)
	if !ok || x.At(call.End) == "." || x.At(receiver.End-1) == ")" {
		return x.withoutSegment(call.Range)
	}
	tail := js.Range{Start: call.End, End: s.End}
	switch rest := x.Source(tail); {
	case s.Start == receiver.Start && (rest == "" || rest == ";"):
		if block := x.Up(s.Start); x.Partner(block) == s.End && block == s.Start-1 && x.At(block-1) == ")" {
			if outer, ok := x.Statement(block); ok && x.At(outer.Start) == "if" && outer.End == s.End+1 {
				return x.withoutStatement(outer)
			}
		}
		return x.withoutStatement(s)
	case x.At(s.Start) == "if" && x.Skip(s.Start+1) == receiver.Start && (rest == "" || rest == ";"):
		return x.withoutStatement(s)
	case x.At(receiver.Start-1) == "=>":
		return source.Edit{Span: x.Span(js.Range{Start: receiver.Start, End: call.End}), New: "{}"}
	case x.At(receiver.Start-1) == "," || x.At(call.End) == ",":
		return x.withoutItem(js.Range{Start: receiver.Start, End: call.End})
	default:
		return source.Edit{Span: x.Span(js.Range{Start: receiver.Start, End: call.End}), New: x.Source(receiver)}
	}
}
