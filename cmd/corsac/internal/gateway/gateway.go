// Package gateway is the reverse proxy of corsac serve. It handles CORS for its
// upstreams: they need not support CORS, and any CORS headers that they send
// are replaced.
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
//   - A request that matches no route gets 404. It has no policy, and there is
//     nothing to protect, so the first policy that allows its origin applies:
//     the page sees the 404 instead of a CORS error.
//   - Requests that net/http refuses by itself, such as one with a malformed
//     path (GET /100%), get the headers too if the gateway is served by
//     [Serve].
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
//   - Path and query are forwarded byte for byte, after the path of the
//     upstream URL if it has one.
//   - Host is the upstream's, unless the route preserves the client's.
//   - X-Forwarded-For, -Host and -Proto are set from the connection. All other
//     X-Forwarded-*, Forwarded and X-Real-IP headers of clients are dropped, and so
//     are X-Original-URL and X-Rewrite-URL, which some frameworks believe.
//   - Corsac-Hop lists the gateways that a request has been through. A request
//     that comes back, or has been through more than 16, gets 508. What is not an
//     id in it is dropped, and it is removed from responses.
//   - Hop-by-hop headers are dropped, except for upgrades. An upgrade to h2c is
//     not forwarded, because requests in it would escape the policy.
//   - Trailers that must not be any (RFC 9110 §6.5.1) are dropped, and so are
//     those whose header would be. CONNECT and TRACE get 501.
//   - Bodies are streamed in both directions: what has arrived of a response is
//     sent before the gateway waits for more. If a client disconnects, its request
//     to the upstream is cancelled.
//   - Upstreams get HTTP/1.1, or HTTP/2 over TLS if they choose it. A response that
//     is not valid, or that others may end elsewhere, is a 502: see package http1.
//
// # Bounds
//
//   - The timeout of a route bounds how long the gateway waits for the upstream
//     until the header of the final response is there, whatever the upstream
//     does. Waiting for the client's body does not count. Afterwards, a response
//     may take any time, because event streams do.
//   - A client may pause for Options.BodyTimeout while it sends a body and gets
//     nothing. The gateway's own answers never wait for a body; the connection
//     then closes.
//   - The size of response headers and the number of interim responses are
//     bounded, and so is every text from outside in the log.
//   - Bytes that an upstream sends after a response, which belong to none, are
//     not taken for another response if they arrive before the next request is
//     sent on that connection.
package gateway

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
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

	// BodyTimeout is how long a client may pause while it sends a body and gets
	// nothing. 0 means [DefaultBodyTimeout].
	BodyTimeout time.Duration
}

// gateway is the handler that New returns.
type gateway struct {
	routes    table
	unmatched *cors.Middleware // for requests that match no route
	hops      hops
	log       *slog.Logger

	bodyTimeout time.Duration
}

// New returns a handler for the routes of c. The error says which policy or
// route is wrong; a configuration from [config.Parse] has no mistakes. Handlers
// of one configuration share its middleware, so the Debug of the last one made
// applies to all of them.
func New(c *config.Config, o Options) (http.Handler, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	g := &gateway{hops: newHops(), log: o.Logger, bodyTimeout: cmp.Or(o.BodyTimeout, DefaultBodyTimeout)}
	policies := map[string]*cors.Middleware{}
	var used []cors.Policy // in the order of the routes
	for i, r := range c.Gateway.Routes {
		m := policies[r.Policy]
		if m == nil {
			var err error
			if m, err = c.Middleware(r.Policy); err != nil {
				return nil, fmt.Errorf("gateway.routes[%d]: %w", i, err)
			}
			m.SetDebug(o.Debug)
			policies[r.Policy] = m
			used = append(used, c.Policies[r.Policy])
		}
		rt, err := newRoute(r, m, g.hops, o.Logger)
		if err != nil {
			return nil, fmt.Errorf("gateway.routes[%d]: %w", i, err)
		}
		g.routes.add(rt)
	}
	if len(used) == 0 {
		return nil, fmt.Errorf("gateway.routes: there are no routes")
	}
	g.routes.sort()
	all := anyOf(used)
	var err error
	if g.unmatched, err = cors.New(all[0], all[1:]...); err != nil {
		return nil, fmt.Errorf("gateway.routes: the policies of all routes together: %w", err)
	}
	g.unmatched.SetDebug(o.Debug)
	return g, nil
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

// ServeHTTP implements [http.Handler].
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	doubtful, ready := markServed(r)
	if g.log.Enabled(r.Context(), slog.LevelDebug) {
		observed := &observer{ResponseWriter: w, start: time.Now()}
		defer observed.log(g.log, r)
		w = observed
	}
	answer := &early{ResponseWriter: w, request: r, body: newRequestBody(w, r, g.bodyTimeout), ready: ready, doubtful: doubtful}
	defer answer.release()
	g.answer(answer, r)
	answer.finish()
}

func (g *gateway) answer(w *early, r *http.Request) {
	if isNotForwarded(r.Method) {
		g.unmatched.Wrap(&notForwarded).ServeHTTP(w, r)
		return
	}
	t, ok := targetOf(r)
	if !ok {
		g.unmatched.Wrap(&notAPath).ServeHTTP(w, r)
		return
	}
	rt, ambiguous := g.routes.find(r.Host, t.path)
	switch {
	case rt == nil:
		g.unmatched.Wrap(&noRoute).ServeHTTP(w, r)
	case ambiguous:
		rt.policy.Wrap(&ambiguousPath).ServeHTTP(w, r)
	case g.hops.isLoop(r.Header):
		rt.policy.Wrap(http.HandlerFunc(rt.refuseLoop)).ServeHTTP(w, r)
	default:
		rt.serve(w, r, t)
	}
}

// isNotForwarded reports whether no upstream gets requests with a method.
// CONNECT asks for a tunnel, in which the gateway would not see the requests,
// whatever its target looks like; TRACE returns the headers of the request,
// cookies included (RFC 9110 §9.3.6 and §9.3.8). Some upstreams ignore case.
func isNotForwarded(method string) bool {
	return strings.EqualFold(method, http.MethodConnect) || strings.EqualFold(method, http.MethodTrace)
}
