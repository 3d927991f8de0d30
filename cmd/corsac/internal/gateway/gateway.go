// Package gateway is the reverse proxy of corsac serve. It owns CORS: upstreams
// need not know of it, and what they say about it is not passed on.
//
// # CORS
//
//   - Every route has a policy. Preflights are answered here, also while the
//     upstream is down; every other OPTIONS is the upstream's.
//   - The policy's headers replace the upstream's on every response, interim
//     responses and trailers included, as [cors.Middleware.WrapOverride] says.
//     They are also on the gateway's own errors, so that a page can read those.
//     100 Continue and the answer to OPTIONS * have none.
//   - A request that no route takes gets 404. It has no policy, and there is
//     nothing to protect, so the first policy that allows its origin is used:
//     the page sees the 404 instead of a CORS error.
//   - What net/http refuses by itself, such as a malformed path (GET /100%), has
//     the headers as well if the gateway is served by [Serve].
//
// # Routing
//
//   - A host is compared without case, port and final dot. Routes with a host
//     come before those without, exact ones before wildcards, and longer
//     wildcards before shorter ones; if no path of theirs fits, the next are
//     tried.
//   - A path prefix is compared by segments, after decoding, in which %2F is no
//     separator. The longest one is taken.
//   - Upstreams read paths in many ways: some merge //, resolve "..", decode %2F,
//     or strip ;parameters. If any such reading of a path leads to a route with
//     another policy, or to none, then what one page may not read would be
//     announced as readable, so the request is refused with 400.
//
// # Forwarding
//
//   - Path and query are sent as they came, byte for byte, behind the path of the
//     upstream URL if it has one.
//   - Host is that of the upstream, unless the route preserves it.
//   - X-Forwarded-For, -Host and -Proto are built from the connection. All other
//     X-Forwarded-*, Forwarded and X-Real-IP headers of clients are dropped.
//   - Hop-by-hop headers are dropped, except for upgrades. An upgrade to h2c is
//     not passed on, since requests in it would escape the policy.
//   - Bodies are streamed in both directions; nothing is held back. A client that
//     leaves cancels the request to the upstream.
package gateway

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cors"
)

// Options are what a gateway needs besides its configuration.
type Options struct {
	// Logger is told of requests (debug), of requests that a policy refuses
	// (info), and of upstreams that fail (warn). If nil, nothing is logged.
	Logger *slog.Logger

	// Debug switches the debug mode of all policies on: refusals tell the
	// browser which step failed. See [cors.Middleware.SetDebug].
	Debug bool
}

// gateway is the handler that New returns.
type gateway struct {
	routes    table
	unmatched *cors.Middleware // for requests that no route takes
	log       *slog.Logger
}

// New returns a handler that serves the routes of c. The error says which
// policy or route is wrong; a configuration that [config.Parse] returned has no
// mistakes. Handlers of one configuration share its middleware, so the debug mode
// of the last one made applies to all of them.
func New(c *config.Config, o Options) (http.Handler, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	g := &gateway{log: o.Logger}
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
		rt, err := newRoute(r, m, o.Logger)
		if err != nil {
			return nil, fmt.Errorf("gateway.routes[%d]: %w", i, err)
		}
		g.routes.add(rt)
	}
	if len(used) == 0 {
		return nil, fmt.Errorf("gateway.routes: there is no route")
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

// anyOf returns policies in an order in which one middleware can have them all,
// so that the first that allows an origin decides. One for all origins comes
// last, and a second one would never decide.
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
	markServed(r)
	if g.log.Enabled(r.Context(), slog.LevelDebug) {
		observed := &observer{ResponseWriter: w, start: time.Now()}
		defer observed.log(g.log, r)
		w = observed
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
	default:
		rt.serve(w, r, t)
	}
}
