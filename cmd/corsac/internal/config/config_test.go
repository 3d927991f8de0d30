package config_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
	"github.com/corsac-dev/corsac/internal/yamlread/policies"
)

var update = flag.Bool("update", false, "write golden files")

const worked = `# corsac.yaml
policies:
  app:
    allow_origins: [https://app.example.com, "https://*.example.org", http://localhost:3000]
    allow_methods: [GET, POST, PUT, DELETE]
    allow_headers: [Authorization, Content-Type, X-Request-Id]
    expose_headers: [X-Total-Count]
    allow_credentials: true
    max_age: 1h
gateway:
  listen: :8080
  routes:
    - path: /api/
      upstream: http://127.0.0.1:9000
      policy: app
    - {host: "*.example.com", upstream: https://u.example/base, policy: app, preserve_host: true, timeout: 90}
`

func TestWorkedFile(t *testing.T) {
	c, err := config.Parse("corsac.yaml", []byte(worked))
	if err != nil {
		t.Fatal(err)
	}
	want := cors.Policy{
		AllowOrigins:  []string{"https://app.example.com", "https://*.example.org", "http://localhost:3000"},
		AllowMethods:  []string{"GET", "POST", "PUT", "DELETE"},
		AllowHeaders:  []string{"Authorization", "Content-Type", "X-Request-Id"},
		ExposeHeaders: []string{"X-Total-Count"}, AllowCredentials: true, MaxAge: cors.CacheFor(time.Hour),
	}
	if got := c.Policies["app"]; !reflect.DeepEqual(got, want) {
		t.Errorf("policy %+v, want %+v", got, want)
	}
	g := c.Gateway
	if g.Listen != ":8080" || len(g.Routes) != 2 {
		t.Fatalf("gateway %+v", g)
	}
	if r := g.Routes[0]; r.Path != "/api/" || r.Upstream.String() != "http://127.0.0.1:9000" || r.Policy != "app" || r.Host != "" || r.PreserveHost || r.Timeout != 0 {
		t.Errorf("route %+v", r)
	}
	if r := g.Routes[1]; r.Path != "/" || r.Host != "*.example.com" || r.Upstream.Path != "/base" || !r.PreserveHost || r.Timeout != 90*time.Second {
		t.Errorf("route %+v", r)
	}
}

