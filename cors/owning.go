package cors

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
)

// WrapOwning is [Middleware.Wrap] for handlers that set CORS headers themselves,
// such as reverse proxies and frameworks with a setting that nobody finds. At the
// moment the header is written, all Access-Control-* headers are removed and
// those of the policy set, Vary is completed, and Timing-Allow-Origin and
// Cross-Origin-Resource-Policy are replaced if the policy has them. That goes for
// interim responses, for responses that the handler never writes, for a header
// that it flushes or hijacks, and for trailers; what it writes to a hijacked
// connection is its own.
//
// It costs an allocation more than Wrap.
func (m *Middleware) WrapOwning(next http.Handler) http.Handler {
	return &handler{m, next, true}
}

func (h *handler) serveOwned(d decision, w http.ResponseWriter, r *http.Request) {
	o := &owner{ResponseWriter: w, m: h.Middleware, d: d}
	defer o.finish()
	h.next.ServeHTTP(o, r)
}

// owner owns the CORS headers of a response.
type owner struct {
	http.ResponseWriter

	m     *Middleware
	d     decision
	final bool // the header has been written, or the connection hijacked
}

// own makes the header what the policy says.
func (o *owner) own() {
	h := o.Header()
	for name := range h {
		if isAccessControl(name) {
			delete(h, name)
		}
	}
	if o.d.policy.timing {
		delete(h, headerTimingOrigin)
	}
	if trailers := h[headerTrailer]; len(trailers) > 0 {
		h[headerTrailer] = withoutAccessControl(trailers)
	}
	o.m.setHeaders(o.d, h)
}

// withoutAccessControl returns the names that lines announce as trailers, without
// those of CORS headers.
func withoutAccessControl(lines []string) []string {
	var kept []string
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = trimOWS(name); !isAccessControl(name) {
				kept = append(kept, name)
			}
		}
	}
	return kept
}

// isAccessControl reports whether a key of a header map, in any case and also as
// that of a trailer, is of a CORS header.
func isAccessControl(name string) bool {
	const prefix = "access-control-"
	name = strings.TrimPrefix(name, http.TrailerPrefix)
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// Unwrap is for [http.ResponseController].
func (o *owner) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (o *owner) WriteHeader(status int) {
	if !o.final {
		o.own()
		o.final = status < 100 || status > 199 || status == http.StatusSwitchingProtocols
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (o *owner) Write(p []byte) (int, error) {
	o.begin()
	return o.ResponseWriter.Write(p)
}

// WriteString implements [io.StringWriter].
func (o *owner) WriteString(s string) (int, error) {
	o.begin()
	return io.WriteString(o.ResponseWriter, s)
}

// ReadFrom implements [io.ReaderFrom], so that files are still sent by the kernel.
func (o *owner) ReadFrom(src io.Reader) (int64, error) {
	o.begin()
	return io.Copy(o.ResponseWriter, src)
}

// begin is what happens before the first byte of a body if no status is given.
func (o *owner) begin() {
	if !o.final {
		o.own()
		o.final = true
	}
}

// FlushError implements what [http.ResponseController] flushes with.
func (o *owner) FlushError() error {
	o.begin()
	return http.NewResponseController(o.ResponseWriter).Flush()
}

// Flush implements [http.Flusher].
func (o *owner) Flush() { _ = o.FlushError() }

// Hijack implements [http.Hijacker].
func (o *owner) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	o.begin()
	return http.NewResponseController(o.ResponseWriter).Hijack()
}

// finish owns the header of a response that the handler has not written, also
// when it panics, and removes trailers that are CORS headers.
func (o *owner) finish() {
	if !o.final {
		o.own()
		o.final = true
		return
	}
	h := o.Header()
	for name := range h {
		if isAccessControl(name) && strings.HasPrefix(name, http.TrailerPrefix) {
			delete(h, name)
		}
	}
}
