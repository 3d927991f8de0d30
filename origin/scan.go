package origin

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// span says where the parts of a serialised origin s end: s[:schemeEnd] is the
// scheme, s[schemeEnd+3:hostEnd] is the host, and the rest, if not empty, is
// ":" and the port.
type span struct{ schemeEnd, hostEnd int }

// Classes of the bytes in an origin.
const (
	classScheme = 1 << iota // a byte of a scheme after its first
	classLower              // a-z
	classDigit              // 0-9
	classLabel              // a byte of a domain label as browsers serialise it
	classUpper              // A-Z
	classOpaque             // a byte of an opaque host
)

// opaqueMarks are the bytes of an opaque host besides letters and digits: those
// that the URL standard does not forbid
// (https://url.spec.whatwg.org/#forbidden-host-code-point), without * and ",",
// which mean something else in lists of origins.
const opaqueMarks = "!\"$%&'()+-.;=_`{}~"

var classes = func() (t [256]uint8) {
	for c := range t {
		switch b := byte(c); {
		case 'a' <= b && b <= 'z':
			t[c] = classScheme | classLower | classLabel
		case 'A' <= b && b <= 'Z':
			t[c] = classUpper
		case '0' <= b && b <= '9':
			t[c] = classScheme | classDigit | classLabel
		case b == '-':
			t[c] = classScheme | classLabel
		case b == '_':
			t[c] = classLabel
		case b == '+', b == '.':
			t[c] = classScheme
		}
		if t[c]&(classLower|classUpper|classDigit) != 0 || strings.IndexByte(opaqueMarks, byte(c)) >= 0 {
			t[c] |= classOpaque
		}
	}
	return t
}()

// scan splits s into the parts of a tuple origin and reports whether s is in
// the form in which browsers serialise one. It does not allocate and takes time
// linear in at most [MaxLen] bytes. It does not decode Punycode; see [Parse].
func scan(s string) (p span, ok bool) {
	if len(s) > MaxLen {
		return span{}, false
	}
	p.schemeEnd = schemeLen(s)
	if p.schemeEnd == 0 || !strings.HasPrefix(s[p.schemeEnd:], "://") {
		return span{}, false
	}
	scheme, rest := s[:p.schemeEnd], s[p.schemeEnd+len("://"):]
	if scheme == "file" { // its origin is opaque
		return span{}, false
	}
	n := hostLen(rest, weburl.IsSpecial(scheme))
	if n == 0 {
		return span{}, false
	}
	p.hostEnd = len(s) - len(rest) + n
	return p, n == len(rest) || rest[n] == ':' && isPort(rest[n+1:], scheme)
}

// schemeLen returns the length of the scheme that s starts with, or 0.
func schemeLen(s string) int {
	if s == "" || classes[s[0]]&classLower == 0 {
		return 0
	}
	for i := 1; i < len(s) && i <= maxSchemeLen; i++ {
		if classes[s[i]]&classScheme == 0 {
			return i
		}
	}
	return 0
}

// hostLen returns the length of the serialised host that s starts with, or 0 if
// there is none. It does not check what follows the host.
func hostLen(s string, special bool) int {
	switch {
	case strings.HasPrefix(s, "["):
		return ipv6Len(s)
	case !special:
		return opaqueLen(s)
	}
	n, lastLabel := domainLen(s, true)
	if n == 0 || isNumber(lastLabel) && !isIPv4(s[:n]) {
		return 0
	}
	return n
}

// opaqueLen returns the length of the opaque host
// (https://url.spec.whatwg.org/#opaque-host) that s starts with, or 0. It may be
// a single dot, and may have capitals: apps choose it.
func opaqueLen(s string) int {
	n := 0
	for n < len(s) && n <= maxHostLen+1 && classes[s[n]]&classOpaque != 0 {
		n++
	}
	if n > maxHostLen && (n > maxHostLen+1 || s[n-1] != '.') {
		return 0
	}
	return n
}

// domainLen returns the length of the domain that s starts with, or 0, and the
// last label of the domain. A domain is one or more labels separated by dots,
// with at most one dot at its end. In those of schemes that are not special,
// which a pattern for subdomains may have, labels may have capitals.
func domainLen(s string, special bool) (n int, lastLabel string) {
	want := uint8(classLabel)
	if !special {
		want |= classUpper
	}
	start := 0
	for n < len(s) && n <= maxHostLen+1 {
		c := s[n]
		if c == '.' {
			if n == start || n-start > maxLabelLen {
				return 0, ""
			}
			lastLabel = s[start:n]
			start = n + 1
		} else if classes[c]&want == 0 {
			break
		}
		n++
	}
	if start < n { // no dot at the end
		lastLabel = s[start:n]
		if len(lastLabel) > maxLabelLen || n > maxHostLen {
			return 0, ""
		}
	}
	if n > maxHostLen+1 || lastLabel == "" {
		return 0, ""
	}
	return n, lastLabel
}

// isLabels reports whether s is a domain without a dot at its end.
func isLabels(s string, special bool) bool {
	n, _ := domainLen(s, special)
	return n > 0 && n == len(s) && s[n-1] != '.'
}

// isNumber reports whether browsers read a host with the last label label,
// which is not empty, as an IPv4 address
// (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func isNumber(label string) bool {
	if classes[label[0]]&classDigit == 0 {
		return false
	}
	if strings.HasPrefix(label, "0x") {
		return strings.Trim(label[2:], "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// isIPv4 reports whether s is a serialised IPv4 address: four decimal numbers
// up to 255 without leading zeros.
func isIPv4(s string) bool {
	for i := range 4 {
		part, rest, more := strings.Cut(s, ".")
		if more != (i < 3) || part == "" || len(part) > 3 || part[0] == '0' && part != "0" {
			return false
		}
		n := 0
		for j := range len(part) {
			if classes[part[j]]&classDigit == 0 {
				return false
			}
			n = n*10 + int(part[j]-'0')
		}
		if n > 255 {
			return false
		}
		s = rest
	}
	return true
}

// ipv6Len returns the length of the IPv6 address in brackets that s starts
// with, as serialised (https://url.spec.whatwg.org/#concept-ipv6-serializer),
// or 0.
func ipv6Len(s string) int {
	const longest = len("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]")
	end := strings.IndexByte(s[:min(len(s), longest)], ']')
	if end < 0 {
		return 0
	}
	a, ok := weburl.ParseIPv6(s[1:end])
	var buf [longest]byte
	if !ok || string(weburl.AppendIPv6(buf[:0], a)) != s[1:end] {
		return 0
	}
	return end + 1
}

// isPort reports whether s is a port as in the serialisation of an origin: a
// decimal number from 1 to 65535, without leading zeros, that is not the
// default port of scheme.
func isPort(s, scheme string) bool {
	if s == "" || len(s) > len("65535") || s[0] == '0' {
		return false
	}
	n := 0
	for i := range len(s) {
		if classes[s[i]]&classDigit == 0 {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n <= 65535 && n != weburl.DefaultPort(scheme)
}
