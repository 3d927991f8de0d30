package weburl

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// toASCII is "domain to ASCII" with beStrict false
// (https://url.spec.whatwg.org/#concept-domain-to-ascii).
var toASCII = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.StrictDomainName(false),
	idna.CheckHyphens(false),
	idna.CheckJoiners(true),
	idna.BidiRule(),
	idna.VerifyDNSLength(false),
)

// ParseHost is the host parser
// (https://url.spec.whatwg.org/#concept-host-parser) and the host serialiser.
// If special, the host is that of a special scheme: a domain or an address, and
// not empty. Otherwise it is opaque and may be empty. Errors wrap [ErrHost] or
// [ErrTooLong].
func ParseHost(s string, special bool) (string, error) {
	if len(s) > MaxInput {
		return "", fmt.Errorf("%w: host of %d bytes, at most %d", ErrTooLong, len(s), MaxInput)
	}
	switch {
	case strings.HasPrefix(s, "["):
		return parseBracketed(s)
	case !special:
		return parseOpaqueHost(s)
	}
	domain := decode(s)
	if !utf8.ValidString(domain) {
		domain = string([]rune(domain))
	}
	ascii, err := domainToASCII(domain)
	if err != nil {
		return "", hostError(s, err.Error())
	}
	if ascii == "" {
		return "", hostError(s, "it is empty")
	}
	for i := range len(ascii) {
		if forbiddenDomain.has(ascii[i]) {
			return "", hostError(s, fmt.Sprintf("it contains %q", ascii[i]))
		}
	}
	if endsInNumber(ascii) {
		addr, ok := parseIPv4(ascii)
		if !ok {
			return "", hostError(s, "it ends in a number but is not an IPv4 address")
		}
		return formatIPv4(addr), nil
	}
	return ascii, nil
}

func hostError(host, why string) error {
	return fmt.Errorf("%w: %q: %s", ErrHost, abridge(host), why)
}

// domainToASCII only lower-cases ASCII without Punycode, as the standard
// permits: IDNA would refuse labels that DNS and browsers accept (a_b, a--b).
func domainToASCII(s string) (string, error) {
	ascii, puny := true, false
	for i := range len(s) {
		if s[i] >= 0x80 {
			ascii = false
		}
		if (i == 0 || s[i-1] == '.') && len(s)-i >= 4 && strings.EqualFold(s[i:i+4], "xn--") {
			puny = true
		}
	}
	if ascii && !puny {
		return strings.ToLower(s), nil
	}
	out, err := toASCII.ToASCII(s)
	if err != nil {
		return "", err
	}
	return out, nil
}

func parseOpaqueHost(s string) (string, error) {
	for i := range len(s) {
		if c := s[i]; c < 0x80 && forbiddenHost.has(c) {
			return "", hostError(s, fmt.Sprintf("it contains %q", c))
		}
	}
	return encode(s, &c0Set), nil
}

// endsInNumber reports whether s ends in a number
// (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func endsInNumber(s string) bool {
	s = strings.TrimSuffix(s, ".")
	last := s[strings.LastIndexByte(s, '.')+1:]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := parseIPv4Number(last)
	return ok
}

// parseIPv4Number is the IPv4 number parser
// (https://url.spec.whatwg.org/#ipv4-number-parser). Numbers above 2^32, which
// are too large for any address, are returned as 2^32.
func parseIPv4Number(s string) (uint64, bool) {
	if s == "" {
		return 0, false
	}
	base := uint64(10)
	switch {
	case len(s) >= 2 && (s[:2] == "0x" || s[:2] == "0X"):
		s, base = s[2:], 16
	case len(s) >= 2 && s[0] == '0':
		s, base = s[1:], 8
	}
	n := uint64(0)
	for i := range len(s) {
		v := hexValue(s[i])
		if v < 0 || uint64(v) >= base {
			return 0, false
		}
		n = min(n*base+uint64(v), 1<<32)
	}
	return n, true
}

// parseIPv4 is the IPv4 parser
// (https://url.spec.whatwg.org/#concept-ipv4-parser).
func parseIPv4(s string) (uint32, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	if len(parts) > 4 {
		return 0, false
	}
	var addr uint64
	for i, part := range parts {
		n, ok := parseIPv4Number(part)
		if !ok {
			return 0, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return 0, false
			}
			addr |= n << (8 * (3 - i))
			continue
		}
		if n >= 1<<(8*(5-len(parts))) {
			return 0, false
		}
		addr |= n
	}
	return uint32(addr), true
}

