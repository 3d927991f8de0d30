package gateway

import (
	"log/slog"
	"net/http"
)

// isCORS reports whether the policy matters for r. Browsers send Origin also
// with requests to which CORS does not apply: requests other than GET to the
// page's own origin, and WebSocket handshakes.
func isCORS(r *http.Request) bool {
	return len(r.Header["Origin"]) > 0 && r.Header.Get("Sec-Fetch-Site") != "same-origin" && r.Header.Get("Upgrade") == ""
}

// refuseLoop answers a request that has come back.
func (rt *route) refuseLoop(w http.ResponseWriter, r *http.Request) {
	attrs := []slog.Attr{slog.Int("status", requestLoop.Status)}
	if rt.server != nil {
		attrs = append(attrs, slog.String("upstream", rt.server.URL().String()))
	}
	attrs = append(attrs, slog.String("method", r.Method), slog.String("host", r.Host), slog.String("target", r.RequestURI))
	rt.log.LogAttrs(r.Context(), slog.LevelWarn, requestLoop.Error, attrs...)
	requestLoop.ServeHTTP(w, r)
}
