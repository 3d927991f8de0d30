package forward

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// lane answers the plain preflights of a connection. Whatever is in the least
// unusual about a request leaves it to net/http.
type lane struct {
	answerer EarlyAnswerer
	remote   string
	secure   *tls.ConnectionState // nil without TLS

	head    string // of the request below
	request http.Request
	url     url.URL
	header  http.Header
	values  []string

	status int
	out    http.Header // of the answer
	names  []string
	answer []byte
}

func newLane(c *conn) *lane {
	return &lane{answerer: c.listener.answerer, remote: c.RemoteAddr().String(), secure: c.secure, header: http.Header{}, out: http.Header{}}
}

// serve returns the answer to a request, or nil if net/http has to answer. The
// answer is valid until the next call.
func (l *lane) serve(head []byte) []byte {
	if !l.parse(head) {
		return nil
	}
	clear(l.out)
	l.status = 0
	if !l.answerer.ServePreflight(l, &l.request) || l.status < 200 {
		return nil
	}
	return l.write()
}

// Header implements [http.ResponseWriter].
func (l *lane) Header() http.Header { return l.out }

// WriteHeader implements [http.ResponseWriter].
func (l *lane) WriteHeader(status int) { l.status = status }

// Write implements [http.ResponseWriter]. There is no body.
func (l *lane) Write([]byte) (int, error) { return 0, http.ErrBodyNotAllowed }

// parse reads the head of a request into l.request. It reports whether the head is
// that of a plain preflight, and nothing follows it.
func (l *lane) parse(head []byte) bool {
	if string(head) == l.head { // as the one before it, on which browsers insist
		return true
	}
	l.head = ""
	text := string(head)
	uri, lines, ok := cutHead(text, "OPTIONS ")
	clear(l.header)
	l.values = slices.Grow(l.values[:0], len(plainNames))
	if !ok || !readFields(l.header, l.values, lines, preflightName) || l.header["Origin"] == nil || l.header["Access-Control-Request-Method"] == nil {
		return false
	}
	setPlainTarget(&l.url, uri)
	l.request = http.Request{
		Method: http.MethodOptions, URL: &l.url, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: l.header, Body: http.NoBody, Host: l.header["Host"][0], RemoteAddr: l.remote, RequestURI: uri, TLS: l.secure,
	}
	delete(l.header, "Host")
	l.head = text
	return true
}

// write writes the answer as net/http writes it. The fields are those of a policy: to check
// them as those of any handler would take 4 percent of the time of a preflight.
func (l *lane) write() []byte {
	b := append(l.answer[:0], "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(l.status), 10)
	b = append(append(append(b, ' '), http.StatusText(l.status)...), "\r\n"...)
	l.names = l.names[:0]
	for name := range l.out {
		l.names = append(l.names, name)
	}
	slices.Sort(l.names)
	for _, name := range l.names {
		for _, value := range l.out[name] {
			b = append(append(append(append(b, name...), ": "...), value...), "\r\n"...)
		}
	}
	b = append(append(append(b, "Date: "...), now.date()...), "\r\n"...)
	if l.status != http.StatusNoContent {
		b = append(b, "Content-Length: 0\r\n"...)
	}
	l.answer = append(b, "\r\n"...)
	return l.answer
}

// now has the text of the time, which changes once a second.
var now dates

type dates struct{ last atomic.Pointer[dated] }

type dated struct {
	second int64
	text   string
}

func (d *dates) date() string {
	t := time.Now()
	last := d.last.Load()
	if last == nil || last.second != t.Unix() {
		last = &dated{t.Unix(), t.UTC().Format(http.TimeFormat)}
		d.last.Store(last)
	}
	return last.text
}
