package stacks_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
)

// fullPolicy uses everything that a proxy can do.
func fullPolicy() *cors.Policy {
	return &cors.Policy{
		AllowOrigins:     []string{"https://app.example.com", "https://*.example.org", "http://localhost:*"},
		AllowMethods:     []string{"PUT", "DELETE"},
		AllowHeaders:     []string{"Authorization", "Content-Type", "X-Request-Id"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
		MaxAge:           cors.CacheFor(time.Hour),
	}
}

// nearMisses are origins that are much like those of fullPolicy.
var nearMisses = []string{
	"https://evil.example", "null", "http://app.example.com", "https://app.example.com:8443", "https://app.example.com.evil.example",
	"https://xapp.example.com", "https://app-example.com", "https://appxexample.com", "https://example.org", "https://evilexample.org",
	"https://a.example.org.evil.example", "https://a.example.org:8443", "http://a.example.org", "https://examplexorg", "https://a.examplexorg",
	"https://localhost:3000", "http://localhost.evil.example", "http://localhost:3000.evil.example", "http://xlocalhost:3000", "https://APP.EXAMPLE.COM",
}

// upstream is an application with CORS headers of its own, all of them wrong.
// The path is the status of its answer.
func upstream(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, err := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
		if err != nil || status < 200 || status > 599 {
			status = 404
		}
		if r.Method == http.MethodOptions {
			status = 401 // as behind authentication
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Credentials", "false")
		h.Set("Access-Control-Expose-Headers", "X-Secret")
		h.Set("Vary", "Accept-Encoding")
		h.Set("X-Total-Count", "7")
		w.WriteHeader(status)
		fmt.Fprintln(w, "the application, "+r.Method)
	}))
	t.Cleanup(s.Close)
	return s
}

// proxies are the stacks before an application that can be started.
var proxies = []string{"nginx", "apache", "caddy", "haproxy", "varnish", "cloudflare", "lighttpd"}

// TestServers pastes each snippet into the configuration of a real server before
// an application, and checks in a browser's engine that it does what the policy
// says. nginx is required where servers are; the others are used if they are
// there.
func TestServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	for _, s := range proxies {
		t.Run(s, func(t *testing.T) {
			t.Parallel()
			up := upstream(t)
			p := fullPolicy()
			code := stacks.Lookup(s).Snippet(p)
			base := start(t, s, code, up.Listener.Addr().String())
			for _, status := range []int{200, 404, 500} {
				checkAllowed(t, p, base, status)
				checkRefused(t, base, status)
			}
			checkPreflights(t, base)
			up.Close()
			checkAllowed(t, p, base, http.StatusBadGateway, http.StatusServiceUnavailable)
			checkPreflights(t, base)
			checkRecognised(t, s, base+"/502")
		})
	}
}

// TestServersWildcard is TestServers for a policy that allows everybody.
func TestServersWildcard(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	for _, s := range proxies {
		t.Run(s, func(t *testing.T) {
			t.Parallel()
			up := upstream(t)
			p := &cors.Policy{AllowOrigins: []string{"*"}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}}
			base := start(t, s, stacks.Lookup(s).Snippet(p), up.Listener.Addr().String())
			for _, status := range []int{200, 404, 500} {
				checkAllowed(t, p, base, status)
			}
		})
	}
}

// TestServersWide is TestServers for a policy with what few stacks can say.
func TestServersWide(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	p := &cors.Policy{
		AllowOrigins: []string{"https://*.example.org:*"}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, AllowCredentials: true,
		PreflightStatus: http.StatusOK, AllowTiming: true, ResourcePolicy: "same-site", MaxAge: cors.CacheFor(0),
	}
	for _, s := range proxies {
		t.Run(s, func(t *testing.T) {
			t.Parallel()
			base := start(t, s, stacks.Lookup(s).Snippet(p), upstream(t).Listener.Addr().String())
			const app = "https://a.example.org:8443"
			r := raw(t, http.MethodOptions, base+"/200", app, "PROPFIND")
			for name, want := range map[string]string{
				"Access-Control-Allow-Origin": app, "Access-Control-Allow-Methods": "PROPFIND", "Access-Control-Allow-Headers": "x-request-id",
				"Access-Control-Max-Age": "0", "Access-Control-Allow-Credentials": "true",
			} {
				if got := r.Header.Values(name); !slices.Equal(got, []string{want}) {
					t.Errorf("preflight: %s: %q, want %q", name, got, want)
				}
			}
			if r.StatusCode != http.StatusOK {
				t.Errorf("preflight: status %d", r.StatusCode)
			}
			r = raw(t, http.MethodGet, base+"/404", app, "")
			if r.Header.Get("Timing-Allow-Origin") != app || r.Header.Get("Cross-Origin-Resource-Policy") != "same-site" {
				t.Errorf("404: %v", r.Header)
			}
			for _, o := range []string{"https://example.org:8443", "https://a.example.org.evil.example:8443", "https://a.example.org:evil.example", "http://a.example.org"} {
				if r := raw(t, http.MethodOptions, base+"/200", o, "PUT"); r.Header.Get("Access-Control-Allow-Origin") != "" || r.Header.Get("Access-Control-Allow-Methods") != "" || r.Header.Get("Timing-Allow-Origin") != "" {
					t.Errorf("%s: %v", o, r.Header)
				}
			}
		})
	}
}

