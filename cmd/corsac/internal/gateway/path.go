package gateway

import (
	"net/http"
	"net/url"
	"strings"
)

// target is what a request line asks for, as it came.
type target struct {
	path     string // escaped; begins with a slash
	query    string // without the question mark
	hasQuery bool   // there is a question mark
}

// targetOf returns the target of r. It is false for requests that have none,
// those of the method CONNECT.
func targetOf(r *http.Request) (target, bool) {
	uri := r.RequestURI
	if r.URL.Scheme != "" { // absolute-form, RFC 9112 §3.2.2
		_, uri, _ = strings.Cut(uri, "://")
		if i := strings.IndexAny(uri, "/?"); i >= 0 {
			uri = uri[i:]
		} else {
			uri = ""
		}
		if !strings.HasPrefix(uri, "/") {
			uri = "/" + uri
		}
	}
	if !strings.HasPrefix(uri, "/") {
		return target{}, false
	}
	var t target
	t.path, t.query, t.hasQuery = strings.Cut(uri, "?")
	return t, true
}

// setTarget makes u a URL that net/http sends as t behind base, byte for byte.
func setTarget(u *url.URL, base string, t target) {
	path := base + t.path
	u.RawQuery, u.ForceQuery = t.query, t.hasQuery
	if !strings.HasPrefix(path, "//") {
		u.Opaque = path
		return
	}
	// As Opaque, it would be read as a host. RawPath is sent as it is if it is
	// what url.URL considers a valid encoding; if not, as by a stray "|", the
	// absolute form says the same (RFC 9112 §3.2.2).
	u.Path, _ = url.PathUnescape(path)
	u.RawPath = path
	if u.EscapedPath() != path {
		u.Opaque = "//" + u.Host + path
	}
}

// prefixOf returns the prefix of a route as canonicalPath would, without a
// slash at its end.
func prefixOf(path string) string { return strings.TrimRight(canonicalPath(path), "/") }

// isPlain reports whether everybody reads an escaped path in the same way.
func isPlain(path string) bool {
	return !strings.ContainsAny(path, `%\;`) && !strings.Contains(path, "//") && !strings.Contains(path, "/.")
}

// canonicalPath decodes an escaped path, except for what stands for a slash or a
// percent sign, which it writes as %2F and %25. So two paths have the same
// segments exactly when they are equal. Malformed escapes are left alone.
func canonicalPath(path string) string {
	if !strings.Contains(path, "%") {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c, ok := unescape(path[i:])
		if !ok {
			if path[i] == '%' {
				b.WriteString("%25")
			} else {
				b.WriteByte(path[i])
			}
			continue
		}
		i += 2
		switch c {
		case '/':
			b.WriteString("%2F")
		case '%':
			b.WriteString("%25")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unescape returns the byte that the escape at the beginning of s stands for.
func unescape(s string) (byte, bool) {
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
	default:
		return 0xff
	}
}

// reading is a path as an upstream may read it.
type reading struct {
	path    string // canonical
	escapes bool   // it has more ".." than segments before them
}

// maxDecodings is how often readings decodes a path: once by the upstream, once
// by something in front of it, once by what it calls.
const maxDecodings = 3

// readings returns how upstreams may read an escaped path that is not plain:
// decoded as often as there is something to decode, backslashes taken for
// slashes, and then either left so, or empty segments dropped and "." and ".."
// resolved, with or without parameters.
func readings(path string) []reading {
	var list []reading
	for range maxDecodings {
		decoded := decode(path)
		slashed := strings.ReplaceAll(decoded, `\`, "/")
		list = append(list, reading{path: strings.ReplaceAll(slashed, "%", "%25")}, resolve(slashed, false), resolve(slashed, true))
		if decoded == path {
			break
		}
		path = decoded
	}
	return list
}

// decode decodes all escapes once.
func decode(path string) string {
	if !strings.Contains(path, "%") {
		return path
	}
	b := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		c, ok := unescape(path[i:])
		if ok {
			i += 2
		} else {
			c = path[i]
		}
		b = append(b, c)
	}
	return string(b)
}

// resolve resolves a decoded path, with or without its parameters.
func resolve(path string, strip bool) (r reading) {
	var segments []string
	for s := range strings.SplitSeq(path, "/") {
		if strip {
			s, _, _ = strings.Cut(s, ";")
		}
		switch s {
		case "", ".":
		case "..":
			if len(segments) == 0 {
				r.escapes = true
				continue
			}
			segments = segments[:len(segments)-1]
		default:
			segments = append(segments, strings.ReplaceAll(s, "%", "%25"))
		}
	}
	if len(segments) > 0 {
		r.path = "/" + strings.Join(segments, "/")
	}
	return r
}
