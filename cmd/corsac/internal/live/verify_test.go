package live_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/verify"
	"github.com/corsac-dev/corsac/cors"
)

// meant is what the servers are to do, and meantFile says the same.
var meant = cors.Policy{
	AllowOrigins: []string{"https://app.example.com", "https://*.example.org", "http://localhost:3000"},
	AllowMethods: []string{"PUT", "DELETE"}, AllowHeaders: []string{"Authorization", "Content-Type"},
	ExposeHeaders: []string{"X-Total-Count"}, AllowCredentials: true, MaxAge: cors.CacheFor(time.Hour),
}

const meantFile = `policies:
  app:
    allow_origins: [https://app.example.com, https://*.example.org, http://localhost:3000]
    allow_methods: [PUT, DELETE]
    allow_headers: [Authorization, Content-Type]
    expose_headers: [X-Total-Count]
    allow_credentials: true
    max_age: 1h
`

// deployed is a server to verify.
type deployed struct {
	name   string
	server func(*testing.T) *server
	// broken are the violations of the policy in meantFile, and warned what is
	// only warned of. derived are the violations with --origin only.
	broken, warned, derived string
	// public is that the server allows everybody, as far as --origin can see.
	public bool
}

// verified runs corsac verify and returns the slugs of what it reports.
func verified(t *testing.T, args ...string) (broken, warned, text string, status int) {
	t.Helper()
	out, status := corsac(t, append([]string{"verify", "--json"}, args...)...)
	var r verify.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("status %d: %s", status, out)
	}
	slugs := map[finding.Severity][]string{}
	for _, c := range r.Cases {
		if c.Skipped != "" {
			text += c.Name + " (skipped): " + c.Skipped + "\n"
		}
		for _, f := range c.Findings {
			level := f.Severity
			slugs[level] = append(slugs[level], f.Cause)
			text += c.Name + " (" + string(f.Severity) + "): " + strings.Join(f.Evidence, " | ") + "\n"
		}
	}
	slugs[finding.Warning] = slices.DeleteFunc(slugs[finding.Warning], func(s string) bool { return slices.Contains(slugs[finding.Error], s) })
	list := func(level finding.Severity) string {
		slices.Sort(slugs[level])
		return strings.Join(slices.Compact(slugs[level]), " ")
	}
	return list(finding.Error), list(finding.Warning), text, status
}

// try verifies a server in both ways.
func (d *deployed) try(t *testing.T) {
	t.Helper()
	t.Parallel()
	url, _ := d.server(t).start(t)
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	if err := os.WriteFile(file, []byte(meantFile), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		broken string
		args   []string
	}{
		{d.broken, []string{url + "/items", "-c", file, "--failing", url + "/fail"}},
		{d.derived, []string{url + "/items", "--origin", "https://app.example.com", "--origin", "https://a.example.org"}},
	} {
		if x.broken == "nothing" {
			out, status := corsac(t, append([]string{"verify"}, x.args...)...)
			if status != cli.ExitFailed || !strings.Contains(out, "allows none of the origins") {
				t.Errorf("%v: status %d: %s", x.args, status, out)
			}
			continue
		}
		broken, warned, out, status := verified(t, x.args...)
		want, warnings := cli.ExitOK, d.warned
		if x.broken != "" {
			want = cli.ExitFailed
		}
		if d.public && x.broken == d.derived {
			warnings = ""
		}
		if broken != x.broken || warned != warnings || status != want {
			t.Errorf("%v: status %d\n%q broken, want\n%q\n%q warned, want %q\n%s", x.args, status, broken, x.broken, warned, warnings, out)
		}
	}
}

// snippet returns the lines of a stack for the policy.
func snippet(stack string) string { return stacks.Lookup(stack).Snippet(&meant).Code }

// nginxParts returns the two parts of nginx's snippet.
func nginxParts(code string) (http_, location string) {
	http_, location, _ = strings.Cut(code, "# Part 2")
	_, location, _ = strings.Cut(location, "\n")
	return http_, location
}

func TestVerifyNginx(t *testing.T) {
	with := func(change func(string) string) func(*testing.T) *server {
		return func(t *testing.T) *server {
			http_, location := nginxParts(change(snippet("nginx")))
			return nginx(t, http_, location, http.HandlerFunc(items))
		}
	}
	replace := func(old, by string) func(string) string {
		return func(code string) string { return strings.ReplaceAll(code, old, by) }
	}
	plain := func(lines string) func(*testing.T) *server {
		return func(t *testing.T) *server { return nginx(t, "", lines, http.HandlerFunc(items)) }
	}
	for _, d := range []deployed{
		{name: "well", server: with(replace("", ""))},
		{name: "without always", server: with(replace(" always;", ";")), broken: "error-response-without-cors", derived: "error-response-without-cors"},
		{name: "without Vary", server: with(replace("add_header Vary Origin always;", "")), broken: "missing-vary-origin", derived: "missing-vary-origin"},
		{name: "expressions without anchors", server: with(func(code string) string {
			return regexp.MustCompile(`"~\^(.*)\$"`).ReplaceAllString(code, `"~$1"`)
		}), broken: "unlisted-origin-allowed", derived: "unlisted-origin-allowed"},
		{name: "the application sets the headers, too", server: func(t *testing.T) *server {
			http_, location := nginxParts(regexp.MustCompile(`(?m)^proxy_hide_header.*$`).ReplaceAllString(snippet("nginx"), ""))
			return nginx(t, http_, location, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				items(w, r)
			}))
		}, broken: "duplicate-acao unlisted-origin-allowed", derived: "nothing"},
		{name: "preflights go to the application", server: with(replace("if ($cors_preflight)", "if ($cors_preflight = never)")), broken: "allowed-method-refused"},
		{name: "every origin", server: plain(`
			add_header Access-Control-Allow-Origin $http_origin always;
			add_header Access-Control-Allow-Credentials true always;`), broken: "allowed-method-refused header-not-exposed missing-vary-origin unlisted-origin-allowed", derived: "missing-vary-origin unlisted-origin-allowed"},
		{name: "star", server: plain(`add_header Access-Control-Allow-Origin * always;`), broken: "allowed-method-refused credentials-refused header-not-exposed unlisted-origin-allowed"},
	} {
		t.Run(d.name, d.try)
	}
}

