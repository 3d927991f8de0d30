// Package gateway is the reverse proxy of corsac serve. It handles CORS for its
// upstreams: they need not support CORS, and any CORS headers that they send
// are replaced, unless a route has another mode.
//
// # CORS
//
//   - Every route has a policy. The gateway answers preflights itself, even
//     while the upstream is down. It forwards every other OPTIONS request.
//   - The policy's headers replace the upstream's on every response, including
//     interim responses and trailers, as described at
//     [cors.Middleware.WrapOverride]. They are also on the gateway's own
//     errors, so pages can read those. 100 Continue has none, and neither has
//     the response to a request for "*", which is about the server as a whole.
//   - In the mode [config.ModeFill], CORS headers of the upstream stay, and those of
//     the policy fill in. In the mode [config.ModePassthrough], the upstream's stay as
//     they are, preflights included, and the policy is compared with them. The
//     gateway's own errors have the policy's headers in every mode.
//   - A policy on trial is compared with that of its route, and announced to a share
//     of the origins ([ShareOf]).
//   - A request that matches no route gets 404. It has no policy, and there is
//     nothing to protect, so the first policy that allows its origin applies:
//     the page sees the 404 instead of a CORS error.
//   - Requests that net/http refuses by itself, such as one with a malformed
//     path (GET /100%), get the headers too if the gateway is served by
//     [forward.Serve], and so do those that reach a limit of the configuration.
//
// # Routing
//
//   - Hosts are compared without case, port and final dot. Routes with a host
//     are tried before those without; exact hosts before wildcards, and longer
//     wildcards before shorter ones. If no path of a host matches, the next
//     host is tried.
//   - Path prefixes are compared by segments, after decoding, in which %2F is
//     not a separator. The longest match is used.
//   - Upstreams read paths in many ways: some merge //, resolve "..", decode
//     %2F or strip ;parameters. If any such reading of a path leads to a route
//     with another policy, or to no route, the request is refused with 400.
//     Otherwise a page could read what its policy does not allow.
//
// # Forwarding
//
// is done by package forward, with its bounds. The timeout of a route bounds the
// wait for the header of a response. A request that comes back, or has been through
// more than 16 gateways, gets 508, and CONNECT and TRACE get 501. Every text from
// outside in the log is bounded.
package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/accesslog"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/tracing"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
	"github.com/corsac-dev/corsac/cors"
)

// Options are the settings of a gateway that are not in its configuration.
type Options struct {
	// Logger gets requests (debug), requests that a policy refuses (info), and
	// upstreams that fail (warn). Nil logs nothing.
	Logger *slog.Logger

	// Debug switches on the debug mode of all policies, in which refusals say
	// which check failed. See [cors.Middleware.SetDebug].
	Debug bool

	// Metrics, if not nil, counts what happens.
	Metrics *Metrics

	// Collect, if not nil, gets what pages ask for.
	Collect Collect

	// AccessLog, if not nil, gets a line for each request.
	AccessLog *accesslog.Log

	// Tracer, if not nil, makes traces.
	Tracer *tracing.Tracer

	// Next, if not nil, gets the requests that upstreams would get, for somebody else who
	// forwards them: its response is that of the upstream. It also gets, as they are, those
	// that no route takes.
	Next http.Handler
}

// Collect gets a request for a server, which is an origin, and the header of the
// upstream's answer; nil if the upstream was not asked, or did not answer. It must not
// keep them.
type Collect func(server string, r *http.Request, answer http.Header)

// Gateway is the handler of corsac serve. It is safe for concurrent use.
type Gateway struct {
	hops    forward.Hops
	options Options
	current atomic.Pointer[setup]
	ending  atomic.Bool
}

// setup is what a gateway does between two reloads.
type setup struct {
	routes    table
	unmatched *cors.Middleware // for requests that match no route
	deciding  cors.WrapOptions // for its decisions
	noRoute   http.Handler     // responds to them
	hops      forward.Hops
	log       *slog.Logger
	clients   map[clientKey]*upstream.Client
	metrics   *Metrics
	access    *accesslog.Log
	tracer    *tracing.Tracer
	series    map[series]bool // in metrics
	unrouted  *tally          // of requests that match no route
	next      http.Handler    // of Options

	reflecting map[string]*cors.Middleware // of policies on routes that allow all origins with credentials

	debugFor []netip.Prefix
	hash     string // of the configuration, the first digits

	terms       *forward.Terms
	headerBytes int64
	limiter     limiter
}

