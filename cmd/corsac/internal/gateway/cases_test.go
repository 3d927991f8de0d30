package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// The behaviours that a middleware must have, collected from the suites and bug
// trackers of others, hold for the gateway too: each case has a configuration
// file and an upstream of its own. The file explains its vocabulary.
func TestCases(t *testing.T) {
	paths := []string{filepath.Join("testdata", "middleware.json")}
	if shared := filepath.FromSlash("../../../../../shared/cases/middleware.json"); exists(shared) {
		paths = append(paths, shared)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var f struct{ Cases []testCase }
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		if len(f.Cases) == 0 {
			t.Fatal("no cases")
		}
		for _, c := range f.Cases {
			t.Run(c.Name, func(t *testing.T) {
				if c.Request == nil {
					c.checkConfig(t)
				} else {
					c.checkBehaviour(t)
				}
			})
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

type testCase struct {
	Name   string
	Policy struct {
		Origins        []string
		Credentials    bool
		Methods        []string
		RequestHeaders []string `json:"request_headers"`
		ExposeHeaders  []string `json:"expose_headers"`
		MaxAge         *int     `json:"max_age"`
	}
	Request *struct {
		Method  string
		Headers map[string][]string
		Preset  map[string][]string `json:"preset_response_headers"`
	}
	Expect struct {
		Kind          string
		HandlerCalled bool `json:"handler_called"`
		Passes        *struct{ Anonymous, Credentialed bool }
		Headers       map[string]string
		Includes      map[string][]string
		Absent        []string
		VaryIncludes  []string `json:"vary_includes"`
		VaryExcludes  []string `json:"vary_excludes"`
		Status        any
		Strict        *struct {
			Absent []string
			Status int
		}
		ConfigError *string `json:"config_error"`
		Normalised  map[string][]string
	}
}

// yaml is a configuration file with the policy of the case.
func (c *testCase) yaml(upstream string) string {
	list := func(values []string) string {
		quoted := make([]string, len(values))
		for i, v := range values {
			quoted[i] = fmt.Sprintf("%q", v)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	s := fmt.Sprintf("policies:\n  case:\n    allow_origins: %s\n    allow_methods: %s\n    allow_headers: %s\n    expose_headers: %s\n    allow_credentials: %t\n",
		list(c.Policy.Origins), list(c.Policy.Methods), list(c.Policy.RequestHeaders), list(c.Policy.ExposeHeaders), c.Policy.Credentials)
	if c.Policy.MaxAge != nil {
		s += fmt.Sprintf("    max_age: %d\n", *c.Policy.MaxAge)
	}
	return s + fmt.Sprintf("gateway:\n  routes:\n    - {path: /, upstream: %q, policy: case}\n", upstream)
}

func (c *testCase) checkConfig(t *testing.T) {
	_, err := config.Parse("case.yaml", []byte(c.yaml("http://127.0.0.1:9000")))
	if c.Expect.ConfigError == nil {
		if err != nil {
			t.Error(err)
		}
		return
	}
	var mistakes finding.Mistakes
	if !errors.As(err, &mistakes) {
		t.Fatalf("error %v, want code %q", err, *c.Expect.ConfigError)
	}
	e := &mistakes[0]
	if code, _, _ := strings.Cut(e.Cause, "/"); code != *c.Expect.ConfigError || e.Place.Line == 0 || e.Why == "" {
		t.Errorf("%s in line %d (%s), want %q", e.Cause, e.Place.Line, finding.Line(e), *c.Expect.ConfigError)
	}
}

// checkBehaviour sends the request of the case. What the outer layer of the case
// has set, the upstream sends here.
func (c *testCase) checkBehaviour(t *testing.T) {
	called := false
	upstream := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		called = true
		for name, lines := range c.Request.Preset {
			w.Header()[http.CanonicalHeaderKey(name)] = lines
		}
	}))
	cfg, err := config.Parse("case.yaml", []byte(c.yaml(upstream)))
	if err != nil {
		t.Fatal(err)
	}
	g := start(t, cfg, gateway.Options{})
	status, h := c.send(t, g.address)
	if called != c.Expect.HandlerCalled {
		t.Errorf("upstream reached: %t, want %t", called, c.Expect.HandlerCalled)
	}
	c.checkResponse(t, status, h)
}

// send sends the request with its header lines as they are.
func (c *testCase) send(t *testing.T, address string) (int, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.Request.Method, "http://"+address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, lines := range c.Request.Headers {
		r.Header[http.CanonicalHeaderKey(name)] = lines
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := r.Write(conn); err != nil {
		t.Fatal(err)
	}
	res := readResponse(t, conn, r)
	return res.StatusCode, res.Header
}

func (c *testCase) checkResponse(t *testing.T, status int, h http.Header) {
	t.Helper()
	for name, want := range c.Expect.Headers {
		if got := h.Values(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for name, want := range c.Expect.Includes {
		for _, element := range want {
			got := elements(h, name)
			star := !c.Policy.Credentials && element != "authorization" && slices.Contains(got, "*")
			if !star && !slices.Contains(got, strings.ToLower(element)) {
				t.Errorf("%s: got %q, want %q in it", name, got, element)
			}
		}
	}
	absent := c.Expect.Absent
	if c.Expect.Strict != nil {
		absent = append(absent, c.Expect.Strict.Absent...)
		if status != c.Expect.Strict.Status {
			t.Errorf("status %d, want %d", status, c.Expect.Strict.Status)
		}
	}
	for _, name := range absent {
		if got := h.Values(name); got != nil {
			t.Errorf("%s: got %q, want none", name, got)
		}
	}
	vary := elements(h, "Vary")
	for _, name := range c.Expect.VaryIncludes {
		if !slices.Contains(vary, strings.ToLower(name)) {
			t.Errorf("Vary: got %q, want %s in it", vary, name)
		}
	}
	for _, name := range c.Expect.VaryExcludes {
		if slices.Contains(vary, strings.ToLower(name)) {
			t.Errorf("Vary: got %q, want no %s in it", vary, name)
		}
	}
	if c.Expect.Status == "2xx" && status/100 != 2 {
		t.Errorf("status %d, want 2xx", status)
	}
	if p := c.Expect.Passes; p != nil {
		if got := c.browserPasses(status, h, false); got != p.Anonymous {
			t.Errorf("an anonymous request passes: %t, want %t", got, p.Anonymous)
		}
		if got := c.browserPasses(status, h, true); got != p.Credentialed {
			t.Errorf("a credentialed request passes: %t, want %t", got, p.Credentialed)
		}
	}
}

// browserPasses is the CORS check and the preflight check of the Fetch standard,
// in their plainest form.
func (c *testCase) browserPasses(status int, h http.Header, credentialed bool) bool {
	origin, allowed := strings.Join(c.Request.Headers["Origin"], ", "), h.Values("Access-Control-Allow-Origin")
	if len(allowed) != 1 || allowed[0] != origin && (credentialed || allowed[0] != "*") {
		return false
	}
	if credentialed && !slices.Equal(h.Values("Access-Control-Allow-Credentials"), []string{"true"}) {
		return false
	}
	if c.Expect.Kind != "preflight" {
		return true
	}
	if status/100 != 2 {
		return false
	}
	method := strings.Join(c.Request.Headers["Access-Control-Request-Method"], ", ")
	methods := elementsAsWritten(h, "Access-Control-Allow-Methods")
	if !slices.Contains([]string{"GET", "HEAD", "POST"}, method) && !slices.Contains(methods, method) &&
		(credentialed || !slices.Contains(methods, "*")) {
		return false
	}
	listed := elements(h, "Access-Control-Allow-Headers")
	for _, name := range elements(c.Request.Headers, "Access-Control-Request-Headers") {
		star := slices.Contains(listed, "*") && !credentialed && name != "authorization"
		if name != "" && !slices.Contains(listed, name) && !star {
			return false
		}
	}
	return true
}

func elementsAsWritten(h http.Header, name string) (list []string) {
	for _, line := range h[name] {
		for e := range strings.SplitSeq(line, ",") {
			list = append(list, strings.TrimSpace(e))
		}
	}
	return list
}

// elements returns the elements of a list header in lower case.
func elements(h http.Header, name string) []string {
	list := elementsAsWritten(h, name)
	for i, e := range list {
		list[i] = strings.ToLower(e)
	}
	return list
}
