package repotest

import (
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
// all that they import.
func TestSnippets(t *testing.T) {
	r := thisRepo(t)
	source := strings.Builder{}
	source.WriteString(snippetPrelude)
	n := 0
	for _, page := range r.pages() {
		if page != "README.md" && !strings.HasPrefix(page, "docs/guide/") {
			continue
		}
		for _, block := range strings.Split(r.read(t, page), "```go\n")[1:] {
			code, _, _ := strings.Cut(block, "```")
			n++
			fmt.Fprintf(&source, "\nfunc _() {\n//line %s:1\n%s}\n", filepath.Base(page), code)
		}
	}
	if n < 2 {
		t.Fatalf("only %d snippets found", n)
	}
	module := filepath.Join(r.root, "policyfile")
	dir := filepath.Join(module, "testdata", "snippets")
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	file := filepath.Join(t.TempDir(), "snippets.go")
	replace := fmt.Sprintf(`{"Replace": {%q: %q}}`, filepath.Join(dir, "snippets.go"), file)
	for name, text := range map[string]string{file: source.String(), overlay: replace} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "./testdata/snippets")
	cmd.Dir, cmd.Env = module, append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the Go code that the documentation shows does not compile:\n%s", out)
	}
}
