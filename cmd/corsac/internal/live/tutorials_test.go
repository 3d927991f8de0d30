package live_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// tutorial is an example of the web, as a program or configuration that runs.
type tutorial struct {
	name, stack, file, text string
	// flaws has what is wrong with it, and how corsac import or corsac lint name
	// that: by a rule, or in words.
	flaws [][2]string
	// lines matches the lines of text that the corrected ones replace, if the
	// policy can be corrected.
	lines string
	// server starts it.
	server func(t *testing.T, text string) *server
	path   string
	// green says that it does all that it says before, too.
	green bool
}

const (
	tutorialExpress = `const express = require('express');
const cors = require('cors');

const app = express();
app.use(cors(OPTIONS));
app.get('/items', (req, res) => res.json([]));
app.get('/fail', () => { throw new Error('failed'); });
app.listen({port}, '127.0.0.1');
`
	tutorialFastAPI = `from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()

app.add_middleware(
    CORSMiddleware,
    OPTIONS
    allow_methods=["*"],
    allow_headers=["*"],
)


@app.get("/items")
def items():
    return []


@app.get("/fail")
def fail():
    raise RuntimeError("failed")
`
	tutorialConf = `daemon off;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {}
http {
    access_log off;
    client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir}; uwsgi_temp_path {dir}; scgi_temp_path {dir};
    server {
        listen 127.0.0.1:{port};
        location /api/ {
            add_header Access-Control-Allow-Origin *;
            add_header Access-Control-Allow-Methods "GET, POST, OPTIONS";
            add_header Access-Control-Allow-Headers "Content-Type, Authorization";
            BACKEND
        }
    }
}
`
)

// expressFlaws are those of every cors() without allowedHeaders and the options
// beside it.
var expressFlaws = [][2]string{
	{"every header that is asked for is allowed", "express/headers-reflected"},
	{"no credentials, exposed headers and max-age", "express/left-out"},
	{"no credentials, exposed headers and max-age", "not set: credentials, exposedHeaders, maxAge"},
	{"preflights are repeated after five seconds", "after five seconds"},
	{"every OPTIONS is answered", "express/every-options"},
	{"the lists go to refused origins, too", "to origins that it refuses, too"},
}

// fastapiFlaws are those of every add_middleware(CORSMiddleware, …) with stars.
var fastapiFlaws = [][2]string{
	{"the 500 of an exception has no headers", "fastapi/unhandled-errors"},
	{"that looks like a CORS error", "server-error-without-cors"},
	{"no Vary on refused answers", "fastapi/missing-vary"},
	{"a cache can be poisoned", "missing-vary-origin"},
	{"any method is granted", "fastapi/every-method"},
	{"any header is granted", "fastapi/every-header"},
	{"refused preflights list the methods", "fastapi/refused-says-more"},
}

// nginxFlaws are those of the three lines, whatever is behind them.
var nginxFlaws = [][2]string{
	{"errors have no headers", "nginx/without-always"},
	{"errors have no headers", "headers-only-on-success"},
	{"X-Request-Id is not allowed", "nginx/few-request-headers"},
	{"X-Request-Id is not allowed", "such as X-Request-Id"},
	{"the lists are on every GET", "nginx/preflight-headers-everywhere"},
	{"inheritance is lost", "nginx/inheritance-is-fragile"},
	{"no credentials", "nginx/no-credentials"},
	{"no max-age", "nginx/no-max-age"},
}

