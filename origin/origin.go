// Package origin parses web origins, compares them, groups them by site, and
// matches them against patterns.
//
// An origin is the scheme, host and port that a page comes from (RFC 6454;
// https://html.spec.whatwg.org/#concept-origin). Browsers send its
// serialisation in the Origin request header, and CORS compares serialisations
// byte by byte (https://fetch.spec.whatwg.org/#cors-check). The rules here
// follow from that:
//
//   - [Parse] is strict. A value that no browser would send, such as one with a
//     trailing slash, a default port, or an upper-case host, is not an origin.
//   - [ParseURL] accepts a whole URL, in any form that a browser accepts, and
//     returns the origin of a page at that URL.
//   - Errors are of type [*Error] and say what to write instead.
//   - A [Pattern] describes many origins. A [Set] reports whether an origin
//     matches any of up to millions of patterns, in near-constant time.
//
// All functions are pure: they use no I/O, no DNS and no clock. None reads more
// than [MaxLen] bytes, except ParseURL, which accepts URLs of up to 64 KiB.
package origin

import (
	"strconv"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// Bounds on a serialised origin.
const (
	maxSchemeLen = 64
	maxHostLen   = 253 // RFC 1035 §2.3.4, without the final dot
	maxLabelLen  = 63

	// MaxLen is the length of the longest string that [Parse] accepts: a
	// 64-byte scheme, a 253-byte host with a final dot, and a port.
	MaxLen = maxSchemeLen + len("://") + maxHostLen + len(".") + len(":65535")
)

// Origin is a web origin: either a tuple of scheme, host and port, or opaque.
//
// The zero Origin is opaque and serialises as "null". Origins are comparable:
// two tuple origins are the same if and only if they are ==. Of an opaque
// origin, only the serialisation is known, so == does not say whether two
// opaque origins are the same; use [Origin.SameOrigin].
type Origin struct {
	s         string // the serialisation; empty if opaque
	schemeEnd uint8
	hostEnd   uint16
}

// String returns the ASCII serialisation of o, as browsers send it in the
// Origin header
// (https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin).
func (o Origin) String() string {
	if o.s == "" {
		return "null"
	}
	return o.s
}

// IsOpaque reports whether o is an opaque origin, such as that of a sandboxed
// frame, a data: URL or a local file.
func (o Origin) IsOpaque() bool { return o.s == "" }

// Scheme returns the scheme, such as "https", or "" if o is opaque.
func (o Origin) Scheme() string { return o.s[:o.schemeEnd] }

// Host returns the host as serialised: a domain in lower-case ASCII
// (Punycode), an IPv4 address, an IPv6 address in brackets, or an app's opaque
// host (see [Parse]). It returns "" if o is opaque.
func (o Origin) Host() string {
	if o.s == "" {
		return ""
	}
	return o.s[int(o.schemeEnd)+len("://") : o.hostEnd]
}

// Port returns the port that a browser would connect to: the one in the
// serialisation, or the default port of the scheme. It returns 0 if o is
// opaque, or if there is neither.
func (o Origin) Port() uint16 {
	if int(o.hostEnd) < len(o.s) {
		// The port was checked when o was parsed.
		n, _ := strconv.ParseUint(o.s[o.hostEnd+1:], 10, 16)
		return uint16(n)
	}
	return uint16(max(weburl.DefaultPort(o.Scheme()), 0))
}

// SameOrigin reports whether o and other are the same origin
// (https://html.spec.whatwg.org/#same-origin). It returns false for opaque
// origins, as all of them have the same serialisation.
func (o Origin) SameOrigin(other Origin) bool {
	return o.s != "" && o.s == other.s
}

// MarshalText returns the serialisation of o.
func (o Origin) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText parses text as [Parse] does.
func (o *Origin) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*o = parsed
	return nil
}
