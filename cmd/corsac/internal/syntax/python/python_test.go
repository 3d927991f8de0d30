package python_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// kinds returns the texts of the tokens that are not blanks, separated by |.
func kinds(text string) string {
	tokens, ok := python.Tokens(text)
	var list []string
	for _, t := range tokens {
		s := text[t.Start:t.End]
		switch t.Kind {
		case python.Space:
			continue
		case python.Comment:
			s = "#"
		case python.NewLine:
			s = "NL"
		case python.Indent:
			s = "IN"
		case python.Dedent:
			s = "OUT"
		}
		list = append(list, s)
	}
	if !ok {
		list = append(list, "BROKEN")
	}
	return strings.Join(list, "|")
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"x = 1", "x|=|1|NL"},
		{"if x:\n\ty\n# c\n\n  # d\nz\n", "if|x|:|NL|IN|y|NL|#|#|OUT|z|NL"},
		{"if x:\n        y\n\tz\n", "if|x|:|NL|IN|y|NL|z|NL|OUT"},
		{"f(\n  1,\n)\n", "f|(|1|,|)|NL"},
		{"a = 1 + \\\n  2\n", "a|=|1|+|2|NL"},
		{"a = 1\r\nb = 2\rc", "a|=|1|NL|b|=|2|NL|c|NL"},
		{`x = "a" 'b' r"\" b'''c'd''' """e"f"""`, `x|=|"a"|'b'|r"\" b'''c'd''' "|""|e|"f"|""|NL`},
		{`x = r"\"" + Rb'\n'`, `x|=|r"\""|+|Rb'\n'|NL`},
		{`x = "# no" # yes`, `x|=|"# no"|#|NL`},
		{`f"{d["k"]} {x!r:{w}}" + "b"`, `f"{d["k"]} {x!r:{w}}"|+|"b"|NL`},
		{`f'{f'{f'{1}'}'}' 2`, `f'{f'{f'{1}'}'}'|2|NL`},
		{`f"{{" "}"`, `f"{{"|"}"|NL`},
		{`f"\N{DIGIT ONE}" 1`, `f"\N{DIGIT ONE}"|1|NL`},
		{`f"\{x}" 1`, `f"\{x}"|1|NL`},
		{`f"{x:%H:%M}" 1`, `f"{x:%H:%M}"|1|NL`},
		{"f'''{\n# it's\nx}''' 1", "f'''{\n# it's\nx}'''|1|NL"},
		{`f"{lambda: 1}" 1`, `f"{lambda: 1}"|1|NL`},
		{`f"{a["x}"]}" 1`, `f"{a["x}"]}"|1|NL`},
		{"x = 'a\ny", "x|=|'a|NL|y|NL|BROKEN"},
		{"f(1]", "f|(|1|]|NL|BROKEN"},
		{"x = 1.5e-3j + 0x1F + 1_000 + .5 + 1..real", "x|=|1.5e-3j|+|0x1F|+|1_000|+|.5|+|1.|.|real|NL"},
		{"a @ b := c ** -d -> e ...", "a|@|b|:=|c|**|-|d|->|e|...|NL"},
		{"x = $", "x|=|$|NL|BROKEN"},
		{"größe = 1", "größe|=|1|NL"},
		{"if x:\n    y\n  z\n", "if|x|:|NL|IN|y|NL|OUT|z|NL|BROKEN"},
	} {
		if got := kinds(c.text); got != c.want {
			t.Errorf("%q\n%s, want\n%s", c.text, got, c.want)
		}
	}
}

// show returns an expression in a notation of its own.
func show(e *python.Expr) string {
	list := func(items []*python.Expr) string {
		var s []string
		for i, item := range items {
			if e.Keys != nil && e.Keys[i] == nil {
				s = append(s, "**"+show(item))
			} else if e.Keys != nil {
				s = append(s, show(e.Keys[i])+": "+show(item))
			} else {
				s = append(s, show(item))
			}
		}
		return strings.Join(s, " ")
	}
	switch e.Kind {
	case python.Var:
		return e.Name
	case python.Attribute:
		return show(e.Base) + "." + e.Name
	case python.String:
		return fmt.Sprintf("%q", e.Text)
	case python.Int:
		return fmt.Sprint(e.Number)
	case python.Bool:
		return fmt.Sprintf("bool%d", e.Number)
	case python.None:
		return "none"
	case python.List:
		return "[" + list(e.Items) + "]"
	case python.Tuple:
		return "(" + list(e.Items) + ")"
	case python.Set, python.Dict:
		return "{" + list(e.Items) + "}"
	case python.Subscript:
		return show(e.Base) + "[" + list(e.Items) + "]"
	case python.Call:
		var s []string
		for _, a := range e.Args {
			part := a.Star + show(a.Value)
			if a.Name != "" {
				part = a.Name + "=" + part
			}
			s = append(s, part)
		}
		return show(e.Base) + "(" + strings.Join(s, " ") + ")"
	}
	return "<" + strings.Join(e.Ops, " ") + " " + list(e.Items) + ">"
}

