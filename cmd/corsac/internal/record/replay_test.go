package record_test

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

const (
	app     = "https://app.example"
	api     = "https://api.example"
	secret  = "0123456789abcdefghijklmnopqrstuvwxyz"
	maxHops = 4
)

// world makes random requests of script and random responses to them, with
// secrets everywhere.
type world struct{ *rand.Rand }

// one returns one of several strings.
func (w world) one(of ...string) string { return of[w.IntN(len(of))] }

// request returns a request of script.
func (w world) request() *fetch.Request {
	r := &fetch.Request{
		Method: w.one("GET", "GET", "POST", "PUT", "DELETE"),
		URL:    w.one(api, "https://b.example", app) + w.one("/x", "/x?token="+secret, "/y?a=b&api_key="+secret+"&c=d"),
	}
	r.Credentials = fetch.Credentials(w.one("omit", "include", "same-origin"))
	r.Mode = fetch.Mode(w.one("cors", "cors", "cors", "no-cors"))
	for _, h := range []fetch.Header{
		{Name: "Authorization", Value: w.one("Bearer "+secret, "Basic YTpi", secret)},
		{Name: "X-Api-Key", Value: secret},
		{Name: "X-Auth-Token", Value: w.one("", "é"+secret)},
		{Name: "Content-Type", Value: w.one("application/json", "text/plain")},
		{Name: "X-Plain", Value: "1"},
		{Name: "Accept", Value: w.one("*/*", "application/json")},
	} {
		if w.IntN(3) == 0 {
			r.Headers = append(r.Headers, h)
		}
	}
	return r
}

// answer returns a response or an error.
func (w world) answer(_ context.Context, r *fetch.WireRequest) (*fetch.WireResponse, error) {
	if w.IntN(20) == 0 {
		return nil, &fetch.NetError{Code: fetch.CodeEmptyResponse}
	}
	a := &fetch.WireResponse{Status: []int{200, 200, 204, 404, 302, 307, 303, 401}[w.IntN(8)]}
	if r.Kind == fetch.KindPreflight {
		a.Status = []int{204, 200, 204, 204, 403, 302}[w.IntN(6)]
	}
	add := func(chance int, name, value string) {
		if w.IntN(100) < chance {
			a.Headers = append(a.Headers, fetch.Header{Name: name, Value: value})
		}
	}
	add(90, "Access-Control-Allow-Origin", w.one(r.Headers.Get("Origin"), r.Headers.Get("Origin"), app, "*", "null", "https://b.example"))
	add(60, "Access-Control-Allow-Credentials", w.one("true", "true", "True"))
	add(80, "Access-Control-Allow-Methods", w.one("PUT, DELETE", "*", "PUT"))
	add(80, "Access-Control-Allow-Headers", w.one("authorization, x-api-key, x-auth-token, content-type, x-plain", "*", "Authorization", "x-plain,x-api-key"))
	add(10, "Cross-Origin-Resource-Policy", w.one("same-origin", "same-site", "cross-origin"))
	add(30, "Set-Cookie", "session="+secret+"; Path=/; SameSite=None; Secure")
	add(20, "X-Request-Token", secret)
	if a.Status >= 300 && a.Status < 400 && w.IntN(10) > 0 {
		host := w.one("https://b.example", api, app, "https://user:"+secret+"@b.example", "//user@api.example", "", "https://[")
		a.Headers = append(a.Headers, fetch.Header{Name: "Location", Value: host + w.one("/z", "/z?code="+secret+"#access_token="+secret, "/a@b", "/x?token="+secret)})
	}
	return a, nil
}

// conversation makes a request from a page, and returns what goes over the
// wire.
func (w world) conversation(t *testing.T) []fetch.Recorded {
	t.Helper()
	page, err := fetch.NewPage(fetch.PageConfig{Origin: app})
	if err != nil {
		t.Fatal(err)
	}
	var wire []fetch.Recorded
	fetch.New(fetch.Config{}).Fetch(t.Context(), page, w.request(), func(ctx context.Context, r *fetch.WireRequest) (*fetch.WireResponse, error) {
		a, err := w.answer(ctx, r)
		if len(wire) == maxHops {
			a, err = &fetch.WireResponse{Status: 200}, nil
		}
		seen := fetch.Recorded{Err: err}
		seen.Method, seen.URL = r.Method, r.URL
		seen.Headers = append(append(seen.Headers, r.Headers...), fetch.Header{Name: "Host", Value: hostOf(t, r.URL)})
		if r.Credentials {
			seen.Headers = append(seen.Headers, fetch.Header{Name: "Cookie", Value: "session=" + secret + "; a=b"})
		}
		if err == nil {
			seen.Status, seen.ResponseHeaders = a.Status, a.Headers
		}
		wire = append(wire, seen)
		return a, err
	})
	return wire
}

