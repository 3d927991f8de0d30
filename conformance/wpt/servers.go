package wpt

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// to returns a response with header lines.
func to(status int, lines ...string) *fetch.WireResponse {
	r := &fetch.WireResponse{Status: status}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		r.Headers = append(r.Headers, fetch.Header{Name: name, Value: strings.TrimPrefix(value, " ")})
	}
	return r
}

// list is for responses one after another.
func list(r ...*fetch.WireResponse) []*fetch.WireResponse { return r }

// The header lines of servers that allow everything.
const (
	star        = "Access-Control-Allow-Origin: *"
	mine        = "Access-Control-Allow-Origin: " + own
	echo        = "Access-Control-Allow-Origin: {origin}"
	credentials = "Access-Control-Allow-Credentials: true"
	plainText   = "Content-Type: text/plain"
)

// redirects are the statuses with which the tests redirect.
var redirects = []int{301, 302, 303, 307, 308}

// redirectTo returns the answer of the server that most tests redirect with: it
// allows whatever origin asks, with credentials. An empty location sends none.
func redirectTo(status int, location string) *fetch.WireResponse {
	lines := []string{plainText, echo, credentials}
	if location != "" {
		lines = append(lines, "Location: "+location)
	}
	return to(status, lines...)
}

// echoed returns the answer of servers that allow whatever origin asks.
func echoed() *fetch.WireResponse { return to(200, plainText, echo, credentials) }

// allowing returns the answer to a preflight by a server that allows any
// origin, and, if they are not empty, methods and headers.
func allowing(methods, headers string) *fetch.WireResponse {
	lines := []string{star, "Access-Control-Max-Age: 0"}
	if headers != "" {
		lines = append(lines, "Access-Control-Allow-Headers: "+headers)
	}
	if methods != "" {
		lines = append(lines, "Access-Control-Allow-Methods: "+methods)
	}
	return to(200, lines...)
}

// header returns a header of a request.
func header(name, value string) fetch.Headers { return fetch.Headers{{Name: name, Value: value}} }

// element returns the request of an element or of an API other than fetch().
func element(url string, d fetch.Destination) fetch.Request {
	return fetch.Request{URL: url, Options: fetch.Options{Destination: d}}
}

// cors returns a request of fetch() with its default mode, and noCORS one
// without CORS.
func cors(url string) fetch.Request { return fetch.Request{URL: url} }

func noCORS(url string) fetch.Request {
	return fetch.Request{URL: url, Options: fetch.Options{Mode: fetch.ModeNoCORS}}
}