// TestGolden reads golden files. Each has a configuration, a line of dashes,
// and one error or note per line. A missing golden part fails.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	const rule = "\n----------\n"
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, ok := strings.Cut(string(data), rule)
			got := verdictOf(input + "\n")
			if *update {
				if err := os.WriteFile(file, []byte(strings.TrimSuffix(input, "\n")+rule+got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !ok || got != want {
				t.Errorf("run go test with -update if this is right:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// verdictOf returns the codes and messages for a configuration.
func verdictOf(input string) string {
	var b strings.Builder
	c, err := config.Parse("corsac.yaml", []byte(input))
	var mistakes finding.Mistakes
	errors.As(err, &mistakes)
	for _, e := range mistakes {
		fmt.Fprintf(&b, "[%s] %s\n", e.Cause, finding.Line(&e))
	}
	if err == nil {
		b.WriteString("ok\n")
		for _, n := range c.Notes() {
			fmt.Fprintf(&b, "[%s] %s\n", n.Cause, finding.Line(&n))
		}
	}
	return b.String()
}

// TestMiddleware checks that the gateway gets the middleware with which Parse
// checked a policy.
func TestMiddleware(t *testing.T) {
	parsed, err := config.Parse("x", []byte(worked))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*config.Config{parsed, {Policies: parsed.Policies}} {
		first, err := c.Middleware("app")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := c.Middleware("app"); again != first || err != nil {
			t.Errorf("another middleware the second time, %v", err)
		}
		if got := first.Policy().AllowMethods; !slices.Equal(got, []string{"DELETE", "PUT"}) {
			t.Errorf("the middleware allows %q", got)
		}
		if _, err := c.Middleware("none"); err == nil {
			t.Error("there is a middleware without a policy")
		}
	}
	wrong := &config.Config{Policies: map[string]cors.Policy{"app": {}}}
	var mistakes cors.ConfigErrors
	if _, err := wrong.Middleware("app"); !errors.As(err, &mistakes) {
		t.Errorf("error %v", err)
	}
}

// TestEveryPolicyField checks that every field of a policy can be written, with
// its name in JSON.
func TestEveryPolicyField(t *testing.T) {
	typ := reflect.TypeFor[cors.Policy]()
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		_, err := config.Parse("x", fmt.Appendf(nil, "policies:\n  a:\n    %s: null\n", name))
		var mistakes finding.Mistakes
		if !errors.As(err, &mistakes) {
			t.Fatalf("%s: error %v", name, err)
		}
		if slices.ContainsFunc(mistakes, func(e finding.Finding) bool { return e.Cause == yamlread.CodeFieldUnknown }) {
			t.Errorf("%s cannot be written", name)
		}
	}
}

func TestHostileFiles(t *testing.T) {
	testenv.OneGoroutine(t)
	bomb := "x-a0: &a0 [https://a.example]\n"
	merges := "x-m0: &m0 {allow_credentials: true}\n"
	for i := range 40 {
		bomb += fmt.Sprintf("x-a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9))
		merges += fmt.Sprintf("x-m%d: &m%d {<<: [%s]}\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*m%d, ", i), 9))
	}
	long := "policies: {a: {allow_origins: &o [" + strings.Repeat("https://a.example, ", 2000) + "]}"
	for i := range 2000 {
		long += fmt.Sprintf(", a%d: {allow_origins: *o}", i)
	}
	for _, c := range []struct{ name, input, code string }{
		{"empty", "", policies.CodeMissing},
		{"comment", "# nothing\n", policies.CodeMissing},
		{"large", strings.Repeat("# comment\n", 200_000), yamlread.CodeTooLarge},
		{"not UTF-8", "policies: \xff\xfe", yamlread.CodeEncoding},
		{"zero byte", "policies: \x00", yamlread.CodeEncoding},
		{"deep flow", strings.Repeat("[", 500_000), yamlread.CodeTooDeep},
		{"deep flow maps", strings.Repeat("{a: ", 100_000), yamlread.CodeTooDeep},
		{"deep lists", strings.Repeat("- ", 500_000), yamlread.CodeTooDeep},
		{"deep keys", strings.Repeat("? ", 500_000), yamlread.CodeTooDeep},
		{"deep maps", deepMap(1000), yamlread.CodeTooDeep},
		{"many tags", "a: " + strings.Repeat("!a ", 100_000), yamlread.CodeTooDeep},
		{"two documents", "policies: {}\n---\npolicies: {}\n", yamlread.CodeDocuments},
		{"circle", "policies: &a\n  b: *a\n", yamlread.CodeFieldUnknown},
		{"alias of itself", "policies: &a *a\n", yamlread.CodeSyntax},
		{"merge of itself", "policies: {a: &a {<<: *a}}\n", ""},
		{"lists of lists", bomb + "policies: {a: {allow_origins: *a40}}\n", yamlread.CodeFieldType},
		{"merges of merges", merges + "policies: {a: *m40}\n", yamlread.CodeTooManyAliases},
		{"many copies of a long list", long + "}\n", yamlread.CodeTooManyAliases},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			_, err := config.Parse("x", []byte(c.input))
			var mistakes finding.Mistakes
			if !errors.As(err, &mistakes) {
				t.Fatalf("error %v", err)
			}
			if c.code != "" && !slices.ContainsFunc(mistakes, func(e finding.Finding) bool { return e.Cause == c.code }) {
				t.Errorf("%.300v, want code %s", err, c.code)
			}
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func deepMap(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestExcerpt(t *testing.T) {
	_, err := config.Parse("x", []byte("policies:\n\n  a: {allow_origins: [\"é\x1b[31m\", https://a.example/]}\n"))
	var mistakes finding.Mistakes
	if !errors.As(err, &mistakes) || len(mistakes) != 2 {
		t.Fatal(err)
	}
	for i, want := range []int{strings.Index(`  a: {allow_origins: ["`, `"`), 32} {
		line, caret := mistakes[i].Place.Excerpt, strings.Repeat(" ", mistakes[i].Place.Caret-1)+"^"
		if strings.ContainsRune(line, 0x1b) {
			t.Errorf("the terminal would obey %q", line)
		}
		if at := len(caret) - 1; at != want || caret != strings.Repeat(" ", at)+"^" {
			t.Errorf("caret at %d, want %d:\n%s\n%s", at, want, line, caret)
		}
	}
}

func TestLoad(t *testing.T) {
	if _, err := load(filepath.Join(t.TempDir(), "none.yaml"), nil); err == nil || !strings.Contains(err.Error(), "none.yaml: no such file") {
		t.Errorf("error %v", err)
	}
	if _, err := load(t.TempDir(), nil); err == nil {
		t.Error("a directory was read")
	}
	if c, err := load("-", strings.NewReader(worked)); err != nil || len(c.Policies) != 1 {
		t.Errorf("standard input: %v", err)
	}
	_, err := load("-", bytes.NewReader(make([]byte, 2*config.MaxSize)))
	var mistakes finding.Mistakes
	if !errors.As(err, &mistakes) || mistakes[0].Cause != yamlread.CodeTooLarge {
		t.Errorf("error %.200v", err)
	}
}

// load reads a file that the user named.
func load(name string, stdin io.Reader) (*config.Config, error) {
	var f config.File
	if err := f.Set(name); err != nil {
		return nil, err
	}
	return f.Load(stdin)
}
