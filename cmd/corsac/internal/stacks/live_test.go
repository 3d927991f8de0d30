package stacks

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// live is a stack whose snippet is tried in its application, and how it falls
// short of the policy.
type live struct {
	stack string
	// noVaryError says that answers to other origins lack Vary: Origin only if
	// they are errors that handlers throw.
	noVaryError bool
	// anyMethod says that the method is allowed if there is a route for it, and
	// listsHeaders that every request header cannot be allowed.
	anyMethod, listsHeaders bool
	// blocks says that requests of other origins are answered with 403.
	blocks bool
	// base is the path below which the routes are.
	base string
	// slow says that it runs with CORSAC_LIVE=1 only.
	slow bool
}

// The stacks. Those with Node.js need "make live", as their packages come from
// the network.
var lives = []live{
	{stack: "express"},
	{stack: "fastify"},
	{stack: "koa", noVaryError: true},
	{stack: "hono"},
	{stack: "hapi", anyMethod: true, listsHeaders: true},
	{stack: "nest"},
	{stack: "node"},
	{stack: "next", base: "/api", slow: true},
	{stack: "supabase"},
	{stack: "php"},
	{stack: "rails"},
	{stack: "fastapi"},
	{stack: "flask"},
	{stack: "django"},
	{stack: "aiohttp"},
	{stack: "go"},
	{stack: "rs-cors"},
	{stack: "jub0bs"},
	{stack: "chi"},
	{stack: "gin", blocks: true},
	{stack: "echo"},
	{stack: "fiber"},
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
			if (name != "reference" || l.slow) && os.Getenv("CORSAC_LIVE") != "1" {
				continue
			}
			t.Run(l.stack+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := Lookup(l.stack)
				prove(t, l, StartFolder(t, s, s.Snippet(&p).Code, "")+l.base, &p)
			})
		}
	}
}

// StartFolder writes the files of a stack, starts it, and returns its URL.
func StartFolder(t *testing.T, s *Stack, code string, upstream string) string {
	t.Helper()
	var programs []string
	for _, name := range s.Server.Programs {
		programs = append(programs, name, "/usr/sbin/"+name)
	}
	testenv.Program(t, s.Server.Install, programs...)
	dir, address := t.TempDir(), testenv.FreeAddress(t)
	host, port, _ := net.SplitHostPort(address)
	for name, text := range s.Server.Folder(code, Addresses{Host: host, Port: port, Upstream: upstream}) {
		file := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		if err == nil {
			err = os.WriteFile(file, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	testenv.StartFolder(t, dir, address)
	return "http://" + address
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
	for path, status := range map[string]int{"/x": 200, "/401": 401, "/500": 500, "/throw": 500, "/nowhere": 404} {
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
