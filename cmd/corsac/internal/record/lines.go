package record

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// The bounds of an exchange. Browsers and servers give up on most messages long
// before they reach these.
const (
	MaxLines        = 256      // header lines per message
	MaxLineBytes    = 8 << 10  // bytes of a value, and of path and query
	MaxMessageBytes = 64 << 10 // bytes of all lines of a message
	maxNameBytes    = 1 << 10  // bytes of a header's name, of the method and of the host

	// MaxExchangeBytes bounds the size of an exchange, as a [Ring] counts it.
	// In a URL, one byte may become three.
	MaxExchangeBytes = structBytes + 2*(MaxMessageBytes+MaxLines*lineBytes) + maxNameBytes + 3*(maxNameBytes+MaxLineBytes) + maxProxiedBytes

	structBytes = 640 // approximate size of an Exchange
	lineBytes   = 32  // size of a fetch.Header
)

// begin records what is known of an exchange when the handler is called.
func (r *recorder) begin(req *http.Request) {
	x := &r.exchange
	x.Protocol, x.Start, x.RequestBytes = req.Proto, time.Now(), req.ContentLength
	x.Method = x.cut(req.Method, maxNameBytes)
	host := x.cut(req.Host, maxNameBytes)
	plain := absoluteURL(req.TLS != nil, host, x.cut(target(req), MaxLineBytes))
	x.URL = mask.URL(plain, nil)
	r.hide(PartURL, 0, plain, x.URL)
	x.Headers = r.lines(PartRequest, req.Header, fetch.Header{Name: "Host", Value: host})
}

// target returns the path and query that the client asked for, even if a prefix
// has been stripped since.
func target(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	if r.RequestURI == "*" {
		return "" // the server as a whole
	}
	return r.URL.RequestURI() // for an absolute target, or in a test
}

// absoluteURL returns the URL of a request as browsers write it.
func absoluteURL(secure bool, host, target string) string {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	text := scheme + "://" + host + target
	if u, err := weburl.Parse(text, nil); err == nil {
		return u.StringNoFragment()
	}
	return text
}

// lines returns more and the lines of h as net/http writes them, masked and
// within the bounds. Lines of CORS headers come first, so they are the last to
// be dropped.
func (r *recorder) lines(part Part, h http.Header, more ...fetch.Header) fetch.Headers {
	names := make([]string, 0, len(h))
	for name := range h {
		if httpguts.ValidHeaderFieldName(name) { // this also excludes http.TrailerPrefix
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	x := &r.exchange
	base, _ := weburl.Parse(x.URL, nil)
	var lines fetch.Headers
	room := MaxMessageBytes
	add := func(name, value string) {
		name, value = x.cut(name, maxNameBytes), x.cut(value, MaxLineBytes)
		plain := strings.Trim(oneLine(value), " \t")
		value = mask.Header(name, plain, base)
		if size := len(name) + len(value); len(lines) < MaxLines && size <= room {
			room -= size
			r.hide(part, len(lines), plain, value)
			lines = append(lines, fetch.Header{Name: name, Value: value})
		} else {
			x.Cut = true
		}
	}
	for _, h := range more {
		add(h.Name, h.Value)
	}
	for _, name := range names {
		for _, value := range h[name] {
			add(name, value)
		}
	}
	return lines
}

// oneLine replaces newlines with spaces.
func oneLine(s string) string {
	s = strings.ReplaceAll(s, "\n", " ") // copies nothing if there is none
	return strings.ReplaceAll(s, "\r", " ")
}

// rank sorts the headers of CORS before all others.
func rank(name string) int {
	switch lower := strings.ToLower(name); {
	case lower == "origin":
		return 0
	case strings.HasPrefix(lower, "access-control-"):
		return 1
	case lower == "vary":
		return 2
	}
	return 3
}

// cut truncates s to most bytes. It copies the result, because otherwise the
// rest would stay in memory.
func (x *Exchange) cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	x.Cut = true
	return s[:most-len(mask.Mark)] + mask.Mark
}

// size returns approximately how much memory x uses.
func (x *Exchange) size() int {
	n := structBytes + len(x.Method) + len(x.URL) + x.Proxied.size() + len(x.Content)
	for _, lines := range []fetch.Headers{x.Headers, x.ResponseHeaders} {
		for _, h := range lines {
			n += lineBytes + len(h.Name) + len(h.Value)
		}
	}
	return n
}
