package meaning_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/corsac-dev/corsac/conformance/internal/seed"
	"github.com/corsac-dev/corsac/conformance/meaning"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
)

const (
	server    = "https://api.example.com"
	elsewhere = "https://api2.example.com"
)

var (
	seedFlag = flag.Uint64("seed", 0, "seed of the property test; 0 means CORSAC_SEED, or a new one")
	pairs    = flag.Int("pairs", 30_000, "how many pairs of policy and request; make pairs draws more")
	onePair  = flag.Int("pair", -1, "only the pair of that number")
)

// TestPolicyIsWhatBrowsersEnforce draws policies, requests and servers. It
// checks that the engine lets script read exactly what the policy means, with
// the middleware in front, in every credentials mode.
func TestPolicyIsWhatBrowsersEnforce(t *testing.T) {
	s := seed.Of(t, *seedFlag)
	var next, failed, readable atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= int64(*pairs) || failed.Load() >= 5 {
					return
				}
				if *onePair >= 0 && n != int64(*onePair) {
					continue
				}
				got, err := judge(rand.New(rand.NewPCG(s, uint64(n))), n%2 == 0)
				if err != nil {
					failed.Add(1)
					t.Errorf("%v\nreplay with: go test -run %s ./meaning -seed %d -pair %d", err, t.Name(), s, n)
				}
				readable.Add(int64(got))
			}
		})
	}
	wg.Wait()
	if *onePair >= 0 {
		return
	}
	t.Logf("%d pairs, each in three credentials modes; script could read %d of %d responses", *pairs, readable.Load(), 3**pairs)
	// Draws that are all refused, or all allowed, would show little.
	if share := float64(readable.Load()) / float64(3**pairs); failed.Load() == 0 && (share < 0.1 || share > 0.9) {
		t.Errorf("script could read %.0f %% of the responses", 100*share)
	}
}

// FuzzPolicyIsWhatBrowsersEnforce is the same, drawn from the bytes of the
// fuzzer.
func FuzzPolicyIsWhatBrowsersEnforce(f *testing.F) {
	f.Add([]byte("a policy and a request"), true)
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, data []byte, chromium bool) {
		if _, err := judge(rand.New(&source{data: data, rest: rand.NewPCG(uint64(len(data)), 0)}), chromium); err != nil {
			t.Error(err)
		}
	})
}

// source uses two bytes of data per draw, spread over the word, and then
// continues by itself.
type source struct {
	data []byte
	rest *rand.PCG
}

func (s *source) Uint64() uint64 {
	if len(s.data) < 2 {
		return s.rest.Uint64()
	}
	n := uint64(s.data[0])<<56 | uint64(s.data[1])<<48 | uint64(s.data[0])<<24 | uint64(s.data[1])<<16
	s.data = s.data[2:]
	return n
}

// judge draws a pair and makes the request in each credentials mode. It returns
// the number of modes in which script could read the response.
func judge(r *rand.Rand, chromium bool) (readable int, err error) {
	policy := meaning.Domains.DrawPolicy(r)
	q := meaning.Domains.DrawRequest(r, policy, server)
	k := &quirks[r.IntN(len(quirks))]
	m, err := cors.New(policy.Policy)
	if err != nil {
		return 0, fmt.Errorf("policy %+v is refused: %w", policy.Policy, err)
	}
	m.SetDebug(k.debug)
	p := &play{policy: policy, quirk: k, handler: k.wrap(m), chromium: chromium}
	for _, mode := range meaning.Credentials {
		q.Credentials = mode
		ok, err := p.run(q)
		if err != nil {
			return 0, fmt.Errorf("%w\npolicy  %s\nrequest %+v\nserver  %s\nchromium %t", err, describe(policy), *q, k.name, chromium)
		}
		if ok {
			readable++
		}
	}
	return readable, nil
}

func describe(p *meaning.Policy) string {
	return fmt.Sprintf("origins %q %q tenants %q methods %q headers %q expose %q credentials %t insecure %t", p.AllowOrigins,
		p.DangerouslyAllowOriginRegexps, p.Tenants, p.AllowMethods, p.AllowHeaders, p.ExposeHeaders, p.AllowCredentials,
		p.DangerouslyAllowInsecureOriginsWithCredentials)
}

func (k *quirk) wrap(m *cors.Middleware) http.Handler {
	var h http.Handler = http.HandlerFunc(application)
	if k.app != nil {
		h = k.app(h)
	}
	h = m.Wrap(dressed(h))
	if k.outer != nil {
		h = k.outer(h)
	}
	return h
}

// dressed adds headers to every response of the application, so there is
// something to expose.
func dressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range responseHeaders {
			w.Header().Add(h[0], h[1])
		}
		next.ServeHTTP(w, r)
	})
}