func tutorials() []tutorial {
	js := func(options string) string { return strings.Replace(tutorialExpress, "OPTIONS", options, 1) }
	python := func(options string) string { return strings.Replace(tutorialFastAPI, "OPTIONS", options, 1) }
	conf := func(backend string) string { return strings.Replace(tutorialConf, "BACKEND", backend, 1) }
	const call, middleware = `(?s)app\.use\(cors\(.*?\)\);\n`, `(?s)app\.add_middleware\(.*?\n\)\n`
	expressServer := express
	fastapi := func(t *testing.T, text string) *server {
		return pythonServer(t, "fastapi, uvicorn", "main.py", text, "-m", "uvicorn", "main:app", "--port", "{port}", "--log-level", "critical")
	}
	proxy := func(t *testing.T, text string) *server {
		s := nginx(t, "", "", http.StripPrefix("/api", http.HandlerFunc(ownHeaders)))
		s.files["nginx.conf"] = text
		return s
	}
	return []tutorial{
		{
			name: "cors()", stack: "express", file: "app.js", text: js(""), lines: call, server: expressServer, green: true,
			flaws: append([][2]string{
				{"everyone is allowed", "express/any-origin"},
				{"null, too", "the origin null"},
				{"no credentials are possible", "requests with cookies are not possible"},
				{"PATCH is granted", "express/default-methods"},
				{"PATCH is granted", "- PATCH"},
			}, expressFlaws...),
		},
		{
			name: "cors with an origin", stack: "express", file: "app.js", lines: call, server: expressServer, green: true,
			text: js("{\n  origin: 'http://localhost:3000',\n  methods: ['GET', 'POST', 'PUT', 'DELETE'],\n}"),
			flaws: append([][2]string{
				{"the origin is sent to everybody", "express/constant-origin"}, {"without an origin, too", "as do requests without one"}, {"no second origin", "a second origin cannot be added"},
			}, expressFlaws...),
		},
		{
			name: "cors with origins", stack: "express", file: "app.js", lines: call, server: expressServer, green: true,
			text:  js("{\n  origin: ['http://localhost:3000', 'https://app.example.com'],\n  methods: ['GET', 'POST', 'PUT', 'DELETE'],\n}"),
			flaws: expressFlaws,
		},
		{
			name: "CORSMiddleware", stack: "fastapi", file: "main.py", text: python(`allow_origins=["http://localhost:3000"],`), lines: middleware, server: fastapi,
			flaws: append([][2]string{{"no credentials", "fastapi/no-credentials"}}, fastapiFlaws...),
		},
		{
			name: "CORSMiddleware with credentials", stack: "fastapi", file: "main.py", text: python("allow_origins=[\"http://localhost:3000\"],\n    allow_credentials=True,"), lines: middleware, server: fastapi,
			flaws: append([][2]string{{"refused answers have Access-Control-Allow-Credentials", "Access-Control-Allow-Methods, -Headers and -Credentials to origins that it refuses"}}, fastapiFlaws...),
		},
		{
			name: "CORSMiddleware for everyone with credentials", stack: "fastapi", file: "main.py", text: python("allow_origins=[\"*\"],\n    allow_credentials=True,"),
			flaws: append([][2]string{
				{"any origin is reflected", "fastapi/any-origin-with-credentials"}, {"any origin is reflected", "repeats whatever origin asks"}, {"old versions send * and true", "Older versions send *"},
			}, fastapiFlaws...),
		},
		{
			name: "add_header", stack: "nginx", file: "nginx.conf", text: conf("proxy_pass http://{app};"), lines: `(?s) +location .*?\n        \}\n`, server: proxy, path: "/api",
			flaws: append([][2]string{
				{"preflights depend on the application", "nginx/no-preflight-answer"},
				{"401 and 404 block them", "answers 401, 404 or 405"},
				{"the application is down", "one that is down 502"},
				{"the header of the application doubles", "nginx/upstream-headers-doubled"},
				{"the header of the application doubles", "duplicate-acao"},
			}, nginxFlaws...),
		},
		{
			name: "add_header before files", stack: "nginx", file: "nginx.conf", text: conf("root {dir};"),
			flaws: append([][2]string{{"preflights get 405", "nginx/no-preflight-answer-for-files"}, {"preflights get 405", "Preflights get 405"}}, nginxFlaws...),
		},
		{
			name: "add_header behind a login", stack: "nginx", file: "nginx.conf", text: conf("auth_basic x; auth_basic_user_file {dir}/users; proxy_pass http://{app};"),
			flaws: append([][2]string{{"preflights must log in", "nginx/preflight-behind-auth"}}, nginxFlaws...),
		},
		{
			name: "add_header and another one", stack: "nginx", file: "nginx.conf", text: conf("proxy_pass http://{app}; location /api/x { add_header A b; proxy_pass http://{app}; }"),
			flaws: append([][2]string{{"the headers are lost in it", "nginx/inherited-headers-lost"}}, nginxFlaws...),
		},
	}
}

