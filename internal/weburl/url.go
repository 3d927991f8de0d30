// Package weburl implements the URL Standard (https://url.spec.whatwg.org/):
// the parser, host parser and serialiser that browsers use. net/url follows RFC
// 3986 and differs where it matters to CORS: it keeps the case of hosts and
// does not know default ports, "\" as a separator, hexadecimal IPv4 addresses
// or IDNA, so two of its URLs may differ where a browser sees one origin.
//
// [Parse] is the basic URL parser without a state override
// (https://url.spec.whatwg.org/#concept-basic-url-parser), [ParseHost] the host
// parser (https://url.spec.whatwg.org/#host-parsing), and [URL.String] the URL
// serialiser (https://url.spec.whatwg.org/#url-serializing). Validation errors
// that do not stop the standard's parser are not reported.
//
// Whatever the input, nothing here panics or takes more than linear memory.
// Inputs longer than [MaxInput] are refused.
package weburl

import (
	"strconv"
	"strings"
)

// MaxInput is the longest input, in bytes, that [Parse] and [ParseHost] accept.
const MaxInput = 64 << 10

// URL is a URL record (https://url.spec.whatwg.org/#concept-url). All its
// fields are in serialised form: percent-encoded ASCII.
type URL struct {
	// Scheme is lower-case, without the colon.
	Scheme string
	// Username and Password are percent-encoded. If both are empty, the URL has
	// no credentials.
	Username, Password string
	// Host is a domain in lower-case ASCII (Punycode), a dotted IPv4 address,
	// an IPv6 address in brackets, an opaque host, or empty.
	Host string
	// HasHost distinguishes an empty host (file:///x) from no host (mailto:x).
	HasHost bool
	// Port is -1 if the URL has none or it is the scheme's default.
	Port int
	// Path is an opaque path, or the segments, each after a "/".
	Path string
	// OpaquePath is whether Path is opaque (mailto:x, data:,x, blob:…).
	OpaquePath bool
	// Query and Fragment do not include "?" and "#". HasQuery and HasFragment
	// distinguish empty from absent.
	Query, Fragment       string
	HasQuery, HasFragment bool
}

// IsSpecial reports whether scheme, in lower case, is special
// (https://url.spec.whatwg.org/#special-scheme).
func IsSpecial(scheme string) bool {
	switch scheme {
	case "http", "https", "ws", "wss", "ftp", "file":
		return true
	}
	return false
}

// DefaultPort returns the default port of a special scheme, or -1 for file and
// other schemes.
func DefaultPort(scheme string) int {
	switch scheme {
	case "http", "ws":
		return 80
	case "https", "wss":
		return 443
	case "ftp":
		return 21
	}
	return -1
}

// EffectivePort returns the port of a connection to u: u.Port, else the
// scheme's default, else -1.
func (u *URL) EffectivePort() int {
	if u.Port >= 0 {
		return u.Port
	}
	return DefaultPort(u.Scheme)
}

// HasCredentials reports whether u includes credentials
// (https://url.spec.whatwg.org/#include-credentials).
func (u *URL) HasCredentials() bool { return u.Username != "" || u.Password != "" }

// Origin returns the serialised origin of u
// (https://url.spec.whatwg.org/#concept-url-origin), or "null" if it is opaque.
// Only http, https, ws, wss and ftp URLs have tuple origins, and blob URLs made
// by an http or https page.
func (u *URL) Origin() string {
	switch u.Scheme {
	case "http", "https", "ws", "wss", "ftp":
		return u.Scheme + "://" + u.hostPort()
	case "blob":
		inner, err := Parse(u.Path, nil)
		if err == nil && (inner.Scheme == "http" || inner.Scheme == "https") {
			return inner.Origin()
		}
	}
	return "null"
}

func (u *URL) hostPort() string {
	if u.Port < 0 {
		return u.Host
	}
	return u.Host + ":" + strconv.Itoa(u.Port)
}

// String returns u serialised with its fragment
// (https://url.spec.whatwg.org/#concept-url-serializer).
func (u *URL) String() string {
	s := u.StringNoFragment()
	if u.HasFragment {
		s += "#" + u.Fragment
	}
	return s
}

// StringNoFragment returns u serialised without its fragment.
func (u *URL) StringNoFragment() string {
	var b strings.Builder
	b.Grow(len(u.Scheme) + len(u.Username) + len(u.Password) + len(u.Host) + len(u.Path) + len(u.Query) + len("://:@:65535?"))
	b.WriteString(u.Scheme)
	b.WriteByte(':')
	if u.HasHost {
		b.WriteString("//")
		if u.HasCredentials() {
			b.WriteString(u.Username)
			if u.Password != "" {
				b.WriteByte(':')
				b.WriteString(u.Password)
			}
			b.WriteByte('@')
		}
		b.WriteString(u.Host)
		if u.Port >= 0 {
			b.WriteByte(':')
			b.WriteString(strconv.Itoa(u.Port))
		}
	} else if !u.OpaquePath && strings.HasPrefix(u.Path, "//") {
		// Without "/.", the path would be parsed as an authority.
		b.WriteString("/.")
	}
	b.WriteString(u.Path)
	if u.HasQuery {
		b.WriteByte('?')
		b.WriteString(u.Query)
	}
	return b.String()
}
