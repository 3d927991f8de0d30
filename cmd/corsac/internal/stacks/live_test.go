package stacks

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// live is a real server of testdata/live in which the snippet of a stack is
// tried, and how it falls short of the policy.
type live struct {
	stack, file string
	// start starts the program of a server.
	start func(t *testing.T, l live, program string) string
	// adapt changes the snippet for the server; nil means not at all.
	adapt func(snippet string) string
	// modules are what Python imports, or the import of Go's framework.
	modules []string
	// noVaryError says that answers to other origins lack Vary: Origin only if
	// they are errors that handlers throw.
	noVaryError bool
	// anyMethod says that the method is allowed if there is a route for it, and
	// listsHeaders that every request header cannot be allowed.
	anyMethod, listsHeaders bool
	// blocks says that requests of other origins are answered with 403.
	blocks bool
}

// The servers. Those with Node.js need "make live", as their packages come from
// the network.
var lives = []live{
	{stack: "express", file: "app.js", start: startNode},
	{stack: "fastify", file: "fastify.mjs", start: startNode},
	{stack: "koa", file: "koa.mjs", start: startNode, noVaryError: true},
	{stack: "hono", file: "hono.mjs", start: startNode, adapt: untyped},
	{stack: "hapi", file: "hapi.mjs", start: startNode, anyMethod: true, listsHeaders: true, adapt: func(s string) string {
		return strings.Replace(s, "port: 3000, // as before", "port: PORT, host: '127.0.0.1',", 1)
	}},
	{stack: "node", file: "node.mjs", start: startNode, adapt: func(s string) string {
		return strings.Replace(s, "// … as before\n});", `if (req.url === '/x') res.setHeader('X-Total-Count', '3');
  res.writeHead({ '/x': 200, '/401': 401, '/500': 500 }[req.url] ?? 404).end();
}).listen(PORT, '127.0.0.1');`, 1)
	}},
	{stack: "next", file: "next.mjs", start: startNode, adapt: func(s string) string {
		_, s, _ = strings.Cut(s, "\n") // the import
		return strings.NewReplacer("export ", "", ": NextRequest", "", ": string", "").Replace(s)
	}},
	{stack: "php", file: "x.php", start: startPHP},
	{stack: "rails", file: "rack.rb", start: startRuby, adapt: func(s string) string {
		return strings.Replace(s, "Rails.application.config.middleware.insert_before 0, Rack::Cors", "use Rack::Cors", 1)
	}},
	{stack: "fastapi", file: "main.py", start: startPython, modules: []string{"fastapi", "uvicorn"}},
	{stack: "flask", file: "flask.py", start: startPython, modules: []string{"flask", "flask_cors"}},
	{stack: "django", file: "django.py", start: startPython, modules: []string{"django", "corsheaders"}},
	{stack: "aiohttp", file: "aiohttp.py", start: startPython, modules: []string{"aiohttp"}},
	{stack: "go", file: "main.go", start: startGo},
	{stack: "rs-cors", file: "net_http.go.txt", start: startGo, modules: []string{"log", "net/http"}},
	{stack: "jub0bs", file: "net_http.go.txt", start: startGo},
	{stack: "chi", file: "chi.go.txt", start: startGo, modules: []string{"log", "net/http", "github.com/go-chi/chi/v5"}},
	{stack: "gin", file: "gin.go.txt", start: startGo, modules: []string{"io", "log", "github.com/gin-gonic/gin"}, blocks: true},
	{stack: "echo", file: "echo.go.txt", start: startGo, modules: []string{"errors", "log", "github.com/labstack/echo/v5"}},
	{stack: "fiber", file: "fiber.go.txt", start: startGo, modules: []string{"errors", "log", "github.com/gofiber/fiber/v3"}},
}

// TestLive starts snippets in real servers, and checks that they do what the
// policy says: that of the policy named reference, and with CORSAC_LIVE=1, as in
// "make live", those of all policies.
func TestLive(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	policies := standardPolicies(t)
	for _, l := range lives {
		for name, p := range policies {
			if name != "reference" && os.Getenv("CORSAC_LIVE") != "1" {
				continue
			}
			t.Run(l.stack+"/"+name, func(t *testing.T) {
				t.Parallel()
				prove(t, l, l.start(t, l, l.program(t, &p)), &p)
			})
		}
	}
}

