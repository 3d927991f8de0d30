package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"

	"golang.org/x/net/http2"

	"github.com/corsac-dev/corsac/fetch"
)

// exchange2 sends a request over conn with HTTP/2, using net/http, and returns
// the head of the response. Header names are as net/http writes them, and
// sorted, because it does not keep their order. It refuses values with control
// characters, which HTTP/1.1 would transmit.
func (p *Probe) exchange2(ctx context.Context, conn *tls.Conn, w *fetch.WireRequest, record *Record, body []byte) (*fetch.WireResponse, error) {
	transport := &http.Transport{
		DialTLSContext:         func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		DisableCompression:     true,
		MaxResponseHeaderBytes: MaxHead,
	}
	// The HTTP/2 of net/http waits for itself forever, up to Go 1.26, when the
	// window of a stream overflows.
	if _, err := http2.ConfigureTransports(transport); err != nil { //nolint:staticcheck // deprecated as of Go 1.27, which has this code itself
		return nil, err
	}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ctx = httptrace.WithClientTrace(ctx, onlyOnce(cancel))
	r, err := http.NewRequestWithContext(ctx, w.Method, serverOf(w.URL).String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.URL.Opaque = target(w.URL, false) // unchanged
	r.GetBody = nil                     // nothing is sent twice
	for _, h := range record.Sent {
		if !strings.EqualFold(h.Name, "Content-Length") {
			r.Header.Add(h.Name, h.Value)
		}
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		if cause := context.Cause(ctx); errors.Is(cause, errRefused) {
			return nil, cause
		}
		return nil, orDone(ctx, inHTTP2(err))
	}
	defer func() { _ = response.Body.Close() }()
	record.answered()
	if response.ProtoMajor != 2 {
		return nil, fmt.Errorf("negotiated HTTP/2, but the response is %s", response.Proto)
	}
	answer := &fetch.WireResponse{Status: response.StatusCode}
	for name, lines := range response.Header {
		for _, line := range lines {
			answer.Headers = append(answer.Headers, fetch.Header{Name: name, Value: line})
		}
	}
	slices.SortStableFunc(answer.Headers, func(a, b fetch.Header) int { return strings.Compare(a.Name, b.Name) })
	p.readBody(ctx, conn, w, answer, body2{response.Body}, record)
	return answer, nil
}

// errRefused is the failure of a request that net/http would send again.
var errRefused = fmt.Errorf("%w: the server refused the request, or closed the connection first", errHTTP2)

// onlyOnce cancels a request before net/http sends it for the second time, as it
// does if the server refuses a stream.
func onlyOnce(cancel context.CancelCauseFunc) *httptrace.ClientTrace {
	sent := false
	return &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		if sent {
			cancel(errRefused)
		}
		sent = true
	}}
}

// inHTTP2 marks failures that net/http reports only as text.
func inHTTP2(err error) error {
	for _, words := range []string{"http2: ", "HTTP/2"} {
		if strings.Contains(err.Error(), words) {
			return fmt.Errorf("%w: %w", errHTTP2, err)
		}
	}
	return err
}

// body2 is a body over HTTP/2. Its errors are of the kinds that framed's are.
type body2 struct{ r io.Reader }

// Read implements io.Reader.
func (b body2) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return n, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return n, fmt.Errorf("%w: %w", errShort, err)
	}
	return n, fmt.Errorf("%w: %w", errHTTP2, err)
}
