package origin

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/suffix"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// Pattern describes one origin or many:
//
//	https://example.com        this origin
//	https://*.example.com      subdomains at any depth, not example.com itself
//	http://localhost:*         any port, or none
//	https://*.example.com:*    both
//	app://.                    an app; see [Parse]
//	moz-extension://*          any extension; so chrome-extension://* and
//	                           safari-web-extension://*
//
// A wildcard stands for whole labels, which consist of the characters of host
// names, so https://*.example.com matches neither https://evilexample.com nor
// https://evil.net/.example.com. How many labels cannot be limited: for one
// level only, list the origins, or check the host yourself. Nothing else in a
// pattern is special; no pattern matches all origins.
//
// The zero Pattern matches no origin.
type Pattern struct {
	s          string // as written
	schemeEnd  uint8
	hostStart  uint16 // of the base: after "*." if there is one
	hostEnd    uint16
	subdomains bool
	anyPort    bool
	anyHost    bool // of an extension; hostStart and hostEnd are the end of s
}

// extensionSchemes are the schemes of browser extensions, whose hosts are their
// ids. Firefox and Safari draw an id at random for each installation.
var extensionSchemes = [...]string{"chrome-extension", "moz-extension", "safari-web-extension"}

// scanExtensions returns the pattern for all extensions of a browser.
func scanExtensions(s string) (p Pattern, ok bool) {
	scheme, ok := strings.CutSuffix(s, "://*")
	if !ok || !slices.Contains(extensionSchemes[:], scheme) {
		return p, false
	}
	end := uint16(len(s))
	return Pattern{s: s, schemeEnd: uint8(len(scheme)), hostStart: end, hostEnd: end, anyHost: true}, true
}

// ParsePattern parses a pattern. Apart from its wildcards, a pattern must be an
// origin as [Parse] accepts it, but not "null". A pattern for subdomains must
// not have an IP address.
//
// The error, if any, is an [*Error] that says what to write instead.
func ParsePattern(s string) (Pattern, error) {
	p, ok := scanPattern(s)
	if !ok || !validPunycode(p.scheme(), p.base()) {
		return Pattern{}, diagnosePattern(s)
	}
	return p, nil
}

func scanPattern(s string) (p Pattern, ok bool) {
	if len(s) > MaxLen {
		return p, false
	}
	if p, ok := scanExtensions(s); ok {
		return p, true
	}
	schemeEnd := schemeLen(s)
	scheme := s[:schemeEnd]
	if schemeEnd == 0 || scheme == "file" || !strings.HasPrefix(s[schemeEnd:], "://") {
		return p, false
	}
	start := schemeEnd + len("://")
	if strings.HasPrefix(s[start:], "*.") {
		p.subdomains = true
		start += len("*.")
	}
	special := weburl.IsSpecial(scheme)
	n := hostLen(s[start:], special)
	if p.subdomains && !special {
		n, _ = domainLen(s[start:], special)
	}
	base, port := s[start:start+n], s[start+n:]
	if n == 0 || p.subdomains && !leavesRoomForLabel(base) {
		return p, false
	}
	p.anyPort = port == ":*"
	p.s, p.schemeEnd, p.hostStart, p.hostEnd = s, uint8(schemeEnd), uint16(start), uint16(start+n)
	return p, port == "" || p.anyPort || port[0] == ':' && isPort(port[1:], scheme)
}

// leavesRoomForLabel reports whether base can have subdomains: it must be a
// domain, not an address, and short enough.
func leavesRoomForLabel(base string) bool {
	return base[0] != '[' && !isIPv4(base) && len(strings.TrimSuffix(base, ".")) <= maxHostLen-len("a.")
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.s }

// IsExact reports whether p matches one origin only.
func (p Pattern) IsExact() bool { return p.s != "" && !p.subdomains && !p.anyPort && !p.anyHost }

// Subdomains reports whether p has a wildcard for the leftmost labels.
func (p Pattern) Subdomains() bool { return p.subdomains }

// AnyPort reports whether p has a wildcard for the port.
func (p Pattern) AnyPort() bool { return p.anyPort }

// AnyHost reports whether p is that of all extensions of a browser, such as
// moz-extension://*.
func (p Pattern) AnyHost() bool { return p.anyHost }

// Origin returns p without its wildcards: the origin that p matches if it is
// exact, and https://example.com for https://*.example.com:*. Use it to find
// out about the scheme, the base domain and the address space. It
// returns the zero Origin if p matches every host.
func (p Pattern) Origin() Origin {
	switch {
	case p.s == "", p.anyHost:
		return Origin{}
	case p.IsExact():
		return fromSpan(p.s, span{int(p.schemeEnd), int(p.hostEnd)})
	}
	s := p.scheme() + "://" + p.base()
	hostEnd := len(s)
	if !p.anyPort {
		s += p.port()
	}
	return fromSpan(s, span{int(p.schemeEnd), hostEnd})
}

// UnderPublicSuffix reports whether p matches the subdomains of a public
// suffix, such as https://*.github.io, which anyone can register. The suffix may
// be one of the domains that p matches: https://*.amazonaws.com matches all
// subdomains of s3.amazonaws.com.
func (p Pattern) UnderPublicSuffix() bool {
	return p.subdomains && suffix.HasOwnersBelow(strings.TrimSuffix(p.base(), "."))
}

// Match reports whether p matches the origin with the serialisation s, which
// may be any string: what browsers do not send matches no pattern. It takes
// time linear in at most [MaxLen] bytes.
func (p Pattern) Match(s string) bool {
	if !p.subdomains && !p.anyPort && !p.anyHost {
		return s == p.s && s != ""
	}
	at, ok := scan(s)
	if !ok || s[:at.schemeEnd] != p.scheme() {
		return false
	}
	if p.anyHost {
		return at.hostEnd == len(s) // extensions have no port
	}
	host, port := s[at.schemeEnd+len("://"):at.hostEnd], s[at.hostEnd:]
	if !p.anyPort && port != p.port() {
		return false
	}
	if !p.subdomains {
		return host == p.base()
	}
	return p.isAbove(host)
}

// isAbove reports whether host consists of labels and the base of p, which has
// a wildcard for labels.
func (p Pattern) isAbove(host string) bool {
	sub, ok := strings.CutSuffix(host, p.base())
	labels, dot := strings.CutSuffix(sub, ".")
	// The host of a special scheme is a domain, so it has only labels.
	return ok && dot && (weburl.IsSpecial(p.scheme()) || isLabels(labels, false))
}

// Covers reports whether p matches every origin that q matches.
func (p Pattern) Covers(q Pattern) bool {
	switch {
	case p.s == "" || q.s == "" || p.scheme() != q.scheme():
		return false
	case p.anyHost, q.anyHost:
		return p.anyHost && !q.anyPort && q.port() == ""
	case !p.anyPort && (q.anyPort || p.port() != q.port()):
		return false
	case !p.subdomains:
		return !q.subdomains && p.base() == q.base()
	case q.subdomains && q.base() == p.base():
		return true
	}
	return p.isAbove(q.base())
}

func (p Pattern) scheme() string { return p.s[:p.schemeEnd] }

// base returns the host without its wildcard.
func (p Pattern) base() string { return p.s[p.hostStart:p.hostEnd] }

// port returns the port as written, with its colon, or "".
func (p Pattern) port() string { return p.s[p.hostEnd:] }