// TestServersHostile starts servers with the most awkward names and expressions
// that a policy can have.
func TestServersHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	for _, s := range proxies {
		t.Run(s, func(t *testing.T) {
			t.Parallel()
			up := upstream(t)
			p := hostilePolicy()
			snippet := stacks.Lookup(s).Snippet(p)
			base := start(t, s, snippet, up.Listener.Addr().String())
			for _, o := range []string{"https://app.example.com", "https://a1.example.net"} {
				if strings.Contains(o, "a1") && strings.Contains(strings.Join(snippet.Sentences(), "\n"), "example") {
					continue // the stack has no regular expressions
				}
				h := raw(t, http.MethodOptions, base+"/200", o, "PUT").Header
				if h.Get("Access-Control-Allow-Origin") != o {
					t.Errorf("%s is not allowed: %v", o, h)
				}
				for _, name := range []string{"X-Name'%h", "X-`id`", "X-%5Bsrc%5D"} {
					if !strings.Contains(strings.ToLower(h.Get("Access-Control-Allow-Headers")), strings.ToLower(name)) {
						t.Errorf("Access-Control-Allow-Headers: %q lacks %s", h.Get("Access-Control-Allow-Headers"), name)
					}
				}
			}
			checkRefused(t, base, 200)
		})
	}
}

func hostilePolicy() *cors.Policy {
	p := fullPolicy()
	p.AllowHeaders = append(p.AllowHeaders, "X-Name'%h", "X-`id`", "X-%5Bsrc%5D", "X-$http_cookie", "X-#!&^|~*+.", "X-Tail_")
	p.AllowMethods = append(p.AllowMethods, "M'%h", "$HOME")
	p.DangerouslyAllowOriginRegexps = []string{`https://a\d{1,2}\.example\.net`, `https://"\x{22}'#;{}\\\ %\{`, "https://`\\$(x)"}
	return p
}

// start runs a proxy with a snippet and returns its URL. nginx, Apache, HAProxy
// and Caddy are required where servers are; the others are used if they are
// there.
func start(t *testing.T, stack string, code stacks.Snippet, upstream string) string {
	t.Helper()
	s := stacks.Lookup(stack)
	if stack == "varnish" || stack == "lighttpd" {
		if !installed(s.Server.Programs[0]) {
			t.Skip(s.Server.Install)
		}
	}
	return stacks.StartFolder(t, s, code.Code, upstream)
}

func installed(name string) bool {
	for _, dir := range []string{"", "/usr/sbin/"} {
		if _, err := exec.LookPath(dir + name); err == nil {
			return true
		}
	}
	return false
}

