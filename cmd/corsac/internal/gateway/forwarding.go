package gateway

import (
	"fmt"
	"net/http"
	"strings"
)

// forwarding is a request on its way to an upstream and the response on its way
// back. It is the ResponseWriter of the reverse proxy, and what the proxy's hooks
// find in the context of its requests.
type forwarding struct {
	http.ResponseWriter // the client's; it has the policy's headers, whatever is set

	request  *http.Request // the client's
	target   target
	body     *requestBody
	overlaps bool // the response has begun before the body of the request has ended
}

type forwardingKey struct{}

func forwardingOf(r *http.Request) *forwarding {
	return r.Context().Value(forwardingKey{}).(*forwarding)
}

// Unwrap is for [http.ResponseController].
func (f *forwarding) Unwrap() http.ResponseWriter { return f.ResponseWriter }

// WriteHeader implements [http.ResponseWriter]. Of interim responses it drops: a
// 100, which net/http writes when the proxy begins to read the body, and that is
// when the upstream has said 100, or has not in time; a 101, which HTTP/2 does
// not have and HTTP/1 would take for a switch; and any to HTTP/1.0, which has
// none.
func (f *forwarding) WriteHeader(status int) {
	switch {
	case status == http.StatusContinue, status == http.StatusSwitchingProtocols:
		return
	case status < 200:
		if f.request.ProtoAtLeast(1, 1) {
			f.ResponseWriter.WriteHeader(status)
		}
		return
	}
	h := f.Header()
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // or net/http would guess one
	}
	if len(h["Trailer"]) > 0 {
		delete(h, "Content-Length") // which HTTP/2 allows beside trailers, and HTTP/1.1 does not
	}
	f.overlap()
	f.ResponseWriter.WriteHeader(status)
}

// receive checks the response of an upstream. The header of a 101 it adds to the
// client's now: the proxy would do so after it has taken the connection over,
// which is when the policy replaces the upstream's CORS headers.
func receive(res *http.Response) error {
	if res.StatusCode != http.StatusSwitchingProtocols {
		if res.StatusCode < 200 || res.StatusCode > 999 { // net/http would panic
			return fmt.Errorf("its status is %q", res.Status)
		}
		return nil
	}
	asked, got := res.Request.Header.Get("Upgrade"), res.Header.Get("Upgrade")
	if asked == "" || !strings.EqualFold(asked, got) {
		return fmt.Errorf("it switches to protocol %q, asked for %q", got, asked)
	}
	h := forwardingOf(res.Request).Header()
	for name, lines := range res.Header {
		if name != "Connection" && name != "Upgrade" { // which the proxy reads
			h[name] = lines
			delete(res.Header, name)
		}
	}
	return nil
}
