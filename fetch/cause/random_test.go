package cause

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
)

func pick[T any](rng *rand.Rand, list ...T) T { return list[rng.IntN(len(list))] }

// randomAnswer is an answer with faults of all kinds.
func randomAnswer(rng *rand.Rand) Answer {
	a := Answer{Status: pick(rng, 200, 200, 200, 204, 204, 301, 302, 307, 400, 401, 403, 404, 405, 413, 429, 500, 502)}
	var lines []string
	for _, l := range [][]string{
		{
			"", protocol.AllowOrigin + ": " + app, protocol.AllowOrigin + ": " + app, protocol.AllowOrigin + ": " + app, protocol.AllowOrigin + ": *", protocol.AllowOrigin + ": *", protocol.AllowOrigin + ": " + app + "/",
			protocol.AllowOrigin + ": https://*.example.com", protocol.AllowOrigin + ": null", protocol.AllowOrigin + ":", protocol.AllowOrigin + ": a b", protocol.AllowOrigin + ": " + app + "\n" + protocol.AllowOrigin + ": *",
			protocol.AllowOrigin + ": http://app.example.com", protocol.AllowOrigin + ": ^x$", "Access-Control-Allow-Origins: *", protocol.AllowOrigin + ": nonsense",
		},
		{"", protocol.AllowCredentials + ": true", protocol.AllowCredentials + ": true", protocol.AllowCredentials + ": True"},
		{"", protocol.AllowMethods + ": PUT", protocol.AllowMethods + ": PUT, patch", protocol.AllowMethods + ": *", protocol.AllowMethods + ": GET; PUT", protocol.AllowMethods + ": PATCH"},
		{"", protocol.AllowHeaders + ": x-api-key, authorization, content-type", protocol.AllowHeaders + ": *", protocol.AllowHeaders + ": a b", protocol.AllowHeaders + ": content-type"},
		{"", "", "Location: /items/", "Location: https://cdn.example.net/items", "Location: /login", "Location: http://api.example.com/items"},
		{"", "Vary: Origin"},
		{"", "", "Content-Type: text/html"},
		{"", "", "", "Server: cloudflare", "Server: AirTunes"},
		{"", "", "Age: 5"},
		{"", "", "Cache-Control: public, max-age=5"},
		{"", "", protocol.MaxAge + ": x"},
		{"", "", "Set-Cookie: a=b; SameSite=None"},
	} {
		if line := pick(rng, l...); line != "" {
			lines = append(lines, line)
		}
	}
	a.Headers = strings.Join(lines, "\n")
	if rng.IntN(20) == 0 {
		a.Error = pick(rng, fetch.CodeConnectionRefused, fetch.CodeTimedOut, fetch.CodeCertName)
	}
	return a
}

func randomScenario(rng *rand.Rand) Scenario {
	s := Scenario{Page: pick(rng, app, app, app, "null", local), Request: get(), ReadHeaders: []string{"X-Total-Count"}}
	s.Request.URL = pick(rng, api, api, api, "http://api.example.com/items", "https://api.example.com//items")
	s.Request.Method = pick(rng, "GET", "GET", "PUT", "patch", "DELETE")
	for _, h := range []fetch.Header{key, {Name: "Authorization", Value: "t"}, {Name: "sentry-trace", Value: "a"}, {Name: "Access-Control-Allow-Origin", Value: "*"}} {
		if rng.IntN(4) == 0 {
			s.Request.Headers = append(s.Request.Headers, h)
		}
	}
	s.Request.Credentials = pick(rng, fetch.CredentialsOmit, fetch.CredentialsSameOrigin, fetch.CredentialsInclude)
	s.Request.Mode = pick(rng, fetch.ModeCORS, fetch.ModeCORS, fetch.ModeCORS, fetch.ModeNoCORS)
	for range 1 + rng.IntN(4) {
		s.Answers = append(s.Answers, randomAnswer(rng))
	}
	return s
}

// lastExchange is what a verdict's last request and answer were.
func lastExchange(v *verdict.Verdict) string {
	if len(v.Wire) == 0 {
		return ""
	}
	w := v.Wire[len(v.Wire)-1]
	b, _ := json.Marshal([]any{len(v.Wire), w.Kind, w.URL, w.Status, w.Headers.Get("Origin"), strings.Join(sceneOf(v).refused, ",")})
	return string(b)
}

// TestEveryRefusal makes random requests to servers with random faults: whatever
// was refused has a cause, and the same conversation has the same one in each
// browser. Of a preflight's method and headers, browsers look at one first.
func TestEveryRefusal(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	roots, ties := map[string]int{}, map[string]int{}
	for range 2500 {
		s := randomScenario(rng)
		var first *verdict.Verdict
		for _, p := range profiles {
			v := run(t, p, s)
			if v.Error == nil || ranOut(v) {
				continue
			}
			if len(v.Findings) == 0 || v.Findings[0].Severity != verdict.SeverityError {
				t.Fatalf("%s: %+v has %q: %+v", p, s, slugs(v.Findings), v.Error)
			}
			root := v.Findings[0].Cause
			at := sceneOf(v)
			if fit := at.fitting(at.failed[0]); len(fit) > 1 && fit[0].rank == fit[1].rank {
				ties[fit[0].Slug+" and "+fit[1].Slug]++
			}
			roots[root]++
			if first == nil {
				first = v
				continue
			}
			lists := sceneOf(v).failed[0]&(atMethods|atHeaders) != 0
			if other := first.Findings[0].Cause; other != root && lastExchange(first) == lastExchange(v) && !lists {
				t.Fatalf("%+v: %s in %s (%s), %s in %s (%s)", s, other, first.Profile, first.Error.Code, root, v.Profile, v.Error.Code)
			}
		}
	}
	for both, n := range ties {
		t.Errorf("%s fit %d verdicts, and neither is better", both, n)
	}
	if len(roots) < 45 {
		t.Errorf("only %d different causes were found: %v", len(roots), roots)
	}
}

