package stacks

import (
	"slices"
	"strings"
)

// apacheValue is a text in an expression.
type apacheValue struct {
	text  string
	known bool
	// origin says that it is the origin of the request.
	origin bool
	at     proxyPlace
}

// apacheExpr reads and evaluates an expression of Apache
// (https://httpd.apache.org/docs/2.4/expr.html) for a request.
type apacheExpr struct {
	*apacheRun

	text  string
	at    int
	place proxyPlace
	depth int
}

// expr reports whether an expression is true.
func (r *apacheRun) expr(text string, place proxyPlace) (matches, known bool) {
	if len(text) > proxyMaxExpression || strings.Contains(text, proxyUnknown) {
		return false, false
	}
	e := &apacheExpr{apacheRun: r, text: text, place: place}
	matches, known = e.or()
	e.space()
	return matches, known && e.at == len(text)
}

func (e *apacheExpr) space() {
	for e.at < len(e.text) && strings.IndexByte(" \t\r\n", e.text[e.at]) >= 0 {
		e.at++
	}
}

// eat skips a symbol if it is next.
func (e *apacheExpr) eat(symbol string) bool {
	e.space()
	if strings.HasPrefix(e.text[e.at:], symbol) {
		e.at += len(symbol)
		return true
	}
	return false
}

func (e *apacheExpr) or() (matches, known bool) {
	matches, known = e.and()
	for e.eat("||") {
		m, k := e.and()
		matches, known = matches && known || m && k, known && k || matches && known || m && k
	}
	return matches, known
}

func (e *apacheExpr) and() (matches, known bool) {
	matches, known = e.not()
	for e.eat("&&") {
		m, k := e.not()
		no := known && !matches || k && !m
		matches, known = matches && m && !no, known && k || no
	}
	return matches, known
}

func (e *apacheExpr) not() (matches, known bool) {
	if e.depth++; e.depth > 100 || !e.engine.step() {
		e.at = len(e.text)
		return false, false
	}
	defer func() { e.depth-- }()
	switch {
	case e.eat("!"):
		matches, known = e.not()
		return !matches, known
	case e.eat("("):
		matches, known = e.or()
		return matches, e.eat(")") && known
	case e.eat("-n "), e.eat("-n\t"):
		v := e.value()
		return v.text != "", v.known
	case e.eat("-z "), e.eat("-z\t"):
		v := e.value()
		return v.text == "", v.known
	case e.eat("-T "):
		v := e.value()
		return !slices.Contains([]string{"", "0", "off", "false", "no"}, strings.ToLower(v.text)), v.known
	}
	return e.comparison()
}

// comparison reads a value, an operator and another value.
func (e *apacheExpr) comparison() (matches, known bool) {
	left := e.value()
	switch {
	case e.eat("=="), e.eat("-strcmp"):
		return e.equal(left)
	case e.eat("!="):
		matches, known = e.equal(left)
		return !matches, known
	case e.eat("=~"):
		return e.match(left)
	case e.eat("!~"):
		matches, known = e.match(left)
		return !matches, known
	case e.eat("-in"):
		return e.in(left)
	case e.eat("="):
		return e.equal(left)
	}
	switch strings.ToLower(left.text) {
	case "true":
		return true, left.known
	case "false":
		return false, left.known
	}
	return false, false
}

func (e *apacheExpr) equal(left apacheValue) (matches, known bool) {
	right := e.value()
	if right.origin {
		left, right = right, left
	}
	c := proxyCompared{how: proxyIs, text: right.text, at: right.at}
	switch {
	case !left.known || !right.known:
		return false, false
	case left.origin && right.text != "":
		return e.engine.compare(&e.q, e.reply, c)
	}
	return left.text == right.text, true
}

// in reads a list of words, and reports whether a value is one of them.
func (e *apacheExpr) in(left apacheValue) (matches, known bool) {
	if !e.eat("{") {
		return false, false
	}
	known = left.known
	for !e.eat("}") {
		before := e.at
		m, k := e.equal(left)
		matches, known = matches || m && k, known && k
		if e.eat(","); e.at == before {
			return false, false
		}
	}
	return matches, known
}

