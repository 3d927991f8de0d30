package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
)

// policy is the policy with which every library is configured.
type policy struct {
	origins     []string
	methods     []string
	headers     []string
	expose      []string
	credentials bool
	maxAge      int // seconds
}

// kind says what a library must do before it is timed.
type kind int

const (
	nonCORS kind = iota
	actual
	denied
	preflight
	refused
	hostile // no browser sends it; the response must stay small
)

// scenario is a policy and the requests to it, which take turns.
type scenario struct {
	name     string
	kind     kind
	policy   policy
	requests []*http.Request
	fresh    bool    // every response gets a new header map, as in net/http
	target   float64 // corsac's target for the ratio to jub0bs/cors, or 0
}

const (
	apiURL   = "https://api.example.net/"
	app      = "https://app.example.com"
	stranger = "https://stranger.example.org"
	large    = 64 << 10 // bytes of a hostile header value
	turns    = 16       // requests that take turns if the policy is long
)

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}

// headerNames returns n names as browsers write them in
// Access-Control-Request-Headers: lower-case and sorted.
func headerNames(n int) []string {
	switch n {
	case 0:
		return nil
	case 1:
		return []string{"content-type"}
	case 5:
		return []string{"authorization", "content-type", "x-csrf-token", "x-request-id", "x-requested-with"}
	}
	names := []string{"authorization", "content-type"}
	for i := len(names); i < n; i++ {
		names = append(names, fmt.Sprintf("x-custom-header-%02d", i))
	}
	return names
}

// base returns the policy of an API for one origin.
func base() policy {
	return policy{origins: []string{app}, methods: methods, headers: headerNames(5), maxAge: 600}
}

func withOrigins(origins ...string) policy {
	p := base()
	p.origins = origins
	return p
}

func credentialed() policy {
	p := base()
	p.credentials = true
	p.expose = []string{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Request-Id", "X-Total-Count"}
	return p
}

// shared returns n origins of one site; diverse returns n origins of different
// sites.
func shared(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("https://tenant-%06d.example.com", i)
	}
	return list
}

func diverse(n int) []string {
	list := make([]string, n)
	for i := range list {
		// Multiplying by an odd number makes neighbours dissimilar.
		list[i] = fmt.Sprintf("https://app.%08x-%d.com", uint32(i)*2654435761, i%97)
	}
	return list
}

// spread returns requests from origins throughout the list.
func spread(list []string) []*http.Request {
	requests := make([]*http.Request, turns)
	for i := range requests {
		requests[i] = from(list[i*(len(list)-1)/(turns-1)])
	}
	return requests
}

func plain() *http.Request {
	return httptest.NewRequestWithContext(context.Background(), http.MethodGet, apiURL, http.NoBody)
}

func from(origin string) *http.Request {
	r := plain()
	r.Header.Set("Origin", origin)
	return r
}

func asks(origin, method string, names ...string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodOptions, apiURL, http.NoBody)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", method)
	if len(names) > 0 {
		r.Header.Set("Access-Control-Request-Headers", strings.Join(names, ","))
	}
	return r
}

func one(r *http.Request) []*http.Request { return []*http.Request{r} }

// scenarios lists what is measured, in the order of the table. The longest
// policies have most origins: 100,000 unless this is a quick run.
func scenarios(most int) []scenario {
	list := slicesOf(actualScenarios(most), preflightScenarios(), hostileScenarios())
	for _, name := range []string{"nonCORS", "actual-1", "actual-1-cred+expose", "actual-1k-diverse", "preflight-5h", "preflight-5h-cred", "preflight-denied-origin"} {
		for _, s := range list {
			if s.name == name {
				s.name, s.fresh, s.target = "fresh-"+s.name, true, 0
				list = append(list, s)
			}
		}
	}
	return list
}

func slicesOf(lists ...[]scenario) (all []scenario) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func actualScenarios(most int) []scenario {
	ten := append(diverse(9), app)
	list := []scenario{
		{name: "nonCORS", kind: nonCORS, policy: base(), requests: one(plain())},
		{name: "actual-1", kind: actual, policy: base(), requests: one(from(app)), target: 0.65},
		{name: "actual-1-cred+expose", kind: actual, policy: credentialed(), requests: one(from(app)), target: 0.45},
		{name: "actual-10", kind: actual, policy: withOrigins(ten...), requests: spread(ten), target: 0.65},
	}
	for _, many := range []struct {
		name string
		list []string
	}{
		{"1k-shared", shared(1_000)},
		{"1k-diverse", diverse(1_000)},
		{"100k-shared", shared(most)},
		{"100k-diverse", diverse(most)},
	} {
		list = append(list, scenario{
			name: "actual-" + many.name, kind: actual, policy: withOrigins(many.list...), requests: spread(many.list), target: 0.45,
		})
	}
	return append(list,
		scenario{name: "actual-wildcard", kind: actual, policy: withOrigins("https://*.example.com"), requests: one(from(app)), target: 0.95},
		scenario{name: "denied-1", kind: denied, policy: base(), requests: one(from(stranger))},
		scenario{name: "denied-1k", kind: denied, policy: withOrigins(diverse(1_000)...), requests: one(from(stranger))},
	)
}

func preflightScenarios() []scenario {
	var list []scenario
	for _, n := range []int{0, 1, 5, 20} {
		p := base()
		p.headers = headerNames(max(n, 5))
		s := scenario{
			name: fmt.Sprintf("preflight-%dh", n), kind: preflight, policy: p,
			requests: one(asks(app, http.MethodPut, headerNames(n)...)),
		}
		if n >= 5 {
			s.target = 0.45
		}
		list = append(list, s)
	}
	odd := append(headerNames(5), "x-unheard-of")
	return append(list,
		scenario{name: "preflight-5h-cred", kind: preflight, policy: credentialed(), requests: one(asks(app, http.MethodPut, headerNames(5)...)), target: 0.45},
		scenario{name: "preflight-denied-origin", kind: refused, policy: base(), requests: one(asks(stranger, http.MethodPut, headerNames(5)...)), target: 0.5},
		scenario{name: "preflight-denied-method", kind: refused, policy: base(), requests: one(asks(app, http.MethodPatch, headerNames(5)...)), target: 0.5},
		scenario{name: "preflight-denied-header", kind: refused, policy: base(), requests: one(asks(app, http.MethodPut, odd...)), target: 0.5},
	)
}

func hostileScenarios() []scenario {
	label := "https://" + strings.Repeat("a", large) + ".example.com"
	dots := "https://" + strings.Repeat("a.", large/2) + "example.com"
	wild := withOrigins("https://*.example.com")
	acrh := func(value string) []*http.Request { return one(asks(app, http.MethodPut, value)) }
	return []scenario{
		{name: "evil-acrh-64k-commas", kind: hostile, policy: base(), requests: acrh(strings.Repeat(",", large)), target: 0.7},
		{name: "evil-acrh-64k-token", kind: hostile, policy: base(), requests: acrh(strings.Repeat("a", large)), target: 0.7},
		{name: "evil-origin-64k", kind: hostile, policy: base(), requests: one(from(label)), target: 0.7},
		{name: "evil-origin-64k-upper", kind: hostile, policy: base(), requests: one(from(strings.ToUpper(label))), target: 0.7},
		{name: "evil-origin-64k-dots", kind: hostile, policy: wild, requests: one(from(dots)), target: 0.7},
	}
}
