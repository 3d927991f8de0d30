// Package cases has test cases that several packages share. It is test support: no
// program imports it.
//
//   - [Middleware] are requirements on CORS middleware, collected from the test
//     suites and bug trackers of others. The library, the gateway and the
//     configuration must all meet them.
//   - [Beside] finds a wider set of cases, of any kind. It is optional: tests pass
//     without it. It is a folder of the name cases, in a folder of the name shared
//     beside the clone, or wherever CORSAC_CASES says.
package cases

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Beside returns where a file or folder of the wider set of cases is, and whether
// it is there.
func Beside(elem ...string) (path string, ok bool) {
	dir := os.Getenv("CORSAC_CASES")
	if dir == "" {
		root, err := filepath.Abs(".") // of the package that is tested
		for err == nil {
			if _, err := os.Stat(filepath.Join(root, "go.work")); err == nil {
				break
			}
			if filepath.Dir(root) == root {
				return "", false
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "cases")
	}
	path = filepath.Join(append([]string{dir}, elem...)...)
	_, err := os.Stat(path)
	return path, err == nil
}

// Middleware is a policy, and either how it is read or what a request gets under
// it. The file of the cases explains its vocabulary.
type Middleware struct {
	// Name says what the case is about.
	Name string `json:"name"`
	// Policy, Request and Expect are the case; Request is nil if it is about the
	// policy alone.
	Policy  Policy   `json:"policy"`
	Request *Request `json:"request"`
	Expect  Expect   `json:"expect"`
}

// Policy is the policy of a case, in seconds and lists of names.
type Policy struct {
	// Origins, Credentials, Methods, RequestHeaders, ExposeHeaders and MaxAge are
	// the fields of a policy; MaxAge is nil if it is not set.
	Origins        []string `json:"origins"`
	Credentials    bool     `json:"credentials"`
	Methods        []string `json:"methods"`
	RequestHeaders []string `json:"request_headers"`
	ExposeHeaders  []string `json:"expose_headers"`
	MaxAge         *int     `json:"max_age"`
}

// Request is the request of a case.
type Request struct {
	// Method and Headers are sent; Preset are headers that are on the response
	// before the middleware runs.
	Method  string              `json:"method"`
	Headers map[string][]string `json:"headers"`
	Preset  map[string][]string `json:"preset_response_headers"`
}

// Expect is what a case expects.
type Expect struct {
	// Kind is that of the request, HandlerCalled whether the application gets it,
	// and Passes whether a browser shares the response.
	Kind          string  `json:"kind"`
	HandlerCalled bool    `json:"handler_called"`
	Passes        *Passes `json:"passes"`
	// Headers, Includes, Absent, VaryIncludes, VaryExcludes, Status and Strict are
	// about the response.
	Headers      map[string]string   `json:"headers"`
	Includes     map[string][]string `json:"includes"`
	Absent       []string            `json:"absent"`
	VaryIncludes []string            `json:"vary_includes"`
	VaryExcludes []string            `json:"vary_excludes"`
	Status       any                 `json:"status"`
	Strict       *Strict             `json:"strict"`
	// ConfigError is the code with which the policy is refused, nil if it is
	// accepted; Normalised is how it then reads back.
	ConfigError *string             `json:"config_error"`
	Normalised  map[string][]string `json:"normalised"`
}

// Passes says whether a browser shares the response.
type Passes struct {
	// Anonymous is without credentials, Credentialed with them.
	Anonymous    bool `json:"anonymous"`
	Credentialed bool `json:"credentialed"`
}

// Strict is what a library promises that discloses as little as possible.
type Strict struct {
	// Absent are headers that are not there, Status is the status.
	Absent []string `json:"absent"`
	Status int      `json:"status"`
}

//go:embed testdata/middleware.json
var middleware []byte

// AllMiddleware returns the cases, and those of the wider set if it is there.
func AllMiddleware(t testing.TB) []Middleware {
	t.Helper()
	all := readMiddleware(t, middleware)
	if path, ok := Beside("middleware.json"); ok {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, readMiddleware(t, data)...)
	}
	return all
}

func readMiddleware(t testing.TB, data []byte) []Middleware {
	t.Helper()
	var f struct{ Cases []Middleware }
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Cases) == 0 {
		t.Fatal("no cases")
	}
	return f.Cases
}

// Check compares a response with what the case expects.
func (c *Middleware) Check(t testing.TB, status int, h http.Header) {
	t.Helper()
	for name, want := range c.Expect.Headers {
		if got := h.Values(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	c.checkLists(t, h)
	absent := c.Expect.Absent
	if c.Expect.Strict != nil {
		absent = append(slices.Clip(absent), c.Expect.Strict.Absent...)
		if status != c.Expect.Strict.Status {
			t.Errorf("status %d, want %d", status, c.Expect.Strict.Status)
		}
	}
	for _, name := range absent {
		if got := h.Values(name); got != nil {
			t.Errorf("%s: got %q, want none", name, got)
		}
	}
	if c.Expect.Status == "2xx" && status/100 != 2 {
		t.Errorf("status %d, want 2xx", status)
	}
	if want := c.Expect.Passes; want != nil {
		if got := (Passes{c.passes(status, h, false), c.passes(status, h, true)}); got != *want {
			t.Errorf("passes: got %+v, want %+v", got, *want)
		}
	}
}

// checkLists compares the headers of which a case expects elements.
func (c *Middleware) checkLists(t testing.TB, h http.Header) {
	t.Helper()
	for name, want := range c.Expect.Includes {
		got := elements(h, name)
		for _, element := range want {
			star := !c.Policy.Credentials && element != "authorization" && slices.Contains(got, "*")
			if !star && !slices.Contains(got, strings.ToLower(element)) {
				t.Errorf("%s: got %q, want %q in it", name, got, element)
			}
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
}

// passes is the CORS check and the preflight check of the Fetch standard, in their
// simplest form.
func (c *Middleware) passes(status int, h http.Header, credentialed bool) bool {
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
	methods := asWritten(h, "Access-Control-Allow-Methods")
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

func asWritten(h http.Header, name string) (list []string) {
	for _, line := range h[name] {
		for e := range strings.SplitSeq(line, ",") {
			list = append(list, strings.TrimSpace(e))
		}
	}
	return list
}

// elements returns the elements of a list header in lower case.
func elements(h http.Header, name string) []string {
	list := asWritten(h, name)
	for i, e := range list {
		list[i] = strings.ToLower(e)
	}
	return list
}
