package meaning

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cors"
)

// Policy is a policy, and what cannot be read from its fields.
type Policy struct {
	cors.Policy

	// Regexps are those of DangerouslyAllowOriginRegexps, and Tenants the
	// origins that AllowOriginFunc accepts.
	Regexps []Regexp
	Tenants []string
}

// Request is what script on a page asks for.
type Request struct {
	Page        string // serialised origin
	Server      string // serialised origin
	Method      string // as script writes it; "" if it does not
	Headers     []RequestHeader
	Body        bool   // a text
	Credentials string // omit, same-origin, include
}

// Facts answer separately the questions that CORS asks about a request.
type Facts struct {
	// SameOrigin says that CORS does not apply, Throws that script cannot make
	// the request.
	SameOrigin, Throws bool
	// Preflighted says that the browser sends a preflight, AsksHeaders that it
	// asks for headers too.
	Preflighted, AsksHeaders bool
	// Includes says that the credentials mode is "include".
	Includes bool
	// Origin, Method, Headers and Credentials say what the policy allows.
	Origin, Method, Headers, Credentials bool
	// NullOrigin says that the policy allows the origin "null", which a
	// redirect to another origin causes.
	NullOrigin bool
}

// FactsOf returns the facts for a browser: Chromium, or one that follows the
// standard.
func FactsOf(p *Policy, r *Request, chromium bool) Facts {
	method := Normalised(r.Method)
	f := Facts{
		SameOrigin: r.Page == r.Server && r.Page != "null",
		Throws:     slices.Contains([]string{"CONNECT", "TRACE", "TRACK"}, strings.ToUpper(method)),
		Includes:   r.Credentials == "include",
		Origin:     p.AllowsOrigin(r.Page),
		NullOrigin: p.AllowsOrigin("null"),
		Method:     p.AllowsMethod(method),
		Headers:    true,
	}
	f.Credentials = !f.Includes || p.AllowCredentials
	simple := method == "GET" || method == "HEAD" || method == "POST"
	f.Preflighted = !simple
	for _, h := range r.Headers {
		if h.unsafe(chromium) {
			f.Preflighted, f.AsksHeaders = true, true
			f.Headers = f.Headers && p.AllowsHeader(h.Name)
		}
	}
	return f
}

// Allowed reports what the facts mean together: whether script may read the
// response of a server that follows the policy.
func (f Facts) Allowed() bool {
	switch {
	case f.Throws:
		return false
	case f.SameOrigin:
		return true
	case f.Preflighted && !(f.Method && f.Headers):
		return false
	}
	return f.Origin && f.Credentials
}

// AllowsOrigin reports whether pages of the origin may read responses.
func (p *Policy) AllowsOrigin(origin string) bool {
	for _, pattern := range p.AllowOrigins {
		if pattern == "*" || pattern == origin || matches(pattern, origin) {
			return true
		}
	}
	if origin == "null" {
		return false
	}
	if p.AllowCredentials && insecure(origin) && !p.DangerouslyAllowInsecureOriginsWithCredentials {
		return false
	}
	for _, re := range p.Regexps {
		if re.Matches(origin) {
			return true
		}
	}
	return slices.Contains(p.Tenants, origin)
}

// matches compares an origin with a pattern that has a "*" as its leftmost
// labels, as its port, or as both.
func matches(pattern, origin string) bool {
	scheme, want, _ := strings.Cut(pattern, "://")
	other, got, ok := strings.Cut(origin, "://")
	if !ok || scheme != other {
		return false
	}
	wantHost, wantPort := hostPort(want)
	gotHost, gotPort := hostPort(got)
	if wantPort != "*" && wantPort != gotPort {
		return false
	}
	if base, below := strings.CutPrefix(wantHost, "*."); below {
		return strings.HasSuffix(gotHost, "."+base) && gotHost != "."+base
	}
	return wantHost == gotHost
}

// hostPort cuts s at the last colon that is not within brackets.
func hostPort(s string) (host, port string) {
	i := strings.LastIndex(s, ":")
	if i < 0 || strings.HasSuffix(s, "]") {
		return s, ""
	}
	return s[:i], s[i+1:]
}

// insecure reports whether an origin is plain http from another machine.
func insecure(origin string) bool {
	rest, plain := strings.CutPrefix(origin, "http://")
	host, _ := hostPort(rest)
	loopback := host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasPrefix(host, "127.") || host == "[::1]"
	return plain && !loopback
}

// AllowsMethod reports whether requests may have the method, which is
// normalised.
func (p *Policy) AllowsMethod(method string) bool {
	if method == "GET" || method == "HEAD" || method == "POST" {
		return true
	}
	for _, m := range p.AllowMethods {
		if m == "*" || Normalised(m) == method {
			return true
		}
	}
	return false
}

// Normalised returns the method as it is sent: six methods are in upper case.
func Normalised(method string) string {
	if method == "" {
		return "GET"
	}
	for _, m := range []string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"} {
		if strings.EqualFold(m, method) {
			return m
		}
	}
	return method
}

// AllowsHeader reports whether pages may set a header that needs permission.
func (p *Policy) AllowsHeader(name string) bool {
	for _, h := range p.AllowHeaders {
		if strings.EqualFold(h, name) {
			return true
		}
		if h == "*" && (p.AllowCredentials || !strings.EqualFold(name, "Authorization")) {
			return true
		}
	}
	return false
}

// Exposes reports whether pages of another origin may read the response header.
func (p *Policy) Exposes(name string) bool {
	switch name = strings.ToLower(name); name {
	case "set-cookie", "set-cookie2":
		return false
	case "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma":
		return true
	}
	for _, h := range p.ExposeHeaders {
		if h == "*" || strings.EqualFold(h, name) {
			return true
		}
	}
	return false
}
