package probe

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/fetch"
)

// userAgent identifies probes, so that people who read server logs recognise
// them.
const userAgent = "Mozilla/5.0 (compatible; corsac)"

// ErrDryRun is the error for a request that [Probe].DryRun stopped.
var ErrDryRun = errors.New("dry run: this request may change something, so it is not sent")

// Probe sends requests and records them. Its method Exchange is a
// [fetch.RoundTrip]. Use it from one goroutine at a time.
type Probe struct {
	// Network is how servers are reached.
	Network *Network
	// Body is sent with every request that has a body.
	Body []byte
	// Cookies are sent with requests that have credentials, and updated by
	// their responses. Nil means no cookies.
	Cookies *fetch.Cookies
	// SetCookie are Set-Cookie lines that count as sent earlier by the server
	// of the first request with credentials.
	SetCookie []string
	// StrictNames ignores header lines with a blank before the colon, as
	// Firefox does.
	StrictNames bool
	// UserAgent is the User-Agent header. Empty identifies a probe.
	UserAgent string
	// KeepBody is how many bytes of a response body to keep, and BodyTime how
	// long to wait for them after the head; 0 means as long as for the head.
	KeepBody int64
	BodyTime time.Duration
	// WholeBody reads the body of a response to its end, within 8 MiB, 3 seconds
	// and BodyTime of silence, to say whether it is whole. Preflights and
	// redirects are excepted.
	WholeBody bool
	// AsBrowser sends the Accept-Encoding of a browser although a body is kept.
	// The body may then be in an encoding that cannot be decoded here.
	AsBrowser bool
	// DryRun refuses to send requests other than preflights, GET and HEAD.
	DryRun bool

	// Records are the requests that were sent, in order.
	Records []Record
}

// Record is what is known about a request besides what the engine records.
type Record struct {
	// Sent are the header lines as they were written, including those of the
	// connection but not credentials for a proxy. It is empty if there was no
	// connection.
	Sent fetch.Headers
	// Protocol is "HTTP/1.1" or "HTTP/2", TLS its version or "", and Remote the
	// address or "" if there was no connection. If Proxied, they are about the
	// connection to the proxy.
	Protocol, TLS, Remote string
	Proxied               bool
	// Duration is the time until the head of the response.
	Duration time.Duration
	// Body is the beginning of the response body, if KeepBody is set.
	Body []byte
	// Unfinished says that WholeBody did not find the end of the body.
	Unfinished bool

	begin time.Time
}

// Exchange sends a request and returns the head of the response.
func (p *Probe) Exchange(ctx context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	if p.DryRun && w.Kind == fetch.KindActual && w.Method != "GET" && w.Method != "HEAD" {
		return nil, &fetch.NetError{Code: fetch.CodeAborted, Err: ErrDryRun, Unsent: true}
	}
	if p.Network.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Network.Timeout)
		defer cancel()
	}
	record := Record{begin: time.Now()}
	response, err := p.send(ctx, w, &record)
	if record.Duration == 0 {
		record.answered()
	}
	p.Records = append(p.Records, record)
	if err != nil {
		return nil, &fetch.NetError{Code: codeOf(err), Err: err}
	}
	if p.Cookies != nil {
		p.Cookies.Store(w, response)
	}
	return response, nil
}

// answered stops the clock.
func (r *Record) answered() { r.Duration = time.Since(r.begin) }

func (p *Probe) send(ctx context.Context, w *fetch.WireRequest, record *Record) (*fetch.WireResponse, error) {
	u := serverOf(w.URL)
	var body []byte
	if w.Body != nil {
		body = p.Body
	}
	if w.Body != nil && w.Body.Kind == fetch.BodyStream && u.Scheme != "https" {
		return nil, errNoHTTP2 // known before there is a connection
	}
	conn, forward, proxied, err := p.Network.connect(ctx, u)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	record.Remote, record.Proxied = conn.RemoteAddr().String(), proxied
	record.Protocol = "HTTP/1.1"
	if u.Scheme == "https" {
		secured, err := p.Network.handshake(ctx, conn, u.Hostname(), p.protocols(w))
		if err != nil {
			return nil, err
		}
		conn = secured
		state := secured.ConnectionState()
		record.TLS = tls.VersionName(state.Version)
		if state.NegotiatedProtocol == "h2" {
			record.Protocol = "HTTP/2"
			record.Sent = p.headers(w, u, len(body), true)
			return p.exchange2(ctx, secured, w, record, body)
		}
	}
	if p.Network.Version == HTTP2 {
		return nil, errNoHTTP2
	}
	if w.Body != nil && w.Body.Kind == fetch.BodyStream {
		return nil, errNoHTTP2
	}
	record.Sent = p.headers(w, u, len(body), false)
	lines := record.Sent
	if forward != nil {
		lines = append(slices.Clone(lines), proxyAuthorization(forward)...)
	}
	response, r, err := exchange1(ctx, conn, w.Method, target(w.URL, forward != nil), lines, body, p.StrictNames)
	record.answered()
	if err == nil {
		p.readBody(ctx, conn, w, response, framed(r, response.Headers), record)
	}
	return response, err
}

