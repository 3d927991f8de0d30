package js_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// list returns the tokens that are neither white space nor comments, with the
// letter of their kind.
func list(text string, d js.Dialect) string {
	letters := []string{"_", "#", "n", "0", "s", "t", "t{", "}t{", "}t", "r", "p", "x", "BAD"}
	var out []string
	for _, t := range js.Scan(text, d) {
		if t.Kind != js.Space && t.Kind != js.Comment {
			out = append(out, letters[t.Kind]+":"+text[t.Start:t.End])
		}
	}
	return strings.Join(out, " ")
}

// TestScan checks what is easily read in two ways.
func TestScan(t *testing.T) {
	for _, x := range []struct {
		text string
		d    js.Dialect
		want string
	}{
		{"#!/usr/bin/env node\na", 0, "n:a"},
		{"a = b / c / d", 0, "n:a p:= n:b p:/ n:c p:/ n:d"},
		{"a = /b / c/gi", 0, "n:a p:= r:/b / n:c p:/ n:gi"},
		{`x(/["'/]\//)`, 0, `n:x p:( r:/["'/]\// p:)`},
		{"if (x) /re/.test(y)", 0, "n:if p:( n:x p:) r:/re/ p:. n:test p:( n:y p:)"},
		{"f(x) / 2 / y", 0, "n:f p:( n:x p:) p:/ 0:2 p:/ n:y"},
		{"a[0] / 2 / y", 0, "n:a p:[ 0:0 p:] p:/ 0:2 p:/ n:y"},
		{"{}\n/re/g", 0, "p:{ p:} r:/re/g"},
		{"x = {} / 2 / y", 0, "n:x p:= p:{ p:} p:/ 0:2 p:/ n:y"},
		{"i++ / 2 / y", 0, "n:i p:++ p:/ 0:2 p:/ n:y"},
		{"return /re/", 0, "n:return r:/re/"},
		{"a.return / 2 / y", 0, "n:a p:. n:return p:/ 0:2 p:/ n:y"},
		{"for (const x of /re/) y", 0, "n:for p:( n:const n:x n:of r:/re/ p:) n:y"},
		{"of / 2 / y", 0, "n:of p:/ 0:2 p:/ n:y"},
		{"x! / 2 / y", js.TypeScript, "n:x p:! p:/ 0:2 p:/ n:y"},
		{"`a${`b${c}` + {d: '}'}}e` / 2", 0, "t{:`a${ t{:`b${ n:c }t:}` p:+ p:{ n:d p:: s:'}' p:} }t:}e` p:/ 0:2"},
		{"`a\\`${`}`}${b}`", 0, "t{:`a\\`${ t:`}` }t{:}${ n:b }t:}`"},
		{"1_000.5e-3 0xffn .5 1..x", 0, "0:1_000.5e-3 0:0xffn 0:.5 0:1. p:. n:x"},
		{"'a\\'b' \"c\\\nd\"", 0, "s:'a\\'b' s:\"c\\\nd\""},
		{"'a\nb", 0, "BAD:'a n:b"},
		{"a?.b ?? c ?.5:1", 0, "n:a p:?. n:b p:?? n:c p:? 0:.5 p:: 0:1"},
		{"@A() class B { #c = 1 }", 0, "p:@ n:A p:( p:) n:class n:B p:{ n:#c p:= 0:1 p:}"},
		{"x = <a b='\\' c={d}>e {'f'} /g/ <br/></a> / 2", 0, `n:x p:= p:< n:a n:b p:= x:'\' n:c p:= p:{ n:d p:} p:> x:e  p:{ s:'f' p:} x: /g/  p:< n:br p:/ p:> p:< p:/ n:a p:> p:/ 0:2`},
		{"x = <><A.B {...c} d-e=\"'\"/>'</>", js.TSX, `n:x p:= p:< p:> p:< n:A p:. n:B p:{ p:... n:c p:} n:d-e p:= x:"'" p:/ p:> x:' p:< p:/ p:>`},
		{"a < b > c", 0, "n:a p:< n:b p:> n:c"},
		{"f = <T,>(x: T) => x", js.TSX, "n:f p:= p:< n:T p:, p:> p:( n:x p:: n:T p:) p:=> n:x"},
		{"f = <T>(x: T) => x", js.TSX, "n:f p:= p:< n:T p:> p:( n:x p:: n:T p:) p:=> n:x"},
		{"f = <T>x", js.TypeScript, "n:f p:= p:< n:T p:> n:x"},
		{"m: Map<string, Array<number>> = new Map()", js.TypeScript, "n:m p:: n:Map p:< n:string p:, n:Array p:< n:number p:>> p:= n:new n:Map p:( p:)"},
		{"function f(): {a: 1}[] {} /re/", js.TypeScript, "n:function n:f p:( p:) p:: p:{ n:a p:: 0:1 p:} p:[ p:] p:{ p:} r:/re/"},
		{"a <!-- b", 0, "n:a BAD:< p:! p:-- n:b"},
		{"`a", 0, "BAD:`a"},
		{"/* a", 0, "BAD:/* a"},
		{"a }", 0, "n:a BAD:}"},
	} {
		if got := list(x.text, x.d); got != x.want {
			t.Errorf("%s\n got %s\nwant %s", x.text, got, x.want)
		}
	}
}