// clientKey is what the connections to upstreams are distinguished by.
type clientKey struct {
	scheme, host string
	connecting   time.Duration
}

// New returns a handler for the routes of c. The error says which policy or
// route is wrong; a configuration from [config.Parse] has no mistakes. Handlers
// of one configuration share its middleware, so the Debug of the last one made
// applies to all of them.
func New(c *config.Config, o Options) (*Gateway, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{hops: forward.NewHops(), options: o}
	return g, g.Reload(c)
}

// Reload replaces the configuration. Requests that have begun keep the old one, and
// connections to upstreams that both have stay open. If there is an error, nothing
// changes. Reload must not be called concurrently.
func (g *Gateway) Reload(c *config.Config) error {
	before := g.current.Load()
	s, err := newSetup(c, g.options, g.hops, before)
	if err != nil {
		return err
	}
	g.current.Store(s)
	if before == nil {
		return nil
	}
	for gone := range before.series {
		if s.metrics != nil && !s.series[gone] {
			s.metrics.forget(gone)
		}
	}
	for key, client := range before.clients {
		if s.clients[key] == nil {
			client.CloseIdle()
		}
	}
	return nil
}

func newSetup(c *config.Config, o Options, hops forward.Hops, before *setup) (*setup, error) {
	s := &setup{
		hops: hops, log: o.Logger, clients: map[clientKey]*upstream.Client{},
		metrics: o.Metrics, access: o.AccessLog, tracer: o.Tracer, series: map[series]bool{}, unrouted: o.Metrics.tally(NoRoute, ""), next: o.Next,
		reflecting: map[string]*cors.Middleware{},
		debugFor:   c.Gateway.DebugFor,
		limiter:    limiter{o.Metrics, o.Logger}, headerBytes: c.Gateway.Limits.WithDefaults().HeaderBytes,
	}
	if before != nil {
		s.headerBytes = before.headerBytes // of what the server of net/http takes, too
	}
	s.terms = s.limiter.termsOf(&c.Gateway)
	if len(s.debugFor) > 0 {
		hash := c.Hash()
		s.hash = hash[:min(len(hash), hashDigits)]
	}
	named := map[string]bool{}
	var used []cors.Policy // in the order of the routes
	for i, r := range c.Gateway.Routes {
		rt, err := s.route(c, r, o, before)
		if err != nil {
			return nil, fmt.Errorf("gateway.routes[%d]: %w", i, err)
		}
		if !named[r.Policy] {
			named[r.Policy] = true
			used = append(used, c.Policies[r.Policy])
		}
		s.count(rt)
		s.routes.add(rt)
	}
	if len(used) == 0 {
		return nil, errors.New("gateway.routes: there are no routes")
	}
	s.routes.sort()
	all := anyOf(used)
	var err error
	if s.unmatched, err = cors.New(all[0], all[1:]...); err != nil {
		return nil, fmt.Errorf("gateway.routes: the policies of all routes together: %w", err)
	}
	s.unmatched.SetDebug(o.Debug)
	refused := newRefusal(c, "", o.Logger)
	s.deciding.OnDecision = func(w http.ResponseWriter, r *http.Request, d cors.Decision) {
		note(w, r, d, s.unrouted)
		trace(s.tracer, r, d)
		refused.decided(r, d, s.unmatched)
	}
	s.noRoute = s.outside(&noRoute)
	return s, nil
}

// outside gives an answer of the gateway itself to a request that matches no route the
// headers of the first policy that allows its origin.
func (s *setup) outside(answer http.Handler) http.Handler {
	return s.unmatched.WrapWith(answer, s.deciding)
}

// hashDigits is how many digits of the hash of a configuration the debug header has.
const hashDigits = 12