func formatIPv4(a uint32) string {
	b := make([]byte, 0, 15)
	for shift := 24; shift >= 0; shift -= 8 {
		b = strconv.AppendUint(b, uint64(a>>shift&0xff), 10)
		if shift > 0 {
			b = append(b, '.')
		}
	}
	return string(b)
}

func parseBracketed(s string) (string, error) {
	if !strings.HasSuffix(s, "]") {
		return "", hostError(s, "the bracket is not closed")
	}
	addr, ok := ParseIPv6(s[1 : len(s)-1])
	if !ok {
		return "", hostError(s, "it is not an IPv6 address")
	}
	return "[" + string(AppendIPv6(nil, addr)) + "]", nil
}

// ParseIPv6 is the IPv6 parser
// (https://url.spec.whatwg.org/#concept-ipv6-parser). The address s has no
// brackets. It does not allocate.
func ParseIPv6(s string) (addr [8]uint16, ok bool) {
	piece, compress, i := 0, -1, 0
	if strings.HasPrefix(s, ":") {
		if !strings.HasPrefix(s, "::") {
			return addr, false
		}
		i, piece, compress = 2, 1, 1
	}
	for i < len(s) {
		if piece == 8 {
			return addr, false
		}
		if s[i] == ':' {
			if compress >= 0 {
				return addr, false
			}
			i++
			piece++
			compress = piece
			continue
		}
		value, start := 0, i
		for i < len(s) && i-start < 4 && hexValue(s[i]) >= 0 {
			value = value<<4 | hexValue(s[i])
			i++
		}
		if i < len(s) && s[i] == '.' {
			if i == start || piece > 6 || !parseIPv6Tail(s[start:], addr[piece:piece+2]) {
				return addr, false
			}
			return decompress(addr, piece+2, compress)
		}
		if i < len(s) {
			if s[i] != ':' || i+1 == len(s) {
				return addr, false
			}
			i++
		}
		addr[piece] = uint16(value)
		piece++
	}
	return decompress(addr, piece, compress)
}

// decompress moves the pieces after "::" to the end.
func decompress(addr [8]uint16, piece, compress int) ([8]uint16, bool) {
	if compress < 0 {
		return addr, piece == 8
	}
	for swaps, at := piece-compress, 7; at != 0 && swaps > 0; swaps, at = swaps-1, at-1 {
		from := compress + swaps - 1
		addr[at], addr[from] = addr[from], addr[at]
	}
	return addr, true
}

// parseIPv6Tail parses the IPv4 address at the end of an IPv6 address, four
// decimal numbers without leading zeros, into two pieces.
func parseIPv6Tail(s string, out []uint16) bool {
	for i := range 4 {
		part, rest, more := strings.Cut(s, ".")
		if more != (i < 3) || part == "" || len(part) > 3 || len(part) > 1 && part[0] == '0' {
			return false
		}
		s = rest
		n := 0
		for j := range len(part) {
			if part[j] < '0' || part[j] > '9' {
				return false
			}
			n = n*10 + int(part[j]-'0')
		}
		if n > 255 {
			return false
		}
		out[i/2] = out[i/2]<<8 | uint16(n)
	}
	return true
}

// AppendIPv6 is the IPv6 serialiser
// (https://url.spec.whatwg.org/#concept-ipv6-serializer): it appends a to b,
// with the first longest run of at least two zero pieces compressed.
func AppendIPv6(b []byte, a [8]uint16) []byte {
	start, length := -1, 1
	for i := 0; i < 8; i++ {
		j := i
		for j < 8 && a[j] == 0 {
			j++
		}
		if j-i > length {
			start, length = i, j-i
		}
		i = max(i, j-1)
	}
	for i := 0; i < 8; i++ {
		if i == start {
			b = append(b, "::"...)
			i += length - 1
			continue
		}
		if i > 0 && i != start+length {
			b = append(b, ':')
		}
		b = strconv.AppendUint(b, uint64(a[i]), 16)
	}
	return b
}
