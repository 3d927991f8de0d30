package fetch

import "strings"

// isTokenByte reports whether c may stand in a token (RFC 9110 §5.6.2).
func isTokenByte(c byte) bool { return c < 0x80 && tokenBytes[c] }

var tokenBytes = func() (t [128]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' ||
			strings.IndexByte("!#$%&'*+-.^_`|~", byte(c)) >= 0
	}
	return t
}()

// isToken reports whether s is a token, as methods and header names must be
// (https://fetch.spec.whatwg.org/#concept-method,
// https://fetch.spec.whatwg.org/#header-name).
func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// lowerNames spares [lower] an allocation for the names that most messages
// have.
var lowerNames = func() map[string]string {
	names := map[string]string{}
	for _, n := range []string{
		"Accept", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
		"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Authorization",
		"Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Date", "Etag", "ETag", "Expires",
		"Last-Modified", "Location", "Server", "Set-Cookie", "Strict-Transport-Security", "Transfer-Encoding", "Vary",
		"X-Content-Type-Options", "X-Requested-With",
	} {
		names[n] = strings.ToLower(n)
	}
	return names
}()

// lower returns s in byte-lowercase
// (https://infra.spec.whatwg.org/#byte-lowercase): only ASCII letters change.
// It allocates only if something changes.
func lower(s string) string {
	if known := lowerNames[s]; known != "" {
		return known
	}
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// equalFold reports whether a and b are equal, ignoring the case of ASCII
// letters.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x >= 'A' && x <= 'Z' {
			x += 'a' - 'A'
		}
		if y >= 'A' && y <= 'Z' {
			y += 'a' - 'A'
		}
		if x != y {
			return false
		}
	}
	return true
}

// trimOWS returns s without the spaces and tabs that HTTP allows around a field
// value (RFC 9110 §5.6.3).
func trimOWS(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// trimHTTPSpace returns s without HTTP whitespace at either end
// (https://fetch.spec.whatwg.org/#http-whitespace).
func trimHTTPSpace(s string) string {
	for s != "" && isHTTPSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isHTTPSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isHTTPSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
