package learn

import (
	"context"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// The bounds of what a [Learner] remembers.
const (
	MaxServers = 256
	MaxOrigins = 4096 // of one server
	MaxNames   = 256  // methods or headers of one origin
)

// Learner collects what pages asked of servers. Use it from one goroutine at a
// time. The zero value is ready to use.
type Learner struct {
	// Trusted are origins that the user has named as those of their own pages. They
	// are allowed even if they look wrong, such as one on a developer's machine.
	Trusted []string

	servers map[string]*server
	dropped int // observations beyond the bounds
}

// server is what was observed of one server.
type server struct {
	origins map[string]*seen
}

// seen is what pages of one origin asked of a server.
type seen struct {
	count
	methods, headers, exposed map[string]*count
	credentials               count
}

// count is how often something was seen.
type count struct {
	requests, preflights int
	guessed              int // how many of them named the origin only in Referer
}

func (c *count) add(r *request) {
	switch {
	case r.preflight:
		c.preflights += r.times
	default:
		c.requests += r.times
	}
	if r.guessed {
		c.guessed += r.times
	}
}

// total is how often it was seen at least: a request and its preflight are one.
func (c *count) total() int { return max(c.requests, c.preflights) }

// request is what one request needs of a policy.
type request struct {
	server, origin string
	method         string   // "" if it needs no permission
	headers        []string // that need permission, in lower case
	exposed        []string // of the response
	credentials    bool
	preflight      bool
	guessed        bool
	times          int
}

// ownAgent is in the User-Agent of corsac's own requests, which are not traffic.
const ownAgent = "(compatible; corsac)"

// IsOwn reports whether a User-Agent is that of corsac itself.
func IsOwn(userAgent string) bool { return strings.Contains(userAgent, ownAgent) }

// Add adds a request as it was sent, and its response. page is the origin of the
// page if it is known otherwise; usually it is "", and the request shows it. Add
// reports whether the request is one that a policy matters for: a cross-origin
// request of a page to an HTTP server.
func (l *Learner) Add(r *fetch.Recorded, page string) bool { return l.add(r, page, 1) }

// add adds a request that was seen several times.
func (l *Learner) add(r *fetch.Recorded, page string, times int) bool {
	needs, ok := needsOf(r, page)
	if !ok {
		return false
	}
	if needs.times = times; !l.observe(needs) {
		l.dropped += times
	}
	return true
}

// needsOf returns what a request needs. ok is false if no policy matters for it.
func needsOf(r *fetch.Recorded, pageOrigin string) (needs *request, ok bool) {
	if IsOwn(r.Headers.Get("User-Agent")) {
		return nil, false
	}
	page, script, ok := fetch.InferRequest(r)
	if pageOrigin != "" {
		page.Origin, ok = pageOrigin, true
	}
	target, err := origin.ParseURL(r.URL)
	if !ok || err != nil || target.Scheme() != "http" && target.Scheme() != "https" || r.Headers.Has("Upgrade") {
		return nil, false
	}
	from, err := origin.Parse(page.Origin)
	if page.Origin != "null" && err != nil || err == nil && from.SameOrigin(target) || r.Headers.Get("Sec-Fetch-Site") == "same-origin" {
		return nil, false
	}
	if script.Mode == fetch.ModeNoCORS || r.Headers.Get("Sec-Fetch-Mode") == "navigate" {
		return nil, false
	}
	needs = &request{server: target.String(), origin: page.Origin, preflight: r.IsPreflight(), guessed: !r.Headers.Has("Origin") && pageOrigin == ""}
	needs.credentials = script.Credentials == fetch.CredentialsInclude
	needs.method, needs.headers = preflightFor(page, script)
	if !needs.preflight {
		needs.exposed = exposedBy(r)
	}
	return needs, true
}

// preflightFor asks the engine which method and headers it would ask permission
// for.
func preflightFor(page fetch.PageConfig, script *fetch.Request) (method string, headers []string) {
	p, err := fetch.NewPage(page)
	if err != nil {
		return "", nil
	}
	stop := func(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		if w.Kind == fetch.KindPreflight {
			method = w.Headers.Get("Access-Control-Request-Method")
			if names := w.Headers.Get("Access-Control-Request-Headers"); names != "" {
				headers = strings.Split(names, ",")
			}
		}
		return nil, &fetch.NetError{Code: fetch.CodeAborted}
	}
	fetch.New(fetch.Config{}).Fetch(context.Background(), p, script, stop)
	switch method {
	case "GET", "HEAD", "POST":
		method = "" // always allowed
	}
	return method, headers
}

// exposedBy returns the names of the headers that a response has and exposes,
// without those that need not be exposed.
func exposedBy(r *fetch.Recorded) (names []string) {
	for name := range strings.SplitSeq(r.ResponseHeaders.Get("Access-Control-Expose-Headers"), ",") {
		name = strings.ToLower(strings.Trim(name, " \t"))
		if name != "*" && name != "" && r.ResponseHeaders.Has(name) && !config.IsAlwaysReadable(name) {
			names = append(names, name)
		}
	}
	return names
}

// observe counts a request. It returns false if a bound kept it from counting all
// of it.
func (l *Learner) observe(r *request) bool {
	if l.servers == nil {
		l.servers = map[string]*server{}
	}
	s := entry(l.servers, r.server, MaxServers, func() *server { return &server{map[string]*seen{}} })
	if s == nil {
		return false
	}
	o := entry(s.origins, r.origin, MaxOrigins, func() *seen {
		return &seen{methods: map[string]*count{}, headers: map[string]*count{}, exposed: map[string]*count{}}
	})
	if o == nil {
		return false
	}
	o.add(r)
	whole := true
	if r.method != "" {
		whole = countName(o.methods, r.method, r)
	}
	for _, name := range r.headers {
		whole = countName(o.headers, name, r) && whole
	}
	for _, name := range r.exposed {
		whole = countName(o.exposed, name, r) && whole
	}
	if r.credentials {
		o.credentials.add(r)
	}
	return whole
}

func countName(m map[string]*count, name string, r *request) bool {
	c := entry(m, name, MaxNames, func() *count { return &count{} })
	if c == nil {
		return false
	}
	c.add(r)
	return true
}

// entry returns the entry of a map, which it makes unless there are too many.
func entry[T any](m map[string]*T, key string, most int, fresh func() *T) *T {
	if e := m[key]; e != nil || len(m) >= most {
		return e
	}
	e := fresh()
	m[key] = e
	return e
}
