package verify_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/verify"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

const url = "https://api.example.com/items"

// asking asks a handler in memory, as the engine does.
func asking(handler http.Handler) func(context.Context, *verify.Ask) (*verdict.Verdict, error) {
	return func(ctx context.Context, a *verify.Ask) (*verdict.Verdict, error) {
		page, err := fetch.NewPage(fetch.PageConfig{Origin: a.Origin})
		if err != nil {
			return nil, err
		}
		send := func(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
			r := httptest.NewRequest(w.Method, w.URL, http.NoBody)
			for _, h := range w.Headers {
				r.Header.Add(h.Name, h.Value)
			}
			recorder := httptest.NewRecorder()
			if a.Spelled != "" {
				r.Header.Set("Origin", a.Spelled)
			}
			handler.ServeHTTP(recorder, r)
			answer := recorder.Result()
			defer answer.Body.Close()
			response := &fetch.WireResponse{Status: answer.StatusCode}
			for name, values := range answer.Header {
				for _, v := range values {
					response.Headers = append(response.Headers, fetch.Header{Name: name, Value: v})
				}
			}
			return response, nil
		}
		o := fetch.New(fetch.Config{}).Fetch(ctx, page, a.Request(), send)
		return verdict.Of(o, verdict.Facts{}), nil
	}
}

var app = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Total-Count", "3")
	if r.URL.Path != "/items" {
		http.NotFound(w, r)
		return
	}
	_, _ = io.WriteString(w, "ok")
})

func policy() cors.Policy {
	return cors.Policy{
		AllowOrigins: []string{"https://app.example.com", "https://*.example.org", "http://localhost:*"},
		AllowMethods: []string{"PUT", "DELETE"}, AllowHeaders: []string{"Authorization", "Content-Type"},
		ExposeHeaders: []string{"X-Total-Count"}, AllowCredentials: true, MaxAge: cors.CacheFor(time.Hour),
	}
}