// match reads an expression such as /…/i or m#…#i.
func (e *apacheExpr) match(left apacheValue) (matches, known bool) {
	e.space()
	end := byte('/')
	if strings.HasPrefix(e.text[e.at:], "m") && e.at+1 < len(e.text) {
		end = e.text[e.at+1]
		e.at++
	} else if !strings.HasPrefix(e.text[e.at:], "/") {
		return false, false
	}
	e.at++
	start := e.at
	for e.at < len(e.text) && (e.text[e.at] != end || e.text[e.at-1] == '\\') {
		e.at++
	}
	if e.at == len(e.text) {
		return false, false
	}
	c := proxyCompared{how: proxyExpression, text: e.text[start:e.at], at: e.within(start, e.at)}
	if end != '/' {
		c.text = strings.ReplaceAll(c.text, `\`+string(end), string(end))
	} else {
		c.text = strings.ReplaceAll(c.text, `\/`, "/")
	}
	e.at++
	c.fold = e.eat("i")
	e.eat("s")
	switch {
	case !left.known:
		return false, false
	case !left.origin || slices.Contains(apacheAnything, c.text):
		return e.engine.matches(left.text, c.how, c.text, c.fold)
	}
	return e.engine.compare(&e.q, e.reply, c)
}

// apacheAnything are expressions that only ask whether there is anything.
var apacheAnything = []string{".", ".+", "^.+$", "^$", "^.", "^.+", "^(.+)$"}

// within returns the place of a part of the expression, if it stands in the file
// as it is; else that of the whole.
func (e *apacheExpr) within(start, end int) proxyPlace {
	in := e.place.In(e.place.file)
	i := strings.Index(in, e.text)
	if i < 0 {
		if j := strings.Index(in, e.text[start:end]); j >= 0 && start < end {
			e.place.Start += j
			e.place.End = e.place.Start + end - start
		}
		return e.place
	}
	p := e.place
	p.Start += i + start
	p.End = p.Start + end - start
	return p
}

// value reads a word: a string, a variable, or a function.
func (e *apacheExpr) value() apacheValue {
	e.space()
	start := e.at
	rest := e.text[e.at:]
	switch {
	case rest == "":
	case rest[0] == '\'' || rest[0] == '"':
		for e.at++; e.at < len(e.text) && e.text[e.at] != rest[0]; e.at++ {
			if e.text[e.at] == '\\' {
				e.at++
			}
		}
		inner := e.text[start+1 : min(e.at, len(e.text))]
		v := e.expand(strings.ReplaceAll(inner, `\`+rest[:1], rest[:1]))
		v.at = e.within(start+1, min(e.at, len(e.text)))
		e.at = min(e.at+1, len(e.text))
		return v
	case strings.HasPrefix(rest, "%{"):
		if i := strings.IndexByte(rest, '}'); i >= 0 {
			e.at += i + 1
			return e.variable(rest[2:i])
		}
	default:
		for e.at < len(e.text) && strings.IndexByte(" \t\r\n()=!~,{}&|'\"", e.text[e.at]) < 0 {
			e.at++
		}
		word := e.text[start:e.at]
		if word == "" {
			e.at = min(e.at+1, len(e.text))
			return apacheValue{}
		}
		if e.eat("(") {
			argument := e.value()
			return e.function(strings.ToLower(word), argument, e.eat(")"))
		}
		return apacheValue{text: word, known: !strings.HasPrefix(word, "$"), at: e.within(start, e.at)}
	}
	e.at = len(e.text)
	return apacheValue{}
}

func (e *apacheExpr) function(name string, argument apacheValue, ended bool) apacheValue {
	switch {
	case !ended || !argument.known:
	case name == "req", name == "http":
		return e.variable("HTTP:" + argument.text)
	case name == "reqenv", name == "env", name == "v":
		return e.variable("ENV:" + argument.text)
	case name == "tolower":
		argument.text = strings.ToLower(argument.text)
		return argument
	}
	return apacheValue{}
}

// variable returns the value of a variable of the request.
func (r *apacheRun) variable(name string) apacheValue {
	kind, rest, ok := strings.Cut(name, ":")
	kind = strings.ToUpper(kind)
	switch {
	case !ok && kind == "REQUEST_METHOD":
		return apacheValue{text: r.q.method, known: true}
	case ok && (kind == "HTTP" || kind == "REQ"):
		text, known := r.q.header(strings.TrimSpace(rest))
		return apacheValue{text: text, known: known, origin: known && strings.EqualFold(strings.TrimSpace(rest), "Origin")}
	case ok && (kind == "ENV" || kind == "REQENV"):
		return r.env(rest)
	}
	return apacheValue{}
}

// expand returns a text with %{…} filled in.
func (r *apacheRun) expand(text string) apacheValue {
	v := apacheValue{known: true}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "%{")
		b.WriteString(before)
		name, after, end := strings.Cut(rest, "}")
		if !ok || !end || b.Len() > 2*proxyMaxExpression {
			v.text = b.String()
			return v
		}
		part := r.variable(name)
		if !part.known {
			v.known, part.text = false, proxyUnknown
		}
		v.origin = part.origin && b.Len() == 0 && after == ""
		b.WriteString(part.text)
		text = after
	}
}
