package demo

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/fetch"
)

// The recorded servers, by their names in the page's script.
const (
	apiServer     = "api"
	gatewayServer = "gateway"
)

// The bounds of the log, which keeps the latest exchanges.
const (
	wireExchanges = 512
	wireBytes     = 8 << 20
)

// wireLog records what the page cannot see: its calls on the wire.
type wireLog struct {
	ring      *record.Ring
	version   string // corsac's version
	explainer *explainer
}

func newWireLog(version string, e *explainer) *wireLog {
	return &wireLog{ring: record.NewRing(wireExchanges, wireBytes), version: version, explainer: e}
}

// seen is an exchange in the form in which the page shows it.
type seen struct {
	Preflight bool          `json:"preflight"`
	Method    string        `json:"method"`
	Path      string        `json:"path"`
	Status    int           `json:"status"`
	Request   fetch.Headers `json:"request"`
	Response  fetch.Headers `json:"response"`
}

// account is what the log has about one run of a call.
type account struct {
	// Exchanges are those of the server that was called, in order.
	Exchanges []seen `json:"exchanges"`
	explanation
}

// serveRun responds with the account of a run of a call on a server, as the
// browser that asks decides it. The page names a run with the query parameter
// "run" of its calls. A call through corsac is recorded twice, because the API
// gets it too.
func (l *wireLog) serveRun(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	id, run, server := query.Get("call"), query.Get("run"), query.Get("server")
	found := account{Exchanges: []seen{}}
	var recorded []fetch.Recorded
	for _, x := range l.ring.Snapshot() {
		if u, err := url.Parse(x.URL); err == nil && x.Server == server && run != "" && u.Query().Get("run") == run {
			recorded = append(recorded, x.Recorded)
			found.Exchanges = append(found.Exchanges, seen{
				Preflight: x.IsPreflight(), Method: x.Method, Path: u.Path, Status: x.Status,
				Request: shown(x.Headers), Response: append(fetch.Headers{}, x.ResponseHeaders...),
			})
		}
	}
	if i := slices.IndexFunc(calls, func(c call) bool { return c.ID == id }); i >= 0 {
		found.explanation = l.explainer.explain(browserOf(r.UserAgent()), &calls[i], server, run, recorded)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(found) // fails if the browser has disconnected
}

// shown returns the request headers that matter to CORS.
func shown(headers fetch.Headers) fetch.Headers {
	lines := fetch.Headers{}
	for _, h := range headers {
		switch h.Name {
		case "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Content-Type":
			lines = append(lines, h)
		case "Cookie":
			if own := ownCookie(h.Value); own != otherCookies {
				lines = append(lines, fetch.Header{Name: h.Name, Value: own})
			}
		}
	}
	return lines
}

// otherCookies stands for all cookies but the demo's: a cookie that is masked,
// name and all. That there was one says that the request had credentials.
const otherCookies = mask.Mark

// ownCookie returns the demo's cookie in the value of a Cookie header, or
// otherCookies. Browsers also send the cookies of every other server on
// localhost, and the screen or the file may be shared.
func ownCookie(value string) string {
	for c := range strings.SplitSeq(value, ";") {
		if c = strings.TrimSpace(c); strings.HasPrefix(c, sessionCookie+"=") {
			return c
		}
	}
	return otherCookies
}

// serveHAR responds with a HAR file of the browsers' requests to the servers.
func (l *wireLog) serveHAR(w http.ResponseWriter, _ *http.Request) {
	exchanges := slices.DeleteFunc(l.ring.Snapshot(), func(x record.Exchange) bool {
		return x.Server == apiServer && x.Headers.Has("X-Forwarded-Host") // a request of corsac's
	})
	for i := range exchanges {
		headers := slices.Clone(exchanges[i].Headers) // the ring's stay as they are
		for j, h := range headers {
			if h.Name == "Cookie" {
				headers[j].Value = ownCookie(h.Value)
			}
		}
		exchanges[i].Headers = headers
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="corsac-demo.har"`)
	_ = record.WriteHAR(w, l.version, exchanges) // fails if the browser has disconnected
}
