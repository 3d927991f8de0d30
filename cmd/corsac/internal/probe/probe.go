package probe

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/fetch"
)

// userAgent is what a probe calls itself: servers that look at it should know.
const userAgent = "Mozilla/5.0 (compatible; corsac)"

// ErrDryRun is why a request was not sent.
var ErrDryRun = errors.New("dry run: a request that may change something is not sent")

// Probe is a [fetch.Exchange] with a memory. It is for one goroutine.
type Probe struct {
	// Network is how servers are reached.
	Network *Network
	// Body is sent with requests that have one.
	Body []byte
	// Cookie is sent with requests that carry credentials.
	Cookie string
	// DryRun refuses to send actual requests other than GET and HEAD.
	DryRun bool

	// Records are the requests that were sent, in order.
	Records []Record
}

// Record is what is known of a request besides what the engine keeps.
type Record struct {
	// Sent are the header lines as they were written, those of the connection
	// included; Body is how many bytes were to be sent after them.
	Sent []fetch.Header
	Body int
	// Protocol is "HTTP/1.1" or "HTTP/2"; Remote the address, "" if there was no
	// connection.
	Protocol, Remote string
	// Duration is the time until the head of the answer.
	Duration time.Duration
}

// Exchange sends a request and returns the head of the answer.
func (p *Probe) Exchange(ctx context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	if p.DryRun && w.Kind == fetch.KindActual && w.Method != "GET" && w.Method != "HEAD" {
		return nil, &fetch.NetError{Code: fetch.CodeAborted, Err: ErrDryRun}
	}
	if p.Network.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Network.Timeout)
		defer cancel()
	}
	begin := time.Now()
	record := Record{Protocol: "HTTP/1.1"}
	response, err := p.send(ctx, w, &record)
	record.Duration = time.Since(begin)
	p.Records = append(p.Records, record)
	if err != nil {
		return nil, &fetch.NetError{Code: codeOf(err), Err: err}
	}
	return response, nil
}

func (p *Probe) send(ctx context.Context, w *fetch.WireRequest, record *Record) (*fetch.WireResponse, error) {
	u, err := url.Parse(w.URL)
	if err != nil {
		return nil, err
	}
	var body []byte
	if w.Body != nil {
		body = p.Body
	}
	secure := u.Scheme == "https" || u.Scheme == "wss"
	conn, forward, err := p.Network.connect(ctx, u)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	record.Remote = conn.RemoteAddr().String()
	if secure {
		secured, err := p.Network.handshake(ctx, conn, u.Hostname(), p.protocols(u))
		if err != nil {
			return nil, err
		}
		conn = secured
		if secured.ConnectionState().NegotiatedProtocol == "h2" {
			record.Protocol = "HTTP/2"
			record.Sent, record.Body = p.headers(w, u, len(body), true), len(body)
			return p.exchange2(ctx, secured, w, record.Sent, body)
		}
	}
	if p.Network.Version == HTTP2 {
		return nil, errNoHTTP2
	}
	if w.Body != nil && w.Body.Kind == fetch.BodyStream {
		return nil, errNoHTTP2
	}
	record.Sent, record.Body = p.headers(w, u, len(body), false), len(body)
	if forward != nil {
		record.Sent = append(record.Sent, proxyAuthorization(forward)...)
	}
	return exchange1(ctx, conn, w.Method, target(w.URL, forward != nil), record.Sent, body)
}

var errNoHTTP2 = errors.New("the server does not speak HTTP/2")

func (p *Probe) protocols(u *url.URL) []string {
	switch {
	case p.Network.Version == HTTP1, u.Scheme == "wss":
		return []string{"http/1.1"}
	case p.Network.Version == HTTP2:
		return []string{"h2"}
	default:
		return []string{"h2", "http/1.1"}
	}
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
func (p *Probe) headers(w *fetch.WireRequest, u *url.URL, body int, http2 bool) []fetch.Header {
	upgrade := has(w.Headers, "Upgrade")
	var list []fetch.Header
	if !http2 {
		list = append(list, fetch.Header{Name: "Host", Value: u.Host})
		if !upgrade {
			list = append(list, fetch.Header{Name: "Connection", Value: "close"})
		}
	}
	if body > 0 || w.Body != nil || w.Kind == fetch.KindActual && (w.Method == "POST" || w.Method == "PUT") {
		list = append(list, fetch.Header{Name: "Content-Length", Value: strconv.Itoa(body)})
	}
	if !has(w.Headers, "User-Agent") {
		list = append(list, fetch.Header{Name: "User-Agent", Value: userAgent})
	}
	list = append(list, w.Headers...)
	list = append(list, fetch.Header{Name: "Accept-Encoding", Value: "gzip, deflate, br"})
	if upgrade {
		var nonce [16]byte
		_, _ = rand.Read(nonce[:]) // never fails
		list = append(list, fetch.Header{Name: "Sec-WebSocket-Key", Value: base64.StdEncoding.EncodeToString(nonce[:])})
	}
	if w.Credentials && p.Cookie != "" {
		list = append(list, fetch.Header{Name: "Cookie", Value: p.Cookie})
	}
	return list
}

func has(list []fetch.Header, name string) bool {
	for i := range list {
		if strings.EqualFold(list[i].Name, name) {
			return true
		}
	}
	return false
}

// exchange2 sends a request over conn in HTTP/2, by net/http, and returns the head
// of the answer.
func (p *Probe) exchange2(ctx context.Context, conn *tls.Conn, w *fetch.WireRequest, headers []fetch.Header, body []byte) (*fetch.WireResponse, error) {
	transport := &http.Transport{
		DialTLSContext:         func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: MaxHead,
	}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, w.Method, w.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, h := range headers {
		if !strings.EqualFold(h.Name, "Content-Length") {
			r.Header.Add(h.Name, h.Value)
		}
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return nil, orDone(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer := &fetch.WireResponse{Status: response.StatusCode}
	for name, lines := range response.Header {
		for _, line := range lines {
			answer.Headers = append(answer.Headers, fetch.Header{Name: name, Value: line})
		}
	}
	if response.ProtoMajor != 2 {
		return nil, fmt.Errorf("negotiated HTTP/2 and got %s", response.Proto)
	}
	return answer, nil
}
