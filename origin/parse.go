package origin

import (
	"net/url"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// Parse parses the value of an Origin header. It accepts exactly what a browser
// may send: "null", for an opaque origin, or the serialisation of a tuple
// origin (https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin) of at
// most [MaxLen] bytes. In a serialisation, the scheme and a domain are in lower
// case, the domain is in Punycode, an IP address is in canonical form, and the
// scheme's default port is left out. Schemes need not be those of the web:
// capacitor://localhost is accepted. Only file: is not, as its origin is
// opaque. The host of a scheme that is not special is opaque
// (https://url.spec.whatwg.org/#opaque-host): any characters that the URL
// standard does not forbid, in the case in which the app writes them, such as
// the dot of app://., except "*" and ",".
//
// The error, if any, is an [*Error] that says what to write instead.
func Parse(s string) (Origin, error) {
	if s == "null" {
		return Origin{}, nil
	}
	p, ok := scan(s)
	if !ok || !validPunycode(s[:p.schemeEnd], s[p.schemeEnd+len("://"):p.hostEnd]) {
		return Origin{}, diagnose(s)
	}
	return fromSpan(s, p), nil
}

func fromSpan(s string, p span) Origin {
	return Origin{s: s, schemeEnd: uint8(p.schemeEnd), hostEnd: uint16(p.hostEnd)}
}

// validPunycode reports whether each label of host that begins with xn-- is
// valid Punycode (https://url.spec.whatwg.org/#concept-domain-to-ascii). Only
// hosts of special schemes are domains.
func validPunycode(scheme, host string) bool {
	if !weburl.IsSpecial(scheme) || !strings.Contains(host, "xn--") {
		return true
	}
	ascii, err := weburl.ParseHost(host, true)
	return err == nil && ascii == host
}

// ParseURL returns the origin of a page at the given URL
// (https://url.spec.whatwg.org/#concept-url-origin). The URL may be in any form
// that a browser accepts as absolute: a path, userinfo, upper case, a Unicode
// host and a default port leave no trace in the origin. The origin of a blob:
// URL is that of the URL inside it. The origin of data:, about:, file: and
// other URLs without an authority is opaque.
//
// In the URL standard, the origins of all schemes that it does not know are
// opaque. Browsers give pages of extensions and app frameworks, such as
// chrome-extension://id and capacitor://localhost, a tuple origin, and so does
// ParseURL for any URL with a host.
//
// The error, if any, is an [*Error] that says what to write instead.
func ParseURL(s string) (Origin, error) {
	u, err := weburl.Parse(s, nil)
	if err != nil {
		return Origin{}, diagnoseURL(s, err)
	}
	return fromWebURL(u)
}

// FromURL returns the origin of u, as [ParseURL] does for u.String().
func FromURL(u *url.URL) (Origin, error) { return ParseURL(u.String()) }

func fromWebURL(u *weburl.URL) (Origin, error) {
	switch {
	case u.Scheme == "blob":
		inner, err := weburl.Parse(u.Path, nil)
		if err != nil || inner.Scheme != "http" && inner.Scheme != "https" {
			return Origin{}, nil
		}
		return fromWebURL(inner)
	case u.Scheme == "file", !u.HasHost, u.Host == "":
		return Origin{}, nil
	}
	s := serialise(u)
	p, ok := scan(s)
	if !ok { // the host is valid in a URL, but neither a domain nor an address
		return Origin{}, &Error{Input: s, Code: CodeHost}
	}
	return fromSpan(s, p), nil
}
