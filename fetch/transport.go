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
)

// Bounds of a [Transport] unless its configuration says otherwise.
const (
	defaultMaxRequestBody  = 16 << 20
	defaultMaxResponseBody = 256 << 20
	// maxResponseHeader is Chromium's bound on the head of an answer.
	maxResponseHeader = 256 << 10
)

type optionsKey struct{}

// WithOptions gives the options of one request: http.NewRequestWithContext(fetch.WithOptions(ctx, …), …).
// They replace the transport's as a whole.
func WithOptions(ctx context.Context, o Options) context.Context {
	return context.WithValue(ctx, optionsKey{}, o)
}

// TransportConfig configures a [Transport]. Only the page is needed; [NewClient] takes it from its
// origin.
type TransportConfig struct {
	// Page is the document whose script makes the requests.
	Page PageConfig
	// Profile is the browser to behave as.
	Profile Profile
	// Options are those of requests without [WithOptions].
	Options Options
	// Base sends the requests; nil means a transport of its own. It must not follow redirects, as
	// no http.RoundTripper does. Its TLS configuration decides which certificates are trusted.
	Base http.RoundTripper
	// AddressSpace returns the address space of hosts, for Local Network Access;
	// see [Config].
	AddressSpace AddressSpaceFunc
	// UserAgent is the User-Agent where script cannot or does not set it; empty means a generic one.
	UserAgent string
	// MaxRequestBody bounds what is kept, in bytes, of a request body without
	// GetBody, to send it again after a redirect; 0 means 16 MiB.
	MaxRequestBody int64
	// MaxResponseBody bounds what can be read of a response body, in bytes; 0
	// means 256 MiB.
	MaxResponseBody int64
	// Trace and Observe: Observe, if set, is called with the outcome of every request before
	// RoundTrip returns, from the goroutine that made it; Trace adds the steps.
	Trace   bool
	Observe func(*Outcome)
}

// Transport is an http.RoundTripper that behaves as a browser does for script on a page: it adds
// Origin, Referer, Sec-Fetch-* and cookies, sends preflights and remembers them, follows redirects,
// checks what comes back, and gives its caller only what script would get. What script would not
// get is a [*Error].
//
// A response has the headers that script can read and no others, StatusCode 0 and no body if it is
// opaque, and the final URL in Request.URL. Headers that script cannot set (Cookie, Origin, Host, …)
// are dropped from requests, as browsers do. Use it in an http.Client without a Jar; [NewClient]
// makes one.
//
// It is safe for concurrent use. It implements https://fetch.spec.whatwg.org/#fetch-method with
// net/http as the network: HTTP/1.1 and HTTP/2, contexts, proxies and TLS are those of the base.
type Transport struct {
	cfg     TransportConfig
	page    *Page
	browser *Browser
	base    http.RoundTripper
	cookies *Cookies
}

// NewTransport checks cfg; the error is about its page.
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

// NewClient is an http.Client that behaves as script on a page of the origin: the page of cfg, with
// that origin. Each client is a browser of its own, with an empty preflight cache and no cookies.
func NewClient(origin string, cfg TransportConfig) (*http.Client, error) {
	cfg.Page.Origin = origin
	t, err := NewTransport(cfg)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: t, CheckRedirect: lastResponse}, nil
}

// lastResponse: redirects are followed by the transport, or not at all.
func lastResponse(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// SetCookies puts cookies into the browser as if the user had visited u and it had set them.
func (t *Transport) SetCookies(u *url.URL, cookies ...*http.Cookie) error {
	return t.cookies.Set(u.String(), cookies...)
}

// CloseIdleConnections closes those of the base.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip makes a request as script would. The error is a [*Error]: take it with errors.As.
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

// Fetch makes req over the network of t, as [Browser.Fetch] does: for callers that
// want the outcome with all it says rather than a response. body is what is sent for req.Body; the
// response's body is dropped.
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

// requestOf is an http.Request as arguments of fetch().
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

// response turns the outcome into what the caller gets.
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
		final, err := url.Parse(r.URL)
		if err != nil {
			x.closeResponse()
			return nil, err
		}
		resp.Request = req.Clone(req.Context())
		resp.Request.URL = final
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

// ErrBodyTooLarge is the error of reading a response body beyond MaxResponseBody, and the cause of
// a request whose body is beyond MaxRequestBody.
var ErrBodyTooLarge = errors.New("body is too large")

// boundedBody fails beyond a number of bytes.
type boundedBody struct {
	io.ReadCloser
	left int64
}

// Read reads at most what is left, and fails with ErrBodyTooLarge if there is more.
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
