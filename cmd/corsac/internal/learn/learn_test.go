package learn_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/learn"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/policyfile"
)

const api = "https://api.example.com"

// TestLearnedPolicyAllows makes random requests in the engine, learns from what it
// sends, and then checks with middleware and engine that the policy allows all of
// them, and nothing that was not seen.
func TestLearnedPolicyAllows(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var l learn.Learner
		asked := randomRequests(random)
		for _, a := range asked {
			for _, w := range wireOf(t, a, everything) {
				l.Add(&w, "")
			}
		}
		results := l.Results()
		if len(results) != 1 {
			t.Fatalf("%d servers, want 1", len(results))
		}
		m, err := cors.New(results[0].Policy)
		if err != nil {
			t.Fatalf("the policy %+v: %v", results[0].Policy, err)
		}
		handler := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
		for _, a := range asked {
			if o := run(t, a, handler); o.Result != fetch.Allowed {
				t.Fatalf("%+v is not allowed by %+v: %v", a, results[0].Policy, o.Error)
			}
		}
		isTight(t, asked, &results[0].Policy)
	}
}

// ask is a request of script.
type ask struct {
	origin, method string
	headers        []string
	credentials    bool
}

func randomRequests(random *rand.Rand) (list []ask) {
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	for range 1 + random.IntN(6) {
		a := ask{origin: pick("https://app.example.com", "https://www.example.com"), method: pick("GET", "POST", "PUT", "DELETE", "PATCH", "QUERY"), credentials: random.IntN(3) == 0}
		for range random.IntN(3) {
			a.headers = append(a.headers, pick("X-One", "X-Two", "Authorization", "Accept", "Content-Language"))
		}
		list = append(list, a)
	}
	return list
}

// isTight checks that each entry of a policy was asked for.
func isTight(t *testing.T, asked []ask, p *cors.Policy) {
	t.Helper()
	for _, o := range p.AllowOrigins {
		if !slices.ContainsFunc(asked, func(a ask) bool { return a.origin == o }) {
			t.Errorf("origin %s was never seen", o)
		}
	}
	for _, m := range p.AllowMethods {
		if m == "GET" || m == "POST" || !slices.ContainsFunc(asked, func(a ask) bool { return a.method == m }) {
			t.Errorf("method %s needs no permission, or was never seen", m)
		}
	}
	for _, h := range p.AllowHeaders {
		if h == "accept" || !slices.ContainsFunc(asked, func(a ask) bool {
			return slices.ContainsFunc(a.headers, func(name string) bool { return strings.EqualFold(name, h) })
		}) {
			t.Errorf("header %s needs no permission, or was never seen", h)
		}
	}
	if p.AllowCredentials != slices.ContainsFunc(asked, func(a ask) bool { return a.credentials }) {
		t.Errorf("credentials %v", p.AllowCredentials)
	}
}

// everything is a server that allows everything.
var everything = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
	h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
})

// wireOf returns what the engine sends, with the cookie that a browser would add.
func wireOf(t *testing.T, a ask, handler http.Handler) []fetch.Recorded {
	t.Helper()
	o := run(t, a, handler)
	if o.Result != fetch.Allowed {
		t.Fatalf("%+v: %v", a, o.Error)
	}
	for i := range o.Wire {
		if o.Wire[i].Credentials {
			o.Wire[i].Headers = append(slices.Clone(o.Wire[i].Headers), fetch.Header{Name: "Cookie", Value: "sid=1"})
		}
	}
	return o.Wire
}