// fastapi returns an application with lines at its end.
func fastapi(t *testing.T, lines string) *server {
	return pythonServer(t, "fastapi, uvicorn", "main.py", `from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()

@app.get("/items")
def items(response: Response):
    response.headers["X-Total-Count"] = "1"
    return [{"id": 1}]

@app.put("/items")
def put_items():
    return {}

@app.get("/fail")
def fail():
    raise RuntimeError("failed")

`+lines, "-m", "uvicorn", "main:app", "--host", "127.0.0.1", "--port", "{port}", "--log-level", "error")
}

func TestVerifyFastAPI(t *testing.T) {
	with := func(lines string) func(*testing.T) *server {
		return func(t *testing.T) *server { return fastapi(t, lines) }
	}
	middleware := func(options string) func(*testing.T) *server {
		return with("app.add_middleware(CORSMiddleware, " + options + ")")
	}
	const (
		origins = `allow_origins=["https://app.example.com", "http://localhost:3000"], allow_origin_regex=r"https://([a-z0-9-]+\.)+example\.org", `
		rest    = `allow_methods=["GET", "HEAD", "POST", "PUT", "DELETE"], allow_headers=["Authorization", "Content-Type"], expose_headers=["X-Total-Count"], allow_credentials=True, max_age=3600`
	)
	for _, d := range []deployed{
		{name: "well", server: with(snippet("fastapi"))},
		{name: "as its documentation says", server: middleware(origins + rest), broken: "error-response-without-cors", warned: "missing-vary-origin"},
		{name: "every origin with credentials", server: middleware(`allow_origins=["*"], ` + rest), broken: "credentials-refused error-response-without-cors unlisted-origin-allowed", warned: "missing-vary-origin", public: true},
		{name: "an expression that ends with too much", server: middleware(`allow_origins=["https://app.example.com", "http://localhost:3000"], allow_origin_regex=r"https://.*example\.org", ` + rest), broken: "error-response-without-cors unlisted-origin-allowed", derived: "unlisted-origin-allowed", warned: "missing-vary-origin"},
		{name: "methods without GET", server: middleware(origins + strings.ReplaceAll(rest, `"GET", "HEAD", "POST", `, "")), broken: "allowed-method-refused error-response-without-cors", warned: "missing-vary-origin"},
		{name: "every method and header", server: middleware(origins + `allow_methods=["*"], allow_headers=["*"], expose_headers=["X-Total-Count"], allow_credentials=True, max_age=3600`), broken: "error-response-without-cors unlisted-header-allowed unlisted-method-allowed", warned: "missing-vary-origin"},
		{name: "nothing but origins", server: middleware(origins), broken: "allowed-header-refused allowed-method-refused credentials-refused error-response-without-cors header-not-exposed", warned: "missing-vary-origin"},
	} {
		t.Run(d.name, d.try)
	}
}

// expressApp returns an application with lines before and after its routes.
func expressApp(before, after string) string {
	return `const express = require('express');
const app = express();
` + before + `
app.get('/items', (req, res) => res.set('X-Total-Count', '1').json([{ id: 1 }]));
app.put('/items', (req, res) => res.json({}));
app.get('/fail', () => { throw new Error('failed'); });
` + after + `
app.listen({port}, '127.0.0.1');
`
}

func TestVerifyExpress(t *testing.T) {
	with := func(before, after string) func(*testing.T) *server {
		return func(t *testing.T) *server { return express(t, expressApp(before, after)) }
	}
	options := func(options string) func(*testing.T) *server {
		return with("app.use(require('cors')({"+options+"}));", "")
	}
	const rest = `methods: ['PUT', 'DELETE'], allowedHeaders: ['Authorization', 'Content-Type'], exposedHeaders: ['X-Total-Count'], credentials: true, maxAge: 3600`
	for _, d := range []deployed{
		{name: "well", server: with(snippet("express"), "")},
		{name: "after the routes", server: with("", snippet("express")), broken: "allowed-origin-refused error-response-without-cors", derived: "nothing"},
		{name: "as in the tutorials", server: options(""), broken: "credentials-refused header-not-exposed max-age-differs unlisted-header-allowed unlisted-method-allowed unlisted-origin-allowed"},
		{name: "every origin", server: options("origin: true, " + rest), broken: "unlisted-origin-allowed", derived: "unlisted-origin-allowed"},
		{name: "an expression without anchors", server: options(`origin: ['https://app.example.com', 'http://localhost:3000', /example\.org/], ` + rest), broken: "unlisted-origin-allowed", derived: "unlisted-origin-allowed"},
		{name: "one origin", server: options(`origin: 'https://app.example.com', ` + rest), broken: "allowed-origin-refused", derived: "allowed-origin-refused"},
		{name: "an error for other origins", server: options(`origin: (o, done) => done(['https://app.example.com', undefined, 'http://localhost:3000'].includes(o) || /^https:\/\/([a-z0-9-]+\.)+example\.org$/.test(o) ? null : new Error('Not allowed by CORS'), true), ` + rest), broken: "options-fails", derived: "options-fails"},
	} {
		t.Run(d.name, d.try)
	}
}
