package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"
	"time"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// The default bounds of a [Transport].
const (
	defaultMaxRequestBody  = 16 << 20
	defaultMaxResponseBody = 256 << 20
	// maxResponseHeader is Chromium's bound on the head of a response, in
	// bytes.
	maxResponseHeader = 256 << 10
)

type optionsKey struct{}

// WithOptions returns a context for one request with its own options:
// http.NewRequestWithContext(fetch.WithOptions(ctx, …), …). They replace all of
// [TransportConfig].Options.
func WithOptions(ctx context.Context, o Options) context.Context {
	return context.WithValue(ctx, optionsKey{}, o)
}

// TransportConfig configures a [Transport]. Only Page is required; [NewClient]
// sets its origin.
type TransportConfig struct {
	// Page is the document whose script makes the requests.
	Page PageConfig
	// Profile is the browser whose behaviour the transport has.
	Profile Profile
	// Options are those of requests without [WithOptions].
	Options Options
	// Base sends the requests; nil means an http.Transport with HTTP/2 and the
	// proxies of the environment. Like every http.RoundTripper, it must not
	// follow redirects. Its TLS configuration decides which certificates are
	// trusted.
	Base http.RoundTripper
	// AddressSpace returns the address space of a host; see [Config].
	AddressSpace AddressSpaceFunc
	// UserAgent is the User-Agent of requests in which script does not or
	// cannot set it. Empty means a generic one.
	UserAgent string
	// MaxRequestBody bounds the part of a request body that is kept in memory,
	// in bytes. Bodies without GetBody are kept, to be sent again after a
	// redirect. 0 means 16 MiB.
	MaxRequestBody int64
	// MaxResponseBody bounds how much of a response body can be read, in bytes.
	// 0 means 256 MiB.
	MaxResponseBody int64
	// Observe, if set, is called with the outcome of every request, on the
	// goroutine that made it, before RoundTrip returns. Trace adds the steps to
	// the outcome.
	Trace   bool
	Observe func(*Outcome)
}

// Transport is an http.RoundTripper that behaves as a browser does for script
// on a page (https://fetch.spec.whatwg.org/#fetch-method). It adds Origin,
// Referer, Sec-Fetch-* and cookies, sends preflights and remembers them,
// follows redirects, checks the responses, and returns only what script would
// get. Where script would get nothing, it returns an [*Error].
//
// A response has only the headers that script can read, and the final URL in
// Request.URL. If it is opaque, its StatusCode is 0 and it has no body. As in
// browsers, headers that script cannot set (Cookie, Origin, Host, …) are
// dropped from requests.
//
// Use it in an http.Client without a Jar; [NewClient] makes one. It is safe for
// concurrent use. The base decides about HTTP/1.1 and HTTP/2, proxies and TLS.
type Transport struct {
	cfg     TransportConfig
	page    *Page
	browser *Browser
	base    http.RoundTripper
	cookies *Cookies
}

// NewTransport returns a transport with an empty preflight cache and no
// cookies. It fails if the page of cfg is invalid.
func NewTransport(cfg TransportConfig) (*Transport, error) {
	page, err := NewPage(cfg.Page)
	if err != nil {
		return nil, err
	}
	t := &Transport{cfg: cfg, page: page, base: cfg.Base}
	t.browser = New(Config{Profile: cfg.Profile, Now: time.Now, Trace: cfg.Trace, AddressSpace: cfg.AddressSpace})
	t.cookies = NewCookies(t.browser, page)
	if t.base == nil {
		base := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: 90 * time.Second}
		base.MaxResponseHeaderBytes = maxResponseHeader
		t.base = base
	}
	if t.cfg.MaxRequestBody == 0 {
		t.cfg.MaxRequestBody = defaultMaxRequestBody
	}
	if t.cfg.MaxResponseBody == 0 {
		t.cfg.MaxResponseBody = defaultMaxResponseBody
	}
	if t.cfg.UserAgent == "" {
		t.cfg.UserAgent = "Mozilla/5.0 (compatible; corsac; " + cfg.Profile.String() + ")"
	}
	return t, nil
}

// NewClient returns an http.Client that behaves as script on the page of cfg
// does, with that page's origin set to origin. Each client is a browser of its
// own, with an empty preflight cache and no cookies. It fails if the page is
// invalid.
func NewClient(origin string, cfg TransportConfig) (*http.Client, error) {
	cfg.Page.Origin = origin
	t, err := NewTransport(cfg)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: t, CheckRedirect: lastResponse}, nil
}