func run(t *testing.T, a ask, handler http.Handler) *fetch.Outcome {
	t.Helper()
	page, err := fetch.NewPage(fetch.PageConfig{Origin: a.origin})
	if err != nil {
		t.Fatal(err)
	}
	request := &fetch.Request{URL: api + "/items", Method: a.method}
	if a.credentials {
		request.Credentials = fetch.CredentialsInclude
	}
	for _, name := range a.headers {
		request.Headers = append(request.Headers, fetch.Header{Name: name, Value: "en"})
	}
	send := func(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		r := httptest.NewRequest(w.Method, w.URL, http.NoBody)
		for _, h := range w.Headers {
			r.Header.Add(h.Name, h.Value)
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		response := &fetch.WireResponse{Status: recorder.Code}
		for name, values := range recorder.Header() {
			for _, v := range values {
				response.Headers = append(response.Headers, fetch.Header{Name: name, Value: v})
			}
		}
		return response, nil
	}
	return fetch.New(fetch.Config{}).Fetch(context.Background(), page, request, send)
}

// TestReview lists origins that look wrong.
func TestReview(t *testing.T) {
	t.Parallel()
	var l learn.Learner
	add := func(n int, origin, server string) {
		for range n {
			l.Add(&fetch.Recorded{WireRequest: fetch.WireRequest{Method: "GET", URL: server + "/x", Headers: fetch.Headers{{Name: "Origin", Value: origin}}}, Status: 200}, "")
		}
	}
	add(50, "https://app.example.com", api)
	add(3, "https://partner.example.net", api)
	add(1, "https://old.example.com", api)
	add(2, "null", api)
	add(2, "http://app.example.com", api)
	add(4, "http://localhost:5173", api)
	add(5, "https://API.example.com", api) // not an origin
	add(2, api, api)                       // same-origin
	got := l.Results()[0]
	if want := []string{"https://app.example.com"}; !slices.Equal(got.Policy.AllowOrigins, want) {
		t.Errorf("allows %v, want %v", got.Policy.AllowOrigins, want)
	}
	reasons := map[string]string{}
	for _, r := range got.Review {
		reasons[r.Origin] = r.Why
	}
	for origin, want := range map[string]string{
		"https://partner.example.net": "another site", "https://old.example.com": "seen once", "null": "sandboxed",
		"http://app.example.com": "plain http", "http://localhost:5173": "own machine",
	} {
		if !strings.Contains(reasons[origin], want) {
			t.Errorf("%s is for review because %q, want %q", origin, reasons[origin], want)
		}
	}
}

// TestTrusted checks that the user's own pages are allowed wherever they are.
func TestTrusted(t *testing.T) {
	t.Parallel()
	const page = "http://localhost:5173"
	l := learn.Learner{Trusted: []string{page}}
	l.Add(&fetch.Recorded{WireRequest: fetch.WireRequest{Method: "DELETE", URL: api + "/x", Headers: fetch.Headers{{Name: "Origin", Value: page}}}, Status: 200}, "")
	got := l.Results()[0]
	if !slices.Equal(got.Policy.AllowOrigins, []string{page}) || !slices.Equal(got.Policy.AllowMethods, []string{"DELETE"}) || len(got.Review) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestFile reads the file back.
func TestFile(t *testing.T) {
	t.Parallel()
	var l learn.Learner
	for _, a := range []ask{
		{"https://app.example.com", "PUT", []string{"X-One", "Authorization"}, true},
		{"https://www.example.com", "GET", nil, false},
	} {
		for _, w := range wireOf(t, a, everything) {
			l.Add(&w, "")
		}
	}
	results := l.Results()
	file, err := learn.File(results)
	if err != nil {
		t.Fatal(err)
	}
	const want = `policies:
  api-example-com: # https://api.example.com, 2 requests
    allow_origins:
      - https://app.example.com # 1 request, 1 preflight
      - https://www.example.com # 1 request
    allow_methods:
      - PUT # 1 request, 1 preflight
    allow_headers:
      - authorization # 1 request, 1 preflight
      - x-one # 1 request, 1 preflight
    allow_credentials: true # 1 request
`
	if string(file) != want {
		t.Errorf("got\n%s\nwant\n%s", file, want)
	}
	policies, err := policyfile.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := policies["api-example-com"]; !slices.Equal(got.AllowOrigins, results[0].Policy.AllowOrigins) || !got.AllowCredentials {
		t.Errorf("read back: %+v", got)
	}
}

// TestBounds feeds more servers, origins and names than are remembered.
func TestBounds(t *testing.T) {
	t.Parallel()
	var l learn.Learner
	for i := range learn.MaxServers + 10 {
		l.Add(request(fmt.Sprintf("https://api%d.example.com", i), "https://app.example.com"), "")
	}
	for i := range learn.MaxOrigins + 10 {
		l.Add(request("https://api0.example.com", fmt.Sprintf("https://app%d.example.com", i)), "")
	}
	results := l.Results()
	if len(results) != learn.MaxServers || l.Dropped() < 20 {
		t.Errorf("%d servers, %d dropped", len(results), l.Dropped())
	}
	if n := len(results[0].Policy.AllowOrigins); n > learn.MaxOrigins {
		t.Errorf("%d origins", n)
	}
}

func request(server, origin string) *fetch.Recorded {
	return &fetch.Recorded{WireRequest: fetch.WireRequest{Method: "GET", URL: server + "/x", Headers: fetch.Headers{{Name: "Origin", Value: origin}}}, Status: 200}
}

// TestLearnExposed checks that a header is listed if a response has and exposes it,
// that its comment says that nobody knows who reads it, and that headers that pages
// can always read are not listed.
func TestLearnExposed(t *testing.T) {
	t.Parallel()
	var l learn.Learner
	l.Add(&fetch.Recorded{
		WireRequest: fetch.WireRequest{Kind: fetch.KindActual, Method: "GET", URL: api + "/items", Headers: fetch.Headers{{Name: "Origin", Value: "https://app.example.com"}}},
		Status:      200,
		ResponseHeaders: fetch.Headers{
			{Name: "Access-Control-Expose-Headers", Value: "X-Total, content-type, X-Missing, Cache-Control"},
			{Name: "X-Total", Value: "1"},
			{Name: "Content-Type", Value: "text/plain"},
			{Name: "Cache-Control", Value: "no-store"},
		},
	}, "")
	file, err := learn.File(l.Results())
	if err != nil {
		t.Fatal(err)
	}
	if want := "    expose_headers:\n      - x-total # 1 request; sent and exposed, not proved read\n"; !strings.HasSuffix(string(file), want) {
		t.Errorf("%s\nwant at the end:\n%s", file, want)
	}
}