// readBody reads as much of a body as p asks for.
func (p *Probe) readBody(ctx context.Context, conn net.Conn, w *fetch.WireRequest, response *fetch.WireResponse, body io.Reader, record *Record) {
	stop := func() { _ = conn.Close() }
	switch {
	case p.receives(w, response):
		response.Body = p.receive(ctx, body, response.Headers, stop, record)
	case p.KeepBody > 0 && hasBody(w, response):
		ctx, cancel := p.forBody(ctx)
		defer cancel()
		defer context.AfterFunc(ctx, stop)()
		record.Body, _ = io.ReadAll(io.LimitReader(body, p.KeepBody)) // or as much as arrives
	}
}

// forBody returns the context in which a body is read.
func (p *Probe) forBody(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.BodyTime <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, p.BodyTime)
}

var (
	errNoHTTP2 = errors.New("the server does not speak HTTP/2")
	errHTTP2   = errors.New("HTTP/2")
)

func (p *Probe) protocols(w *fetch.WireRequest) []string {
	switch {
	case p.Network.Version == HTTP1, w.Headers.Has("Upgrade"): // a WebSocket
		return []string{"http/1.1"}
	case p.Network.Version == HTTP2:
		return []string{"h2"}
	default:
		return []string{"h2", "http/1.1"}
	}
}

// serverOf returns the scheme and the host of a URL that the URL standard has
// serialised. net/url would refuse some paths that the standard allows, such as
// one with a lone %.
func serverOf(rawURL string) *url.URL {
	scheme, rest, _ := strings.Cut(rawURL, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return &url.URL{Scheme: scheme, Host: rest[strings.LastIndexByte(rest, '@')+1:]}
}

// target returns the request target. The URL standard has serialised the URL
// already, so it is sent unchanged.
func target(rawURL string, absolute bool) string {
	if absolute {
		return rawURL
	}
	_, rest, _ := strings.Cut(rawURL, "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		rest = rest[i:]
	} else {
		rest = ""
	}
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	return rest
}

// headers returns the header lines of a request, beginning with those of the
// connection.
func (p *Probe) headers(w *fetch.WireRequest, u *url.URL, body int, http2 bool) fetch.Headers {
	upgrade := w.Headers.Has("Upgrade")
	var list fetch.Headers
	if !http2 {
		list = append(list, fetch.Header{Name: "Host", Value: u.Host})
		if !upgrade {
			list = append(list, fetch.Header{Name: "Connection", Value: "close"})
		}
	}
	if body > 0 || w.Body != nil || w.Kind == fetch.KindActual && (w.Method == "POST" || w.Method == "PUT") {
		list = append(list, fetch.Header{Name: "Content-Length", Value: strconv.Itoa(body)})
	}
	if !w.Headers.Has("User-Agent") {
		list = append(list, fetch.Header{Name: "User-Agent", Value: cmp.Or(p.UserAgent, userAgent)})
	}
	list = append(list, w.Headers...)
	encoding := "gzip, deflate, br"
	if p.KeepBody > 0 && !p.AsBrowser {
		encoding = "gzip" // the only encoding that can be decoded here
	}
	list = append(list, fetch.Header{Name: "Accept-Encoding", Value: encoding})
	if upgrade {
		var nonce [16]byte
		_, _ = rand.Read(nonce[:]) // it never fails
		list = append(list, fetch.Header{Name: "Sec-WebSocket-Key", Value: base64.StdEncoding.EncodeToString(nonce[:])})
	}
	if cookie := p.cookie(w); cookie != "" {
		list = append(list, fetch.Header{Name: "Cookie", Value: cookie})
	}
	return list
}

// cookie returns the Cookie header of a request, or "".
func (p *Probe) cookie(w *fetch.WireRequest) string {
	if p.Cookies == nil || !w.Credentials {
		return ""
	}
	if len(p.SetCookie) > 0 {
		answer := &fetch.WireResponse{}
		for _, line := range p.SetCookie {
			answer.Headers = append(answer.Headers, fetch.Header{Name: "Set-Cookie", Value: line})
		}
		p.Cookies.Store(w, answer)
		p.SetCookie = nil
	}
	return p.Cookies.Header(w)
}