// lastResponse keeps http.Client from following redirects: the transport does.
func lastResponse(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// SetCookies puts cookies into the browser as if the user had visited u and it
// had set them. Cookies that a browser would not accept from there are ignored.
func (t *Transport) SetCookies(u *url.URL, cookies ...*http.Cookie) error {
	return t.cookies.Set(u.String(), cookies...)
}

// CloseIdleConnections closes the idle connections of the base.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip makes a request as script would. If script would not get the
// response, the error is an [*Error]; get it with errors.As.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	opts, ok := req.Context().Value(optionsKey{}).(Options)
	if !ok {
		opts = t.cfg.Options
	}
	x := &roundTrip{t: t, getBody: req.GetBody, length: req.ContentLength, stream: opts.StreamBody}
	if req.Body != nil && req.Body != http.NoBody {
		x.body = req.Body
		defer x.closeRequest()
	}
	out := x.fetch(req.Context(), requestOf(req, &opts))
	if out.Error != nil {
		x.closeResponse()
		return nil, out.Error
	}
	return x.response(req, out)
}

// Fetch makes req over the network of t, as [Browser.Fetch] does. It is for
// callers that want the outcome rather than a response, whose body it discards.
// body is the bytes of req.Body.
func (t *Transport) Fetch(ctx context.Context, req *Request, body []byte) *Outcome {
	x := &roundTrip{t: t, kept: body, read: true}
	if req.streams() {
		x.stream, x.body, x.length = true, io.NopCloser(bytes.NewReader(body)), -1
	}
	defer x.closeResponse()
	return x.fetch(ctx, req)
}

func (x *roundTrip) fetch(ctx context.Context, req *Request) *Outcome {
	out := x.t.browser.Fetch(ctx, x.t.page, req, x.roundTrip)
	if x.t.cfg.Observe != nil {
		x.t.cfg.Observe(out)
	}
	return out
}

// requestOf returns req as the arguments of fetch().
func requestOf(req *http.Request, o *Options) *Request {
	q := &Request{URL: req.URL.String(), Method: req.Method, Options: *o}
	names := make([]string, 0, len(req.Header))
	for name := range req.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, v := range req.Header[name] {
			q.Headers = append(q.Headers, Header{name, v})
		}
	}
	if req.Body != nil && req.Body != http.NoBody {
		q.Body = &Body{Kind: BodyBytes}
	}
	return q
}

// response returns the outcome as a response for the caller.
func (x *roundTrip) response(req *http.Request, out *Outcome) (*http.Response, error) {
	r := out.Response
	resp := &http.Response{
		Status: fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status)), StatusCode: r.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: req,
	}
	for _, h := range r.Headers {
		resp.Header.Add(h.Name, h.Value)
	}
	if r.URL != "" && r.URL != req.URL.String() {
		final, err := weburl.Parse(r.URL, nil)
		if err != nil {
			x.closeResponse()
			return nil, err
		}
		resp.Request = req.Clone(req.Context())
		resp.Request.URL = final.NetURL()
	}
	last := x.last
	if last == nil { // a data: URL
		return resp, nil
	}
	resp.Proto, resp.ProtoMajor, resp.ProtoMinor = last.Proto, last.ProtoMajor, last.ProtoMinor
	resp.TLS, resp.Uncompressed, resp.ContentLength = last.TLS, last.Uncompressed, last.ContentLength
	if r.Type == TypeOpaque || r.Type == TypeOpaqueRedirect {
		x.closeResponse()
		resp.Status, resp.ContentLength = "0", 0
		return resp, nil
	}
	resp.Body = &boundedBody{ReadCloser: last.Body, left: x.t.cfg.MaxResponseBody}
	return resp, nil
}

// ErrBodyTooLarge is the error for reading a response body beyond
// MaxResponseBody, and the cause of the error for a request whose body exceeds
// MaxRequestBody.
var ErrBodyTooLarge = errors.New("body is too large")

// boundedBody is a body that fails after a number of bytes.
type boundedBody struct {
	io.ReadCloser
	left int64
}

// Read reads at most what is left, and returns ErrBodyTooLarge if there is
// more.
func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		err = ErrBodyTooLarge
	}
	b.left -= int64(n)
	return n, err
}