// TestPolicies checks the refusals of package cors: the cause is never about an
// origin that the policy allows, and in debug mode it names what is refused.
func TestPolicies(t *testing.T) {
	policy := cors.Policy{AllowOrigins: []string{app, "https://admin.example.com"}, AllowMethods: []string{"PUT", "PATCH"}, AllowHeaders: []string{"x-api-key"}}
	for _, c := range []struct {
		name, page    string
		request       fetch.Request
		silent, debug string
	}{
		{name: "origin", page: local, request: get(), silent: "origin-not-allowed", debug: "acao-other-origin"},
		{name: "origin at the preflight", page: local, request: put(), silent: "preflight-bad-status", debug: "acao-other-origin"},
		{name: "method", page: app, request: fetch.Request{URL: api, Method: "DELETE"}, silent: "preflight-bad-status", debug: "method-not-allowed"},
		{name: "case of a method", page: app, request: fetch.Request{URL: api, Method: "patch"}, silent: "preflight-bad-status", debug: "method-case-mismatch"},
		{name: "header", page: app, request: put(fetch.Header{Name: "X-Other", Value: "1"}), silent: "preflight-bad-status", debug: "header-not-allowed"},
		{name: "method and header", page: app, request: fetch.Request{URL: api, Method: "DELETE", Headers: fetch.Headers{{Name: "X-Other", Value: "1"}}}, silent: "preflight-bad-status", debug: "method-not-allowed"},
		{name: "credentials", page: app, request: withCookies(get()), silent: "acac-missing", debug: "acac-missing"},
		{name: "credentials at the preflight", page: app, request: withCookies(put()), silent: "acac-missing-on-preflight", debug: "acac-missing-on-preflight"},
	} {
		m, err := cors.New(policy)
		if err != nil {
			t.Fatal(err)
		}
		for debug, want := range map[bool]string{false: c.silent, true: c.debug} {
			m.SetDebug(debug)
			v := served(t, m.Wrap(http.NotFoundHandler()), c.page, c.request)
			if Annotate(v); len(v.Findings) != 1 || v.Findings[0].Cause != want {
				t.Errorf("%s, debug %t: %q, want %s (%+v)", c.name, debug, slugs(v.Findings), want, v.Error)
			}
		}
	}
}

// served is the verdict on a request to a handler.
func served(t *testing.T, h http.Handler, page string, r fetch.Request) *verdict.Verdict {
	t.Helper()
	p, err := fetch.NewPage(fetch.PageConfig{Origin: page})
	if err != nil {
		t.Fatal(err)
	}
	return verdict.Of(fetch.New(fetch.Config{}).Fetch(t.Context(), p, &r, func(ctx context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		request, rec := httptest.NewRequestWithContext(ctx, w.Method, w.URL, nil), httptest.NewRecorder()
		for _, h := range w.Headers {
			request.Header.Add(h.Name, h.Value)
		}
		h.ServeHTTP(rec, request)
		answer := &fetch.WireResponse{Status: rec.Code}
		for name, values := range rec.Header() {
			for _, value := range values {
				answer.Headers = append(answer.Headers, fetch.Header{Name: name, Value: value})
			}
		}
		return answer, nil
	}), verdict.Facts{})
}

// TestLongLists checks that two long lists of headers take linear time.
func TestLongLists(t *testing.T) {
	names := func(letter string) string {
		var b strings.Builder
		for i := range 30_000 {
			fmt.Fprintf(&b, ",%s%d", letter, i)
		}
		return b.String()[1:]
	}
	v := verdict.Verdict{Wire: []verdict.Wire{{
		Kind: fetch.KindPreflight, Status: 204,
		Headers:         fetch.Headers{{Name: protocol.RequestHeaders, Value: names("a")}},
		ResponseHeaders: fetch.Headers{{Name: protocol.AllowHeaders, Value: names("b") + "," + names("A")}},
	}}}
	begin := time.Now()
	Find(&v)
	if took := time.Since(begin); took > 5*time.Second {
		t.Error(took)
	}
}

// FuzzFind reads verdicts from JSON: findings are bounded, printable, the same
// each time, and never a panic.
func FuzzFind(f *testing.F) {
	for _, c := range All() {
		b, err := json.Marshal(verdictOf(f, fetch.Chromium, c.Example))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v verdict.Verdict
		if json.Unmarshal(b, &v) != nil {
			return
		}
		found := Find(&v)
		if !reflect.DeepEqual(found, Find(&v)) {
			t.Error("not the same again")
		}
		if len(found) > 16 {
			t.Errorf("%d findings", len(found))
		}
		for i := range found {
			checkFinding(t, &found[i])
		}
		for _, c := range All() {
			finding := sceneOf(&v).finding(c)
			checkFinding(t, &finding)
		}
	})
}

func checkFinding(t *testing.T, f *verdict.Finding) {
	t.Helper()
	texts := append([]string{f.Title, f.Why, f.Fix.Text}, f.Evidence...)
	if f.Place != nil {
		texts = append(texts, f.Place.URL)
	}
	for _, text := range texts {
		if len(text) > 2000 || strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("%s: %q is too long or not printable", f.Cause, text)
		}
	}
	if len(f.Evidence) > maxEvidence || f.Evidence == nil {
		t.Errorf("%s: %d lines of evidence", f.Cause, len(f.Evidence))
	}
}
