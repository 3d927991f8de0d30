package forward

import (
	"context"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

// plainGet is memory for GETs, one after the other.
type plainGet struct {
	url    url.URL
	header http.Header
	values []string
}

const (
	// usualFields is how many fields most headers have, or a few less. Going through a
	// map with more room takes longer.
	usualFields = 14
	// keptFields is how many fields a header has whose memory is kept.
	keptFields = 64
)

var plainGets = sync.Pool{New: func() any { return &plainGet{header: make(http.Header, usualFields)} }}

// parse reads the head of a request, which is valid until the next call. It reports
// whether the head is plain, and nothing follows it.
func (g *plainGet) parse(ctx context.Context, head string) (*http.Request, bool) {
	uri, lines, ok := cutHead(head, "GET ")
	if !ok {
		return nil, false
	}
	clear(g.header)
	g.values = slices.Grow(g.values[:0], strings.Count(lines, "\r\n"))
	h := g.header
	if !readFields(h, g.values, lines, plainName) || h["Pragma"] != nil && h["Cache-Control"] == nil { // which net/http adds
		return nil, false
	}
	setPlainTarget(&g.url, uri)
	r := http.Request{
		Method: http.MethodGet, URL: &g.url, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: http.NoBody, Host: h["Host"][0], RequestURI: uri,
	}
	delete(h, "Host")
	return r.WithContext(ctx), true
}

// release gives the memory back. Nothing may use the request any more.
func (g *plainGet) release() {
	if len(g.header) > keptFields {
		return
	}
	clear(g.header)
	clear(g.values[:cap(g.values)])
	g.url = url.URL{}
	plainGets.Put(g)
}

// cutHead returns the target of a request whose method is given with the space after it,
// and the lines of its header, each with its CRLF. ok is false unless the target is
// plain.
func cutHead(head, method string) (target, lines string, ok bool) {
	line, lines, ok := strings.Cut(head, "\r\n")
	target, isMethod := strings.CutPrefix(line, method)
	target, isHTTP11 := strings.CutSuffix(target, " HTTP/1.1")
	if !ok || !isMethod || !isHTTP11 || !isPlainTarget(target) || !strings.HasSuffix(lines, "\r\n\r\n") {
		return "", "", false
	}
	return target, lines[:len(lines)-len("\r\n")], true
}

// setPlainTarget sets the URL of a target that is plain.
func setPlainTarget(u *url.URL, target string) {
	*u = url.URL{}
	var hasQuery bool
	u.Path, u.RawQuery, hasQuery = strings.Cut(target, "?")
	u.ForceQuery = hasQuery && u.RawQuery == ""
}

// readFields reads lines into h, with the room of values. It reports whether the fields
// are plain: each is there once, has a name for which nameOf returns how net/http writes
// it, and means nothing but its value.
func readFields(h http.Header, values []string, lines string, nameOf func(string) string) bool {
	for lines != "" {
		line, rest, _ := strings.Cut(lines, "\r\n")
		name, value, ok := strings.Cut(line, ": ")
		name = nameOf(name)
		_, twice := h[name]
		if !ok || name == "" || twice || !isPlainValue(value) || name == "Connection" && value != "keep-alive" {
			return false
		}
		values = append(values, value)
		h[name] = values[len(values)-1 : len(values) : len(values)]
		lines = rest
	}
	return isPlainHost(h["Host"])
}

// plainNames are the names that browsers and proxies use most, and that change nothing
// in how a request is read. The value of Connection is compared.
var plainNames = func() map[string]string {
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

// preflightName returns the name of a field that a plain preflight may have.
func preflightName(name string) string { return plainNames[name] }

// plainName returns the name of a field that a plain request may have.
func plainName(name string) string {
	if known := plainNames[name]; known != "" {
		return known
	}
	if !http1.IsToken(name) {
		return ""
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	switch name {
	case "Content-Length", "Transfer-Encoding", "Trailer", "Te", "Expect", "Upgrade", "Http2-Settings", "Keep-Alive", "Proxy-Connection":
		return "" // about the message, or the connection
	}
	return name
}

// isPlainTarget reports whether every server reads a target alike: it has a path
// without escapes, empty segments and dots between slashes.
func isPlainTarget(target string) bool {
	if !strings.HasPrefix(target, "/") {
		return false
	}
	path, query, _ := strings.Cut(target, "?")
	before := byte(0)
	for i := range len(path) {
		c := path[i]
		if !isAlphanumeric(c) && strings.IndexByte("/-_.~", c) < 0 || before == '/' && (c == '/' || c == '.') {
			return false
		}
		before = c
	}
	for i := range len(query) {
		if c := query[i]; !isAlphanumeric(c) && strings.IndexByte("-_.~=&,:/%+;@!*'()$", c) < 0 {
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
