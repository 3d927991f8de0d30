package httproute_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/httproute"
)

// ask is a request of the conformance tests, and what they accept as its answer.
type ask struct {
	name, path, method, origin string
	wants, sends               string // Access-Control-Request-Method and -Headers

	status []int
	is     map[string][]string // values of headers, one of which it must be; blanks do not count
	absent []string
}

const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
	allowCredentials = "Access-Control-Allow-Credentials"
)

var (
	answered   = []int{200, 204}
	both       = []string{"x-header-1,x-header-2", "x-header-2,x-header-1"}
	firstRoute = func(origin string) map[string][]string {
		return map[string][]string{
			allowOrigin: {origin}, allowMethods: {"GET,OPTIONS", "OPTIONS,GET"}, allowHeaders: both,
			"Access-Control-Expose-Headers": {"x-header-3,x-header-4", "x-header-4,x-header-3"},
			"Access-Control-Max-Age":        {"3600"}, allowCredentials: {"true"},
		}
	}
)

// asks are the 17 cases of HTTPRouteCORS, in its order: conformance/tests/
// httproute-cors.go of sigs.k8s.io/gateway-api/conformance v1.7.0.
var asks = []ask{
	{"preflight, exact origin", "/cors-1", "OPTIONS", "https://www.foo.com", "GET", "x-header-1, x-header-2", answered, firstRoute("https://www.foo.com"), nil},
	{"preflight, origin of a wildcard", "/cors-1", "OPTIONS", "https://www.bar.com", "GET", "x-header-1, x-header-2", answered, firstRoute("https://www.bar.com"), nil},
	{"preflight, two labels for a wildcard", "/cors-1", "OPTIONS", "https://xpto.www.bar.com", "GET", "x-header-1, x-header-2", answered, firstRoute("https://xpto.www.bar.com"), nil},
	{"preflight, other origin", "/cors-1", "OPTIONS", "https://foobar.com", "GET", "", []int{200, 204, 403}, nil, []string{allowOrigin}},
	{"request, exact origin", "/cors-1", "GET", "https://www.foo.com", "GET", "x-header-1, x-header-2", []int{200}, map[string][]string{allowOrigin: {"https://www.foo.com"}}, nil},
	{"request, origin of a wildcard", "/cors-1", "GET", "https://www.bar.com", "GET", "x-header-1, x-header-2", []int{200}, map[string][]string{allowOrigin: {"https://www.bar.com"}}, nil},
	{"request, other origin", "/cors-1", "GET", "https://foobar.com", "GET", "", []int{200}, nil, []string{allowOrigin}},
	{"preflight, all methods", "/cors-2", "OPTIONS", "https://www.foo.com", "POST", "", answered, map[string][]string{allowOrigin: {"https://www.foo.com"}, allowMethods: {"POST", "*"}}, []string{allowCredentials}},
	{"preflight, no credentials", "/cors-2", "OPTIONS", "https://www.foo.com", "POST", "", answered, nil, []string{allowCredentials}},
	{"preflight, all origins", "/cors-wildcard-origin", "OPTIONS", "https://foobar.com", "PUT", "", answered, map[string][]string{allowOrigin: {"https://foobar.com", "*"}, allowMethods: {"PUT"}}, []string{allowCredentials}},
	{"preflight, all origins, with a port", "/cors-wildcard-origin", "OPTIONS", "https://foobar.com:12345", "PUT", "", answered, map[string][]string{allowOrigin: {"https://foobar.com:12345", "*"}, allowMethods: {"PUT"}}, []string{allowCredentials}},
	{"request, all origins, with a port", "/cors-wildcard-origin", "PUT", "https://foobar.com:12345", "", "", []int{200}, map[string][]string{allowOrigin: {"https://foobar.com:12345", "*"}}, nil},
	{"request, all origins", "/cors-wildcard-origin", "PUT", "https://foobar.com", "", "", []int{200}, map[string][]string{allowOrigin: {"https://foobar.com", "*"}}, []string{allowCredentials}},
	{"preflight, all of everything, with credentials", "/cors-wildcard-methods-headers", "OPTIONS", "https://other.foo.com", "PUT", "x-header-1, x-header-2", answered, map[string][]string{allowOrigin: {"https://other.foo.com"}, allowMethods: {"PUT"}, allowHeaders: both, allowCredentials: {"true"}}, nil},
	{"preflight, all of everything, without credentials", "/cors-wildcard-methods-headers-unauth", "OPTIONS", "https://other.foo.com", "PUT", "x-header-1, x-header-2", answered, map[string][]string{allowOrigin: {"https://other.foo.com", "*"}, allowMethods: {"PUT", "*"}, allowHeaders: append([]string{"*"}, both...)}, []string{allowCredentials}},
	{"request, all of everything, with credentials", "/cors-wildcard-methods-headers", "GET", "https://other.foo.com", "", "", []int{200}, map[string][]string{allowOrigin: {"https://other.foo.com"}, allowCredentials: {"true"}}, nil},
	{"request, all of everything, without credentials", "/cors-wildcard-methods-headers-unauth", "GET", "https://other.foo.com", "", "", []int{200}, map[string][]string{allowOrigin: {"https://other.foo.com", "*"}}, []string{allowCredentials}},
}

