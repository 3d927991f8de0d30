package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/cfamily"
)

// leavers are words that leave a function, or what is around.
var leavers = []string{"return", "throw", "break", "continue", "yield", "goto", "?:"}

// codeRegisters are methods that get a function which sets headers for all requests;
// what other methods do with a function is not known.
var codeRegisters = []string{"Use", "Run", "OnStarting", "addFilterBefore", "addFilterAfter", "addFilter", "intercept", "install", "apply", "also", "with"}

// decided reports whether something decides if the code at a token runs: a
// condition, a loop or a function around it, a part of an expression, or a
// statement before it that leaves the function. body is the bracket of the
// outermost function around it.
func (f *codeFile) decided(i, body int) bool {
	if f.conditional(i, body) || f.joined(i) {
		return true
	}
	from := body
	for up := f.Up(i); up >= 0 && up != body; up = f.Up(up) {
		callee, isFunction := f.functionIn(up, i)
		if !isFunction {
			continue
		}
		if callee != "" && !slices.Contains(codeRegisters, callee) {
			return true
		}
		if from == body {
			from = up
		}
	}
	return f.firstLeaver(from) < i
}

// firstLeaver returns the first token after a bracket that leaves a function.
func (f *codeFile) firstLeaver(open int) int {
	if at, ok := f.leavers[open]; ok {
		return at
	}
	at := open + 1
	for at < len(f.Tokens) && !slices.Contains(leavers, f.At(at)) {
		at++
	}
	if f.leavers == nil {
		f.leavers = map[int]int{}
	}
	f.leavers[open] = at
	return at
}

// joined reports whether something in the statement of a token, before it, decides
// if it runs, as in ok && set(…).
func (f *codeFile) joined(i int) bool {
	for up := f.Up(i); f.At(up) == "(" || f.At(up) == "["; up = f.Up(i) {
		i = up
	}
	for k := f.Statement(i).Start; k < i; k = f.Skip(k) {
		if slices.Contains([]string{"&&", "||", "?", "??", "?:", "??=", "when", "if", "switch"}, f.At(k)) {
			return true
		}
	}
	return false
}

// maxBack bounds how far an expression is looked at.
const maxBack = 1000

// chosen reports whether an operator before a token, inside of the bracket of a
// scope, decides if it runs, as in (dev ? p.A() : p.B()).
func (f *codeFile) chosen(i, scope int) bool {
	for steps := 0; i >= 0 && i != scope; i = f.Up(i) {
		up := f.Up(i)
	level:
		for k := i - 1; k > up; k-- {
			if steps++; steps > maxBack {
				return true
			}
			switch f.At(k) {
			case "?", "&&", "||", "??", "?:":
				return true
			case ",", ";", "=", "=>", "->", "{", "}":
				break level
			}
			if other := f.Partner(k); other >= 0 && other < k {
				k = other
			}
		}
	}
	return false
}

// functionIn reports whether a bracket has a function with the code at a token in
// it, and returns what gets that function: "" for a declaration.
func (f *codeFile) functionIn(open, i int) (callee string, ok bool) {
	switch f.At(open) {
	case "(":
		for k := open + 1; k < i && k < f.Partner(open); k = f.Skip(k) {
			if f.At(k) == "->" || f.At(k) == "=>" || f.At(k) == "delegate" {
				return f.At(open - 1), true
			}
		}
	case "{":
		before := f.At(open - 1)
		if f.branch(open) || before == "->" || before == "=>" {
			return "", before == "->" || before == "=>"
		}
		if f.Language != cfamily.Kotlin {
			return "", before == ")"
		}
		s := f.Statement(open)
		if f.Mentions(cfamily.Range{Start: s.Start, End: open}, "fun") || f.Kind(open-1) != cfamily.Name && before != ")" {
			return "", true
		}
		if before == ")" {
			before = f.At(f.Partner(open-1) - 1)
		}
		return before, true // x.let { … }
	}
	return "", false
}

// together reports whether two headers are set in the same block, so that they
// are sent together.
func (f *codeFile) together(a, b int) bool {
	block := func(i int) int {
		up := f.Up(i)
		for up >= 0 && f.At(up) != "{" {
			up = f.Up(up)
		}
		return up
	}
	return block(a) == block(b)
}

// originHeader matches the header Origin of a request, without blanks.
var originHeader = lazyregexp.New(`^(?:new\[\]\{)?(?:\(string\)|\(\([A-Za-z_]\w*\)[A-Za-z_]\w*\)\.)?(?:[A-Za-z_]\w*(?:\(\))?!?\??\.)*` +
	`(?:(?:getHeader|header)\((?:"[Oo]rigin"|HttpHeaders\.(?:ORIGIN|Origin))\)|[Hh]eaders(?:\["[Oo]rigin"\]|\[HeaderNames\.Origin\]|\.Origin|\.origin|\.getOrigin\(\))|getHeaders\(\)\.getOrigin\(\)|headers\(\)\.getOrigin\(\))` +
	`(?:\[0\]|\??\.(?:ToString|FirstOrDefault|First)\(\))?!*\}?$`)

// repeatsOrigin reports whether a value is the Origin header of the request and
// nothing else, or a variable that is only set to it.
func (s *codeSite) repeatsOrigin(r cfamily.Range) bool {
	if r.End == r.Start+1 && s.code.Kind(r.Start) == cfamily.Name {
		init, ok := s.code.Initial(r.Start)
		if !ok {
			return false
		}
		r = init
	}
	if r.End-r.Start > 40 {
		return false
	}
	var b strings.Builder
	for i := r.Start; i < r.End; i++ {
		b.WriteString(s.code.At(i))
	}
	return originHeader.MatchString(b.String())
}
