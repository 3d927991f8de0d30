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
	client := s.terms.Trust.Public(r).Client
	f := s.refusalOf(r, status, client)
	s.serveAside(w, r, client, func(w http.ResponseWriter) *route {
		if path, _, _ := strings.Cut(r.RequestURI, "?"); strings.HasPrefix(path, "/") {
			if rt, _ := s.routes.find(r.Host, path); rt != nil {
				rt.readable(r, f).ServeHTTP(w, r)
				return rt
			}
		}
		s.outside(f).ServeHTTP(w, r)
		return nil
	})
}

// refusalOf returns the answer to a request of a client that net/http has refused, and
// counts it if that is because of a limit.
func (s *setup) refusalOf(r *http.Request, status int, client string) *failure {
	fix := "see RFC 9112"
	switch status {
	case http.StatusRequestHeaderFieldsTooLarge:
		s.limiter.reachedBy(r, limitHeaderBytes, client)
		return &headerTooLarge
	case http.StatusRequestTimeout:
		s.limiter.reachedBy(r, limitHeaderTimeout, client)
		return &headerSlow
	case http.StatusBadRequest:
		fix = `write "%25" for a percent sign in a path, and send one Host header`
	}
	return &failure{Status: status, Code: "malformed-request", Error: "the request is not valid HTTP: " + http.StatusText(status), Fix: fix}
}
