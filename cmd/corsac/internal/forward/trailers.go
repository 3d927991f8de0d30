package forward

import (
	"net/http"
	"slices"
	"strings"
)

// trailers returns the trailers to announce to the upstream of r, which are
// filled when the body has been read. net/http adds to r.Trailer what was not
// announced, too.
func (f *forwarding) trailers(r *http.Request) http.Header {
	var kept http.Header
	connection := optionsOf(r.Header["Connection"])
	for name := range r.Trailer {
		if mayTrail(name) && !connection.has(name) {
			if kept == nil {
				kept = http.Header{}
			}
			kept[name] = nil
		}
	}
	f.in.body.end = func() {
		for name := range kept {
			if lines, ok := r.Trailer[name]; ok {
				kept[name] = lines
			}
		}
	}
	return kept
}

// notInTrailers are fields that change how a message is framed, routed,
// authenticated, cached or read. Recipients may merge trailers into the header,
// after it has been checked, so they must not be in trailers (RFC 9110 §6.5.1).
var notInTrailers = []string{
	// framing, connection and routing
	"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings", "via",
	// requests
	"cache-control", "expect", "max-forwards", "pragma", "range", "origin", "referer", "cookie", "cookie2", "user-agent",
	"x-http-method", "x-http-method-override", "x-method-override",
	// authentication
	"authorization", "authentication-info", "set-cookie", "set-cookie2", "www-authenticate",
	// responses
	"age", "corsac-debug", "date", "expires", "location", "refresh", "retry-after", "vary", "warning", "clear-site-data",
	"timing-allow-origin", "content-security-policy", "content-security-policy-report-only", "strict-transport-security",
	"referrer-policy", "permissions-policy", "origin-agent-cluster", "x-frame-options", "x-content-type-options", "service-worker-allowed",
	// content
	"content-encoding", "content-type", "content-range", "content-disposition", "content-language", "content-location",
}

// mayTrail reports whether a field may be a trailer. Some upstreams read
// underscores as hyphens.
func mayTrail(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	for _, prefix := range []string{"access-control-", "cross-origin-", "if-", "proxy-", "sec-"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return !isForwarding(name) && !slices.Contains(notInTrailers, name)
}
