package repotest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// snippetPrelude declares what the Go code in the README and the guide uses.
const snippetPrelude = `package snippets

import (
	"errors"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/policyfile"
)

var (
	_ = errors.New
	_ = log.Print
	_ = time.Now
	_ = cors.New
	_ = corstest.Allows
	_ = fetch.NewClient
	_ = os.ReadFile
	_ = policyfile.Parse

	mux     = http.NewServeMux()
	handler http.Handler = mux
	engine  http.Handler
	server  *httptest.Server
	t       *testing.T

	policy *cors.Middleware
)

func list(http.ResponseWriter, *http.Request) {}
func put(http.ResponseWriter, *http.Request)  {}
`

// TestSnippets compiles the Go code that README and guide show, in the module policyfile, which requires
// all that they import. The code about other middleware is compiled in bench/migrating.
func TestSnippets(t *testing.T) {
	r := thisRepo(t)
	snippets := strings.Builder{}
	snippets.WriteString(snippetPrelude)
	files := map[string]string{} // whole programs, by folder
	n := 0
	for _, page := range r.pages() {
		if page != "README.md" && !strings.HasPrefix(page, "docs/guide/") || page == "docs/guide/migrating.md" {
			continue
		}
		for _, block := range strings.Split(r.read(t, page), "```go\n")[1:] {
			code, _, _ := strings.Cut(block, "```")
			n++
			if strings.HasPrefix(code, "package main\n") {
				files[fmt.Sprintf("program%d", n)] = code
				continue
			}
			fmt.Fprintf(&snippets, "\nfunc _() {\n//line %s:1\n%s}\n", filepath.Base(page), code)
		}
	}
	if n < 2 || len(files) == 0 {
		t.Fatalf("only %d snippets found, and %d programs", n, len(files))
	}
	files["snippets"] = snippets.String()
	module := filepath.Join(r.root, "policyfile")
	args := []string{"build", "-overlay", overlay(t, module, files)}
	for name := range files {
		args = append(args, "./testdata/"+name)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = module, append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the Go code that the documentation shows does not compile:\n%s", out)
	}
}

// overlay writes files outside of a module, and a file for go build that makes each
// the package of that name in testdata.
func overlay(t *testing.T, module string, files map[string]string) string {
	t.Helper()
	tmp, replace := t.TempDir(), map[string]string{}
	put := func(name, text string) string {
		name = filepath.Join(tmp, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, text := range files {
		replace[filepath.Join(module, "testdata", name, "main.go")] = put(name+".go", text)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	return put("overlay.json", string(text))
}
