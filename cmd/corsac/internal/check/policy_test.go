package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

const policyFile = `policies:
  app:
    allow_origins: [https://app.example.com, "https://*.example.org"]
    allow_methods: [PUT, DELETE]
    allow_headers:
      - Content-Type
      - "*"
    expose_headers: [X-Total]
    dangerously_allow_origin_regexps: ['https://[a-z]\.example\.net']
  public:
    allow_origins: ["*"]
    resource_policy: same-site
gateway:
  routes:
    - {path: /api/, upstream: "http://127.0.0.1:1", policy: app}
    - {path: /, host: "*.example.com", upstream: "http://127.0.0.1:1", policy: public}
`

// TestByPolicy checks what is said about requests that a policy answers: the verdict,
// and the lines of the file that decide.
func TestByPolicy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, url, origin, method string
		headers                   fetch.Headers
		include                   bool
		read                      []string
		want                      string // the result and, in the order of the verdict, the lines
	}{
		{"exact", "https://x.test/api/", "https://app.example.com", "GET", nil, false, nil, "allowed 3:21"},
		{"wildcard", "https://x.test/api", "https://www.example.org", "DELETE", nil, false, nil, "allowed 3:46 4:26"},
		{"regexp", "https://x.test/api/x", "https://a.example.net", "GET", nil, false, nil, "allowed 9:40"},
		{"star of headers", "https://x.test/api/", "https://app.example.com", "GET", fetch.Headers{{Name: "X-A", Value: "1"}}, false, nil, "allowed 3:21 7:9"},
		{"listed header", "https://x.test/api/", "https://app.example.com", "GET", fetch.Headers{{Name: "content-type", Value: "a/b"}}, false, nil, "allowed 3:21 6:9"},
		{"Authorization", "https://x.test/api/", "https://app.example.com", "GET", fetch.Headers{{Name: "Authorization", Value: "1"}}, false, nil, "blocked 6:7 header-not-allowed"},
		{
			"all that it lacks", "https://x.test/api/", "https://other.example", "PATCH",
			fetch.Headers{{Name: "Authorization", Value: "1"}},
			true, nil,
			"blocked 3:20 origin-not-allowed 2:3 acac-missing 4:20 method-not-allowed 6:7 header-not-allowed",
		},
		{"exposed", "https://x.test/api/", "https://app.example.com", "GET", nil, false, []string{"X-Total"}, "allowed 3:21 8:22"},
		{"hidden", "https://x.test/api/", "https://app.example.com", "GET", nil, false, []string{"X-Other"}, "allowed 3:21 8:21 header-not-exposed"},
		{"another route", "https://www.example.com/x", "https://any.example", "GET", nil, false, nil, "allowed 11:21"},
		{"mode no-cors", "https://x.test/api/", "https://app.example.com", "GET", nil, false, nil, "opaque no-cors-mode-opaque"},
		{"mode no-cors, not of this site", "https://www.example.com/x", "https://any.example", "GET", nil, false, nil, "blocked 12:22 corp-same-origin"},
		{"same origin", "https://www.example.com/x", "https://www.example.com", "PUT", nil, false, nil, "allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			one := &check.Case{Page: fetch.PageConfig{Origin: c.origin}, ReadHeaders: c.read, Request: &fetch.Request{URL: c.url, Method: c.method, Headers: c.headers}}
			if strings.HasPrefix(c.name, "mode no-cors") {
				one.Request.Mode = fetch.ModeNoCORS
			}
			if c.include {
				one.Request.Credentials = fetch.CredentialsInclude
			}
			v, err := check.New(check.Options{Profiles: []fetch.Profile{fetch.Chromium, fetch.Safari}}).ByPolicy(t.Context(), one, policiesOf(t, ""))
			if err != nil {
				t.Fatal(err)
			}
			if got := linesOf(v); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if other := v.Profiles["safari"]; other.Result != v.Result {
				t.Errorf("Safari: %s", other.Result)
			}
		})
	}
}