func TestExpressions(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`f(a, "b" 'c', k=[1, (2), (3,)], *x, **y)`, `f(a "bc" k=[1 2 (3)] *x **y)`},
		{`app.add_middleware(CORSMiddleware, allow_origins=["*"], max_age=60 * 60)`, `app.add_middleware(CORSMiddleware allow_origins=["*"] max_age=3600)`},
		{`FastAPI()(1).x[0]["k"]`, `FastAPI()(1).x[0]["k"]`},
		{`{"a": 1, **b, 'c': None}`, `{"a": 1 **b "c": none}`},
		{`{1, 2}`, `{1 2}`},
		{`{}`, `{}`},
		{`()`, `()`},
		{`[]`, `[]`},
		{`(x for x in y)`, `<for in x x y>`},
		{`[x for x in y]`, `< <for in x x y>>`},
		{`a or "b"`, `<or a "b">`},
		{`lambda a, b=(1): a`, `<lambda a>`},
		{`f(lambda a, b: a, c=1)`, `f(<lambda a> c=1)`},
		{`f"a{b}"`, `< >`},
		{`f"a{{b}}"`, `"a{b}"`},
		{`b"a"`, `< >`},
		{`r"https://([a-z]+\.)+example\.org"`, `"https://([a-z]+\\.)+example\\.org"`},
		{`"\x41\u0042\103\
\\\d\N{DIGIT ONE}"`, `< >`},
		{`"\x41\u0042\103\
\\\d"`, `"ABC\\\\d"`},
		{`-1`, `-1`},
		{`2 ** 3`, `<** 2 3>`},
		{`1.5`, `< >`},
		{`True`, `bool1`},
		{`("a"
   "b")`, `"ab"`},
		{`x if y else z`, `<if else x y z>`},
		{`await f(1)`, `<await f(1)>`},
	} {
		m := python.Parse("v = " + c.text)
		if len(m.Body) != 1 || m.Body[0].Value() == nil {
			t.Errorf("%s: not one assignment", c.text)
			continue
		}
		e := m.Body[0].Value()
		if got := strings.TrimSpace(show(e)); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
		if got := ("v = " + c.text)[e.Start:e.End]; got != c.text {
			t.Errorf("%s: the span is of %q", c.text, got)
		}
	}
}

// outline returns the statements, with their bodies in braces.
func outline(body []*python.Stmt) string {
	var s []string
	for _, x := range body {
		part := strings.TrimSpace(x.Keyword + " " + x.Name)
		for _, t := range x.Targets {
			part += " " + show(t)
		}
		if x.Assign != "" {
			part += " " + x.Assign
		}
		if x.Keyword != "def" {
			for _, e := range x.Exprs {
				part += " " + show(e)
			}
		}
		for _, d := range x.Decorators {
			part = "@" + show(d) + " " + part
		}
		if x.Body != nil {
			part += " {" + outline(x.Body) + "}"
		}
		s = append(s, strings.TrimSpace(part))
	}
	return strings.Join(s, "; ")
}

func TestStatements(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a = b = 1; c += 2\nd: list[str] = []\n", "a b = 1; c += <+= c 2>; d = []"},
		{"@app.get('/x')\n@other\nasync def f(a: int = 1, *b) -> str:\n    return a\n\nx()\n", `@other @app.get("/x") def f {return a}; x()`},
		{"if x: y(); z()\nelse:\n  w()\n", "if x {y(); z()}; else {w()}"},
		{"if __name__ == '__main__':\n\tuvicorn.run(app, port=8000)\n", `if <== __name__ "__main__"> {uvicorn.run(app port=8000)}`},
		{"class A(B):\n  def f(self):\n    pass\n  x = 1\n", "class A B {def f {pass}; x = 1}"},
		{"try:\n  a()\nexcept (B, C) as e:\n  raise\nfinally:\n  d()\n", "try {a()}; except <as (B C) e> {raise}; finally {d()}"},
		{"match x:\n  case 1:\n    y\n", "match x {case 1 {y}}"},
		{"match = 1\ncase(x)\n", "match = 1; case(x)"},
		{"from a.b import (c as d,\n e)\nimport f.g, h as i\nx = 1", "from; import; x = 1"},
		{"with open(x) as f, g: pass", "with <as open(x) f> g {pass}"},
		{"  x = 1\ny = 2", "x = 1; y = 2"},
		{"x = y[1:2, a:b]", "x = y[1 < > 2 a < > b]"},
	} {
		if got := outline(python.Parse(c.text).Body); got != c.want {
			t.Errorf("%q\n%s, want\n%s", c.text, got, c.want)
		}
	}
}

