package gateway

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

// forwarding is a request on its way to an upstream, and its response on the
// way back. It is the ResponseWriter of the reverse proxy, and the proxy's
// hooks find it in the context of requests.
type forwarding struct {
	http.ResponseWriter // the client's; it always has the policy's headers

	request *http.Request // the client's
	target  target
	body    *requestBody
	cancel  context.CancelCauseFunc
	clock   clock
	conn    atomic.Pointer[upstreamConn] // nil if requests share it
}

type forwardingKey struct{}

func forwardingOf(r *http.Request) *forwarding {
	return r.Context().Value(forwardingKey{}).(*forwarding)
}

// Unwrap returns the client's ResponseWriter, for [http.ResponseController].
func (f *forwarding) Unwrap() http.ResponseWriter { return f.ResponseWriter }

// run forwards r, as the policy has left it, with proxy. The request to the
// upstream ends when the client leaves, but not when the gateway stops reading
// its body, which net/http takes for the same.
func (f *forwarding) run(proxy http.Handler, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	defer cancel(nil)
	defer context.AfterFunc(r.Context(), func() {
		if !f.body.explains() {
			cancel(errClientLeft)
		}
	})()
	f.ResponseWriter, f.cancel = w, cancel
	f.body.waiting = f.clock.pause
	f.body.failed = cancel
	defer func() {
		_ = f.body.Close()
		if c := f.conn.Load(); c != nil {
			c.end(f)
		}
	}()
	proxy.ServeHTTP(f, r.WithContext(httptrace.WithClientTrace(ctx, f.trace())))
}

// Write implements [http.ResponseWriter].
func (f *forwarding) Write(p []byte) (int, error) {
	f.body.prolong()
	return f.ResponseWriter.Write(p)
}

// WriteHeader implements [http.ResponseWriter]. It drops some interim
// responses: 100, because net/http sends it when the proxy begins to read the
// body; 101, which HTTP/2 does not have and HTTP/1 would take for a switch of
// protocols; and all of them for HTTP/1.0 clients.
func (f *forwarding) WriteHeader(status int) {
	hideHops(f.Header())
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
		h["Content-Type"] = nil // otherwise net/http would guess a type
	}
	if len(h["Trailer"]) > 0 {
		delete(h, "Content-Length") // HTTP/2 allows both, HTTP/1.1 does not
	}
	f.ResponseWriter.WriteHeader(status)
}

// receive checks the response of an upstream. It adds the headers of a 101 to
// the client's response now: the proxy would add them after taking over the
// connection, which is when the policy has already replaced the upstream's CORS
// headers.
func receive(res *http.Response) error {
	hideHops(res.Header)
	hideHops(res.Trailer)
	if res.StatusCode != http.StatusSwitchingProtocols {
		if res.StatusCode < 200 || res.StatusCode > 999 { // net/http would panic
			return fmt.Errorf("the status is %q", res.Status)
		}
		return nil
	}
	asked, got := res.Request.Header.Get("Upgrade"), res.Header.Get("Upgrade")
	if asked == "" || !strings.EqualFold(asked, got) {
		return fmt.Errorf("it switches to protocol %q, but %q was asked for", got, asked)
	}
	h := forwardingOf(res.Request).Header()
	for name, lines := range res.Header {
		if name != "Connection" && name != "Upgrade" { // the proxy needs these
			h[name] = lines
			delete(res.Header, name)
		}
	}
	return nil
}
