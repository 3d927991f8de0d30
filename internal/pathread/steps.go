package pathread

import "strings"

// steps are what servers do with a path, besides resolving its dots. Each takes
// and returns a path that begins with a slash, and returns it as it is if there is
// nothing to do.
//
// A step that does less than another one is listed as well: what it leaves in
// place is a segment that a ".." can remove.
var steps = []func(string) string{
	decode, DecodeSegments, decodeUnreserved, decodeSlashes,
	backslashes, mergeSlashes, dropHost, stripParameters,
	trim(" "), trim(" \t"), trim(". "), trim(". \t"), trimControls,
	cutAt("\x00"), cutAt("?"), cutAt("#"), cutAt(" "), cutAt("\r"), cutAt("\n"), dropNUL, dropNewlines,
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

// decodeSlashes decodes the escapes of slashes and backslashes alone, as Envoy does
// (path_with_escaped_slashes_action).
func decodeSlashes(path string) string {
	return unescape(path, func(c byte) bool { return c == '/' || c == '\\' })
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

// dropHost takes two slashes for the beginning of a host, as do servers that resolve
// a path as a URL reference (in Node.js, new URL(request.url, base)). Further
// slashes are ignored, as the URL standard does.
func dropHost(path string) string {
	if !strings.HasPrefix(path, "//") {
		return path
	}
	_, rest, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	return "/" + rest
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

// trim returns the step that drops some characters at the end of each segment:
// Windows drops dots and spaces, others blanks. The segments "." and ".." stay.
func trim(cutset string) func(string) string {
	return func(path string) string {
		if !strings.ContainsAny(path, cutset) {
			return path
		}
		return eachSegment(path, func(s string) string {
			if s == "." || s == ".." {
				return s
			}
			return strings.TrimRight(s, cutset)
		})
	}
}

func eachSegment(path string, do func(string) string) string {
	b := make([]byte, 0, len(path))
	for s := range strings.SplitSeq(path[1:], "/") {
		b = append(append(b, '/'), do(s)...)
	}
	return string(b)
}

// cutAt returns the step that ends the path at a character: a NUL, as what is
// written in C does; a question mark or number sign, as does what writes a decoded
// path into a URL again, which may know one of the two alone; white space, as if it
// is written into the request line of the next server (nginx: proxy_pass with $uri).
func cutAt(end string) func(string) string {
	return func(path string) string {
		path, _, _ = strings.Cut(path, end)
		return path
	}
}

// dropNUL drops NULs.
func dropNUL(path string) string { return strings.ReplaceAll(path, "\x00", "") }

// dropNewlines drops tabs and newlines, as parsers of URLs do with a path that was
// decoded before.
func dropNewlines(path string) string { return newlines.Replace(path) }

var newlines = strings.NewReplacer("\t", "", "\n", "", "\r", "")

// trimControls drops controls and spaces at the end of the path, as the URL
// standard does.
func trimControls(path string) string {
	return strings.TrimRightFunc(path, func(r rune) bool { return r <= ' ' })
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