func verifying(t *testing.T, p cors.Policy, handler http.Handler) []finding.Case {
	t.Helper()
	v := verify.Verifier{Policy: p, Ask: asking(handler), MaxProbes: 500, Parallel: 4}
	cases, _, err := v.Run(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// broken returns the slugs of the invariants that are broken, sorted.
func broken(cases []finding.Case) []string {
	var slugs []string
	for i := range cases {
		for j := range cases[i].Findings {
			slugs = append(slugs, cases[i].Findings[j].Cause)
		}
	}
	slices.Sort(slugs)
	return slices.Compact(slugs)
}

func wrapped(t *testing.T, p cors.Policy, next http.Handler) http.Handler {
	t.Helper()
	m, err := cors.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return m.Wrap(next)
}

// TestOwnMiddleware verifies that the middleware keeps to its policy, for random
// ones: it must find nothing.
func TestOwnMiddleware(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	some := func(words ...string) (list []string) {
		for _, w := range words {
			if random.IntN(2) == 0 {
				list = append(list, w)
			}
		}
		return list
	}
	for range 200 {
		p := cors.Policy{
			AllowOrigins: append(some("https://*.example.org", "http://localhost:*", "https://example.net:8443", "https://a.b.example.com"), "https://app.example.com"),
			AllowMethods: some("PUT", "DELETE", "PATCH", "QUERY"), AllowHeaders: some("Authorization", "Content-Type", "X-One"),
			ExposeHeaders: some("X-Total-Count"), AllowCredentials: random.IntN(2) == 0,
		}
		switch random.IntN(5) {
		case 0:
			p.MaxAge = cors.CacheFor(time.Hour)
		case 1:
			p.AllowMethods, p.AllowHeaders = []string{"*"}, []string{"*", "Authorization"}
		case 2:
			p.AllowOrigins, p.AllowCredentials = []string{"*"}, false
		}
		cases := verifying(t, p, wrapped(t, p, app))
		if got := broken(cases); len(got) > 0 {
			t.Fatalf("%+v: %v", p, got)
		}
		if len(cases) < 8 {
			t.Fatalf("%+v: only %d cases", p, len(cases))
		}
	}
}

// TestInvariants breaks one thing at a time.
func TestInvariants(t *testing.T) {
	t.Parallel()
	with := func(change func(*cors.Policy)) http.Handler {
		p := policy()
		change(&p)
		return wrapped(t, p, app)
	}
	after := func(change func(r *http.Request, status int, h http.Header)) http.Handler {
		inner := wrapped(t, policy(), app)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := httptest.NewRecorder()
			inner.ServeHTTP(recorder, r)
			change(r, recorder.Code, recorder.Header())
			for name, values := range recorder.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(recorder.Code)
		})
	}
	reflecting := func(matches func(origin string) bool) http.Handler {
		return after(func(r *http.Request, _ int, h http.Header) {
			if o := r.Header.Get("Origin"); o != "" && matches(o) {
				h.Set("Access-Control-Allow-Origin", o)
				h.Set("Access-Control-Allow-Credentials", "true")
			}
		})
	}
	for _, tt := range []struct {
		name    string
		handler http.Handler
		want    string
	}{
		{"healthy", wrapped(t, policy(), app), ""},
		{"no CORS", app, "allowed-header-refused allowed-method-refused allowed-origin-refused error-response-without-cors"},
		{"one origin less", with(func(p *cors.Policy) { p.AllowOrigins = p.AllowOrigins[:2] }), "allowed-origin-refused"},
		{"one origin more", with(func(p *cors.Policy) { p.AllowOrigins = append(p.AllowOrigins, "https://app.example.com:8444") }), "unlisted-origin-allowed"},
		{"any origin", reflecting(func(string) bool { return true }), "unlisted-origin-allowed"},
		{"null", reflecting(func(o string) bool { return o == "null" }), "unlisted-origin-allowed"},
		{"upper case", reflecting(func(o string) bool { return strings.EqualFold(o, "https://app.example.com") }), "origin-case-ignored"},
		{"prefix", reflecting(func(o string) bool { return strings.HasPrefix(o, "https://app.example.com") }), "unlisted-origin-allowed"},
		{"suffix", reflecting(func(o string) bool { return strings.HasSuffix(o, "app.example.com") }), "unlisted-origin-allowed"},
		{"suffix of a wildcard", reflecting(func(o string) bool { return strings.HasSuffix(o, "example.org") }), "unlisted-origin-allowed"},
		{"unescaped dot", reflecting(func(o string) bool { return o == "https://appxexample.com" }), "unlisted-origin-allowed"},
		{"apex of a wildcard", reflecting(func(o string) bool { return o == "https://example.org" }), "unlisted-origin-allowed"},
		{"http", reflecting(func(o string) bool { return o == "http://app.example.com" }), "unlisted-origin-allowed"},
		{"one method less", with(func(p *cors.Policy) { p.AllowMethods = p.AllowMethods[1:] }), "allowed-method-refused"},
		{"one method more", with(func(p *cors.Policy) { p.AllowMethods = append(p.AllowMethods, "PATCH") }), "unlisted-method-allowed"},
		{"any method", with(func(p *cors.Policy) { p.AllowMethods = []string{"*"} }), "unlisted-method-allowed"},
		{"one header less", with(func(p *cors.Policy) { p.AllowHeaders = p.AllowHeaders[1:] }), "allowed-header-refused"},
		{"any header", with(func(p *cors.Policy) { p.AllowHeaders = []string{"*"} }), "unlisted-header-allowed"},
		{"no credentials", with(func(p *cors.Policy) { p.AllowCredentials = false }), "credentials-refused"},
		{"no credentials after preflights", after(func(r *http.Request, _ int, h http.Header) {
			if r.Method == "OPTIONS" {
				h.Del("Access-Control-Allow-Credentials")
			}
		}), "credentials-refused"},
		{"every preflight", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Access-Control-Request-Method") == "" {
				wrapped(t, policy(), app).ServeHTTP(w, r)
				return
			}
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			h.Set("Access-Control-Allow-Credentials", "true")
			h.Set("Access-Control-Allow-Methods", "PUT, DELETE")
			h.Set("Access-Control-Allow-Headers", "authorization, content-type")
			h.Set("Access-Control-Max-Age", "3600")
			w.WriteHeader(http.StatusNoContent)
		}), "refusal-discloses unlisted-origin-allowed"},
		{"HEAD is forgotten", after(func(r *http.Request, _ int, h http.Header) {
			if r.Method == "HEAD" {
				h.Del("Access-Control-Allow-Origin")
			}
		}), "allowed-method-refused"},
		{"a list of methods without GET", after(func(r *http.Request, _ int, h http.Header) {
			if m := r.Header.Get("Access-Control-Request-Method"); m == "GET" || m == "POST" {
				h.Del("Access-Control-Allow-Origin")
			}
		}), "allowed-method-refused"},
		{"suffix of the site", reflecting(func(o string) bool {
			return strings.HasSuffix(o, "example.com") && !strings.Contains(o, ".example.com")
		}), "unlisted-origin-allowed"},
		{"other max age", with(func(p *cors.Policy) { p.MaxAge = cors.CacheFor(time.Minute) }), "max-age-differs"},
		{"no max age", with(func(p *cors.Policy) { p.MaxAge = cors.MaxAge{} }), "max-age-differs"},
		{"not exposed", with(func(p *cors.Policy) { p.ExposeHeaders = nil }), "header-not-exposed"},
		{"errors without", after(func(_ *http.Request, status int, h http.Header) {
			if status >= 400 {
				h.Del("Access-Control-Allow-Origin")
			}
		}), "error-response-without-cors"},
		{"no Vary", after(func(_ *http.Request, _ int, h http.Header) { h.Del("Vary") }), "missing-vary-origin"},
		{"Vary on allowed origins only", after(func(_ *http.Request, _ int, h http.Header) {
			if h.Get("Access-Control-Allow-Origin") == "" {
				h.Del("Vary")
			}
		}), "missing-vary-origin"},
		{"credentials twice", after(func(_ *http.Request, _ int, h http.Header) {
			if h.Get("Access-Control-Max-Age") != "" {
				h.Add("Access-Control-Max-Age", "3600")
			}
		}), "duplicate-acao max-age-differs"},
		{"OPTIONS fails", after(func(r *http.Request, _ int, h http.Header) {
			if r.Method == "OPTIONS" && r.Header.Get("Access-Control-Request-Method") == "" {
				panic(http.ErrAbortHandler)
			}
		}), "options-fails"},
		{"discloses", after(func(r *http.Request, _ int, h http.Header) {
			if r.Method == "OPTIONS" {
				h.Set("Access-Control-Allow-Methods", "PUT, DELETE")
			}
		}), "refusal-discloses"},
	} {
		if got := strings.Join(broken(verifying(t, policy(), failing(tt.handler))), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// failing turns a panic into a 500.
func failing(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		handler.ServeHTTP(w, r)
	})
}

