package gocode

import (
	"go/ast"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

const program = `package main

import (
	"net/http"
	"strings"
	"time"

	chicors "github.com/go-chi/cors"
	"github.com/labstack/echo/v5/middleware"
)

//line other.go:1
const base = "https://"

var (
	list  = []string{base + "a.example", base + "b.example"}
	set   = map[string]bool{"x": true}
	twice = "one"
	age   = 2*time.Hour + 30*time.Minute
)

func init() { twice = "two" }

func main() {
	http := "shadow"
	_ = http
	local := append(list, "c")
	again := "1"
	again = "2"
	use(local, set, twice, age, again, strings.Split("p,q", ","), strings.Join(list, "|"))
}

func other() {
	use(http.MethodPut, http.StatusOK, chicors.New, middleware.CORS)
}
`

// arguments returns the arguments of the call of use in a function.
func arguments(t *testing.T, f *File, name string) (args []ast.Expr) {
	t.Helper()
	ast.Inspect(f.AST, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && f.Source(call.Fun) == "use" && f.Declaration(call).Name.Name == name {
			args = call.Args
		}
		return true
	})
	return args
}

func TestValues(t *testing.T) {
	for _, newLine := range []string{"\n", "\r\n"} {
		f := Parse(&source.File{Name: "main.go", Text: strings.ReplaceAll(program, "\n", newLine)})
		args := arguments(t, f, "main")
		texts := func(i int) string {
			items, ok := f.Strings(args[i])
			if !ok {
				return "?"
			}
			parts := make([]string, len(items))
			for i := range items {
				parts[i] = items[i].Text
			}
			return strings.Join(parts, " ")
		}
		if got := texts(0); got != "https://a.example https://b.example c" {
			t.Errorf("local: %s", got)
		}
		if got := texts(1); got != "x" {
			t.Errorf("set: %s", got)
		}
		for _, i := range []int{2, 4} {
			if s, ok := f.String(args[i]); ok {
				t.Errorf("%s is set twice, and is read as %q", f.Source(args[i]), s)
			}
		}
		if n, ok := f.Int(args[3]); !ok || n != 9000e9 {
			t.Errorf("age: %d", n)
		}
		if got := texts(5); got != "p q" {
			t.Errorf("split: %s", got)
		}
		if s, ok := f.String(args[6]); !ok || s != "https://a.example|https://b.example" {
			t.Errorf("join: %s", s)
		}
		items, _ := f.Strings(args[0])
		if place := f.Place(f.Span(items[2].Node).Start); place.Line != 27 || place.Column != 24 {
			t.Errorf("c is at %d:%d", place.Line, place.Column)
		}
	}
}

func TestSelected(t *testing.T) {
	f := Parse(&source.File{Name: "main.go", Text: program})
	args := arguments(t, f, "other")
	if s, ok := f.String(args[0]); !ok || s != "PUT" {
		t.Errorf("http.MethodPut: %q", s)
	}
	if n, ok := f.Int(args[1]); !ok || n != 200 {
		t.Errorf("http.StatusOK: %d", n)
	}
	if path, name := f.Selected(args[2]); path != "github.com/go-chi/cors" || name != "New" {
		t.Error(path, name)
	}
	if path, name := f.Selected(args[3]); path != "github.com/labstack/echo/v5/middleware" || name != "CORS" {
		t.Error(path, name)
	}
}

// TestSelectedShadowed has a variable with the name of a package, which it is only
// after its declaration.
func TestSelectedShadowed(t *testing.T) {
	f := Parse(&source.File{Name: "main.go", Text: `package main

import "github.com/rs/cors"

func main() {
	cors := cors.New()
	cors.Handler()
}

func loop(list []other) {
	for _, cors := range list {
		cors.New()
	}
}
`})
	var got []string
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			_, name := f.Selected(call.Fun)
			got = append(got, name)
		}
		return true
	})
	if want := []string{"New", "", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestBounds checks that what is nested too deeply is not read, and that names
// that lead to each other end.
func TestBounds(t *testing.T) {
	for _, text := range []string{
		"package x\nvar y = " + strings.Repeat("(", 1e5) + "1" + strings.Repeat(")", 1e5),
		"package x\nvar y = " + strings.Repeat("- ", 1e5) + "1",
		"package x\nvar y = 1" + strings.Repeat("+1", 1e5),
	} {
		if f := Parse(&source.File{Name: "x.go", Text: text}); f != nil {
			t.Errorf("%.20q… is read", text)
		}
	}
	f := Parse(&source.File{Name: "x.go", Text: "package x\nvar a = b\nvar b = a\nvar c = c + c + a + c\nfunc f() { use(a, c) }\n"})
	for _, arg := range arguments(t, f, "f") {
		if s, ok := f.String(arg); ok {
			t.Errorf("%s is %q", f.Source(arg), s)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(program)
	f.Add("package x; func f() { `a\r\nb` }")
	f.Fuzz(func(t *testing.T, text string) {
		file := Parse(&source.File{Name: "x.go", Text: text})
		if file == nil {
			return
		}
		ast.Inspect(file.AST, func(n ast.Node) bool {
			if n == nil {
				return true
			}
			if s := file.Span(n); s.Start < 0 || s.End < s.Start || s.End > len(text) {
				t.Fatalf("%T at %v of %d bytes", n, s, len(text))
			}
			if e, ok := n.(ast.Expr); ok {
				file.String(e)
				file.Strings(e)
				file.Int(e)
				file.Selected(e)
			}
			return true
		})
	})
}
