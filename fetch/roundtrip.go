package fetch

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"syscall"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// roundTrip is one call of [Transport.RoundTrip]: everything that is sent for
// one request of script.
type roundTrip struct {
	t       *Transport
	body    io.ReadCloser // of script's request; nil for none
	getBody func() (io.ReadCloser, error)
	length  int64
	stream  bool
	last    *http.Response // the last response; its body is still open
	kept    []byte         // the body, if there is no getBody
	read    bool           // whether kept is filled
	used    bool           // whether body was passed to the base
}

// closeRequest closes the body, as every RoundTripper must. The base closes
// what was passed to it.
func (x *roundTrip) closeRequest() {
	if x.body != nil && !x.used {
		_ = x.body.Close()
	}
}

// closeResponse discards the last response. It does not drain the body to keep
// the connection, because a server may never finish sending it.
func (x *roundTrip) closeResponse() {
	if x.last == nil {
		return
	}
	_ = x.last.Body.Close()
	x.last = nil
}

// roundTrip sends one request through the base.
func (x *roundTrip) roundTrip(ctx context.Context, w *WireRequest) (*WireResponse, error) {
	x.closeResponse()
	target, err := weburl.Parse(w.URL, nil)
	if err != nil {
		return nil, &NetError{Code: codeInvalidArgument, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, w.Method, "http:", nil)
	if err != nil {
		return nil, &NetError{Code: codeInvalidArgument, Err: err}
	}
	setURL(req, target)
	for _, h := range w.Headers {
		name := http.CanonicalHeaderKey(h.Name)
		req.Header[name] = append(req.Header[name], h.Value)
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", x.t.cfg.UserAgent)
	}
	if req.Header.Get("Upgrade") == "websocket" {
		var nonce [16]byte
		_, _ = rand.Read(nonce[:]) // it never fails
		req.Header.Set("Sec-WebSocket-Key", base64.StdEncoding.EncodeToString(nonce[:]))
	}
	if w.Body != nil {
		if err := x.attach(req); err != nil {
			return nil, err
		}
	}
	if c := x.t.cookies.Header(w); c != "" {
		req.Header.Set("Cookie", c)
	}
	resp, err := x.t.base.RoundTrip(req)
	if err != nil {
		return nil, &NetError{Code: netCode(err), Err: err}
	}
	x.last = resp
	if w.Body != nil && w.Body.Kind == BodyStream && resp.ProtoMajor < 2 {
		return nil, &NetError{Code: CodeALPN, Err: errStreamHTTP1}
	}
	answer := head(resp)
	x.t.cookies.Store(w, answer)
	return answer, nil
}

// setURL makes req a request for u, whose bytes are sent as they are, even
// where net/url would write them in another way.
func setURL(req *http.Request, u *weburl.URL) {
	req.URL = u.NetURL()
	req.Host = req.URL.Host
	// Opaque must not begin with "//": net/url reads a host there.
	if target := u.Target(); req.URL.RequestURI() != target && !strings.HasPrefix(target, "//") {
		req.URL.Opaque = u.Path
	}
}

var errStreamHTTP1 = errors.New("a stream body needs HTTP/2")

// attach gives req the body of script's request, which may be sent more than
// once.
func (x *roundTrip) attach(req *http.Request) error {
	req.ContentLength = x.length
	req.GetBody = x.getBody
	switch {
	case x.stream:
		if req.URL.Scheme != "https" {
			return &NetError{Code: CodeALPN, Err: errStreamHTTP1}
		}
		if x.used {
			return &NetError{Code: CodeFailed, Err: errStreamTwice}
		}
		req.Body, x.used = x.body, true
		return nil
	case x.getBody != nil:
		body, err := x.getBody()
		if err != nil {
			return fmt.Errorf("get body: %w", err)
		}
		req.Body = body
		return nil
	case !x.read:
		b, err := io.ReadAll(io.LimitReader(x.body, x.t.cfg.MaxRequestBody+1))
		if err != nil {
			return fmt.Errorf("read body: %w", err)
		}
		if int64(len(b)) > x.t.cfg.MaxRequestBody {
			return fmt.Errorf("%w: request body of more than %d bytes", ErrBodyTooLarge, x.t.cfg.MaxRequestBody)
		}
		x.kept, x.read = b, true
	}
	req.Body = io.NopCloser(bytes.NewReader(x.kept))
	req.ContentLength = int64(len(x.kept))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.kept)), nil }
	return nil
}

var errStreamTwice = errors.New("a stream body cannot be sent twice")

// head returns the head of a response in the form that [Browser.Fetch] reads.
func head(resp *http.Response) *WireResponse {
	w := &WireResponse{Status: resp.StatusCode, Headers: make(Headers, 0, len(resp.Header))}
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) { // net/http does not keep their order
		for _, v := range resp.Header[name] {
			w.Headers = append(w.Headers, Header{name, v})
		}
	}
	return w
}

// netCode returns Chromium's name for an error of net/http.
func netCode(err error) Code {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var netErr net.Error
	var protocol textproto.ProtocolError
	switch {
	case errors.Is(err, context.Canceled):
		return CodeAborted
	case errors.As(err, &dns):
		return CodeNameNotResolved
	case errors.Is(err, syscall.ECONNREFUSED):
		return CodeConnectionRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return CodeConnectionReset
	case errors.As(err, &unknown):
		return CodeCertAuthority
	case errors.As(err, &name):
		return CodeCertName
	case errors.As(err, &invalid), errors.As(err, &verify):
		return CodeCertInvalid
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return CodeEmptyResponse
	case errors.As(err, &protocol):
		return CodeInvalidResponse
	case errors.As(err, &netErr) && netErr.Timeout():
		return CodeTimedOut
	}
	return CodeFailed
}
