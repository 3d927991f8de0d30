package gateway

import (
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cors"
)

// guard is which actual requests a route refuses, the exceptions to the rule that
// none is. Requests without Origin, and those of pages of the gateway's own host,
// pass all of them.
type guard struct{ hidden, writes, webSockets bool }

// newGuard returns the guard of a route that may announce some policies.
func newGuard(c *config.Route, may ...cors.Policy) guard {
	sockets := c.WebSocketOrigins == config.WebSocketPolicy
	if c.WebSocketOrigins == config.WebSocketDefault && c.Mode != config.ModePassthrough {
		sockets = slices.ContainsFunc(may, func(p cors.Policy) bool { return p.AllowCredentials })
	}
	return guard{hidden: c.HideOrigin, writes: c.RefuseCrossOriginWrites, webSockets: sockets}
}

// refuses returns the option by which the route refuses a request, or "".
func (rt *route) refuses(r *http.Request, public *forward.Public) string {
	if len(r.Header["Origin"]) == 0 || isOwn(r, public) {
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
	if option == "" || rt.announcedTo(r).policy.Decide(r).Allowed {
		return ""
	}
	return option
}

// isOwn reports whether a page of the gateway's own host sends a request: browsers
// say so in Sec-Fetch-Site, and where they do not, Origin has the host that was asked.
// Its scheme counts if TLS ends here, or a trusted proxy says where it ends. Anybody on
// the way can answer as the page of a host over http.
func isOwn(r *http.Request, public *forward.Public) bool {
	origins, sites := r.Header["Origin"], r.Header["Sec-Fetch-Site"]
	if len(origins) != 1 || len(sites) > 1 {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin":
		return true
	case "", "none":
	default:
		return false
	}
	scheme, host, _ := strings.Cut(origins[0], "://")
	return (scheme == "https" || scheme == public.Scheme) && host != "" && strings.EqualFold(host, public.Host)
}

// isSafe reports whether servers change nothing for a method (RFC 9110 §9.2.1).
func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// refuseOrigin answers a request that an option refuses.
func (rt *route) refuseOrigin(w http.ResponseWriter, r *http.Request, option string) {
	if o := observerOf(w); o != nil {
		o.option = option
	}
	rt.announcedTo(r).tally.refusal(r, option)
	rt.tracer.Of(r).Refused(option)
	rt.log.LogAttrs(r.Context(), slog.LevelInfo, "request refused", slog.String("option", option),
		slog.String("origin", strings.Join(r.Header["Origin"], ", ")), slog.String("method", r.Method),
		slog.String("host", r.Host), slog.String("target", r.RequestURI))
	rt.respond(w, r, &originRefused)
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
	s := &shape{set: map[string][]string{}, remove: slices.Clone(c.RemoveHeaders), hideOrigin: c.HideOrigin}
	for name, value := range c.SetHeaders {
		s.set[http.CanonicalHeaderKey(name)] = []string{value}
	}
	slices.Sort(s.remove)
	return s
}

// of returns a request with the headers that the upstream gets. Those of r, which
// the log needs, stay; its trailers do not.
func (s *shape) of(r *http.Request) *http.Request {
	hides := s.hideOrigin && len(r.Header["Origin"]) > 0
	changed := *r
	changed.Header = make(http.Header, len(r.Header)+len(s.set))
	for name, lines := range r.Header {
		if !s.drops(name) && !(hides && showsOrigin(name)) {
			changed.Header[name] = lines
		}
	}
	if lines := changed.Header["Connection"]; len(lines) > 0 {
		changed.Header["Connection"] = s.options(lines)
	}
	maps.Copy(changed.Header, s.set)
	// net/http fills in what has been announced, and forward passes on only that.
	maps.DeleteFunc(r.Trailer, func(name string, _ []string) bool { return s.drops(name) })
	return &changed
}

// options returns Connection without the names of headers that the gateway sets:
// those of a client with such names are gone, and what the gateway sets is not for
// one connection only.
func (s *shape) options(lines []string) []string {
	var kept []string
	for option := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if s.set[http.CanonicalHeaderKey(strings.Trim(option, " \t"))] == nil {
			kept = append(kept, option)
		}
	}
	return []string{strings.Join(kept, ",")}
}

// drops reports whether the upstream does not get a header of the client. Some servers read
// underscores as hyphens, so neither spelling passes.
func (s *shape) drops(name string) bool {
	if s == nil {
		return false
	}
	name = strings.ReplaceAll(name, "_", "-")
	is := func(other string) bool { return strings.EqualFold(name, strings.ReplaceAll(other, "_", "-")) }
	for other := range s.set {
		if is(other) {
			return true
		}
	}
	return slices.ContainsFunc(s.remove, is)
}

// showsOrigin reports whether a header says which page sends a request, or that it is
// one of another origin.
func showsOrigin(name string) bool {
	name = strings.ReplaceAll(name, "_", "-")
	return strings.EqualFold(name, "Origin") || hasPrefixFold(name, "Sec-Fetch-") || hasPrefixFold(name, "Access-Control-Request-")
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
