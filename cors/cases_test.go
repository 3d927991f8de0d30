package cors_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/cases"
)

// casePolicy returns the policy of a case.
func casePolicy(c *cases.Middleware) cors.Policy {
	p := cors.Policy{
		AllowOrigins:     c.Policy.Origins,
		AllowMethods:     c.Policy.Methods,
		AllowHeaders:     c.Policy.RequestHeaders,
		ExposeHeaders:    c.Policy.ExposeHeaders,
		AllowCredentials: c.Policy.Credentials,
	}
	if c.Policy.MaxAge != nil {
		p.MaxAge = cors.CacheFor(time.Duration(*c.Policy.MaxAge) * time.Second)
	}
	return p
}

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

func checkConfig(t *testing.T, c *cases.Middleware) {
	m, err := cors.New(casePolicy(c))
	if c.Expect.ConfigError != nil {
		var e *cors.ConfigError
		if !errors.As(err, &e) {
			t.Fatalf("New: got error %v, want a ConfigError", err)
		}
		if string(e.Code) != *c.Expect.ConfigError {
			t.Errorf("code %q (%v), want %q", e.Code, e, *c.Expect.ConfigError)
		}
		return
	}
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	p := m.Policy()
	got := map[string][]string{
		"origins": p.AllowOrigins, "methods": p.AllowMethods,
		"request_headers": p.AllowHeaders, "expose_headers": p.ExposeHeaders,
	}
	for field, want := range c.Expect.Normalised {
		if !slices.Equal(got[field], want) {
			t.Errorf("%s reads back as %q, want %q", field, got[field], want)
		}
	}
}

func checkBehaviour(t *testing.T, c *cases.Middleware) {
	m, err := cors.New(casePolicy(c))
	if err != nil {
		t.Fatal(err)
	}
	called := false
	h := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		called = true
		w.WriteHeader(http.StatusOK)
	}))
	r := httptest.NewRequestWithContext(t.Context(), c.Request.Method, "http://api.local/", nil)
	for name, lines := range c.Request.Headers {
		r.Header[http.CanonicalHeaderKey(name)] = lines
	}
	w := httptest.NewRecorder()
	for name, lines := range c.Request.Preset {
		w.Header()[http.CanonicalHeaderKey(name)] = slices.Clone(lines)
	}
	h.ServeHTTP(w, r)

	if d := m.Decide(r); d.Kind.String() != c.Expect.Kind {
		t.Errorf("kind %v, want %s", d.Kind, c.Expect.Kind)
	}
	if called != c.Expect.HandlerCalled {
		t.Errorf("handler called: %t, want %t", called, c.Expect.HandlerCalled)
	}
	c.Check(t, w.Code, w.Header())
}
