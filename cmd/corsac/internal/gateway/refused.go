package gateway

import (
	"log/slog"
	"net/http"
	"strings"
)

// ServeRefused answers a request that net/http has refused with the policy of its
// route, or as one that matches no route: a page that fetches "/100%" sees status
// 400.
func (g *Gateway) ServeRefused(w http.ResponseWriter, r *http.Request, status int) {
	s := g.current.Load()
	s.log.LogAttrs(r.Context(), slog.LevelDebug, "malformed request",
		slog.Int("status", status), slog.String("method", r.Method), slog.String("host", r.Host), slog.String("target", r.RequestURI))
	switch status {
	case http.StatusRequestHeaderFieldsTooLarge:
		s.limiter.reachedBy(r, limitHeaderBytes, s.terms.Trust.Public(r).Client)
	case http.StatusRequestTimeout:
		s.limiter.reachedBy(r, limitHeaderTimeout, s.terms.Trust.Public(r).Client)
	}
	f := &failure{
		Status: status, Code: "malformed-request",
		Error: "the request is not valid HTTP: " + http.StatusText(status),
		Fix:   fixOf(status),
	}
	s.serveAside(w, r, func(w http.ResponseWriter) *route {
		if path, _, _ := strings.Cut(r.RequestURI, "?"); strings.HasPrefix(path, "/") {
			if rt, _ := s.routes.find(r.Host, path); rt != nil {
				rt.readable(r, f).ServeHTTP(w, r)
				return rt
			}
		}
		s.unmatched.Wrap(f).ServeHTTP(w, r)
		return nil
	})
}

func fixOf(status int) string {
	switch status {
	case http.StatusBadRequest:
		return `write "%25" for a percent sign in a path, and send one Host header`
	case http.StatusRequestTimeout:
		return "send the header of the request at once"
	case http.StatusRequestHeaderFieldsTooLarge:
		return "send smaller headers; most likely the cookies of this site are too large"
	default:
		return "see RFC 9112"
	}
}