// checkAllowed checks that pages of allowed origins can read responses, with
// and without a preflight.
func checkAllowed(t *testing.T, p *cors.Policy, base string, statuses ...int) {
	t.Helper()
	for _, o := range []string{"https://app.example.com", "https://a.example.org", "https://a.b.example.org", "http://localhost:3000", "http://localhost"} {
		for _, method := range []string{http.MethodGet, http.MethodPut} {
			credentials := fetch.CredentialsOmit
			if p.AllowCredentials {
				credentials = fetch.CredentialsInclude
			}
			client, err := fetch.NewClient(o, fetch.TransportConfig{Options: fetch.Options{Credentials: credentials}})
			if err != nil {
				t.Fatal(err)
			}
			req, _ := http.NewRequestWithContext(t.Context(), method, base+"/"+strconv.Itoa(statuses[0]), http.NoBody)
			if method == http.MethodPut {
				req.Header.Set("X-Request-Id", "1")
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Errorf("%s %s from %s: %v", method, req.URL, o, err)
				continue
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if !slices.Contains(statuses, resp.StatusCode) {
				t.Errorf("%s %s from %s: status %d, %s", method, req.URL, o, resp.StatusCode, body)
			}
			if len(p.ExposeHeaders) > 0 && resp.StatusCode == 200 && (resp.Header.Get("X-Total-Count") != "7" || resp.Header.Get("X-Secret") != "") {
				t.Errorf("%s from %s: script sees %v", req.URL, o, resp.Header)
			}
			checkVary(t, p, raw(t, http.MethodGet, req.URL.String(), o, ""))
		}
	}
}

// checkVary checks that a response says that it depends on Origin, if it does,
// and still says what the application says.
func checkVary(t *testing.T, p *cors.Policy, r *http.Response) {
	t.Helper()
	vary := strings.Join(r.Header.Values("Vary"), ",")
	if want := !slices.Contains(p.AllowOrigins, "*"); strings.Contains(strings.ToLower(vary), "origin") != want {
		t.Errorf("%s: Vary: %q; with Origin %v", r.Request.URL, vary, want)
	}
	if r.StatusCode < 502 && !strings.Contains(vary, "Accept-Encoding") {
		t.Errorf("%s: Vary: %q lacks what the application says", r.Request.URL, vary)
	}
}

// checkRefused checks that other origins get nothing, nor do requests without
// one.
func checkRefused(t *testing.T, base string, status int) {
	t.Helper()
	url := base + "/" + strconv.Itoa(status)
	for _, o := range append(slices.Clone(nearMisses), "") {
		for _, r := range []*http.Response{raw(t, http.MethodGet, url, o, ""), raw(t, http.MethodOptions, url, o, "PUT")} {
			for name, values := range r.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s from %q: %s: %q", r.Request.Method, url, o, name, values)
				}
			}
			if vary := strings.Join(r.Header.Values("Vary"), ","); !strings.Contains(strings.ToLower(vary), "origin") {
				t.Errorf("%s %s from %q: Vary: %q", r.Request.Method, url, o, vary)
			}
		}
	}
}

// checkPreflights checks what preflights get, and that other OPTIONS requests
// reach the application.
func checkPreflights(t *testing.T, base string) {
	t.Helper()
	const app = "https://app.example.com"
	r := raw(t, http.MethodOptions, base+"/200", app, "PUT")
	want := map[string]string{
		"Access-Control-Allow-Origin": app, "Access-Control-Allow-Credentials": "true",
		"Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE", "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Request-Id",
		"Access-Control-Max-Age": "3600",
	}
	for name, value := range want {
		if got := r.Header.Values(name); !slices.Equal(got, []string{value}) {
			t.Errorf("preflight: %s: %q, want %q", name, got, value)
		}
	}
	if r.StatusCode != http.StatusNoContent {
		t.Errorf("preflight: status %d", r.StatusCode)
	}
	if r := raw(t, http.MethodOptions, base+"/200", app, ""); r.StatusCode != http.StatusUnauthorized && r.StatusCode < 502 {
		t.Errorf("OPTIONS that is not a preflight does not reach the application: status %d", r.StatusCode)
	}
}

// checkRecognised checks that the server shows itself in the error that it makes.
func checkRecognised(t *testing.T, stack, url string) {
	t.Helper()
	if stack == "cloudflare" {
		return // only its code is run here
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	seen := stacks.Seen{Method: req.Method, URL: url, Status: resp.StatusCode, Body: string(body)}
	for name, values := range resp.Header {
		for _, value := range values {
			seen.Headers = append(seen.Headers, fetch.Header{Name: name, Value: value})
		}
	}
	for _, m := range stacks.Recognize([]stacks.Seen{seen}) {
		if m.Stack.Name == stack {
			return
		}
	}
	t.Errorf("%s is not recognised by %d %v %q", stack, resp.StatusCode, resp.Header, body)
}

// raw sends a request as it is. The body of the response is closed.
func raw(t *testing.T, method, url, origin, requestMethod string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	if requestMethod != "" {
		req.Header.Set("Access-Control-Request-Method", requestMethod)
		req.Header.Set("Access-Control-Request-Headers", "x-request-id")
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return resp
}
