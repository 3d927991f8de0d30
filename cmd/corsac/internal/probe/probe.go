package probe

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/fetch"
)

// userAgent is what a probe calls itself: servers that look at it should know.
const userAgent = "Mozilla/5.0 (compatible; corsac)"

// ErrDryRun is why a request was not sent.
var ErrDryRun = errors.New("dry run: a request that may change something is not sent")

// Probe is a [fetch.RoundTrip] with a memory. It is for one goroutine.
type Probe struct {
	// Network is how servers are reached.
	Network *Network
	// Body is sent with requests that have one.
	Body []byte
	// Cookies are sent with requests that carry credentials, and what they set is
	// kept; nil for none.
	Cookies *fetch.Cookies
	// SetCookie are Set-Cookie lines that the server of the first request that carries
	// credentials is taken to have sent before.
	SetCookie []string
	// StrictNames passes over header lines that have a blank before the colon, as
	// Firefox does.
	StrictNames bool
	// UserAgent is what the browser calls itself; "" says that it is a probe.
	UserAgent string
	// KeepBody is how many bytes of the body of an answer to keep.
	KeepBody int64
	// DryRun refuses to send actual requests other than GET and HEAD.
	DryRun bool

	// Records are the requests that were sent, in order.
	Records []Record
}

// Record is what is known of a request besides what the engine keeps.
type Record struct {
	// Sent are the header lines as they were written, those of the connection
	// included, credentials for a proxy not; none if there was no connection.
	Sent fetch.Headers
	// Protocol is "HTTP/1.1" or "HTTP/2", TLS the version of TLS or "", Remote the
	// address or "" if there was no connection. With a proxy it is the proxy's, and
	// Proxied is true.
	Protocol, TLS, Remote string
	Proxied               bool
	// Duration is the time until the head of the answer.
	Duration time.Duration
	// Body is the beginning of the body of the answer, if it is kept.
	Body []byte

	begin time.Time
}

// Exchange sends a request and returns the head of the answer.
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
	if err == nil && p.KeepBody > 0 {
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer stop()
		record.Body = readBody(r, response.Headers, p.KeepBody)
	}
	return response, err
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

// serverOf returns the scheme and the host of a URL, which the URL standard has serialised. What it leaves
// as it is in a path, such as a lone %, net/url would refuse.
func serverOf(rawURL string) *url.URL {
	scheme, rest, _ := strings.Cut(rawURL, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return &url.URL{Scheme: scheme, Host: rest[strings.LastIndexByte(rest, '@')+1:]}
}

// target returns what stands in the request line. The URL is serialised by the URL
// standard already, and is sent as it is.
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

// headers returns the header lines of a request, those of the connection first.
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
	if p.KeepBody > 0 {
		encoding = "gzip" // which can be read here
	}
	list = append(list, fetch.Header{Name: "Accept-Encoding", Value: encoding})
	if upgrade {
		var nonce [16]byte
		_, _ = rand.Read(nonce[:]) // never fails
		list = append(list, fetch.Header{Name: "Sec-WebSocket-Key", Value: base64.StdEncoding.EncodeToString(nonce[:])})
	}
	if cookie := p.cookie(w); cookie != "" {
		list = append(list, fetch.Header{Name: "Cookie", Value: cookie})
	}
	return list
}

// cookie returns the Cookie header of a request.
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
