// Package deployed verifies servers of other libraries with the program, as their
// operators would.
package deployed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gincors "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	rscors "github.com/rs/cors"
)

// policy is what the servers are to do.
const policy = `policies:
  app:
    allow_origins: [https://app.example.com, https://*.example.org]
    allow_methods: [PUT, DELETE]
    allow_headers: [Authorization, Content-Type]
    expose_headers: [X-Total-Count]
    allow_credentials: true
    max_age: 1h
`

// built is the folder of the program, "" until it is built.
var built string

// program builds corsac once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "corsac")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "corsac")
	cmd := exec.Command("go", "build", "-C", "../../cmd/corsac", "-o", path, ".")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// corsac runs the program and returns what it prints, and its exit status.
func corsac(t *testing.T, args ...string) (string, int) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// reported returns the causes in a report of corsac verify, by severity.
func reported(t *testing.T, out string) (broken, warned string) {
	t.Helper()
	var r struct {
		Cases []struct {
			Findings []struct{ Cause, Severity string }
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(out)
	}
	causes := map[string][]string{}
	for _, c := range r.Cases {
		for _, f := range c.Findings {
			causes[f.Severity] = append(causes[f.Severity], f.Cause)
		}
	}
	list := func(severity string) string {
		slices.Sort(causes[severity])
		return strings.Join(slices.Compact(causes[severity]), " ")
	}
	return list("error"), list("warning")
}

func items(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Total-Count", "1")
	switch r.URL.Path {
	case "/items":
		_, _ = w.Write([]byte(`[{"id":1}]`))
	case "/fail":
		http.Error(w, "failed", http.StatusInternalServerError)
	default:
		http.NotFound(w, r)
	}
}

func rs(change func(*rscors.Options)) http.Handler {
	o := rscors.Options{
		AllowOriginFunc: allowed, AllowedMethods: []string{"GET", "HEAD", "POST", "PUT", "DELETE"}, AllowedHeaders: []string{"Authorization", "Content-Type"},
		ExposedHeaders: []string{"X-Total-Count"}, AllowCredentials: true, MaxAge: 3600,
	}
	change(&o)
	return rscors.New(o).Handler(http.HandlerFunc(items))
}

func ginned(change func(*gincors.Config)) http.Handler {
	c := gincors.Config{
		AllowOriginFunc: allowed, AllowMethods: []string{"GET", "HEAD", "POST", "PUT", "DELETE"}, AllowHeaders: []string{"Authorization", "Content-Type"},
		ExposeHeaders: []string{"X-Total-Count"}, AllowCredentials: true, MaxAge: time.Hour,
	}
	change(&c)
	engine := gin.New()
	engine.Use(gincors.New(c))
	engine.Any("/*path", gin.WrapF(items))
	return engine
}

func allowed(origin string) bool {
	host, ok := strings.CutPrefix(origin, "https://")
	sub, isSub := strings.CutSuffix(host, ".example.org")
	return ok && (host == "app.example.com" || isSub && sub != "" && !strings.ContainsAny(sub, ":/@"))
}

// TestVerify verifies each server against the policy, and with --origin alone.
func TestVerify(t *testing.T) {
	t.Parallel()
	const vary = "missing-vary-origin"
	for name, tt := range map[string]struct {
		server http.Handler
		// broken and warned are what the policy is about, derived what is broken
		// with --origin.
		broken, warned, derived string
	}{
		"rs/cors":               {server: rs(func(*rscors.Options) {})},
		"rs/cors for everybody": {server: rs(func(o *rscors.Options) { o.AllowOriginFunc, o.AllowedOrigins = nil, []string{"*"} }), broken: "credentials-refused unlisted-origin-allowed"},
		"rs/cors, suffix": {server: rs(func(o *rscors.Options) {
			o.AllowOriginFunc = func(s string) bool { return strings.HasSuffix(s, "example.org") || allowed(s) }
		}), broken: "unlisted-origin-allowed", derived: "unlisted-origin-allowed"},
		"rs/cors, a careless pattern": {server: rs(func(o *rscors.Options) {
			o.AllowOriginFunc, o.AllowedOrigins = nil, []string{"https://app.example.com", "https://*example.org"}
		}), broken: "unlisted-origin-allowed", derived: "unlisted-origin-allowed"},
		"rs/cors, methods of writes": {server: rs(func(o *rscors.Options) { o.AllowedMethods = []string{"GET", "PUT", "DELETE"} }), broken: "allowed-method-refused", warned: "allowed-method-refused"},
		"rs/cors, default headers":   {server: rs(func(o *rscors.Options) { o.AllowedHeaders = nil }), broken: "allowed-header-refused"},
		"rs/cors, no credentials":    {server: rs(func(o *rscors.Options) { o.AllowCredentials = false }), broken: "credentials-refused"},
		"gin":                        {server: ginned(func(*gincors.Config) {}), warned: vary},
		"gin for everybody":          {server: ginned(func(c *gincors.Config) { c.AllowOriginFunc, c.AllowAllOrigins = nil, true }), broken: "credentials-refused unlisted-origin-allowed", warned: vary},
		"gin, every origin":          {server: ginned(func(c *gincors.Config) { c.AllowOriginFunc = func(string) bool { return true } }), broken: "unlisted-origin-allowed", derived: "unlisted-origin-allowed", warned: vary},
		"gin, prefix": {server: ginned(func(c *gincors.Config) {
			c.AllowOriginFunc = func(s string) bool { return strings.HasPrefix(s, "https://app.example.com") || allowed(s) }
		}), broken: "unlisted-origin-allowed", derived: "unlisted-origin-allowed", warned: vary},
		"gin, no headers":   {server: ginned(func(c *gincors.Config) { c.AllowHeaders, c.ExposeHeaders = nil, nil }), broken: "allowed-header-refused header-not-exposed", warned: vary},
		"gin, another time": {server: ginned(func(c *gincors.Config) { c.MaxAge = 12 * time.Hour }), broken: "max-age-differs", warned: vary},
		"no CORS":           {server: http.HandlerFunc(items), broken: "allowed-method-refused allowed-origin-refused error-response-without-cors", derived: "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tt.server)
			t.Cleanup(server.Close)
			file := filepath.Join(t.TempDir(), "corsac.yaml")
			if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
				t.Fatal(err)
			}
			expect := func(want string, args ...string) {
				out, status := corsac(t, append([]string{"verify", server.URL + "/items", "--json"}, args...)...)
				wantStatus := 0
				if want != "" {
					wantStatus = 1
				}
				if want == "nothing" {
					if status != 1 || !strings.Contains(out, "allows none of the origins") {
						t.Errorf("%v: status %d: %s", args, status, out)
					}
					return
				}
				broken, warned := reported(t, out)
				if broken != want || status != wantStatus || args[0] == "-c" && warned != tt.warned {
					t.Errorf("%v: status %d; broken: %q, want %q; warned: %q, want %q\n%s", args, status, broken, want, warned, tt.warned, out)
				}
			}
			expect(tt.broken, "-c", file, "--failing", server.URL+"/fail")
			expect(tt.derived, "--origin", "https://app.example.com", "--origin", "https://a.example.org")
		})
	}
}
