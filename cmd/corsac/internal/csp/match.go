package csp

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// location has the parts of a URL that sources match.
type location struct{ scheme, host, port, path string }

func parseURL(raw string) (location, bool) {
	u, err := weburl.Parse(raw, nil)
	if err != nil || u.Host == "" {
		return location{}, false
	}
	l := location{u.Scheme, strings.Trim(u.Host, "[]"), defaultPort(u.Scheme), percentDecode(u.Path)}
	if u.Port >= 0 {
		l.port = strconv.Itoa(u.Port)
	}
	if l.path == "" {
		l.path = "/"
	}
	return l, true
}

// percentDecode decodes escapes; what only looks like one stays as it is
// (https://url.spec.whatwg.org/#string-percent-decode).
func percentDecode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	default:
		return ""
	}
}

// matches reports whether a directive allows a URL
// (https://w3c.github.io/webappsec-csp/#match-url-to-source-list).
func (d *directive) matches(target location, self string, redirected bool) bool {
	for _, source := range d.sources {
		if matchSource(strings.ToLower(source), source, target, self, redirected) {
			return true
		}
	}
	return false
}

// matchSource reports whether a source expression allows a URL
// (https://w3c.github.io/webappsec-csp/#match-url-to-source-expression).
func matchSource(lower, source string, target location, self string, redirected bool) bool {
	page, pageOK := parseURL(self)
	switch {
	case lower == "*":
		network := target.scheme == "http" || target.scheme == "https" || target.scheme == "ws" || target.scheme == "wss"
		return network || pageOK && target.scheme == page.scheme
	case lower == "'self'":
		return pageOK && matchSelf(page, target)
	case strings.HasPrefix(lower, "'"):
		return false
	case strings.HasSuffix(lower, ":") && !strings.Contains(lower, "/"):
		return matchScheme(strings.TrimSuffix(lower, ":"), target.scheme)
	default:
		return matchHost(source, target, page, redirected)
	}
}

// matchSelf allows the page's origin, and the same host with a secure scheme if
// both ports are the default.
func matchSelf(page, target location) bool {
	if page.host != target.host {
		return false
	}
	samePort := page.port == target.port
	defaults := page.port == defaultPort(page.scheme) && target.port == defaultPort(target.scheme)
	return (samePort || defaults) && matchScheme(page.scheme, target.scheme)
}

// matchScheme compares schemes
// (https://w3c.github.io/webappsec-csp/#scheme-part-match).
func matchScheme(a, b string) bool {
	switch a {
	case "http":
		return b == "http" || b == "https" || b == "ws" || b == "wss"
	case "ws":
		return b == "ws" || b == "wss" || b == "http" || b == "https"
	case "https":
		return b == "https" || b == "wss"
	case "wss":
		return b == "wss" || b == "https"
	default:
		return a == b
	}
}

// matchHost matches [scheme://]host[:port][/path].
func matchHost(source string, target, page location, redirected bool) bool {
	scheme, rest, hasScheme := strings.Cut(source, "://")
	if !hasScheme {
		scheme, rest = page.scheme, source
	}
	if !matchScheme(strings.ToLower(scheme), target.scheme) {
		return false
	}
	hostport, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		hostport, path = rest[:i], rest[i:]
	}
	host, port := hostport, ""
	if i := strings.LastIndexByte(hostport, ':'); i > strings.LastIndexByte(hostport, ']') {
		host, port = hostport[:i], hostport[i+1:]
	}
	return matchHostName(strings.ToLower(strings.Trim(host, "[]")), target.host) &&
		matchPort(port, strings.ToLower(scheme), target) &&
		(redirected || matchPath(path, target.path))
}

// matchHostName compares hosts
// (https://w3c.github.io/webappsec-csp/#match-hosts). The only IP address that
// can match is 127.0.0.1.
func matchHostName(pattern, host string) bool {
	if pattern == "*" {
		return true
	}
	if suffix, ok := strings.CutPrefix(pattern, "*"); ok && strings.HasPrefix(suffix, ".") {
		return strings.HasSuffix(host, suffix) && host != suffix
	}
	if _, err := netip.ParseAddr(pattern); err == nil && pattern != "127.0.0.1" && pattern != "::1" {
		return false
	}
	return pattern == host
}

// matchPort compares ports (https://w3c.github.io/webappsec-csp/#match-ports).
func matchPort(port, scheme string, target location) bool {
	switch port {
	case "*":
		return true
	case "":
		return target.port == defaultPort(target.scheme)
	}
	upgraded := port == "80" && target.port == "443" && (scheme == "http" || scheme == "ws")
	return port == target.port || upgraded
}

// matchPath compares paths (https://w3c.github.io/webappsec-csp/#match-paths).
func matchPath(pattern, path string) bool {
	if pattern == "" || pattern == "/" && path == "" {
		return true
	}
	decoded := percentDecode(pattern)
	if strings.HasSuffix(decoded, "/") {
		return strings.HasPrefix(path, decoded)
	}
	return path == decoded
}