func hostOf(t *testing.T, rawURL string) string {
	t.Helper()
	u, err := weburl.Parse(rawURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// recordAll returns the exchanges as a recorder records them.
func recordAll(t *testing.T, wire []fetch.Recorded) []record.Exchange {
	t.Helper()
	ring := record.NewRing(len(wire), len(wire)*record.MaxExchangeBytes)
	for i := range wire {
		recordOne(t, &wire[i], ring)
	}
	return ring.Snapshot()
}

// recordOne sends a request through a recorder whose handler gives the same
// response as before.
func recordOne(t *testing.T, x *fetch.Recorded, ring *record.Ring) {
	t.Helper()
	u, err := weburl.Parse(x.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &http.Request{Method: x.Method, Proto: "HTTP/1.1", Host: u.Host, RequestURI: strings.TrimPrefix(x.URL, u.Scheme+"://"+u.Host), Header: http.Header{}}
	if u.Scheme == "https" {
		r.TLS = &tls.ConnectionState{}
	}
	for _, h := range x.Headers {
		if h.Name != "Host" {
			r.Header.Add(h.Name, h.Value)
		}
	}
	defer func() {
		if failure := recover(); failure != nil && x.Err == nil {
			t.Error(failure)
		}
	}()
	record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if x.Err != nil {
			panic(http.ErrAbortHandler)
		}
		for _, h := range x.ResponseHeaders {
			w.Header().Add(h.Name, h.Value)
		}
		w.WriteHeader(x.Status)
	}), ring, "api").ServeHTTP(&sink{http.Header{}}, r)
}

// recordings returns exchanges without what only a recorder knows.
func recordings(exchanges []record.Exchange) []fetch.Recorded {
	var wire []fetch.Recorded
	for i := range exchanges {
		wire = append(wire, exchanges[i].Recorded)
	}
	return wire
}

// replay returns what a browser does in a recorded conversation.
func replay(p fetch.Profile, wire []fetch.Recorded, assume bool) (fetch.Result, *fetch.Error) {
	first := &wire[0]
	if len(wire) > 1 && first.IsPreflight() {
		first = &wire[1]
	}
	config, request, _ := fetch.InferRequest(first)
	page, err := fetch.NewPage(config)
	if err != nil {
		return fetch.Result(err.Error()), nil
	}
	o := fetch.New(fetch.Config{Profile: p}).Replay(page, request, &fetch.Recording{Exchanges: wire, AssumePreflights: assume})
	return o.Result, o.Error
}

// TestSameVerdict checks that a browser decides the same about what was
// recorded and what was sent.
func TestSameVerdict(t *testing.T) {
	w := world{rand.New(rand.NewPCG(1, 2))}
	results := map[string]int{}
	for range 5000 {
		wire := w.conversation(t)
		if len(wire) == 0 {
			continue
		}
		masked := recordings(recordAll(t, wire))
		for _, p := range []fetch.Profile{fetch.Chromium, fetch.Firefox, fetch.Safari, fetch.Standard} {
			result, err := replay(p, wire, false)
			got, gotErr := replay(p, masked, false)
			words := string(result)
			if err != nil {
				words += " " + string(err.Code)
			}
			results[words]++
			same := result == got && (err == nil) == (gotErr == nil) && (err == nil || err.Code == gotErr.Code && err.Reason == gotErr.Reason &&
				errors.Is(err, fetch.ErrNotRecorded) == errors.Is(gotErr, fetch.ErrNotRecorded))
			if !same {
				t.Fatalf("%s: %s %v, recorded: %s %v\n%+v\n%+v", p, result, err, got, gotErr, wire, masked)
			}
		}
		for i := range masked {
			checkMasked(t, &masked[i])
		}
	}
	t.Log(results)
	for _, want := range []string{"allowed", "opaque", "blocked RedirectContainsCredentials", "blocked HeaderDisallowedByPreflightResponse", "error net::ERR_EMPTY_RESPONSE", "blocked InvalidAllowCredentials"} {
		if results[want] == 0 {
			t.Errorf("there is no conversation that is %s", want)
		}
	}
}

// checkMasked looks for secrets in all text.
func checkMasked(t *testing.T, x *fetch.Recorded) {
	t.Helper()
	for _, text := range append([]string{x.URL}, append(values(x.Headers), values(x.ResponseHeaders)...)...) {
		if strings.Contains(text, secret[:7]) || strings.Contains(text, "YTpi") {
			t.Fatalf("a secret is recorded: %s", text)
		}
	}
}

func values(headers fetch.Headers) []string {
	var all []string
	for _, h := range headers {
		all = append(all, h.Value)
	}
	return all
}