// load reads HTTPRoutes with the flags of corsac serve.
func load(t *testing.T, args ...string) (*config.Config, error) {
	t.Helper()
	var s httproute.Source
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	s.Register(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return s.Load()
}

// serve serves HTTPRoutes as corsac serve does, and returns the address.
func serve(t *testing.T, args ...string) string {
	t.Helper()
	c, err := load(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.New(c, gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: g}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = forward.Serve(server, l) }()
	return l.Addr().String()
}

// TestConformance checks the answers of serve to the requests of the conformance tests,
// from the same HTTPRoutes. The backend sends CORS headers of its own, which must not
// show.
func TestConformance(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(allowOrigin, "https://backend.example")
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	defer backend.Close()
	at := serve(t, "--httproute", "testdata/conformance.yaml", "--backend", "infra-backend-v1="+backend.URL, "--dangerously-all-origins")
	for _, c := range asks {
		t.Run(c.name, func(t *testing.T) { c.check(t, "http://"+at) })
	}
}

func (c *ask) check(t *testing.T, base string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.method, base+c.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", c.origin)
	for name, value := range map[string]string{"Access-Control-Request-Method": c.wants, "Access-Control-Request-Headers": c.sends} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(c.status, res.StatusCode) {
		t.Errorf("status %d, want one of %d", res.StatusCode, c.status)
	}
	if isRequest := c.method != "OPTIONS"; isRequest != (string(body) == c.path) {
		t.Errorf("the backend answered %q", body)
	}
	for name, values := range c.is {
		if got := strings.ReplaceAll(strings.Join(res.Header.Values(name), ","), " ", ""); !slices.Contains(values, got) {
			t.Errorf("%s: %q, want one of %q", name, got, values)
		}
	}
	for _, name := range c.absent {
		if got := res.Header.Values(name); len(got) > 0 {
			t.Errorf("%s: %q, want none", name, got)
		}
	}
}

// TestSlash checks that an Exact match takes no path with another slash at the end, which
// goes to another route, as the Gateway API has it: the same routes of corsac.yaml refuse it.
func TestSlash(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }))
	defer backend.Close()
	file := filepath.Join(t.TempDir(), "routes.yaml")
	if err := os.WriteFile(file, []byte(`apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: slash}
spec:
  rules:
    - matches: [{path: {type: Exact, value: /a}}]
      filters: [{type: CORS, cors: {allowOrigins: [https://app.example.com]}}]
      backendRefs: [{name: backend, port: 80}]
    - matches: [{path: {type: PathPrefix, value: /}}]
      filters: [{type: CORS, cors: {allowOrigins: [https://other.example.com]}}]
      backendRefs: [{name: backend, port: 80}]
`), 0o600); err != nil {
		t.Fatal(err)
	}
	at := serve(t, "--httproute", file, "--backend", "backend="+backend.URL)
	for path, origin := range map[string]string{"/a": "https://app.example.com", "/a/": "https://other.example.com"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+at+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get(allowOrigin); res.StatusCode != http.StatusOK || got != origin {
			t.Errorf("%s: %s, %q", path, res.Status, got)
		}
	}
}
