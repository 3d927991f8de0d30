package cors

import "strings"

// Header names in canonical form, for direct access to an [http.Header].
const (
	headerOrigin           = "Origin"
	headerRequestMethod    = "Access-Control-Request-Method"
	headerRequestHeaders   = "Access-Control-Request-Headers"
	headerAllowOrigin      = "Access-Control-Allow-Origin"
	headerAllowCredentials = "Access-Control-Allow-Credentials"
	headerAllowMethods     = "Access-Control-Allow-Methods"
	headerAllowHeaders     = "Access-Control-Allow-Headers"
	headerExposeHeaders    = "Access-Control-Expose-Headers"
	headerMaxAge           = "Access-Control-Max-Age"
	headerVary             = "Vary"
	headerTrailer          = "Trailer"
	headerTimingOrigin     = "Timing-Allow-Origin"
	headerResourcePolicy   = "Cross-Origin-Resource-Policy"
)

// isToken reports whether s is a token, as methods and header names are
// (RFC 9110 §5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if !tokenBytes[s[i]] {
			return false
		}
	}
	return s != ""
}

// tokenBytes are the bytes that tokens may contain.
var tokenBytes = func() (t [256]bool) {
	const others = "!#$%&'*+-.^_`|~"
	for c := range t {
		b := byte(c)
		t[c] = 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' ||
			strings.IndexByte(others, b) >= 0
	}
	return t
}()

// isForbiddenMethod reports whether method is one that no script can send
// (https://fetch.spec.whatwg.org/#forbidden-method).
func isForbiddenMethod(method string) bool {
	switch strings.ToUpper(method) {
	case "CONNECT", "TRACE", "TRACK":
		return true
	}
	return false
}

// isSafelistedMethod reports whether browsers send method without a preflight
// (https://fetch.spec.whatwg.org/#cors-safelisted-method).
func isSafelistedMethod(method string) bool {
	return method == "GET" || method == "HEAD" || method == "POST"
}

// normaliseMethod returns method as browsers send it
// (https://fetch.spec.whatwg.org/#concept-method-normalize).
func normaliseMethod(method string) string {
	switch upper := strings.ToUpper(method); upper {
	case "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT":
		return upper
	}
	return method
}

// forbiddenRequestHeaders are the request headers that no script can set
// (https://fetch.spec.whatwg.org/#forbidden-request-header), without those that
// begin with "proxy-" or "sec-".
var forbiddenRequestHeaders = set(
	"accept-charset", "accept-encoding", "access-control-request-headers",
	"access-control-request-method", "connection", "content-length", "cookie",
	"cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin", "referer",
	"set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "via",
)

// isForbiddenRequestHeader reports whether name, in lower case, is a request
// header that no script can set.
func isForbiddenRequestHeader(name string) bool {
	_, listed := forbiddenRequestHeaders[name]
	return listed || strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "sec-")
}

// forbiddenResponseHeaders are the response headers that no script can read
// (https://fetch.spec.whatwg.org/#forbidden-response-header-name).
var forbiddenResponseHeaders = set("set-cookie", "set-cookie2")

// safelistedResponseHeaders are the response headers that every script can read
// (https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name).
var safelistedResponseHeaders = set(
	"cache-control", "content-language", "content-length", "content-type",
	"expires", "last-modified", "pragma",
)

// isCORSResponseHeader reports whether name, in lower case, is a response
// header of the CORS protocol (https://fetch.spec.whatwg.org/#http-responses).
func isCORSResponseHeader(name string) bool {
	switch name {
	case "access-control-max-age", "access-control-expose-headers":
		return true
	}
	return strings.HasPrefix(name, "access-control-allow-")
}

// isCORSRequestHeader reports whether name, in lower case, is a request header
// of the CORS protocol (https://fetch.spec.whatwg.org/#http-requests).
func isCORSRequestHeader(name string) bool {
	return name == "origin" || strings.HasPrefix(name, "access-control-request-")
}

func set(names ...string) map[string]struct{} {
	m := make(map[string]struct{}, len(names))
	for _, name := range names {
		m[name] = struct{}{}
	}
	return m
}