// TestTutorialsNamed checks that corsac import and corsac lint name each flaw of the
// examples of tutorials.
func TestTutorialsNamed(t *testing.T) {
	for _, s := range tutorials() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), s.file)
			text := strings.NewReplacer("{port}", "8080", "{app}", "127.0.0.1:9000", "{dir}", "/srv").Replace(s.text)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			lint, _ := corsac(t, "lint", file)
			imported, status := corsac(t, "import", file)
			if want := s.lines == "" && s.stack == "fastapi" || strings.Contains(imported, "No route for"); (status != cli.ExitOK) != want {
				t.Errorf("corsac import: status %d\n%s", status, imported)
			}
			for _, flaw := range s.flaws {
				by := flaw[1]
				if strings.HasPrefix(by, s.stack+"/") {
					by = "rule " + by
				}
				if !strings.Contains(lint, by) && !strings.Contains(imported, by) {
					t.Errorf("%s: neither names it (%s)\n%s\n%s", flaw[0], by, lint, imported)
				}
			}
		})
	}
}

// TestTutorialsCorrected starts the examples, and those that corsac import --to has
// corrected for the same stack, and verifies the policy that they say.
func TestTutorialsCorrected(t *testing.T) {
	for _, s := range tutorials() {
		if s.lines == "" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			before := s.server(t, s.text)
			dir := t.TempDir()
			file, policy := filepath.Join(dir, s.file), filepath.Join(dir, "corsac.yaml")
			text := strings.NewReplacer("{port}", "8080", "{app}", "127.0.0.1:9000", "{dir}", "/srv").Replace(s.text)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, status := corsac(t, "import", file, "-o", policy); status != cli.ExitOK {
				t.Fatalf("status %d: %s", status, out)
			}
			fixed := filepath.Join(dir, "fixed")
			if out, status := corsac(t, "import", file, "--to", s.stack, "-o", fixed); status != cli.ExitOK {
				t.Fatalf("status %d: %s", status, out)
			}
			code, err := os.ReadFile(fixed)
			if err != nil {
				t.Fatal(err)
			}
			want := cli.ExitFailed
			if s.green {
				want = cli.ExitOK
			}
			s.verify(t, "before", before, policy, want)
			s.verify(t, "after", s.server(t, s.corrected(t, string(code))), policy, cli.ExitOK)
		})
	}
}

// corrected returns the snippet with the lines that corsac import has written.
func (s *tutorial) corrected(t *testing.T, code string) string {
	t.Helper()
	lines := regexp.MustCompile(s.lines)
	if !lines.MatchString(s.text) {
		t.Fatalf("no lines to replace in %s", s.text)
	}
	text := lines.ReplaceAllLiteralString(s.text, "LINES\n")
	switch s.stack {
	case "nginx":
		outside, inside := nginxParts(strings.ReplaceAll(code, "127.0.0.1:9000", "{app}"))
		text = strings.Replace(text, "http {\n", "http {\n"+outside, 1)
		return strings.Replace(text, "LINES", inside, 1)
	case "fastapi": // around the app, at the end
		return strings.Replace(text, "LINES\n", "", 1) + "\n\n" + code
	}
	_, code, _ = strings.Cut(code, "\n\n") // without the import, which is there
	return strings.Replace(text, "LINES", code, 1)
}

// verify verifies what a snippet does.
func (s *tutorial) verify(t *testing.T, when string, server *server, policy string, want int) {
	t.Helper()
	url, stop := server.start(t)
	defer stop()
	broken, _, out, status := verified(t, url+s.path+"/items", "-c", policy, "--failing", url+s.path+"/fail")
	if status != want {
		t.Errorf("%s: status %d, want %d\n%q broken: %s", when, status, want, broken, out)
	}
	t.Logf("%s: %q", when, broken)
	if s.stack != "express" {
		return
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/items", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", "https://other.example")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	constant := slices.ContainsFunc(s.flaws, func(f [2]string) bool { return f[1] == "express/constant-origin" })
	if got := response.Header.Get("Access-Control-Allow-Origin"); constant && (got == "http://localhost:3000") != (when == "before") {
		t.Errorf("%s: another origin gets %q", when, got)
	}
}
