package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// subject is a library in a scenario while it is being tested.
type subject struct {
	server  server
	policy  policy
	reached int // how often the application was called
}

// findings are the results of testing a library before it is timed.
type findings struct {
	Fails  string // what it does wrong, or ""
	Shares bool   // writing into the header values of a response changes later responses
}

// probe tests whether a library does what the scenario requires.
func probe(p peer, s *scenario) (f findings, err error) {
	sub := &subject{policy: s.policy}
	if sub.server, err = p.open(s.policy, func() { sub.reached++ }); err != nil {
		return f, err
	}
	f.Shares = sub.shares(s.requests[0])
	for _, r := range s.requests {
		if f.Fails = sub.check(s.kind, r); f.Fails != "" {
			return f, nil
		}
		if f.Fails = sub.checkOptions(r); f.Fails != "" {
			return f, nil
		}
	}
	f.Fails = sub.checkTwins(s)
	return f, nil
}

// shares writes into the values of a response, as a handler may, and reports
// whether the next response has changed. It restores the values, because they
// may be those of the whole process.
func (s *subject) shares(r *http.Request) bool {
	const mark = "written by a handler"
	first := s.server.answer(r.Clone(r.Context())).header
	kept := first.Clone()
	for _, values := range first {
		for i := range values {
			values[i] = mark
		}
	}
	found := false
	for _, values := range s.server.answer(r.Clone(r.Context())).header {
		found = found || slices.Contains(values, mark)
	}
	for name, values := range first {
		copy(values, kept[name])
	}
	return found
}

func (s *subject) check(k kind, r *http.Request) string {
	s.reached = 0
	switch a := s.server.answer(r); k {
	case nonCORS, actual:
		if s.reached != 1 {
			return "does not call the application"
		}
		if !variesOnOrigin(a) {
			return "does not send Vary: Origin"
		}
	case denied:
		if !variesOnOrigin(a) {
			return "does not send Vary: Origin"
		}
	case hostile:
		if size(a) > 4<<10 {
			return "reflects the hostile value"
		}
		if s.reached == 1 && !variesOnOrigin(a) {
			return "does not send Vary: Origin"
		}
	case preflight, refused:
		if s.reached != 0 {
			return "passes a preflight to the application"
		}
	}
	want := k == actual || k == preflight
	if k == nonCORS || k == hostile {
		return ""
	}
	if got := s.allowed(pageOf(r), intended(r)); got != want {
		return fmt.Sprintf("makes browsers %s what should be %s", verb(got), adjective(want))
	}
	return ""
}

// checkOptions sends a preflight again without Access-Control-Request-Method,
// which makes it an ordinary OPTIONS request for the application, whatever its
// origin (https://fetch.spec.whatwg.org/#cors-preflight-request).
func (s *subject) checkOptions(r *http.Request) string {
	if r.Header.Get("Access-Control-Request-Method") == "" {
		return ""
	}
	ordinary := r.Clone(r.Context())
	ordinary.Header.Del("Access-Control-Request-Method")
	ordinary.Header.Del("Access-Control-Request-Headers")
	s.reached = 0
	if s.server.answer(ordinary); s.reached != 1 {
		return "does not pass an OPTIONS request that is not a preflight to the application"
	}
	return ""
}

// checkTwins sends requests just outside the scenario. It finds libraries that
// answer everything in the same way.
func (s *subject) checkTwins(sc *scenario) string {
	good := strings.Replace(s.policy.origins[0], "*", "app", 1)
	names := s.policy.headers
	type twin struct {
		origin, method string
		headers        []string
		want           bool
	}
	twins := []twin{
		{good, http.MethodGet, nil, true},
		{good, http.MethodPut, names, true},
		{stranger, http.MethodGet, nil, false},
		{stranger, http.MethodPut, nil, false},
		{good, http.MethodPatch, nil, false},
		{good, http.MethodPut, []string{"x-unheard-of"}, false},
		{good + ".example.org", http.MethodGet, nil, false},
		{strings.Replace(good, "https:", "http:", 1), http.MethodGet, nil, false},
	}
	if strings.Contains(s.policy.origins[0], "*") {
		twins = append(twins,
			twin{"https://a.b.example.com", http.MethodGet, nil, true},
			twin{"https://example.com", http.MethodGet, nil, false},
			twin{"https://evilexample.com", http.MethodGet, nil, false},
		)
	}
	for _, t := range twins {
		// Only the scenarios of preflights have requests that need one.
		simple := t.method == http.MethodGet
		if simple && (sc.kind == preflight || sc.kind == refused) || !simple && (sc.kind == nonCORS || sc.kind == actual || sc.kind == denied) {
			continue
		}
		got := s.allowed(t.origin, &fetch.Request{URL: apiURL, Method: t.method, Headers: valued(t.headers)})
		if got != t.want {
			return fmt.Sprintf("makes browsers %s what should be %s", verb(got), adjective(t.want))
		}
	}
	return ""
}

// allowed makes the request from a page of the origin, and reports whether
// script may read the response and all headers that the policy exposes.
func (s *subject) allowed(origin string, req *fetch.Request) bool {
	page, err := fetch.NewPage(fetch.PageConfig{Origin: origin})
	if err != nil {
		return false
	}
	if req.Credentials = fetch.CredentialsOmit; s.policy.credentials {
		req.Credentials = fetch.CredentialsInclude
	}
	out := fetch.New(fetch.Config{}).Fetch(context.Background(), page, req, s.exchange)
	return out.Result == fetch.Allowed &&
		!slices.ContainsFunc(s.policy.expose, func(name string) bool { return !out.CanRead(name) })
}

// exchange is the network between the browser and the library.
func (s *subject) exchange(ctx context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	r := httptest.NewRequestWithContext(ctx, w.Method, w.URL, http.NoBody)
	for _, h := range w.Headers {
		r.Header.Add(h.Name, h.Value)
	}
	a := s.server.answer(r)
	response := &fetch.WireResponse{Status: a.status}
	for name, values := range a.header {
		for _, value := range values {
			response.Headers = append(response.Headers, fetch.Header{Name: name, Value: value})
		}
	}
	return response, nil
}

func pageOf(r *http.Request) string { return r.Header.Get("Origin") }

// intended returns the request of script for which the browser sends r.
func intended(r *http.Request) *fetch.Request {
	req := &fetch.Request{URL: apiURL, Method: r.Method}
	if method := r.Header.Get("Access-Control-Request-Method"); method != "" {
		req.Method = method
	}
	if names := r.Header.Get("Access-Control-Request-Headers"); names != "" {
		req.Headers = valued(strings.Split(names, ","))
	}
	return req
}

// valued gives each header a value that is not safelisted.
func valued(names []string) fetch.Headers {
	var list fetch.Headers
	for _, name := range names {
		list = append(list, fetch.Header{Name: name, Value: "application/json"})
	}
	return list
}

func variesOnOrigin(a answer) bool {
	for _, line := range a.header["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(name), "Origin") {
				return true
			}
		}
	}
	return false
}

func size(a answer) int {
	var b bytes.Buffer
	if err := a.header.Write(&b); err != nil {
		return large
	}
	return b.Len()
}

func verb(allowed bool) string {
	if allowed {
		return "allow"
	}
	return "refuse"
}

func adjective(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "refused"
}
