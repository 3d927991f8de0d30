package pathread

import "strings"

// steps are what servers do with a path, besides resolving its dots. Each takes
// and returns a path that begins with a slash, and returns it as it is if there is
// nothing to do.
var steps = []func(string) string{
	decode, DecodeSegments, decodeUnreserved,
	backslashes, mergeSlashes, stripParameters,
	trimBlanks, trimDots,
	cutAtNUL, dropNUL, cutAtQuery,
}

// decode decodes every escape once, as most servers do. Malformed escapes stay.
func decode(path string) string {
	return unescape(path, func(byte) bool { return true })
}

// DecodeSegments decodes every escape once but those of a slash, which it writes as
// %2F: an escaped slash does not separate segments, as in http.ServeMux. The path
// need not begin with a slash.
func DecodeSegments(path string) string {
	return unescape(path, func(c byte) bool { return c != '/' })
}

// decodeUnreserved decodes the escapes that never needed to be any, as proxies do
// that normalise a path (RFC 3986 §6.2.2.2).
func decodeUnreserved(path string) string {
	return unescape(path, func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
	})
}

// unescape decodes the escapes of bytes that which reports; an escaped slash that
// stays is written in upper case.
func unescape(path string, which func(byte) bool) string {
	i := strings.IndexByte(path, '%')
	if i < 0 {
		return path
	}
	b := make([]byte, i, len(path))
	copy(b, path)
	for ; i < len(path); i++ {
		c, ok := escaped(path[i:])
		switch {
		case ok && which(c):
			b = append(b, c)
			i += 2
		case ok && c == '/':
			b = append(b, "%2F"...)
			i += 2
		default:
			b = append(b, path[i])
		}
	}
	return string(b)
}

// escaped returns the byte that the escape at the beginning of s stands for.
func escaped(s string) (c byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	hi, lo := unhex(s[1]), unhex(s[2])
	return hi<<4 | lo, hi < 16 && lo < 16
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// backslashes takes backslashes for slashes, as Windows and browsers do.
func backslashes(path string) string { return strings.ReplaceAll(path, `\`, "/") }

// mergeSlashes drops empty segments, except for one at the end.
func mergeSlashes(path string) string {
	if !strings.Contains(path, "//") {
		return path
	}
	b := make([]byte, 0, len(path))
	for i := range len(path) {
		if path[i] != '/' || len(b) == 0 || b[len(b)-1] != '/' {
			b = append(b, path[i])
		}
	}
	return string(b)
}

// stripParameters cuts each segment at its first semicolon, as Java servers do.
func stripParameters(path string) string {
	if !strings.Contains(path, ";") {
		return path
	}
	return eachSegment(path, func(s string) string {
		s, _, _ = strings.Cut(s, ";")
		return s
	})
}

// trimBlanks drops the blanks at the end of each segment.
func trimBlanks(path string) string {
	if !strings.ContainsAny(path, " \t") {
		return path
	}
	return eachSegment(path, func(s string) string { return strings.TrimRight(s, " \t") })
}

// trimDots drops dots and blanks at the end of each segment, as Windows does;
// those that resolve looks at stay.
func trimDots(path string) string {
	if !strings.ContainsAny(path, ". \t") {
		return path
	}
	return eachSegment(path, func(s string) string {
		if s == "." || s == ".." {
			return s
		}
		return strings.TrimRight(s, ". \t")
	})
}

func eachSegment(path string, do func(string) string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = do(s)
	}
	return strings.Join(segments, "/")
}

// cutAtNUL ends the path at a NUL, as what is written in C does.
func cutAtNUL(path string) string {
	path, _, _ = strings.Cut(path, "\x00")
	return path
}

// dropNUL drops NULs.
func dropNUL(path string) string { return strings.ReplaceAll(path, "\x00", "") }

// cutAtQuery ends the path at a question mark or number sign, as does what writes
// a decoded path into a URL again.
func cutAtQuery(path string) string {
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		return path[:i]
	}
	return path
}

// dots says what resolve takes for a dot.
type dots bool

const (
	plainDots   dots = false
	encodedDots dots = true // %2e as well, as the URL standard does
)

// resolve drops "." segments, and each ".." with the segment before it, empty ones
// included (RFC 3986 §5.2.4). climbs reports whether there was a ".." without a
// segment before it; it is dropped.
func resolve(path string, d dots) (resolved string, climbs bool) {
	if !strings.Contains(path, "/.") && (d == plainDots || !strings.Contains(path, "/%2")) {
		return path, false
	}
	segments := strings.Split(path[1:], "/")
	kept := segments[:0]
	for i, s := range segments {
		last := i == len(segments)-1
		if d == encodedDots && len(s) <= len("%2e%2e") && strings.Contains(s, "%2") {
			s = strings.ReplaceAll(strings.ReplaceAll(s, "%2e", "."), "%2E", ".")
		}
		switch {
		case s == ".." && len(kept) == 0:
			climbs = true
		case s == "..":
			kept = kept[:len(kept)-1]
		case s != ".":
			kept = append(kept, segments[i])
			continue
		}
		if last { // the path of a folder
			kept = append(kept, "")
		}
	}
	return "/" + strings.Join(kept, "/"), climbs
}
