package rewrite

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// Exchange is a request that a proxy has forwarded, as both sides see it.
type Exchange struct {
	// Mapping is that of the request's route.
	Mapping
	// Asked is the URL that the browser asked for, and Sent the one that the
	// upstream got.
	Asked, Sent *weburl.URL
	// Others are the mappings of the proxy's other routes.
	Others []Mapping
	// Leads reports whether the proxy would forward a request for a path of its
	// front with m. Nil means always.
	Leads func(path string, m Mapping) bool
	// Relative writes addresses of the front without its origin, for a proxy that may
	// not know under which name and scheme it is called.
	Relative bool
}

// Address translates the value of a Location or Content-Location header. It
// returns the value itself if it leads to the same place on both sides, if it
// leads elsewhere, or if it is not a URL.
func (x *Exchange) Address(value string) string {
	target, err := weburl.ParseLocation(value, x.Sent)
	if err != nil || target.HasCredentials() {
		return value
	}
	want, ok := x.front(target)
	if !ok {
		return value
	}
	if have, err := weburl.ParseLocation(value, x.Asked); err == nil && have.String() == want.String() {
		return value
	}
	if path := strings.TrimPrefix(want.String(), want.Origin()); (x.Relative || !namesHost(value)) && !strings.HasPrefix(path, "//") &&
		want.Origin() == x.Asked.Origin() {
		return path
	}
	return want.String()
}

// front returns the URL at which the browser reaches what an upstream calls
// target, or false if it does not through the proxy.
func (x *Exchange) front(target *weburl.URL) (*weburl.URL, bool) {
	for i := -1; i < len(x.Others); i++ {
		m := x.Mapping
		if i >= 0 {
			m = x.Others[i]
		}
		if !m.Upstream.isNamedBy(target) {
			continue
		}
		u, ok := at(target, m.Upstream, m.Front)
		if !ok || x.Leads != nil && !x.Leads(u.Path, m) {
			continue
		}
		// A redirect from one name of a server to another must not become one to
		// itself.
		if u.StringNoFragment() == x.Asked.StringNoFragment() && target.Origin() != x.Sent.Origin() {
			continue
		}
		return u, true
	}
	return nil, false
}

// namesHost reports whether a reference that is a URL of HTTP begins with a scheme
// or a host.
func namesHost(value string) bool {
	value = strings.TrimLeft(value, " \t")
	if len(value) >= 2 && isSlash(value[0]) && isSlash(value[1]) {
		return true
	}
	scheme, _, ok := strings.Cut(value, ":")
	return ok && !strings.ContainsAny(scheme, `/\?#`)
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// Refresh translates the URL in the value of a Refresh header
// (https://html.spec.whatwg.org/#shared-declarative-refresh-steps).
func (x *Exchange) Refresh(value string) string {
	i := skip(value, 0, isSpace)
	i = skip(value, i, func(c byte) bool { return c == '.' || c >= '0' && c <= '9' })
	if i == len(value) || value[i] != ';' && value[i] != ',' && !isSpace(value[i]) {
		return value
	}
	if i = skip(value, i, isSpace); i < len(value) && (value[i] == ';' || value[i] == ',') {
		i = skip(value, i+1, isSpace)
	}
	if len(value)-i >= 3 && strings.EqualFold(value[i:i+3], "url") {
		if j := skip(value, i+3, isSpace); j < len(value) && value[j] == '=' {
			i = skip(value, j+1, isSpace)
		}
	}
	end := len(value)
	if i < end && (value[i] == '"' || value[i] == '\'') {
		i++
		if n := strings.IndexByte(value[i:], value[i-1]); n >= 0 {
			end = i + n
		}
	}
	if i == end {
		return value
	}
	return value[:i] + x.Address(value[i:end]) + value[end:]
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' && c != '\v' }

// skip returns the index of the first byte of s, from i on, that is not of a class.
func skip(s string, i int, class func(byte) bool) int {
	for i < len(s) && class(s[i]) {
		i++
	}
	return i
}

// Link translates the targets of the links in the value of a Link header (RFC
// 8288 §3).
func (x *Exchange) Link(value string) string {
	var out strings.Builder
	rest := value
	for rest != "" {
		begin := indexUnquoted(rest, '<')
		if begin < 0 {
			break
		}
		end := strings.IndexByte(rest[begin:], '>')
		if end < 0 {
			break
		}
		end += begin
		out.WriteString(rest[:begin+1])
		out.WriteString(x.Address(rest[begin+1 : end]))
		rest = rest[end:]
	}
	out.WriteString(rest)
	return out.String()
}

// indexUnquoted returns the index of c in s outside of quoted strings, or -1.
func indexUnquoted(s string, c byte) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && s[i] == c:
			return i
		}
	}
	return -1
}

// referer translates the URL of a page of the front into the same page of the
// upstream.
func (m Mapping) referer(value string) string {
	u, err := weburl.Parse(value, nil)
	if err != nil || u.Scheme != m.Front.Scheme || u.Host != m.Front.Host || u.EffectivePort() != m.Front.Port {
		return value
	}
	moved, ok := at(u, m.Front, m.Upstream)
	if !ok { // a page of another route, which has no path there
		whole := m
		whole.Front.Path, whole.Upstream.Path = "", ""
		moved, _ = at(u, whole.Front, whole.Upstream)
	}
	return moved.StringNoFragment()
}