// program returns the program with the snippet: that of the folder, if the stack
// has one, and else of testdata/live.
func (l live) program(t *testing.T, p *cors.Policy) string {
	t.Helper()
	s := Lookup(l.stack)
	snippet := s.Snippet(p).Code
	if s.Server != nil {
		return s.Server.Files(snippet, Addresses{Host: "127.0.0.1", Port: "PORT"})[l.file]
	}
	source, err := os.ReadFile(filepath.Join("testdata", "live", l.file))
	if err != nil {
		t.Fatal(err)
	}
	if l.adapt != nil {
		snippet = l.adapt(snippet)
	}
	return strings.Replace(string(source), "SNIPPET", snippet, 1)
}

func (l live) holds(i Invariants) bool { return Lookup(l.stack).Holds&i != 0 }

// prove checks that a server carries out a policy.
func prove(t *testing.T, l live, url string, p *cors.Policy) {
	t.Helper()
	r := rulesOf(p)
	for _, o := range allowedOrigins(r) {
		provePage(t, l, url, o, r)
	}
	proveRefused(t, l, url, r)
	proveVary(t, l, url, r)
}

// allowedOrigins returns some origins that a policy allows.
func allowedOrigins(r *rules) []string {
	if r.anyOrigin {
		return []string{"https://any.example", "http://localhost:1"}
	}
	list := slices.Clone(r.exact)
	wild, _ := r.wildcards()
	for _, w := range wild {
		w = strings.Replace(w, "*.", "a.b-c.", 1)
		list = append(list, strings.Replace(w, ":*", ":8443", 1), strings.TrimSuffix(w, ":*"))
	}
	return list
}

// provePage checks what a page of an allowed origin can do.
func provePage(t *testing.T, l live, url, o string, r *rules) {
	t.Helper()
	browser := newPage(t, o, r)
	paths := map[string]int{"/x": 200, "/401": 401, "/500": 500, "/nowhere": 404}
	if Lookup(l.stack).Server != nil {
		paths["/throw"] = 500
	}
	for path, status := range paths {
		out := browser.Fetch(t.Context(), &fetch.Request{URL: url + path}, nil)
		if out.Result != fetch.Allowed || out.Response.Status != status {
			t.Errorf("%s, GET %s: %s, %v; want %d", o, path, out.Result, out.Error, status)
		}
		if path == "/x" && len(r.expose) > 0 && !out.CanRead("X-Total-Count") {
			t.Errorf("%s: X-Total-Count cannot be read", o)
		}
	}
	var headers fetch.Headers
	for _, name := range append(slices.Clone(r.headers), anyHeaderOf(l, r)...) {
		value := "x"
		if name == "Content-Type" {
			value = "application/json"
		}
		headers = append(headers, fetch.Header{Name: name, Value: value})
	}
	for _, method := range r.methods {
		if method == "POST" || method == "DELETE" {
			continue // the servers have no route for them
		}
		out := browser.Fetch(t.Context(), &fetch.Request{URL: url + "/x", Method: method, Headers: headers}, nil)
		if out.Result != fetch.Allowed {
			t.Errorf("%s, %s with all headers: %s, %v", o, method, out.Result, out.Error)
		}
	}
	if l.holds(Preflights) {
		out := browser.Fetch(t.Context(), &fetch.Request{URL: url + "/nowhere", Headers: headers}, nil)
		if out.Result != fetch.Allowed || out.Response.Status != 404 {
			t.Errorf("%s, preflight for a path without a route: %s, %v", o, out.Result, out.Error)
		}
	}
	if !l.anyMethod && !r.anyMethod {
		blocked(t, browser, &fetch.Request{URL: url + "/x", Method: "QUERY"})
	}
	if !r.anyHeader {
		blocked(t, browser, &fetch.Request{URL: url + "/x", Headers: fetch.Headers{{Name: "X-Evil", Value: "1"}}})
	}
	proveMaxAge(t, url, o, r)
}

// anyHeaderOf returns a header that only a policy for every header allows.
func anyHeaderOf(l live, r *rules) []string {
	if r.anyHeader && !r.credentials && !l.listsHeaders {
		return []string{"X-Whatever"}
	}
	return nil
}