func application(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

var responseHeaders = [][2]string{
	{"Content-Type", "text/plain"},
	{"Cache-Control", "no-store"},
	{"Etag", `"e"`},
	{"X-One", "1"},
	{"X-Two", "2"},
	{"X-Two", "zwei"},
	{"Server", "s"},
	{"Set-Cookie", "a=b"},
	{"Expires", "0"},
}

// play is a server with a policy, and a browser.
type play struct {
	policy   *meaning.Policy
	quirk    *quirk
	handler  http.Handler
	chromium bool
}

// run makes a request and compares what script can read with what the policy
// means.
func (p *play) run(q *meaning.Request) (readable bool, err error) {
	facts := meaning.FactsOf(p.policy, q, p.chromium)
	s := sight{facts, p.policy, q, p.chromium}
	want := facts.Allowed()
	if p.quirk.readable != nil {
		want = p.quirk.readable(s)
	}
	o, err := p.fetch(q)
	if err != nil {
		return false, err
	}
	if got := o.Result == fetch.Allowed; got != want {
		why := ""
		if o.Error != nil {
			why = o.Error.Error()
		}
		return false, fmt.Errorf("the policy means readable %t, the engine says %t, %s", want, got, why)
	}
	if !want {
		return false, nil
	}
	return true, p.compareHeaders(s, o)
}

func (p *play) fetch(q *meaning.Request) (*fetch.Outcome, error) {
	profile := fetch.Standard
	if p.chromium {
		profile = fetch.Chromium
	}
	page, err := fetch.NewPage(fetch.PageConfig{Origin: q.Page})
	if err != nil {
		return nil, err
	}
	req := &fetch.Request{URL: q.Server + "/0", Method: q.Method, Options: fetch.Options{Credentials: fetch.Credentials(q.Credentials)}}
	for _, h := range q.Headers {
		req.Headers = append(req.Headers, fetch.Header{Name: h.Name, Value: h.Value})
	}
	if q.Body {
		req.Body = &fetch.Body{Kind: fetch.BodyText}
	}
	return fetch.New(fetch.Config{Profile: profile}).Fetch(context.Background(), page, req, p.exchange), nil
}

func (p *play) exchange(ctx context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	r, err := http.NewRequestWithContext(ctx, w.Method, w.URL, http.NoBody)
	if err != nil {
		return nil, err
	}
	for _, h := range w.Headers {
		r.Header.Add(h.Name, h.Value)
	}
	if w.Credentials {
		r.Header.Set("Cookie", "session=1")
	}
	rec := httptest.NewRecorder()
	p.handler.ServeHTTP(rec, r)
	out := &fetch.WireResponse{Status: rec.Code}
	for name, lines := range rec.Result().Header {
		for _, v := range lines {
			out.Headers = append(out.Headers, fetch.Header{Name: name, Value: v})
		}
	}
	return out, nil
}

// compareHeaders compares the headers that script can read with those of the
// response.
func (p *play) compareHeaders(s sight, o *fetch.Outcome) error {
	basic := s.SameOrigin && !p.quirk.elsewhere
	hidden := p.quirk.hidden != nil && p.quirk.hidden(s)
	can := func(name string) bool {
		switch {
		case basic:
			return name != "set-cookie"
		case hidden:
			return (&meaning.Policy{}).Exposes(name)
		}
		return p.policy.Exposes(name)
	}
	values := map[string][]string{}
	for _, h := range o.Wire[len(o.Wire)-1].ResponseHeaders {
		if name := strings.ToLower(h.Name); can(name) {
			values[name] = append(values[name], h.Value)
		}
	}
	var want, got []string
	for name, v := range values {
		want = append(want, name+": "+strings.Join(v, ", "))
	}
	for _, h := range o.Response.Headers {
		got = append(got, h.Name+": "+h.Value)
	}
	slices.Sort(want)
	if !slices.Equal(want, got) {
		return fmt.Errorf("the policy means that script reads %q, the engine lets it read %q", want, got)
	}
	for _, name := range []string{"X-One", "set-cookie", "X-Nobody-Sent", "Content-Type"} {
		if got, want := o.CanRead(name), can(strings.ToLower(name)); got != want {
			return fmt.Errorf("the policy means CanRead(%q) = %t, the engine says %t", name, want, got)
		}
	}
	if want := map[bool]fetch.ResponseType{true: fetch.TypeBasic, false: fetch.TypeCORS}[basic]; o.Response.Type != want {
		return fmt.Errorf("the response is of type %s, not %s", o.Response.Type, want)
	}
	return nil
}