// route returns a route that can serve requests.
func (s *setup) route(c *config.Config, r config.Route, o Options, before *setup) (*route, error) {
	policy := func(name string) (announced, error) {
		m, err := s.middleware(c, name, r.DangerouslyAllowAllOriginsWithCredentials)
		if err != nil {
			return announced{}, err
		}
		m.SetDebug(o.Debug)
		return announced{name: name, policy: m, refusal: newRefusal(c, name, o.Logger), tally: o.Metrics.tally(Label(&r), name)}, nil
	}
	main, err := policy(r.Policy)
	if err != nil {
		return nil, err
	}
	rt, err := newRoute(r, main, s.hops, s.client(r, before), o.Next)
	if err != nil {
		return nil, err
	}
	rt.scoped.routes, rt.collect = &s.routes, o.Collect
	rt.limiter, rt.trust, rt.tracer = s.limiter, s.terms.Trust, o.Tracer
	if r.Mode == config.ModePassthrough {
		rt.watched = newWatched(main.policy, o.Metrics.comparison(rt.label, theUpstream, r.Policy))
	}
	if r.Trial != "" {
		onTrial, err := policy(r.Trial)
		if err != nil {
			return nil, fmt.Errorf("trial: %w", err)
		}
		rt.try(onTrial, r.Rollout, o.Metrics.comparison(rt.label, r.Policy, r.Trial))
	}
	may := []cors.Policy{c.Policies[r.Policy]}
	if r.Rollout > 0 {
		may = append(may, c.Policies[r.Trial])
	}
	rt.guard = newGuard(&r, may...)
	return rt, nil
}

// middleware returns the middleware of a policy, or if that is for all origins, one that
// allows them with credentials. Routes with the same policy share it.
func (s *setup) middleware(c *config.Config, policy string, reflects bool) (*cors.Middleware, error) {
	if !reflects || !slices.Contains(c.Policies[policy].AllowOrigins, "*") { // a policy on trial may be for some
		return c.Middleware(policy)
	}
	if m := s.reflecting[policy]; m != nil {
		return m, nil
	}
	m, err := cors.New(reflected(c.Policies[policy]))
	if err == nil {
		s.reflecting[policy] = m
	}
	return m, err
}

// client returns the connections for a route: those of another route or of the setup
// before, if they lead to the same server.
func (s *setup) client(r config.Route, before *setup) *upstream.Client {
	if r.Upstream == nil {
		return nil
	}
	connecting := min(cmp.Or(r.Timeout, config.DefaultTimeout), upstream.DefaultConnecting)
	key := clientKey{r.Upstream.Scheme, r.Upstream.Host, connecting}
	client := s.clients[key]
	if client == nil && before != nil {
		client = before.clients[key]
	}
	if client == nil {
		client = upstream.New(r.Upstream, upstream.Options{Connecting: connecting})
	}
	s.clients[key] = client
	return client
}

// anyOf returns policies in an order in which one middleware accepts them all,
// so that the first that allows an origin decides. A policy for all origins
// comes last, and only once: a second one would never decide.
func anyOf(policies []cors.Policy) []cors.Policy {
	var ordered, forAll []cors.Policy
	for _, p := range policies {
		if slices.Contains(p.AllowOrigins, "*") {
			forAll = append(forAll, p)
		} else {
			ordered = append(ordered, p)
		}
	}
	return append(ordered, forAll[:min(1, len(forAll))]...)
}

// End says that the server will stop: each response that begins from now on is the last of
// its connection, so that no client sends a request on one that is about to close.
func (g *Gateway) End() { g.ending.Store(true) }

// accept begins a request.
func (g *Gateway) accept(w http.ResponseWriter, r *http.Request, s *setup) *forward.Incoming {
	in := forward.Accept(w, r, s.terms)
	if s.next == nil { // which has the connection
		in.LastIf(&g.ending)
	}
	return in
}