func TestFollow(t *testing.T) {
	const text = `
from fastapi import FastAPI as F
import starlette.middleware.cors as sc, fastapi.middleware
A = ["x"]
B = A
C = ["x"]
C.append("y")
D = ["x"]
D += ["y"]
if A:
    E = 1
def f(G):
    A = 2
    use(A, B, C, D, E, F, G, H)
H = "h"
for I in x: pass
I = 3
use(A, B, C, D, E, F, G, H, I)
`
	m := python.Parse(text)
	var got []string
	python.Walk(m.Body, func(s *python.Stmt) bool {
		for _, e := range s.Exprs {
			if e.Callee() == "use" {
				for _, a := range e.Args {
					got = append(got, show(m.Follow(a.Value, s)))
				}
			}
		}
		return true
	})
	const want = `2 ["x"] C D E F G "h" ["x"] ["x"] C D E F G "h" I`
	if s := strings.Join(got, " "); s != want {
		t.Errorf("%s, want\n%s", s, want)
	}
	for name, want := range map[string]string{"F": "fastapi.FastAPI", "sc.CORSMiddleware": "starlette.middleware.cors.CORSMiddleware", "fastapi.middleware.cors.X": "fastapi.middleware.cors.X", "x.y": "x.y"} {
		if got := m.Resolve(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// FuzzParse: the tokens cover the text, what is parsed has its place in it, and
// nothing panics.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"x = f\"{a[\"b\"]:{c}}\" # d\n", "@a\nasync def f(x=1, *y):\n\treturn [1, (2,), {3: 4}]\n", "if x: y; z\n", "a(b=c, **d)[e].f += lambda x: y\r\n",
		"'''", "f'{f'{f'{", "((((", "if:\n    :\n  :\n", "\ufeffx\\\n", "x = \\", "a = -", "def", "from . import (a as b", "f'{x:{y:{z", "{**a, b: c, *d}", "[,=:]", "\\", ";  ;0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := python.Parse(text)
		at := 0
		for _, tok := range m.Tokens {
			if tok.Start != at || tok.End < at {
				t.Fatalf("%q: a token from %d to %d, at %d", text, tok.Start, tok.End, at)
			}
			at = tok.End
		}
		if at != len(text) {
			t.Fatalf("%q: the tokens end at %d", text, at)
		}
		inside := func(start, end int) {
			if start < 0 || end < start || end > len(text) {
				t.Fatalf("%q: from %d to %d", text, start, end)
			}
		}
		python.Walk(m.Body, func(s *python.Stmt) bool {
			inside(s.Start, s.End)
			s.WalkExprs(func(e *python.Expr) {
				inside(e.Start, e.End)
				for _, a := range e.Args {
					inside(a.Start, a.End)
				}
				m.Follow(e, s)
			})
			return true
		})
	})
}

// TestLinear: texts that are hostile take no longer than their length.
func TestLinear(t *testing.T) {
	testenv.OneGoroutine(t)
	for _, part := range []string{"(", "f'{", "f'{x:", "[{(", "if x:\n", "a.", "lambda ", "x = ", "'''", "@", "-", "f\"{\"", "\\\n", "(lambda:", "*a, ", "a=", "x;", "if;", "if x: ", "\n", "#\n", "@a\n", "for x in y: ", "(if"} {
		m := python.Parse(strings.Repeat(part, 1<<18/len(part)))
		python.Walk(m.Body, func(*python.Stmt) bool { return true })
	}
	var deep strings.Builder
	for i := range 1000 {
		deep.WriteString(strings.Repeat(" ", i) + "if x:\n")
	}
	python.Parse(deep.String())
}
