package demo

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/fetch"
)

// The servers that are recorded, by the names that the page's script gives them.
const (
	apiServer     = "api"
	gatewayServer = "gateway"
)

// The bounds of the log: the latest exchanges are kept.
const (
	wireExchanges = 512
	wireBytes     = 8 << 20
)

// wireLog keeps what the page cannot see: what its calls were on the wire.
type wireLog struct {
	ring    *record.Ring
	version string // of corsac
}

func newWireLog(version string) *wireLog {
	return &wireLog{ring: record.NewRing(wireExchanges, wireBytes), version: version}
}

// seen is an exchange as the page shows it.
type seen struct {
	Preflight bool          `json:"preflight"`
	Method    string        `json:"method"`
	Path      string        `json:"path"`
	Status    int           `json:"status"`
	Request   fetch.Headers `json:"request"`
	Response  fetch.Headers `json:"response"`
}

// serveRun answers with the exchanges of a run that a server had, in their order.
// The page names a run by the query parameter "run" of its calls. What goes
// through corsac is recorded twice, since the API gets it too.
func (l *wireLog) serveRun(w http.ResponseWriter, r *http.Request) {
	run, server := r.URL.Query().Get("run"), r.URL.Query().Get("server")
	found := []seen{}
	for _, x := range l.ring.Snapshot() {
		if u, err := url.Parse(x.URL); err == nil && x.Server == server && run != "" && u.Query().Get("run") == run {
			found = append(found, seen{
				Preflight: x.IsPreflight(), Method: x.Method, Path: u.Path, Status: x.Status,
				Request: shown(x.Headers), Response: append(fetch.Headers{}, x.ResponseHeaders...),
			})
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(found) // fails if the browser has gone
}

// shown returns the request headers that matter to CORS. The only cookie among
// them is the demo's own: browsers send those of every other server on localhost
// too, which are not for everyone who sees the screen.
func shown(headers fetch.Headers) fetch.Headers {
	lines := fetch.Headers{}
	for _, h := range headers {
		switch h.Name {
		case "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Content-Type":
			lines = append(lines, h)
		case "Cookie":
			for c := range strings.SplitSeq(h.Value, ";") {
				if c = strings.TrimSpace(c); strings.HasPrefix(c, sessionCookie+"=") {
					lines = append(lines, fetch.Header{Name: h.Name, Value: c})
				}
			}
		}
	}
	return lines
}

// serveHAR answers with a HAR file of what browsers asked the servers for.
func (l *wireLog) serveHAR(w http.ResponseWriter, _ *http.Request) {
	exchanges := slices.DeleteFunc(l.ring.Snapshot(), func(x record.Exchange) bool {
		return x.Server == apiServer && x.Headers.Has("X-Forwarded-Host") // corsac asked
	})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="corsac-demo.har"`)
	_ = record.WriteHAR(w, l.version, exchanges) // fails if the browser has gone
}