// ServePreflight implements [forward.EarlyAnswerer].
func (g *Gateway) ServePreflight(w http.ResponseWriter, r *http.Request) bool {
	if g.ending.Load() { // net/http closes the connection
		return false
	}
	s := g.current.Load()
	t, ok := forward.TargetOf(r)
	if !ok {
		return false
	}
	rt, ambiguous := s.routes.find(r.Host, t.Path)
	if rt == nil || ambiguous || rt.treatment.mode != config.ModeOwn || s.tracer != nil || s.debugs(r) || s.log.Enabled(r.Context(), slog.LevelDebug) {
		return false
	}
	a := rt.announcedTo(r)
	if s.access.On() {
		s.servePreflight(rt, a, w, r)
	} else {
		a.preflights.ServeHTTP(w, r)
	}
	return true
}

// ServesEarly implements [forward.EarlyAnswerer].
func (g *Gateway) ServesEarly() bool { return !g.ending.Load() } // net/http closes the connections

// ServeHTTP implements [http.Handler].
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := g.current.Load()
	logs := s.log.Enabled(r.Context(), slog.LevelDebug)
	debugs := s.debugs(r)
	if !s.observes(logs) && !debugs {
		g.serve(w, r, s)
		return
	}
	s.metrics.begin()
	s.access.Begin()
	o := &observer{ResponseWriter: w, start: time.Now()}
	var span *tracing.Span
	if s.tracer != nil {
		r, span = s.tracer.Begin(r, s.terms.Trust.Public(r))
	}
	in := g.accept(o, r, s)
	if debugs {
		o.debug = func() string { return s.debug(in) }
	}
	defer s.observed(o, in, r, logs)
	if span != nil {
		defer func() { span.End(r, o.outcome(in, r)) }()
	}
	defer in.Release()
	s.answer(in, r)
	in.Finish()
	o.complete = true
}

// serve answers a request that is not observed.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, s *setup) {
	in := g.accept(w, r, s)
	defer in.Release()
	s.answer(in, r)
	in.Finish()
}

func (s *setup) answer(w *forward.Incoming, r *http.Request) {
	t, wrong := targetOf(r)
	var rt *route
	var ambiguous bool
	if wrong == nil {
		rt, ambiguous = s.routes.find(r.Host, t.Path)
	}
	if rt == nil && s.next != nil { // it stays as it is
		s.next.ServeHTTP(w, r)
		return
	}
	if wrong != nil {
		s.outside(wrong).ServeHTTP(w, r)
		return
	}
	answer := s.outside
	if rt != nil {
		w.Owner = rt
		answer = func(h http.Handler) http.Handler { return rt.readable(r, h) }
	}
	exceeded := s.exceeded(w, r)
	switch {
	case exceeded != nil:
		answer(exceeded).ServeHTTP(w, r)
	case rt == nil:
		s.noRoute.ServeHTTP(w, r)
	case ambiguous:
		answer(&ambiguousPath).ServeHTTP(w, r)
	case rt.next == nil && s.hops.IsLoop(r.Header):
		answer(http.HandlerFunc(rt.refuseLoop)).ServeHTTP(w, r)
	default:
		w.Target = t
		rt.announcedTo(r).handler.ServeHTTP(w, r)
	}
}

// Ambiguous reports whether requests for an escaped path on a host get 400, because
// servers may read it as the path of another route.
func (g *Gateway) Ambiguous(host, path string) bool {
	_, ambiguous := g.current.Load().routes.find(host, path)
	return ambiguous
}

// targetOf returns the target of a request, or the answer to one that no route takes,
// whatever its host.
func targetOf(r *http.Request) (forward.Target, *failure) {
	if isNotForwarded(r.Method) {
		return forward.Target{}, &notForwarded
	}
	t, ok := forward.TargetOf(r)
	if !ok {
		return t, &notAPath
	}
	return t, nil
}

// isNotForwarded reports whether no upstream gets requests with a method.
// CONNECT asks for a tunnel, in which the gateway would not see the requests,
// whatever its target looks like; TRACE returns the headers of the request,
// cookies included (RFC 9110 §9.3.6 and §9.3.8). Some upstreams ignore case.
func isNotForwarded(method string) bool {
	return strings.EqualFold(method, http.MethodConnect) || strings.EqualFold(method, http.MethodTrace)
}