// TestCredentialsUnlisted is a server that allows credentials which the policy does
// not.
func TestCredentialsUnlisted(t *testing.T) {
	t.Parallel()
	p := policy()
	p.AllowCredentials = false
	if got := broken(verifying(t, p, wrapped(t, policy(), app))); !slices.Equal(got, []string{"unlisted-credentials-allowed"}) {
		t.Error(got)
	}
}

// TestVaryOfCaches leaves out Vary where the page's origin is not allowed. How bad
// that is depends on what the response says to caches.
func TestVaryOfCaches(t *testing.T) {
	t.Parallel()
	inner := wrapped(t, policy(), app)
	for lines, want := range map[string]finding.Severity{
		"":                          finding.Warning,
		"Cache-Control: no-cache":   finding.Warning,
		"Cache-Control: no-store":   "",
		"Cache-Control: private":    "",
		"Cache-Control: public":     finding.Error,
		"Cache-Control: max-age=60": finding.Error,
		"Cache-Control: max-age=0":  finding.Warning,
		"Age: 3":                    finding.Error,
		"Last-Modified: Mon, 1 Jan 2024 00:00:00 GMT": finding.Error,
	} {
		cases := verifying(t, policy(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := httptest.NewRecorder()
			inner.ServeHTTP(recorder, r)
			h := recorder.Header()
			if h.Get("Access-Control-Allow-Origin") == "" {
				h.Del("Vary")
			}
			if name, value, ok := strings.Cut(lines, ": "); ok {
				h.Set(name, value)
			}
			maps.Copy(w.Header(), h)
			w.WriteHeader(recorder.Code)
		}))
		got := finding.Severity("")
		for i := range cases {
			for _, f := range cases[i].Findings {
				if f.Cause != "missing-vary-origin" {
					t.Errorf("%q: %s", lines, f.Cause)
				}
				got = f.Severity
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", lines, got, want)
		}
	}
}

