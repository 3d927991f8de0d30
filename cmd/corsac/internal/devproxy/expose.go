package devproxy

import (
	"bufio"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
	"github.com/corsac-dev/corsac/cors"
)

// callOf returns the call whose ResponseWriter w stands on.
func callOf(w http.ResponseWriter) *call { return forward.IncomingOf(w).Owner.(*call) }

// adding returns a handler that answers with the CORS headers of a policy, and lets
// pages read all headers. With credentials, browsers read "*" as the name of a header,
// so each is named. What next itself said about CORS is recorded.
func adding(policy *cors.Middleware, next http.Handler) http.Handler {
	listening := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&watcher{w, func(h http.Header) { callOf(w).said = corsHeaders(h) }}, r)
	})
	added := policy.WrapWith(listening, cors.WrapOptions{Override: true})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callOf(w)
		added.ServeHTTP(&watcher{w, func(h http.Header) {
			expose(h)
			c.noteAdded(h)
		}}, r)
	})
}

// corsHeaders returns the headers of a response that a policy sets.
func corsHeaders(h http.Header) http.Header {
	found := http.Header{}
	for name, values := range h {
		if name == "Vary" || strings.HasPrefix(name, "Access-Control-") {
			found[name] = slices.Clone(values)
		}
	}
	return found
}

// noteAdded records how the CORS headers of a response differ from what the server
// said. A preflight has not been forwarded, so the server said nothing.
func (c *call) noteAdded(h http.Header) {
	if c.said == nil {
		return
	}
	var changes []rewrite.Change
	now := corsHeaders(h)
	names := slices.AppendSeq(slices.Collect(maps.Keys(now)), maps.Keys(c.said))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		before, after := without(c.said[name], now[name]), without(now[name], c.said[name])
		for i := range max(len(before), len(after)) {
			change := rewrite.Change{Header: name, Why: "in the mode add, corsac sends the CORS headers; in production, the server has to"}
			if i < len(before) {
				change.Before = before[i]
			}
			if i < len(after) {
				change.After = after[i]
			}
			changes = append(changes, change)
		}
	}
	c.noteChanges(changes)
}

// without returns the lines that are not among others.
func without(lines, others []string) (rest []string) {
	for _, line := range lines {
		if !slices.Contains(others, line) {
			rest = append(rest, line)
		}
	}
	return rest
}

// watcher calls sees with the header of a response before it is sent.
type watcher struct {
	http.ResponseWriter

	sees func(http.Header)
}

// Unwrap returns the original ResponseWriter, for [http.ResponseController].
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (w *watcher) WriteHeader(status int) {
	if status >= 200 && w.sees != nil {
		w.sees(w.Header())
		w.sees = nil
	}
	w.ResponseWriter.WriteHeader(status)
}

// Hijack implements [http.Hijacker].
func (w *watcher) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// hidden are headers that pages can read without being allowed to, or cannot read
// at all (https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name).
var hidden = []string{
	"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma", "Set-Cookie", "Set-Cookie2",
	"Connection", "Trailer", "Vary",
}

func expose(h http.Header) {
	if h.Get("Access-Control-Allow-Origin") == "" || h.Get("Access-Control-Allow-Methods") != "" {
		return
	}
	var names []string
	for name := range h {
		if !slices.Contains(hidden, name) && !strings.HasPrefix(name, "Access-Control-") && !strings.HasPrefix(name, http.TrailerPrefix) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		h["Access-Control-Expose-Headers"] = []string{strings.Join(names, ", ")}
	}
}
