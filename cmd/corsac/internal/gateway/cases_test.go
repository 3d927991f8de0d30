package gateway_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/internal/cases"
)

// TestCases checks that the gateway has the behaviours that a middleware must
// have, collected from the suites and bug trackers of others. Each case has its
// own configuration file and upstream. The file explains its vocabulary.
func TestCases(t *testing.T) {
	for _, c := range cases.AllMiddleware(t) {
		t.Run(c.Name, func(t *testing.T) {
			if c.Request == nil {
				checkConfig(t, &c)
			} else {
				checkBehaviour(t, &c)
			}
		})
	}
}

// yamlOf returns a configuration file with the policy of a case.
func yamlOf(c *cases.Middleware, upstream string) string {
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

func checkConfig(t *testing.T, c *cases.Middleware) {
	t.Helper()
	_, err := config.Parse("case.yaml", []byte(yamlOf(c, "http://127.0.0.1:9000")))
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

// checkBehaviour sends the request of the case. The headers that the outer
// layer of the case sets come from the upstream here.
func checkBehaviour(t *testing.T, c *cases.Middleware) {
	t.Helper()
	called := false
	upstream := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		called = true
		for name, lines := range c.Request.Preset {
			w.Header()[http.CanonicalHeaderKey(name)] = lines
		}
	}))
	cfg, err := config.Parse("case.yaml", []byte(yamlOf(c, upstream)))
	if err != nil {
		t.Fatal(err)
	}
	g := start(t, cfg, gateway.Options{})
	status, h := sendCase(t, c, g.address)
	if called != c.Expect.HandlerCalled {
		t.Errorf("upstream reached: %t, want %t", called, c.Expect.HandlerCalled)
	}
	c.Check(t, status, h)
}

// sendCase sends the request with its header lines unchanged.
func sendCase(t *testing.T, c *cases.Middleware, address string) (int, http.Header) {
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
