package cors_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cors"
)

// middlewareCases are requirements on CORS middleware, collected from the test
// suites and bug trackers of others. The file explains its vocabulary.
type middlewareCases struct {
	Cases []middlewareCase `json:"cases"`
}

type middlewareCase struct {
	Name   string `json:"name"`
	Policy struct {
		Origins        []string `json:"origins"`
		Credentials    bool     `json:"credentials"`
		Methods        []string `json:"methods"`
		RequestHeaders []string `json:"request_headers"`
		ExposeHeaders  []string `json:"expose_headers"`
		MaxAge         *int     `json:"max_age"`
	} `json:"policy"`
	Request *struct {
		Method  string              `json:"method"`
		Headers map[string][]string `json:"headers"`
		Preset  map[string][]string `json:"preset_response_headers"`
	} `json:"request"`
	Expect struct {
		Kind          string              `json:"kind"`
		HandlerCalled bool                `json:"handler_called"`
		Passes        *passes             `json:"passes"`
		Headers       map[string]string   `json:"headers"`
		Includes      map[string][]string `json:"includes"`
		Absent        []string            `json:"absent"`
		VaryIncludes  []string            `json:"vary_includes"`
		VaryExcludes  []string            `json:"vary_excludes"`
		Status        any                 `json:"status"`
		Strict        *struct {
			Absent []string `json:"absent"`
			Status int      `json:"status"`
		} `json:"strict"`
		ConfigError *string             `json:"config_error"`
		Normalised  map[string][]string `json:"normalised"`
	} `json:"expect"`
}

type passes struct {
	Anonymous    bool `json:"anonymous"`
	Credentialed bool `json:"credentialed"`
}

func (c *middlewareCase) policy() cors.Policy {
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

func readCases(t *testing.T, path string) []middlewareCase {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f middlewareCases
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Cases) == 0 {
		t.Fatal("no cases")
	}
	return f.Cases
}

func TestCases(t *testing.T) {
	paths := []string{filepath.Join("testdata", "middleware.json")}
	if shared := filepath.Join("..", "..", "shared", "cases", "middleware.json"); exists(shared) {
		paths = append(paths, shared)
	}
	for _, path := range paths {
		for _, c := range readCases(t, path) {
			t.Run(c.Name, func(t *testing.T) {
				if c.Request == nil {
					checkConfig(t, &c)
				} else {
					checkBehaviour(t, &c)
				}
			})
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func checkConfig(t *testing.T, c *middlewareCase) {
	m, err := cors.New(c.policy())
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

func checkBehaviour(t *testing.T, c *middlewareCase) {
	m, err := cors.New(c.policy())
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
	checkResponse(t, c, w.Code, w.Header())
}

func checkResponse(t *testing.T, c *middlewareCase, status int, h http.Header) {
	t.Helper()
	for name, want := range c.Expect.Headers {
		if got := h.Values(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for name, want := range c.Expect.Includes {
		checkIncludes(t, c, name, elements(h, name), want)
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
		if got := (passes{browserPasses(c, status, h, false), browserPasses(c, status, h, true)}); got != *p {
			t.Errorf("passes: got %+v, want %+v", got, *p)
		}
	}
}

func checkIncludes(t *testing.T, c *middlewareCase, name string, got, want []string) {
	t.Helper()
	for _, element := range want {
		if slices.Contains(got, strings.ToLower(element)) {
			continue
		}
		if !c.Policy.Credentials && element != "authorization" && slices.Contains(got, "*") {
			continue
		}
		t.Errorf("%s: got %q, want %q in it", name, got, element)
	}
}

// browserPasses is a naive form of the CORS check and the checks of preflights
// in the Fetch standard.
func browserPasses(c *middlewareCase, status int, h http.Header, credentialed bool) bool {
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
	if !slices.Contains([]string{"GET", "HEAD", "POST"}, method) &&
		!listsExactly(h, "Access-Control-Allow-Methods", method) &&
		(credentialed || !listsExactly(h, "Access-Control-Allow-Methods", "*")) {
		return false
	}
	for _, line := range c.Request.Headers["Access-Control-Request-Headers"] {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			listed := slices.Contains(elements(h, "Access-Control-Allow-Headers"), name)
			star := slices.Contains(elements(h, "Access-Control-Allow-Headers"), "*")
			if name != "" && !listed && (credentialed || name == "authorization" || !star) {
				return false
			}
		}
	}
	return true
}

func listsExactly(h http.Header, name, element string) bool {
	for _, line := range h.Values(name) {
		for e := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(e) == element {
				return true
			}
		}
	}
	return false
}

// elements returns the elements of a list header in lower case.
func elements(h http.Header, name string) (list []string) {
	for _, line := range h.Values(name) {
		for e := range strings.SplitSeq(line, ",") {
			list = append(list, strings.ToLower(strings.TrimSpace(e)))
		}
	}
	return list
}