// TestConstantOrigin checks a server that names its one origin in every response,
// whatever page asks: it needs no Vary.
func TestConstantOrigin(t *testing.T) {
	t.Parallel()
	p := policy()
	p.AllowOrigins = p.AllowOrigins[:1]
	inner := wrapped(t, p, app)
	cases := verifying(t, p, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodOptions {
			r.Header.Set("Origin", p.AllowOrigins[0])
		}
		recorder := httptest.NewRecorder()
		inner.ServeHTTP(recorder, r)
		recorder.Header().Del("Vary")
		maps.Copy(w.Header(), recorder.Header())
		w.WriteHeader(recorder.Code)
	}))
	if got := broken(cases); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// TestDerivedSubdomains notes that a server allows other hosts of the site, which
// may be meant, and finds what cannot be.
func TestDerivedSubdomains(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]finding.Severity{"https://*.example.org": finding.Note, `https://.*example\.org`: finding.Error} {
		p := cors.Policy{AllowOrigins: []string{"https://app.example.com"}}
		if strings.Contains(pattern, `\`) {
			p.DangerouslyAllowOriginRegexps = []string{pattern}
		} else {
			p.AllowOrigins = append(p.AllowOrigins, pattern)
		}
		handler := wrapped(t, p, app)
		derived, err := verify.Derive(t.Context(), asking(handler), url, []string{"https://a.example.org", "https://app.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		v := verify.Verifier{Policy: derived, Derived: true, Ask: asking(handler), MaxProbes: 500, Parallel: 4}
		cases, _, err := v.Run(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		worst := finding.Severity("")
		for i := range cases {
			for _, f := range cases[i].Findings {
				if worst != finding.Error {
					worst = f.Severity
				}
			}
		}
		if worst != want {
			t.Errorf("%s: %q of %v, want %q", pattern, worst, broken(cases), want)
		}
	}
}

// TestForgottenHEAD warns, and no more: hardly any page uses it.
func TestForgottenHEAD(t *testing.T) {
	t.Parallel()
	inner := wrapped(t, policy(), app)
	cases := verifying(t, policy(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead || r.Header.Get("Access-Control-Request-Method") == http.MethodHead {
			w.Header().Set("Vary", "Origin")
			return
		}
		inner.ServeHTTP(w, r)
	}))
	warned := 0
	for i := range cases {
		if cases[i].Failed() {
			t.Errorf("%s: %+v", cases[i].Name, cases[i].Findings)
		}
		warned += len(cases[i].Findings)
	}
	if warned != 2 {
		t.Errorf("%d warnings, want 2", warned)
	}
}

// TestBudget sends no more than it may, and says of the rest that it is not known.
func TestBudget(t *testing.T) {
	t.Parallel()
	sent := make(chan struct{}, 1000)
	ask := asking(wrapped(t, policy(), app))
	v := verify.Verifier{Policy: policy(), MaxProbes: 5, Parallel: 4, Ask: func(ctx context.Context, a *verify.Ask) (*verdict.Verdict, error) {
		sent <- struct{}{}
		return ask(ctx, a)
	}}
	cases, _, err := v.Run(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	skipped := 0
	for i := range cases {
		if cases[i].Skipped != "" {
			skipped++
		}
	}
	if len(sent) != 5 || skipped == 0 || len(broken(cases)) > 0 {
		t.Errorf("%d sent, %d of %d skipped", len(sent), skipped, len(cases))
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	v := verify.Verifier{Policy: policy(), MaxProbes: 50, Ask: func(ctx context.Context, a *verify.Ask) (*verdict.Verdict, error) {
		page, _ := fetch.NewPage(fetch.PageConfig{Origin: a.Origin})
		o := fetch.New(fetch.Config{}).Fetch(ctx, page, a.Request(), func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) {
			return nil, &fetch.NetError{Code: fetch.CodeConnectionRefused}
		})
		return verdict.Of(o, verdict.Facts{}), nil
	}}
	if _, _, err := v.Run(t.Context(), url); !errors.Is(err, verify.ErrNoAnswer) {
		t.Errorf("got %v", err)
	}
}

// TestDerive derives the policy of a server, which must then verify.
func TestDerive(t *testing.T) {
	t.Parallel()
	handler := wrapped(t, policy(), app)
	derive := func(origins ...string) cors.Policy {
		p, err := verify.Derive(t.Context(), asking(handler), url, origins)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	stranger := derive("https://stranger.example.net", "https://app.example.com")
	if got := broken(verifying(t, stranger, handler)); !slices.Equal(got, []string{"allowed-origin-refused"}) {
		t.Errorf("an origin that is refused: %v", got)
	}
	p := derive("https://app.example.com")
	if !slices.Equal(p.AllowOrigins, []string{"https://app.example.com"}) || !p.AllowCredentials || len(p.AllowMethods) == 0 || len(p.ExposeHeaders) == 0 {
		t.Errorf("derived %+v", p)
	}
	if got := broken(verifying(t, p, handler)); len(got) > 0 {
		t.Errorf("its own policy is broken: %v", got)
	}
}

// TestUpperCase checks that an origin in upper case, which no browser sends, is a
// note at most, and that a server with one constant origin gets none.
func TestUpperCase(t *testing.T) {
	t.Parallel()
	p := cors.Policy{AllowOrigins: []string{"https://app.example.com"}}
	for _, c := range []struct {
		name   string
		allows func(origin string) string
		notes  int
	}{
		{"ignores case", func(o string) string {
			if strings.EqualFold(o, p.AllowOrigins[0]) {
				return o
			}
			return ""
		}, 1},
		{"constant", func(string) string { return p.AllowOrigins[0] }, 0},
	} {
		cases := verifying(t, p, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Origin")
			if o := c.allows(r.Header.Get("Origin")); o != "" {
				w.Header().Set("Access-Control-Allow-Origin", o)
			}
			if r.Method == http.MethodOptions {
				w.WriteHeader(http.StatusForbidden)
			}
		}))
		i := slices.IndexFunc(cases, func(f finding.Case) bool { return f.Name == "refused: GET from HTTPS://APP.EXAMPLE.COM" })
		if i < 0 || len(cases[i].Findings) != c.notes || cases[i].Failed() {
			t.Errorf("%s: %v", c.name, broken(cases))
		}
	}
}

// TestUntested checks that verify says that it has not seen the errors of a gateway,
// unless it has.
func TestUntested(t *testing.T) {
	t.Parallel()
	handler := wrapped(t, policy(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	for _, failing := range [][]string{nil, {url}, {"https://api.example.com/down"}} {
		v := verify.Verifier{Policy: policy(), Ask: asking(handler), MaxProbes: 500, Failing: failing}
		_, untested, err := v.Run(t.Context(), url)
		if seen := len(failing) > 0 && failing[0] != url; err != nil || seen != (len(untested) == 0) || !seen && !strings.Contains(untested[0], "--failing") {
			t.Errorf("%v: %q, %v", failing, untested, err)
		}
	}
}

// aboutPolicies are the rules that only a policy can break, so that they are not
// causes in the catalogue.
var aboutPolicies = []string{
	"allowed-origin-refused", "unlisted-origin-allowed", "origin-case-ignored", "allowed-method-refused", "unlisted-method-allowed",
	"allowed-header-refused", "unlisted-header-allowed", "credentials-refused", "max-age-differs", "missing-vary-origin", "options-fails", "refusal-discloses",
}

// TestSlugs checks that a rule has the name that the catalogue has for its break.
func TestSlugs(t *testing.T) {
	t.Parallel()
	cases := verifying(t, policy(), wrapped(t, policy(), app))
	for i := range cases {
		rule := cases[i].Rule
		if c := diagnose.Lookup(rule); !slices.Contains(aboutPolicies, rule) && (c == nil || c.Slug != rule) {
			t.Errorf("the catalogue has another name for %s, or none", rule)
		}
	}
}

// TestHeaderOfEachRequest checks that verify names the header of every request that
// the policy does not allow, and does not blame the origins.
func TestHeaderOfEachRequest(t *testing.T) {
	t.Parallel()
	v := verify.Verifier{Policy: policy(), Ask: asking(app), MaxProbes: 5, Headers: []string{"Authorization", "X-Tenant"}}
	if _, _, err := v.Run(t.Context(), url); err == nil || !strings.Contains(err.Error(), "X-Tenant") || strings.Contains(err.Error(), "Authorization") {
		t.Errorf("error %v", err)
	}
}

// TestDown checks that a server that fails at everything is not blamed for CORS.
func TestDown(t *testing.T) {
	t.Parallel()
	gone := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	v := verify.Verifier{Policy: policy(), Ask: asking(gone), MaxProbes: 500, Parallel: 4}
	if cases, _, err := v.Run(t.Context(), url); !errors.Is(err, verify.ErrDown) || !strings.Contains(err.Error(), "502 Bad Gateway") {
		t.Errorf("without CORS headers: %v, %v", broken(cases), err)
	}
	if _, err := verify.Derive(t.Context(), asking(gone), url, []string{"https://app.example.com"}); !errors.Is(err, verify.ErrDown) {
		t.Errorf("without a policy: %v", err)
	}
	skipped := 0
	cases := verifying(t, policy(), wrapped(t, policy(), gone))
	for i := range cases {
		if c := &cases[i]; c.Skipped != "" {
			skipped++
			if c.Rule != "options-fails" || !strings.Contains(c.Skipped, "502 Bad Gateway") {
				t.Errorf("%s: %s", c.Rule, c.Skipped)
			}
		}
	}
	if got := broken(cases); len(got) > 0 || skipped != 1 {
		t.Errorf("the middleware before it: %q, %d skipped", got, skipped)
	}
}

// TestNotDown checks servers that fail only where CORS has a part in it.
func TestNotDown(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(*http.Request) bool{
		"with Origin":  func(r *http.Request) bool { return r.Header.Get("Origin") != "" },
		"OPTIONS":      func(r *http.Request) bool { return r.Method == http.MethodOptions },
		"not OPTIONS":  func(r *http.Request) bool { return r.Method != http.MethodOptions },
		"no preflight": func(r *http.Request) bool { return r.Header.Get("Access-Control-Request-Method") == "" },
	} {
		cases := verifying(t, policy(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if fails(r) {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}))
		if got := broken(cases); !slices.Contains(got, "allowed-origin-refused") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
