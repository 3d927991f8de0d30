package forward

import (
	"net/http"
	"net/url"
	"strings"
)

// Target is a request target, unchanged.
type Target struct {
	Path     string // escaped; begins with a slash
	Query    string // without the question mark
	HasQuery bool   // there is a question mark
}

// String returns the target as it is sent.
func (t Target) String() string {
	if t.HasQuery {
		return t.Path + "?" + t.Query
	}
	return t.Path
}

// TargetOf returns the target of r. ok is false for requests without a path,
// which are those with the method CONNECT.
func TargetOf(r *http.Request) (Target, bool) {
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
		return Target{}, false
	}
	var t Target
	t.Path, t.Query, t.HasQuery = strings.Cut(uri, "?")
	return t, true
}

// setTarget makes u a URL that net/http sends as base followed by t, byte for
// byte.
func setTarget(u *url.URL, host, base string, t Target) {
	path := base + t.Path
	u.RawQuery, u.ForceQuery = t.Query, t.HasQuery
	if !strings.HasPrefix(path, "//") {
		u.Opaque = path
		return
	}
	// Opaque would be read as a host. RawPath is sent unchanged if url.URL
	// considers it a valid encoding. If it does not, for example because of a
	// stray "|", the absolute form means the same (RFC 9112 §3.2.2), with the host
	// that the request has: it wins over the Host header.
	u.Path, _ = url.PathUnescape(path)
	u.RawPath = path
	if u.EscapedPath() != path {
		u.Opaque = "//" + host + path
	}
}
