// Package bytestr converts between byte strings, which header names and values
// are, and the text that stands for them in JSON and JavaScript: each byte is
// the code point of its number, as WebIDL's ByteString has it.
package bytestr

// Decode returns text in which each code point is a byte of s
// (https://infra.spec.whatwg.org/#isomorphic-decode).
func Decode(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			runes := make([]rune, len(s))
			for j := range len(s) {
				runes[j] = rune(s[j])
			}
			return string(runes)
		}
	}
	return s
}

// Encode returns the bytes whose numbers are the code points of s
// (https://infra.spec.whatwg.org/#isomorphic-encode). ok is false if one is
// above U+00FF, as is U+FFFD, which ill-formed UTF-8 reads as.
func Encode(s string) (bytes string, ok bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}
