// Package migrating tests docs/guide/migrating.md with the other middlewares.
// It has only tests:
//
//   - The guide's Go code is in blocks_test.go, where it is compiled. TestGuide
//     checks that the guide shows it, and writes it there with -update.
//   - TestPairs sends the same requests, in the same browser, to the code
//     before and after the migration.
//   - Each line of the guide's lists and tables is a test of TestClaims.
package migrating

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

const guide = "../../docs/guide/migrating.md"

var update = flag.Bool("update", false, "write the guide's code anew")

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultWriter = io.Discard // gin logs requests to it
	os.Exit(m.Run())
}

func readGuide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestGuide checks that the guide shows the code of blocks_test.go.
func TestGuide(t *testing.T) {
	text := readGuide(t)
	code := blocks(t)
	fence := regexp.MustCompile("(?ms)^(```go( before)?\n).*?^```$")
	if n := len(fence.FindAllString(text, -1)); n != len(code) {
		t.Fatalf("the guide has %d blocks of Go, blocks_test.go %d", n, len(code))
	}
	i := 0
	want := fence.ReplaceAllStringFunc(text, func(block string) string {
		first, _, _ := strings.Cut(block, "\n")
		if before := first == "```go before"; before != strings.HasSuffix(code[i].name, "Before") {
			t.Errorf("block %d of the guide begins with %q and is %s", i+1, first, code[i].name)
		}
		i++
		return first + "\n" + code[i-1].text + "```"
	})
	switch {
	case want == text:
	case !*update:
		t.Error("the guide does not show the code of blocks_test.go: run make golden")
	default:
		if err := os.WriteFile(guide, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

type block struct{ name, text string }

var returns = regexp.MustCompile(`(?m)^return (\S+)( // .*)?\n\z`)

// blocks returns the bodies of the functions in blocks_test.go as the guide
// shows them.
func blocks(t *testing.T) (list []block) {
	t.Helper()
	source, err := os.ReadFile("blocks_test.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		body := string(source[fset.Position(f.Body.Lbrace).Offset+2 : fset.Position(f.Body.Rbrace).Offset])
		body = strings.ReplaceAll("\n"+body, "\n\t", "\n")[1:]
		if !returns.MatchString(body) {
			t.Errorf("%s does not end with a return", f.Name.Name)
		}
		serve := "log.Fatal(http.ListenAndServe(\":8080\", $1))$2\n"
		if _, app := f.Type.Results.List[0].Type.(*ast.StarExpr); app { // of Fiber, which has a server of its own
			serve = "log.Fatal($1.Listen(\":8080\"))\n"
		}
		body = returns.ReplaceAllString(body, serve)
		list = append(list, block{f.Name.Name, body})
	}
	return list
}

// claims are the tests of the guide's lines, by heading and by the bold text of
// a line or, in a table, its first column.
var claims = map[string]map[string]func(*testing.T){
	"Migrating from another middleware": general,
	"From rs/cors":                      rsClaims,
	"From gin-contrib/cors":             ginClaims,
	"From go-chi/cors":                  chiClaims,
	"From echo":                         echoClaims,
	"From Fiber":                        fiberClaims,
	"From gorilla/handlers":             gorillaClaims,
	"From jub0bs/cors":                  jub0bsClaims,
}

// TestClaims tests what the guide claims.
func TestClaims(t *testing.T) {
	said := claimed(readGuide(t))
	for section, lines := range said {
		for _, line := range lines {
			if claims[section][line] == nil {
				t.Errorf("%s: nobody has tried %q", section, line)
			}
		}
	}
	for _, section := range slices.Sorted(maps.Keys(claims)) {
		for _, line := range slices.Sorted(maps.Keys(claims[section])) {
			if !slices.Contains(said[section], line) {
				t.Errorf("%s: the guide does not say %q", section, line)
			}
			t.Run(section+"/"+line, claims[section][line])
		}
	}
}

var (
	lead = regexp.MustCompile(`^- (?:\*\*(.*?)\*\*)?`)
	row  = regexp.MustCompile(`^\| (.*?) \| .* \|$`)
)

// claimed returns the lines of a page's lists and tables by heading.
func claimed(text string) map[string][]string {
	said := map[string][]string{}
	section := ""
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		switch m := row.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "#"):
			section = strings.TrimLeft(line, "# ")
		case m != nil && (i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "|---")):
			said[section] = append(said[section], m[1])
		case strings.HasPrefix(line, "- "):
			said[section] = append(said[section], lead.FindStringSubmatch(line)[1])
		}
	}
	return said
}
