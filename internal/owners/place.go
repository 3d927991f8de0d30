package owners

import (
	"math/bits"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// place is a place in the serialisation of an origin, as far as it depends on
// what precedes it. Places below schemeStart are after the prefix of a scheme
// that the URL standard knows.
type place uint8

const (
	schemeStart place = 32 + iota
	inScheme          // of a scheme of another kind
	afterColon
	afterSlash
	hostStart
	inDigits // of a label, after nothing but digits
	inLabel
	afterDot
	inBracket // before the first colon of an IPv6 address
	inIPv6
	afterIPv6
	portStart
	inPort
	nowhere

	// lower is added to places after a special scheme, as such hosts have no
	// capitals.
	lower place = 128
)

// prefixes of the special schemes, and of "file", whose origins are opaque.
var prefixes = [...]string{
	"h", "ht", "htt", "http", "https", "w", "ws", "wss", "f", "ft", "ftp", "fi", "fil", "file",
}

// is reports whether p is one of places.
func (p place) is(places ...place) bool {
	for _, q := range places {
		if p&^lower == q {
			return true
		}
	}
	return false
}

// isEnd reports whether an origin may end at p.
func (p place) isEnd() bool { return p.is(inDigits, inLabel, afterDot, afterIPv6, inPort) }

// next returns the place after the character c. It returns nowhere if no origin
// has c at p. Not all that it accepts are origins.
func (p place) next(c byte) place {
	digit := '0' <= c && c <= '9'
	hex := digit || 'a' <= c && c <= 'f'
	label := digit || 'a' <= c && c <= 'z' || c == '-' || c == '_' || 'A' <= c && c <= 'Z' && p&lower == 0
	flag := p & lower
	switch q := p &^ lower; {
	case q <= inScheme:
		return q.nextInScheme(c)
	case q == afterColon && c == '/':
		return afterSlash | flag
	case q == afterSlash && c == '/':
		return hostStart | flag
	case q == hostStart && c == '[', q == inBracket && hex:
		return inBracket | flag
	case q.is(inBracket, inIPv6) && c == ':', q == inIPv6 && hex:
		return inIPv6 | flag
	case q == inIPv6 && c == ']':
		return afterIPv6 | flag
	case q.is(hostStart, afterDot, inDigits) && digit:
		return inDigits | flag
	case q.is(hostStart, afterDot, inDigits, inLabel) && label:
		return inLabel | flag
	case q.is(inDigits, inLabel) && c == '.':
		return afterDot | flag
	case q.is(inDigits, inLabel, afterDot, afterIPv6) && c == ':':
		return portStart | flag
	case q.is(portStart, inPort) && digit:
		return inPort | flag
	}
	return nowhere
}

func (p place) nextInScheme(c byte) place {
	read := ""
	if p < schemeStart {
		read = prefixes[p]
	}
	switch {
	case c == ':' && read == "file":
		return nowhere
	case c == ':' && weburl.IsSpecial(read):
		return afterColon | lower
	case c == ':' && p != schemeStart:
		return afterColon
	case 'a' <= c && c <= 'z', p != schemeStart && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
	default:
		return nowhere
	}
	if p != inScheme {
		for i, s := range prefixes {
			if len(s) == len(read)+1 && s[:len(read)] == read && s[len(read)] == c {
				return place(i)
			}
		}
	}
	return inScheme
}

// chars is a set of ASCII characters.
type chars [2]uint64

func (s *chars) add(c byte)     { s[c>>6] |= 1 << (c & 63) }
func (s *chars) remove(c byte)  { s[c>>6] &^= 1 << (c & 63) }
func (s chars) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }
func (s chars) empty() bool     { return s[0]|s[1] == 0 }
func (s chars) and(t chars) chars {
	return chars{s[0] & t[0], s[1] & t[1]}
}

func (s chars) or(t chars) chars {
	return chars{s[0] | t[0], s[1] | t[1]}
}

// first returns a character of s, which is not empty: a small letter if there is
// one.
func (s chars) first() byte {
	for c := byte('a'); c <= 'z'; c++ {
		if s.has(c) {
			return c
		}
	}
	if s[0] != 0 {
		return byte(bits.TrailingZeros64(s[0]))
	}
	return byte(64 + bits.TrailingZeros64(s[1]))
}

// step is where some characters lead.
type step struct {
	to    place
	chars chars
}

// steps returns where the characters lead that an origin may have at p.
func (p place) steps() (list []step) {
	for c := range byte(128) {
		to := p.next(c)
		if to == nowhere {
			continue
		}
		i := 0
		for i < len(list) && list[i].to != to {
			i++
		}
		if i == len(list) {
			list = append(list, step{to: to})
		}
		list[i].chars.add(c)
	}
	return list
}
