package live_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// open is what the healthy servers allow, unless they allow everybody.
var open = cors.Policy{AllowOrigins: []string{page}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Authorization", "Content-Type"}, ExposeHeaders: []string{"X-Total-Count"}, AllowCredentials: true}

// withoutCSRF is for an API with tokens.
const withoutCSRF = `MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]` + "\n"

// TestHealthy checks that nothing above a note is found about servers that are
// configured as their documentation or corsac says.
func TestHealthy(t *testing.T) {
	lines := func(stack string) string { return stacks.Lookup(stack).Snippet(&open).Code }
	for name, start := range map[string]func(*testing.T) *server{
		"nginx": func(t *testing.T) *server {
			http_, location := nginxParts(lines("nginx"))
			return nginx(t, http_, location, http.HandlerFunc(items))
		},
		"nginx, one origin": func(t *testing.T) *server {
			return nginx(t, "", `add_header Access-Control-Allow-Origin `+page+` always; add_header Access-Control-Allow-Credentials true always; add_header Vary Origin always;
			add_header Access-Control-Allow-Methods "GET, PUT" always; add_header Access-Control-Allow-Headers "Authorization, Content-Type" always;
			add_header Access-Control-Expose-Headers X-Total-Count always;
			if ($request_method = OPTIONS) { return 204; }`, http.HandlerFunc(items))
		},
		"nginx, the application's headers": func(t *testing.T) *server {
			m, err := cors.New(open)
			if err != nil {
				t.Fatal(err)
			}
			return nginx(t, "", "", m.Wrap(http.HandlerFunc(items)))
		},
		"FastAPI": func(t *testing.T) *server { return fastapi(t, lines("fastapi")) },
		"FastAPI as documented": func(t *testing.T) *server {
			return fastapi(t, `app.add_middleware(CORSMiddleware, allow_origins=["`+page+`"], allow_credentials=True, allow_methods=["*"], allow_headers=["*"], expose_headers=["X-Total-Count"])`)
		},
		"FastAPI for everybody": func(t *testing.T) *server {
			return fastapi(t, `app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])`)
		},
		"Flask":           func(t *testing.T) *server { return flask(t, lines("flask")) },
		"Flask, defaults": func(t *testing.T) *server { return flask(t, "CORS(app)") },
		"Django":          func(t *testing.T) *server { return django(t, withoutCSRF+lines("django")) },
		"Django as documented": func(t *testing.T) *server {
			return django(t, withoutCSRF+djangoCORS+`CORS_EXPOSE_HEADERS = ["X-Total-Count"]`+"\nCORS_ALLOW_HEADERS = ['authorization', 'content-type']\n")
		},
		"Express":               func(t *testing.T) *server { return express(t, expressApp(lines("express"), "")) },
		"Express for everybody": func(t *testing.T) *server { return express(t, expressApp("app.use(require('cors')());", "")) },
		"Express, one origin": func(t *testing.T) *server {
			return express(t, expressApp("app.use(require('cors')({origin: '"+page+"', credentials: true, exposedHeaders: 'X-Total-Count'}));", ""))
		},
		"Vite's defaults": viteDefaults,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, _ := start(t).start(t)
			isHealthy(t, name, base)
		})
	}
	t.Run("corsac serve before an application without CORS", func(t *testing.T) {
		t.Parallel()
		isHealthy(t, "", serving(t))
	})
}

// isHealthy checks requests of a page.
func isHealthy(t *testing.T, name, base string) {
	t.Helper()
	public := strings.Contains(name, "everybody") || strings.Contains(name, "defaults")
	path := "/items"
	switch name, _, _ := strings.Cut(name, ","); name {
	case "Flask", "Django", "Django as documented":
		path += "/"
	case "Vite's defaults":
		path += ".json"
	}
	for _, args := range [][]string{
		{},
		{"--credentials", "include", "--read-header", "X-Total-Count"},
		{"-X", "PUT", "-H", "Authorization: Bearer x", "-H", "Content-Type: application/json"},
	} {
		if public && len(args) == 4 || path == "/items.json" && len(args) > 0 {
			continue // which it does not do
		}
		out, status := corsac(t, append([]string{"check", base + path, "--origin", page, "--json"}, args...)...)
		var v verdict.Verdict
		if err := json.Unmarshal([]byte(out), &v); err != nil || status != 0 {
			t.Fatalf("%v: status %d: %s", args, status, out)
		}
		for _, f := range v.Findings {
			if f.Severity != finding.Note {
				t.Errorf("%v: %s, %s: %q", args, f.Severity, f.Cause, f.Evidence)
			}
		}
	}
}

// serving starts corsac serve and returns its URL.
func serving(t *testing.T) string {
	t.Helper()
	needServers(t)
	app := httptest.NewServer(http.HandlerFunc(items))
	t.Cleanup(app.Close)
	ctx, stop := context.WithCancel(t.Context())
	address := testenv.FreeAddress(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cli.Run(ctx, []string{
			"serve", "--upstream", app.URL, "--listen", address, "--allow-origin", page, "--allow-method", "PUT", "--allow-header", "Authorization", "--allow-header", "Content-Type",
			"--expose-header", "X-Total-Count", "--allow-credentials",
		}, cli.IO{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" }})
	}()
	t.Cleanup(func() { stop(); <-ended })
	if !testenv.Listens(address, ended) {
		t.Fatal("corsac serve does not listen")
	}
	return "http://" + address
}

func viteDefaults(t *testing.T) *server {
	npm(t)
	return &server{
		files: map[string]string{
			"vite.config.mjs": "export default { server: { host: '127.0.0.1', port: {port}, strictPort: true } };\n",
			"index.html":      "<!doctype html>\n<html><body><div id=\"root\"></div></body></html>\n",
			"items.json":      "[1]",
		},
		command: []string{"node", filepath.Join(modules(), "vite", "bin", "vite.js")},
	}
}
