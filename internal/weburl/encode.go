package weburl

import "strings"

// byteSet is a set of bytes that includes every byte from 0x80, as all
// percent-encode sets do.
type byteSet [4]uint32

func (s *byteSet) has(c byte) bool { return c >= 0x80 || s[c>>5]&(1<<(c&31)) != 0 }

func (s byteSet) plus(chars string) byteSet {
	for i := range len(chars) {
		s[chars[i]>>5] |= 1 << (chars[i] & 31)
	}
	return s
}

// The percent-encode sets (https://url.spec.whatwg.org/#percent-encoded-bytes).
var (
	c0Set           = byteSet{0: 0xffffffff}.plus("\x7f")
	fragmentSet     = c0Set.plus(" \"<>`")
	querySet        = c0Set.plus(" \"#<>")
	specialQuerySet = querySet.plus("'")
	pathSet         = querySet.plus("?^`{}")
	userinfoSet     = pathSet.plus("/:;=@[\\]|")
)

// The forbidden code points
// (https://url.spec.whatwg.org/#forbidden-host-code-point).
var (
	forbiddenHost   = byteSet{}.plus("\x00\t\n\r #/:<>?@[\\]^|")
	forbiddenDomain = forbiddenHost.plus("%").union(c0Set)
)

func (s byteSet) union(t byteSet) byteSet {
	for i := range s {
		s[i] |= t[i]
	}
	return s
}

const upperHex = "0123456789ABCDEF"

// encode returns s with the bytes in set percent-encoded.
func encode(s string, set *byteSet) string {
	n := 0
	for i := range len(s) {
		if set.has(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 2*n)
	for i := range len(s) {
		if c := s[i]; set.has(c) {
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// decode returns s percent-decoded
// (https://url.spec.whatwg.org/#percent-decode).
func decode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexValue(s[i+1]) >= 0 && hexValue(s[i+2]) >= 0 {
			b = append(b, byte(hexValue(s[i+1])<<4|hexValue(s[i+2])))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
