package gateway

import (
	"bufio"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// isCORS reports whether the policy matters for r. Browsers send Origin also
// with requests to which CORS does not apply: requests other than GET to the
// page's own origin, and WebSocket handshakes.
func isCORS(r *http.Request) bool {
	return len(r.Header["Origin"]) > 0 && r.Header.Get("Sec-Fetch-Site") != "same-origin" && r.Header.Get("Upgrade") == ""
}

// observer records the final status of a response.
type observer struct {
	http.ResponseWriter

	status int
	start  time.Time
	debug  func() string // the debug header; nil without one
}

// Unwrap returns the original ResponseWriter, for [http.ResponseController].
func (o *observer) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (o *observer) WriteHeader(status int) {
	if o.status == 0 && status >= 200 {
		o.status = status
		o.explain()
	}
	o.ResponseWriter.WriteHeader(status)
}

// explain adds the debug header.
func (o *observer) explain() {
	if o.debug != nil {
		o.Header()[debugHeader] = []string{o.debug()}
	}
}

// Hijack implements [http.Hijacker].
func (o *observer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := http.NewResponseController(o.ResponseWriter).Hijack()
	if err == nil {
		o.status = http.StatusSwitchingProtocols
		o.explain()
	}
	return conn, buf, err
}

// log logs the request. The status is 0 if its connection was aborted.
func (o *observer) log(log *slog.Logger, r *http.Request, client string) {
	log.LogAttrs(r.Context(), slog.LevelDebug, "request",
		slog.String("method", r.Method), slog.String("host", r.Host), slog.String("target", r.RequestURI),
		slog.Int("status", o.status), slog.Duration("took", time.Since(o.start)),
		slog.String("origin", r.Header.Get("Origin")), slog.String("client", client))
}

// refuseLoop answers a request that has come back.
func (rt *route) refuseLoop(w http.ResponseWriter, r *http.Request) {
	rt.log.LogAttrs(r.Context(), slog.LevelWarn, requestLoop.Error,
		slog.Int("status", requestLoop.Status), slog.String("upstream", rt.server.URL().String()),
		slog.String("method", r.Method), slog.String("host", r.Host), slog.String("target", r.RequestURI))
	requestLoop.ServeHTTP(w, r)
}