func blocked(t *testing.T, browser *fetch.Transport, req *fetch.Request) {
	t.Helper()
	if out := browser.Fetch(t.Context(), req, nil); out.Result != fetch.Blocked {
		t.Errorf("%s of %s with %v: %s; want it blocked", req.Method, out.Origin, req.Headers, out.Result)
	}
}

func newPage(t *testing.T, o string, r *rules) *fetch.Transport {
	t.Helper()
	cfg := fetch.TransportConfig{Page: fetch.PageConfig{Origin: o, GrantLocal: true, GrantLoopback: true}, Base: &http.Transport{}}
	if r.credentials {
		cfg.Options.Credentials = "include"
	}
	browser, err := fetch.NewTransport(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(browser.CloseIdleConnections)
	return browser
}

// proveMaxAge checks how long browsers may remember a preflight.
func proveMaxAge(t *testing.T, url, o string, r *rules) {
	t.Helper()
	h := ask(t, http.MethodOptions, url+"/x", "Origin", o, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "content-type").Header
	got, want := h.Get("Access-Control-Max-Age"), decimal(r.seconds())
	if got == "" {
		got = decimal(unsetMaxAge)
	}
	if got != want && (want != "0" || got != decimal(unsetMaxAge)) {
		t.Errorf("Access-Control-Max-Age: %s, want %s", got, want)
	}
}

// proveRefused checks that other origins learn nothing.
func proveRefused(t *testing.T, l live, url string, r *rules) {
	t.Helper()
	if r.anyOrigin {
		if h := ask(t, http.MethodGet, url+"/x", "Origin", "https://any.example").Header; h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("for everyone: %v", h)
		}
		return
	}
	others := []string{"", "null", "https://evil.example"}
	for _, o := range allowedOrigins(r) {
		scheme, host, _ := strings.Cut(o, "://")
		others = append(others, o+".evil.example", o+":1", scheme+"://evil"+host, scheme+"s://"+host, "ftp://"+host)
	}
	for _, o := range append(others, forged...) {
		if strings.ContainsAny(o, "\n") || permits(r, o) {
			continue
		}
		for _, path := range []string{"/x", "/500", "/nowhere"} {
			if got := ask(t, http.MethodGet, url+path, "Origin", o).Header.Values("Access-Control-Allow-Origin"); len(got) > 0 && sendable(o) {
				t.Errorf("GET %s for %q: Access-Control-Allow-Origin: %q", path, o, got)
			}
		}
		h := ask(t, http.MethodOptions, url+"/x", "Origin", o, "Access-Control-Request-Method", "PUT").Header
		for name, got := range h {
			quiet := l.holds(Quiet) && o != "" && strings.HasPrefix(name, "Access-Control-")
			if (quiet || name == "Access-Control-Allow-Origin") && sendable(o) {
				t.Errorf("preflight for %q: %s: %q", o, name, got)
			}
		}
	}
	status := ask(t, http.MethodGet, url+"/x", "Origin", "https://evil.example").StatusCode
	if want := map[bool]int{false: 200, true: 403}[l.blocks]; status != want {
		t.Errorf("GET of another origin: %d, want %d", status, want)
	}
}

// permits reports whether a policy allows an origin.
func permits(r *rules, o string) bool {
	wild, _ := r.wildcards()
	return slices.Contains(r.exact, o) || slices.ContainsFunc(wild, func(w string) bool {
		p, err := origin.ParsePattern(w)
		return err == nil && p.Match(o)
	})
}

// sendable reports whether a browser can send an origin. For others, it does not
// matter what a server answers.
func sendable(o string) bool {
	_, err := origin.Parse(o)
	return err == nil || o == ""
}

