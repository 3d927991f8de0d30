package forward

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// PreflightAnswerer is a [Refuser] that can answer plain preflights before net/http
// has read them. That saves most of what they cost.
type PreflightAnswerer interface {
	Refuser
	// ServePreflight answers a preflight as ServeHTTP would. It has no body, and its
	// response must not have one. If it returns false or sets no status, ServeHTTP
	// gets the request. The request and its header are valid until it returns, and
	// must not be changed.
	ServePreflight(w http.ResponseWriter, r *http.Request) bool
}

// lane answers the plain preflights of a connection. Whatever is in the least
// unusual about a request leaves it to net/http.
type lane struct {
	answerer PreflightAnswerer
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

// laneFields are the names that browsers and proxies use in preflights, and that
// change nothing in how a request is read. The value of Connection is compared.
var laneFields = func() map[string]string {
	fields := map[string]string{}
	for _, name := range []string{
		"Host", "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers",
		"Access-Control-Request-Private-Network", "Access-Control-Request-Local-Network",
		"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Dnt", "Pragma", "Priority", "Referer",
		"Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Gpc", "User-Agent",
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-Id",
	} {
		fields[name], fields[strings.ToLower(name)] = name, name
	}
	return fields
}()

// parse reads the head of a request into l.request. It reports whether the head is
// that of a plain preflight, and nothing follows it.
func (l *lane) parse(head []byte) bool {
	if string(head) == l.head { // as the one before it, on which browsers insist
		return true
	}
	line, fields, ok := bytes.Cut(head, []byte("\r\n"))
	target, isOptions := bytes.CutPrefix(line, []byte("OPTIONS "))
	target, isHTTP11 := bytes.CutSuffix(target, []byte(" HTTP/1.1"))
	if !ok || !isOptions || !isHTTP11 || !isPlainTarget(target) || !bytes.HasSuffix(fields, []byte("\r\n\r\n")) {
		return false
	}
	l.head = ""
	text := string(head)
	begin := len("OPTIONS ")
	uri := text[begin : begin+len(target)]
	if !l.parseFields(text[len(line)+2 : len(text)-2]) {
		return false
	}
	l.url = url.URL{}
	var hasQuery bool
	l.url.Path, l.url.RawQuery, hasQuery = strings.Cut(uri, "?")
	l.url.ForceQuery = hasQuery && l.url.RawQuery == ""
	l.request = http.Request{
		Method: http.MethodOptions, URL: &l.url, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: l.header, Body: http.NoBody, Host: l.header["Host"][0], RemoteAddr: l.remote, RequestURI: uri, TLS: l.secure,
	}
	delete(l.header, "Host")
	l.head = text
	return true
}

// parseFields reads lines, each with its CRLF, into l.header.
func (l *lane) parseFields(lines string) bool {
	clear(l.header)
	l.values = slices.Grow(l.values[:0], len(laneFields))
	for lines != "" {
		line, rest, _ := strings.Cut(lines, "\r\n")
		name, value, ok := strings.Cut(line, ": ")
		name = laneFields[name]
		_, twice := l.header[name]
		if !ok || name == "" || twice || !isPlainValue(value) || name == "Connection" && value != "keep-alive" {
			return false
		}
		l.values = append(l.values, value)
		l.header[name] = l.values[len(l.values)-1 : len(l.values) : len(l.values)]
		lines = rest
	}
	return isPlainHost(l.header["Host"]) && l.header["Origin"] != nil && l.header["Access-Control-Request-Method"] != nil
}

// isPlainTarget reports whether every server reads a target alike: it has a path
// without escapes, empty segments and dots between slashes.
func isPlainTarget(target []byte) bool {
	if len(target) == 0 || target[0] != '/' {
		return false
	}
	path, query, _ := bytes.Cut(target, []byte("?"))
	before := byte(0)
	for _, c := range path {
		if !isAlphanumeric(c) && !bytes.Contains([]byte("/-_.~"), []byte{c}) || before == '/' && (c == '/' || c == '.') {
			return false
		}
		before = c
	}
	for _, c := range query {
		if !isAlphanumeric(c) && !bytes.Contains([]byte("-_.~=&,:/"), []byte{c}) {
			return false
		}
	}
	return true
}

// isPlainValue reports whether a value is printable ASCII without blanks around it.
func isPlainValue(value string) bool {
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return false
		}
	}
	return value != "" && value[0] != ' ' && value[len(value)-1] != ' '
}

// isPlainHost reports whether there is one host, a name or an IPv4 address, perhaps
// with a port.
func isPlainHost(lines []string) bool {
	if len(lines) != 1 {
		return false
	}
	name, port, hasPort := strings.Cut(lines[0], ":")
	for i := range len(name) {
		if !isAlphanumeric(name[i]) && name[i] != '-' && name[i] != '.' {
			return false
		}
	}
	for i := range len(port) {
		if port[i] < '0' || port[i] > '9' {
			return false
		}
	}
	return name != "" && hasPort == (port != "")
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// write writes the answer as net/http writes it.
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
