package verdict_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// TestChangeIsEnough makes random requests to servers with random policies. Of
// each that is blocked, the suggested change is made: it must then be allowed.
func TestChangeIsEnough(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	blocked := 0
	for range 3000 {
		policy, page, request := randomPolicy(rng), pick(rng, pages), randomRequest(rng)
		o := visit(t, policy, page, request)
		if o.Error == nil {
			continue
		}
		blocked++
		changes := verdict.Of(o, verdict.Facts{}).Change
		if len(changes) == 0 {
			t.Fatalf("no suggestion for %v", o.Error)
		}
		changed := apply(t, policy, changes)
		if again := visit(t, changed, page, request); again.Error != nil {
			t.Fatalf("%+v from %s under %+v is blocked by %v; with %+v by %v", request, page, policy, o.Error, changes, again.Error)
		}
	}
	if blocked < 500 {
		t.Errorf("only %d requests were blocked", blocked)
	}
}

var pages = []string{"https://app.example.com", "http://localhost:3000", "http://plain.example", "https://other.example"}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

func some(rng *rand.Rand, list ...string) (chosen []string) {
	for _, s := range list {
		if rng.IntN(2) == 0 {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

func randomPolicy(rng *rand.Rand) cors.Policy {
	p := cors.Policy{
		AllowOrigins: append(some(rng, pages[:2]...), "https://unrelated.example"),
		AllowMethods: some(rng, "PUT", "DELETE"),
		AllowHeaders: some(rng, "x-a", "x-b", "content-type", "authorization"),
	}
	p.AllowCredentials = rng.IntN(2) == 0 && !slices.Contains(p.AllowOrigins, "*")
	return p
}

func randomRequest(rng *rand.Rand) fetch.Request {
	r := fetch.Request{
		URL:     "https://api.example.com/items",
		Method:  pick(rng, []string{"GET", "POST", "PUT", "PATCH", "DELETE"}),
		Options: fetch.Options{Credentials: pick(rng, []fetch.Credentials{fetch.CredentialsOmit, fetch.CredentialsInclude})},
	}
	for _, name := range some(rng, "X-B", "X-A", "Authorization", "X-C") {
		r.Headers = append(r.Headers, fetch.Header{Name: name, Value: "1"})
	}
	return r
}

// visit makes a request from a page to a server with a policy, in process.
func visit(t *testing.T, policy cors.Policy, origin string, request fetch.Request) *fetch.Outcome {
	t.Helper()
	m, err := cors.New(policy)
	if err != nil {
		t.Fatalf("%+v: %v", policy, err)
	}
	page, err := fetch.NewPage(fetch.PageConfig{Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	h := m.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	exchange := func(ctx context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		r := httptest.NewRequestWithContext(ctx, w.Method, w.URL, nil)
		for _, line := range w.Headers {
			r.Header.Add(line.Name, line.Value)
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		answer := &fetch.WireResponse{Status: rec.Code}
		for name, lines := range rec.Header() {
			for _, line := range lines {
				answer.Headers = append(answer.Headers, fetch.Header{Name: name, Value: line})
			}
		}
		return answer, nil
	}
	return fetch.New(fetch.Config{}).Fetch(t.Context(), page, &request, exchange)
}

// apply makes changes to a policy.
func apply(t *testing.T, p cors.Policy, changes []verdict.Change) cors.Policy {
	t.Helper()
	for _, c := range changes {
		switch c.Field {
		case "allow_origins":
			p.AllowOrigins = append(slices.Clone(p.AllowOrigins), c.Values...)
		case "allow_methods":
			p.AllowMethods = append(slices.Clone(p.AllowMethods), c.Values...)
		case "allow_headers":
			p.AllowHeaders = append(slices.Clone(p.AllowHeaders), c.Values...)
		case "allow_credentials":
			p.AllowCredentials = true
		case "preflight_status":
			p.PreflightStatus = 204
		case "dangerously_allow_insecure_origins_with_credentials":
			p.DangerouslyAllowInsecureOriginsWithCredentials = true
		default:
			t.Fatalf("unknown change %+v", c)
		}
	}
	if p.AllowCredentials && slices.ContainsFunc(p.AllowOrigins, func(s string) bool { return strings.HasPrefix(s, "http://plain") }) {
		p.DangerouslyAllowInsecureOriginsWithCredentials = true // allowed before the change
	}
	return p
}

// TestChangeHeaders makes random requests to servers that answer everything with
// random headers. Of each that is blocked, the lines of the suggestion are put on the
// answers: it must then be allowed.
func TestChangeHeaders(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	blocked, mended := map[fetch.Code]int{}, 0
	for range 5000 {
		s := randomServer(rng)
		origin, request := pick(rng, append(pages, "null")), randomRequest(rng)
		page, err := fetch.NewPage(fetch.PageConfig{Origin: origin})
		if err != nil {
			t.Fatal(err)
		}
		profile := fetch.Profile(rng.IntN(4))
		for try := 0; ; try++ { // the preflight, then the request
			o := fetch.New(fetch.Config{Profile: profile}).Fetch(t.Context(), page, &request, s.exchange)
			if o.Error == nil {
				mended++
				break
			}
			changes := verdict.Of(o, verdict.Facts{}).Change
			if len(changes) == 0 || try == 2 {
				t.Fatalf("%s: %+v from %s to %+v: %v; %d tries, then %+v", profile, request, origin, s, o.Error, try, changes)
			}
			blocked[o.Error.Code]++
			for _, c := range changes {
				if c.Values == nil {
					t.Errorf("%v: the values of %+v are null", o.Error, c)
				}
			}
			s.mend(t, changes)
		}
	}
	if mended != 5000 || len(blocked) < 10 {
		t.Errorf("%d of 5000, %d codes: %v", mended, len(blocked), blocked)
	}
}

// server answers preflights and requests with headers that do not depend on them.
type server struct {
	preflightStatus   int
	preflight, actual map[string]string
}

func randomServer(rng *rand.Rand) *server {
	answer := func() map[string]string {
		m := map[string]string{}
		put := func(name string, values ...string) {
			if v := pick(rng, values); v != "-" {
				m[name] = v
			}
		}
		put("Access-Control-Allow-Origin", "-", "*", pages[0], pages[1], "https://a.example, https://b.example", "nonsense", "")
		put("Access-Control-Allow-Credentials", "-", "true", "yes")
		put("Access-Control-Allow-Methods", "-", "*", "PUT", "GET, DELETE", "PATCH", "bad token", "")
		put("Access-Control-Allow-Headers", "-", "*", "x-a, X-B", "authorization", "bad token", "content-type,,")
		return m
	}
	return &server{pick(rng, []int{200, 204, 404, 401}), answer(), answer()}
}

func (s *server) exchange(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	status, headers := 200, s.actual
	if w.Kind == fetch.KindPreflight {
		status, headers = s.preflightStatus, s.preflight
	}
	answer := &fetch.WireResponse{Status: status}
	for name, value := range headers {
		answer.Headers = append(answer.Headers, fetch.Header{Name: name, Value: value})
	}
	return answer, nil
}

func (s *server) mend(t *testing.T, changes []verdict.Change) {
	t.Helper()
	for _, c := range changes {
		if c.Field == "preflight_status" {
			s.preflightStatus = 204
		}
		if c.Field == "allow_headers" && len(c.Values) == 0 {
			delete(s.preflight, "Access-Control-Allow-Headers")
		}
		name, value, ok := strings.Cut(c.Header, ": ")
		if !ok {
			continue
		}
		if c.On != "actual" {
			s.preflight[name] = value
		}
		if c.On != "preflight" {
			s.actual[name] = value
		}
	}
}