// FuzzScan checks that tokens cover the text, and that nothing panics.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		"a = b / c; /re/g; `x${`y${z}`}`", "x = <a b='c'>{d}<br/></a>", "const { a: b = 1 } = require('c'); f(...a)", "class A<T> extends B { @c() d(e: F): void {} }",
		"x = (a, b): c => ({ d, ...e, [f]: 1 }) as const", "if (a) b\nelse c", "import x, { y as z } from 'w'\nexport default x", "p = process.env.X || 'y'; new RegExp('a', 'g')", "\u2028/\u2029`${{}}`",
	} {
		for d := range 3 {
			f.Add(s, uint8(d))
		}
	}
	f.Fuzz(func(t *testing.T, text string, d uint8) {
		dialect := js.Dialect(d % 3)
		at := 0
		for _, token := range js.Scan(text, dialect) {
			if token.Start != at || token.End <= at {
				t.Fatalf("a token from %d to %d, after %d", token.Start, token.End, at)
			}
			at = token.End
		}
		if at != len(text) {
			t.Fatalf("tokens up to %d of %d", at, len(text))
		}
		p, err := js.Parse(text, dialect)
		if err != nil {
			return
		}
		for i := range p.Tokens {
			s, ok := p.Statement(i)
			if ok && (i < s.Start || i >= s.End) {
				t.Fatalf("token %d is not in its statement %v", i, s)
			}
			if f := p.Function(i); f != nil && (i < f.Start || i >= f.End) {
				t.Fatalf("token %d is not in its function %v", i, f.Range)
			}
			_ = p.Value(js.Range{Start: i, End: p.ExpressionEnd(i, len(p.Tokens))})
			p.Receiver(i)
		}
		_, _ = p.Calls("c")
		statements := p.Statements(-1)
		for k := 1; k < len(statements); k++ {
			if statements[k].Start != statements[k-1].End {
				t.Fatalf("statements %v", statements)
			}
		}
	})
}

// TestLinear checks that no text takes much longer than twice as long as one of
// half its length.
func TestLinear(t *testing.T) {
	testenv.OneGoroutine(t)
	for _, s := range []string{
		"/[", "a=>", "a?b=>", "`${", "<a>", "<a", "{", "(", "a.b(", "a.b()", "if(a)", "x:", "@", "\\u{", "1.", "'\\", "const a=a,", "const a=1;",
		"function f(a){}", "const a=[...a,...a];", "f(a)\n", "<T>(", "import a from 'a';", "require('a');", "a()`${", "a=b\n", "a;", "x,", "a b ", "class a{", "(a)=>a+",
	} {
		for d := range 3 {
			var took [2]time.Duration
			for k := range took {
				text := strings.Repeat(s, 20_000<<k/len(s))
				took[k] = time.Hour
				for range 3 { // other programs run, too
					begin := time.Now()
					readAll(text, js.Dialect(d))
					if took[k] = min(took[k], time.Since(begin)); took[k] < 100*time.Millisecond {
						break
					}
				}
			}
			if took[1] > 500*time.Millisecond && took[1] > 3*took[0] {
				t.Errorf("%q: %v, then %v", s, took[0], took[1])
			}
		}
	}
}

func readAll(text string, d js.Dialect) {
	p, err := js.Parse(text, d)
	if err != nil {
		return
	}
	for _, i := range slices.Concat(p.Members("b"), p.Names("a")) {
		p.Statement(i)
		p.Receiver(i)
	}
	p.Calls("a")
}
