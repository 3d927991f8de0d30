package fetch

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// addedNames are the headers, in lower case, that browsers add to requests and
// write into copies and recordings of them, although script may set them. Those
// that script cannot set are a list of their own (isForbiddenHeader), and those
// for which the value decides another (isAdded).
var addedNames = map[string]bool{
	// The page's and the user's: what kind of browser, language and document.
	"accept-language": true, "user-agent": true, "upgrade-insecure-requests": true,
	// The connection's: how urgent it is (RFC 9218), and which alternative of
	// the server answers (RFC 7838), in Firefox.
	"priority": true, "alt-used": true,
	// The HTTP cache's, for a stored response that it validates (RFC 9110 §13)
	// or completes, and for dictionaries of compression (RFC 9842).
	"if-none-match": true, "if-modified-since": true, "if-range": true, "available-dictionary": true, "dictionary-id": true,
	// What loads in advance or in the background says so, also by older names.
	"purpose": true, "x-purpose": true, "x-moz": true, "service-worker": true, "service-worker-navigation-preload": true,
	"ping-from": true, "ping-to": true, "attribution-reporting-eligible": true, "attribution-reporting-support": true,
	// Chrome's field trials.
	"x-client-data": true,
	// DevTools, in calls copied for Node.js: fetch has no such option there.
	"referrer-policy": true,
	// The authority of HTTP/2, copied without its colon by Chrome up to 114.
	"authority": true,
}

// addedPrefixes begin names, in lower case, of headers that only browsers set.
var addedPrefixes = []string{
	":",           // the pseudo-headers of HTTP/2 and HTTP/3; Safari copies them
	"x-chrome-",   // Chrome, to Google's servers
	"x-devtools-", // Chrome's network panel, which throttles
	"x-edge-",     // Edge's shopping assistant
}

// isAdded reports whether a header of r is one that browsers add and script
// cannot set, or seldom does.
func (r *WireRequest) isAdded(h Header) bool {
	name := lower(h.Name)
	if addedNames[name] || new(rules).isForbiddenHeader(name, h.Value) || isClientHint(name, h.Value) {
		return true
	}
	for _, prefix := range addedPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "accept":
		return h.Value == "*/*"
	case "pragma":
		return h.Value == "no-cache" // a reload, or "Disable cache" in DevTools
	case "cache-control":
		return h.Value == "no-cache" || h.Value == "max-age=0" // the same
	case "x-requested-with":
		return strings.Contains(h.Value, ".") // Android's WebView names its app
	}
	return r.isPseudo(name, h.Value)
}

// isPseudo reports whether a header is a pseudo-header of SPDY or HTTP/2 that
// lost its colon in a copy: it repeats the request line. Script may have headers
// of these names.
func (r *WireRequest) isPseudo(name, value string) bool {
	switch name {
	case "method":
		return value == r.Method
	case "version":
		return strings.HasPrefix(value, "HTTP/")
	case "scheme", "path":
		u, err := weburl.Parse(r.URL, nil)
		return err == nil && (name == "scheme" && value == u.Scheme || name == "path" && value == u.Target())
	}
	return false
}