func policiesOf(t *testing.T, name string) *check.Policies {
	t.Helper()
	c, err := config.Parse("corsac.yaml", []byte(policyFile))
	if err != nil {
		t.Fatal(err)
	}
	p, err := check.NewPolicies(c, name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// linesOf are the result, and the places in the notes and the findings.
func linesOf(v *verdict.Verdict) string {
	words := []string{string(v.Result)}
	for _, note := range v.Notes {
		if at, ok := strings.CutPrefix(note, "corsac.yaml:"); ok {
			at, _, _ = strings.Cut(at, ": ")
			words = append(words, at)
		}
	}
	for i := range v.Findings {
		f := &v.Findings[i]
		if f.Place != nil && f.Place.File != "" {
			words = append(words, strings.TrimPrefix(finding.Position(f.Place), "corsac.yaml:"))
		}
		words = append(words, f.Cause)
	}
	return strings.Join(words, " ")
}

// TestByPolicyNeedsAPolicy checks that a request that no route takes is an error, unless
// a policy is named.
func TestByPolicyNeedsAPolicy(t *testing.T) {
	t.Parallel()
	one := &check.Case{Page: fetch.PageConfig{Origin: "https://app.example.com"}, Request: &fetch.Request{URL: "https://x.test/apix"}}
	checker := check.New(check.Options{Profiles: []fetch.Profile{fetch.Chromium}})
	if _, err := checker.ByPolicy(t.Context(), one, policiesOf(t, "")); err == nil || !strings.Contains(err.Error(), "no route takes /apix, so name one with --policy") {
		t.Errorf("error %v", err)
	}
	if v, err := checker.ByPolicy(t.Context(), one, policiesOf(t, "app")); err != nil || v.Result != fetch.Allowed {
		t.Errorf("%v, error %v", v, err)
	}
	one.Request.Destination = fetch.DestinationWebSocket
	if _, err := checker.ByPolicy(t.Context(), one, policiesOf(t, "app")); err == nil || !strings.Contains(err.Error(), "CORS does not apply to WebSockets") {
		t.Errorf("error %v", err)
	}
}

// TestObjection checks that a change that the file could not have is said to be one.
func TestObjection(t *testing.T) {
	t.Parallel()
	one := &check.Case{Page: fetch.PageConfig{Origin: "https://app.example.com"}, Request: &fetch.Request{URL: "https://x.test/"}}
	one.Request.Credentials = fetch.CredentialsInclude
	v, err := check.New(check.Options{Profiles: []fetch.Profile{fetch.Chromium}}).ByPolicy(t.Context(), one, policiesOf(t, "public"))
	if want := `a policy with all of that is refused: policies.public.allow_origins[0]: "*": with credentials`; err != nil || !strings.Contains(fmt.Sprint(v.Notes), want) {
		t.Errorf("%q, error %v; want %s", v.Notes, err, want)
	}
}

// TestExpectation checks which verdicts are as expected.
func TestExpectation(t *testing.T) {
	t.Parallel()
	refused := &verdict.Verdict{Result: fetch.Blocked, Error: &verdict.Error{Code: "MissingAllowOriginHeader"}}
	mixed := &verdict.Verdict{Result: fetch.Blocked, Error: &verdict.Error{Reason: "mixed-content"}}
	allowed := &verdict.Verdict{Result: fetch.Allowed}
	both := verdict.Join([]*verdict.Verdict{allowed, {Profile: "firefox", Result: fetch.Blocked, Error: refused.Error}})
	for _, c := range []struct {
		expect check.Expectation
		v      *verdict.Verdict
		want   bool
	}{
		{"allowed", allowed, true},
		{"allowed", refused, false},
		{"allowed", both, false},
		{"blocked", both, false},
		{"blocked", refused, true},
		{"MissingAllowOriginHeader", refused, true},
		{"MissingAllowOriginHeader", mixed, false},
		{"MissingAllowOriginHeader", allowed, false},
		{"mixed-content", mixed, true},
		{"error", refused, false},
		{"error", &verdict.Verdict{Result: fetch.Failed, Error: &verdict.Error{Code: "net::ERR_FAILED"}}, true},
	} {
		if got := c.expect.Met(c.v); got != c.want {
			t.Errorf("%s of %+v: %v", c.expect, c.v, got)
		}
	}
	for e, want := range map[check.Expectation]string{
		"": "", "opaque": "", "net::ERR_CONNECTION_REFUSED": "", "Allowed": "did you mean allowed?", "PreflightInvalidStatu": "did you mean PreflightInvalidStatus?",
		"no": "write allowed, blocked, opaque, error, or",
	} {
		if err := e.Check(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", e, err, want)
		}
	}
}
