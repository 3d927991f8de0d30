package gateway

import (
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// guard is which actual requests a route refuses, the exceptions to the rule that
// none is. Requests without Origin, and those of pages of the gateway's own host,
// pass all of them.
type guard struct{ hidden, writes, webSockets bool }

func newGuard(c *config.Route, of *refusal) guard {
	sockets := c.WebSocketOrigins == config.WebSocketPolicy
	if c.WebSocketOrigins == config.WebSocketDefault {
		sockets = of.config.Policies[of.policy].AllowCredentials
	}
	return guard{hidden: c.HideOrigin, writes: c.RefuseCrossOriginWrites, webSockets: sockets}
}

// refuses returns the option by which the route refuses a request, or "".
func (rt *route) refuses(r *http.Request) string {
	if len(r.Header["Origin"]) == 0 || isOwn(r) {
		return ""
	}
	option := ""
	switch {
	case rt.guard.webSockets && r.Header.Get("Upgrade") != "":
		option = "websocket_origins"
	case rt.guard.hidden:
		option = "hide_origin"
	case rt.guard.writes && !isSafe(r.Method):
		option = "refuse_cross_origin_writes"
	}
	if option == "" || rt.policy.Decide(r).Allowed {
		return ""
	}
	return option
}

// isOwn reports whether a page of the gateway's own host sends a request: browsers
// say so, or its Origin has the host that was asked. Its scheme does not count,
// because TLS may end in front of the gateway.
func isOwn(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return true
	}
	origins := r.Header["Origin"]
	scheme, host, _ := strings.Cut(origins[0], "://")
	return len(origins) == 1 && (scheme == "http" || scheme == "https") && host != "" && strings.EqualFold(host, r.Host)
}

// isSafe reports whether servers change nothing for a method (RFC 9110 §9.2.1).
func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// refuseOrigin answers a request that an option refuses.
func (rt *route) refuseOrigin(w http.ResponseWriter, r *http.Request, option string) {
	rt.tally.refusal(option)
	rt.log.LogAttrs(r.Context(), slog.LevelInfo, "request refused", slog.String("option", option),
		slog.String("origin", strings.Join(r.Header["Origin"], ", ")), slog.String("method", r.Method),
		slog.String("host", r.Host), slog.String("target", r.RequestURI))
	originRefused.ServeHTTP(w, r)
}

// shape is how the headers of requests change on the way to the upstream.
type shape struct {
	set        map[string][]string
	remove     []string
	hideOrigin bool
}

func newShape(c *config.Route) *shape {
	if len(c.SetHeaders) == 0 && len(c.RemoveHeaders) == 0 && !c.HideOrigin {
		return nil
	}
	s := &shape{set: map[string][]string{}, remove: c.RemoveHeaders, hideOrigin: c.HideOrigin}
	for name, value := range c.SetHeaders {
		s.set[http.CanonicalHeaderKey(name)] = []string{value}
	}
	return s
}

// of returns a request with the headers that the upstream gets. Those of r, which
// the log needs, stay.
func (s *shape) of(r *http.Request) *http.Request {
	changed := *r
	changed.Header = make(http.Header, len(r.Header)+len(s.set))
	for name, lines := range r.Header {
		if !s.drops(name) {
			changed.Header[name] = lines
		}
	}
	maps.Copy(changed.Header, s.set)
	return &changed
}

// drops reports whether the upstream does not get a header. Some servers read
// underscores as hyphens, so neither spelling passes.
func (s *shape) drops(name string) bool {
	name = strings.ReplaceAll(name, "_", "-")
	is := func(other string) bool { return strings.EqualFold(name, strings.ReplaceAll(other, "_", "-")) }
	if s.hideOrigin && (is("Origin") || hasPrefixFold(name, "Sec-Fetch-") || hasPrefixFold(name, "Access-Control-Request-")) {
		return true
	}
	for other := range s.set {
		if is(other) {
			return true
		}
	}
	return slices.ContainsFunc(s.remove, is)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// strip returns a path without the segments of the route.
func (rt *route) strip(path string) string {
	rest := path
	for range rt.steps {
		_, after, ok := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		if !ok {
			return "/"
		}
		rest = "/" + after
	}
	return rest
}