// proveVary checks that caches know on what answers depend.
func proveVary(t *testing.T, l live, url string, r *rules) {
	t.Helper()
	if r.anyOrigin {
		return
	}
	if l.holds(VaryPreflights) {
		for _, o := range []string{allowedOrigins(r)[0], "https://evil.example"} {
			vary := strings.Join(ask(t, http.MethodOptions, url+"/x", "Origin", o, "Access-Control-Request-Method", "PUT").Header.Values("Vary"), ",")
			if !strings.Contains(strings.ToLower(vary), "origin") {
				t.Errorf("preflight of %q: Vary: %q", o, vary)
			}
		}
	}
	for _, path := range []string{"/x", "/401", "/500", "/nowhere"} {
		for _, o := range []string{allowedOrigins(r)[0], "https://evil.example", ""} {
			thrown := path == "/401" || path == "/500"
			if o != allowedOrigins(r)[0] && !l.holds(Vary) && (!l.noVaryError || thrown) {
				continue
			}
			vary := strings.Join(ask(t, http.MethodGet, url+path, "Origin", o).Header.Values("Vary"), ",")
			if n := strings.Count(strings.ToLower(vary), "origin"); n != 1 {
				t.Errorf("GET %s of %q: Vary: %q, with Origin %d times", path, o, vary, n)
			}
		}
	}
}

// ask sends a request with headers, and returns the response without its body.
// A header that is "" is left out.
func ask(t *testing.T, method, url string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}

// untyped removes the types of TypeScript.
func untyped(snippet string) string {
	return strings.ReplaceAll(snippet, "(origin: string)", "(origin)")
}

// startNode runs a program with the packages of testdata/npm.
func startNode(t *testing.T, l live, program string) string {
	node := testenv.Program(t, "apt-get install nodejs", "node")
	modules, err := filepath.Abs("testdata/npm/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(modules); err != nil {
		if os.Getenv("CORSAC_LIVE") == "1" {
			t.Fatal(err)
		}
		t.Skip("the packages of npm are not installed: make live")
	}
	dir := t.TempDir()
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return startProgram(t, dir, l.file, program, node, l.file)
}

// startPHP runs a script in the server that PHP has for development.
func startPHP(t *testing.T, l live, program string) string {
	php, dir, address := testenv.Program(t, "apt-get install php-cli", "php"), t.TempDir(), testenv.FreeAddress(t)
	if err := os.WriteFile(filepath.Join(dir, l.file), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t, dir, address, php, "-S", address, l.file)
}

// startRuby runs a program with the packages of the distribution.
func startRuby(t *testing.T, l live, program string) string {
	const install = "apt-get install ruby-rack-cors ruby-webrick"
	ruby := testenv.Program(t, install, "ruby")
	if exec.CommandContext(t.Context(), ruby, "-e", "require 'rack/cors'; require 'rack/handler/webrick'").Run() != nil {
		testenv.Missing(t, "Ruby lacks rack-cors or WEBrick: "+install)
	}
	return startProgram(t, t.TempDir(), l.file, program, ruby, l.file)
}

// startPython runs a program with the packages of the distribution.
func startPython(t *testing.T, l live, program string) string {
	var python string
	for _, name := range []string{"python3", "/usr/bin/python3"} { // the first may be one with other packages
		path, err := exec.LookPath(name)
		if err == nil && exec.CommandContext(t.Context(), path, "-c", "import "+strings.Join(l.modules, ", ")).Run() == nil {
			python = path
			break
		}
	}
	if python == "" {
		packages := strings.ReplaceAll("python3-"+strings.Join(l.modules, " python3-"), "_", "-")
		testenv.Missing(t, "Python lacks "+strings.Join(l.modules, ", ")+": apt-get install "+strings.ReplaceAll(packages, "corsheaders", "django-cors-headers"))
	}
	// The name of the file must not be that of a module.
	return startProgram(t, t.TempDir(), "server.py", program, python, "server.py")
}

// startProgram writes a program to a file and runs it. PORT in it is a free one.
func startProgram(t *testing.T, dir, file, program string, command ...string) string {
	t.Helper()
	address := testenv.FreeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	program = strings.ReplaceAll(program, "PORT", port)
	if err := os.WriteFile(filepath.Join(dir, file), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t, dir, address, command...)
}

// run runs a server until the end of the test, and returns its URL.
func run(t *testing.T, dir, address string, command ...string) string {
	t.Helper()
	(&testenv.Server{Command: command, Dir: dir, Address: address}).Start(t)
	return "http://" + address
}

// LiveStacks returns the names of the stacks of [TestLive].
func LiveStacks() (names []string) {
	for _, l := range lives {
		names = append(names, l.stack)
	}
	return names
}
