package cors

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
)

// WrapOverride is [Middleware.Wrap] for handlers that set CORS headers
// themselves, such as reverse proxies. When the header of a response is written,
// the policy replaces what the handler has set:
//
//   - All Access-Control-* headers are removed, and those of the policy set.
//   - Timing-Allow-Origin is removed if the policy has AllowTiming, and
//     Cross-Origin-Resource-Policy if it has ResourcePolicy; the policy's are set.
//   - Vary is merged: one line, with what the policy needs and then what the
//     handler has set, each name once.
//
// This applies to interim responses and to trailers too, to responses whose
// header the handler leaves to net/http, flushes or hijacks, and to those of a
// handler that panics. What a handler writes to a hijacked connection is its own.
//
// It costs one allocation more than Wrap.
func (m *Middleware) WrapOverride(next http.Handler) http.Handler {
	return m.WrapWith(next, WrapOptions{Override: true})
}

func (h *handler) serveOverride(d decision, w http.ResponseWriter, r *http.Request) {
	o := &override{ResponseWriter: w, m: h.Middleware, d: d}
	defer o.finish()
	h.next.ServeHTTP(o, r)
}

// override is a ResponseWriter with the CORS headers of a policy, whatever the
// handler sets.
type override struct {
	http.ResponseWriter

	m     *Middleware
	d     decision
	final bool // the final header has been written, or the connection hijacked
}

// apply makes the header what the policy says.
func (o *override) apply() {
	h := o.Header()
	for name := range h {
		if o.replaces(name) {
			delete(h, name)
		}
	}
	if trailers, ok := h[headerTrailer]; ok {
		h[headerTrailer] = o.keptTrailers(trailers)
	}
	vary := h[headerVary]
	delete(h, headerVary)
	o.m.setHeaders(o.d, h)
	if len(vary) > 0 {
		mergeVary(h, vary)
	}
}

// replaces reports whether a key of a header map, ignoring case and also as that
// of a trailer, is of a header that is the policy's.
func (o *override) replaces(name string) bool {
	name = strings.TrimPrefix(name, http.TrailerPrefix)
	return isAccessControl(name) ||
		o.d.policy.timing && strings.EqualFold(name, headerTimingOrigin) ||
		o.d.policy.resourcePolicy != "" && strings.EqualFold(name, headerResourcePolicy)
}

// isAccessControl reports whether the name of a header, ignoring case, is that of
// a CORS header, now or in future.
func isAccessControl(name string) bool {
	const prefix = "access-control-"
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// mergeVary makes the Vary of h one line: what it lists, and then what the lines
// of theirs list, without repetitions.
func mergeVary(h http.Header, theirs []string) {
	var elements []string
	seen := map[string]bool{}
	for _, lines := range [][]string{h[headerVary], theirs} {
		for _, line := range lines {
			for e := range strings.SplitSeq(line, ",") {
				e = trimOWS(e)
				if key := strings.ToLower(e); e != "" && !seen[key] {
					seen[key] = true
					elements = append(elements, e)
				}
			}
		}
	}
	if len(elements) > 0 {
		h[headerVary] = []string{strings.Join(elements, ", ")}
	}
}

// keptTrailers returns the names that lines announce as trailers, without those
// that the policy replaces.
func (o *override) keptTrailers(lines []string) []string {
	var kept []string
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = trimOWS(name); !o.replaces(name) {
				kept = append(kept, name)
			}
		}
	}
	return kept
}

// Unwrap is for [http.ResponseController].
func (o *override) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (o *override) WriteHeader(status int) {
	o.begin()
	o.ResponseWriter.WriteHeader(status) // panics if the status is not one
	// 101 is interim, too: over HTTP/2, more headers follow.
	o.final = o.final || status >= 200
}

// Write implements [http.ResponseWriter].
func (o *override) Write(p []byte) (int, error) {
	o.begin()
	o.final = true
	return o.ResponseWriter.Write(p)
}

// WriteString implements [io.StringWriter].
func (o *override) WriteString(s string) (int, error) {
	o.begin()
	o.final = true
	return io.WriteString(o.ResponseWriter, s)
}

// ReadFrom implements [io.ReaderFrom], so that the kernel still sends files.
func (o *override) ReadFrom(src io.Reader) (int64, error) {
	o.begin()
	n, err := io.Copy(o.ResponseWriter, src)
	o.final = o.final || n > 0
	return n, err
}

// begin applies the policy before a step that may write the header. It does not
// set final: if the step fails, the header can still be changed, and the policy
// is applied again before the next step.
func (o *override) begin() {
	if !o.final {
		o.apply()
	}
}

// FlushError implements what [http.ResponseController] flushes with.
func (o *override) FlushError() error {
	o.begin()
	err := http.NewResponseController(o.ResponseWriter).Flush()
	o.final = o.final || err == nil
	return err
}

// Flush implements [http.Flusher].
func (o *override) Flush() { _ = o.FlushError() }

// Hijack implements [http.Hijacker].
func (o *override) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	o.begin()
	conn, buf, err := http.NewResponseController(o.ResponseWriter).Hijack()
	o.final = o.final || err == nil
	return conn, buf, err
}

// finish applies the policy to a header that the handler has not written, also
// when it panics, and removes trailers that the policy replaces.
func (o *override) finish() {
	if !o.final {
		o.begin()
		return
	}
	h := o.Header()
	for name := range h {
		if strings.HasPrefix(name, http.TrailerPrefix) && o.replaces(name) {
			delete(h, name)
		}
	}
}
