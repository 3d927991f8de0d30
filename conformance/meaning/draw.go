package meaning

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// Regexp is an expression for DangerouslyAllowOriginRegexps, and what it
// matches, expressed in another way.
type Regexp struct {
	Expr    string
	Matches func(origin string) bool
	// Any says that it matches arbitrary websites, which is refused with
	// credentials.
	Any bool
	// Owners says that it matches domains of different owners, which needs a
	// Dangerously field with credentials.
	Owners bool
}

// Ground is what origins are drawn from: pages that make requests, and
// patterns, some of which match some of the pages.
type Ground struct {
	Pages    []string
	Patterns []string
	Regexps  []Regexp
}

// Domains is a ground of names that need not exist.
var Domains = Ground{
	Pages: []string{
		"https://app.example.com", "https://example.com", "https://a.example.com", "https://a.b.example.com", "https://b.example.com",
		"https://evilexample.com", "https://example.com.evil.net", "https://appxexample.com", "http://app.example.com",
		"https://app.example.com:8443", "https://app.example.com.", "https://app.example.org", "http://localhost:3000",
		"http://localhost", "https://localhost", "http://app.localhost:3000", "http://127.0.0.1:8080", "http://[::1]:8080",
		"capacitor://localhost", "chrome-extension://abcdefghijklmnop", "https://user.github.io", "https://xn--bcher-kva.example.com",
		"https://api.example.com", "null",
	},
	Patterns: []string{
		"https://app.example.com", "https://example.com", "https://*.example.com", "https://*.b.example.com", "https://app.example.com:*",
		"https://*.example.com:*", "https://app.example.com:8443", "http://app.example.com", "http://*.example.com", "https://app.example.com.",
		"https://app.example.org", "http://localhost:*", "http://localhost:3000", "http://*.localhost:3000", "https://localhost",
		"http://127.0.0.1:*", "http://127.0.0.1:8080", "http://[::1]:8080", "http://[::1]:*", "capacitor://localhost",
		"chrome-extension://abcdefghijklmnop", "https://*.github.io", "https://*.com", "https://nobody.example.net", "null",
	},
	Regexps: []Regexp{
		{Expr: `https://[a-z]+\.example\.com`, Matches: func(o string) bool {
			label, ok := strings.CutSuffix(strings.TrimPrefix(o, "https://"), ".example.com")
			return ok && strings.HasPrefix(o, "https://") && label != "" && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz") == ""
		}},
		{Expr: `https://app.example.com`, Owners: true, Matches: func(o string) bool {
			return o == "https://app.example.com" || o == "https://appxexample.com"
		}},
		{Expr: `https://a\.example\.com|http://localhost:[0-9]+`, Matches: func(o string) bool {
			port, ok := strings.CutPrefix(o, "http://localhost:")
			return o == "https://a.example.com" || ok && port != ""
		}},
		{Expr: `https?://.*`, Any: true, Matches: func(o string) bool {
			return strings.HasPrefix(o, "https://") || strings.HasPrefix(o, "http://")
		}},
	},
}

// RequestHeader is a header that script sets.
type RequestHeader struct {
	Name, Value string

	safe      bool // CORS-safelisted
	hint      bool // a client hint, which Chromium safelists
	forbidden bool // dropped
	chromium  bool // dropped by Chromium only
}

// unsafe reports whether a preflight asks for the header.
func (h RequestHeader) unsafe(chromium bool) bool {
	return !h.safe && !h.forbidden && !(chromium && (h.hint || h.chromium))
}

var requestHeaders = []RequestHeader{
	{Name: "Accept", Value: "text/html, */*;q=0.1", safe: true},
	{Name: "Accept", Value: `text/html;x="y"`},
	{Name: "accept-language", Value: "en-GB,en;q=0.5", safe: true},
	{Name: "Content-Language", Value: "de_DE"},
	{Name: "Content-Type", Value: "text/plain;charset=utf-8", safe: true},
	{Name: "content-type", Value: "application/x-www-form-urlencoded", safe: true},
	{Name: "Content-Type", Value: "application/json"},
	{Name: "Content-Type", Value: strings.Repeat(" ", 60) + "text/plain; x=" + strings.Repeat("y", 120)},
	{Name: "Range", Value: "bytes=0-99", safe: true},
	{Name: "Range", Value: "bytes=-99"},
	{Name: "Authorization", Value: "Bearer t"},
	{Name: "AUTHORIZATION", Value: "Basic Zm9v"},
	{Name: "X-A", Value: "1"},
	{Name: "x-b", Value: ""},
	{Name: "X-Requested-With", Value: "XMLHttpRequest"},
	{Name: "X-" + strings.Repeat("long-", 40) + "name", Value: "1"},
	{Name: "!#$%&'*+-.^_`|~", Value: "token"},
	{Name: "Cache-Control", Value: "no-cache"},
	{Name: "Last-Event-ID", Value: "7"},
	{Name: "Save-Data", Value: "on", hint: true},
	{Name: "DPR", Value: "1.5", hint: true},
	{Name: "User-Agent", Value: "me", chromium: true},
	{Name: "Cookie", Value: "a=b", forbidden: true},
	{Name: "Origin", Value: "https://app.example.com", forbidden: true},
	{Name: "Sec-Thing", Value: "1", forbidden: true},
}

var (
	requestMethods = []string{
		"", "GET", "get", "HEAD", "POST", "post", "PUT", "put", "DELETE", "delete", "PATCH", "patch", "OPTIONS", "QUERY", "CHICKEN",
		"chicken", "*", "TRACE", "connect", "LOCK-1", "Null",
	}
	policyMethods = []string{"GET", "POST", "PUT", "put", "DELETE", "delete", "PATCH", "patch", "OPTIONS", "QUERY", "CHICKEN", "LOCK-1"}
	policyHeaders = []string{
		"Accept", "Content-Type", "content-language", "Authorization", "X-A", "x-b", "X-REQUESTED-WITH", "!#$%&'*+-.^_`|~",
		"range", "Cache-Control", "Last-Event-ID", "Save-Data", "DPR", "user-agent", "X-" + strings.Repeat("long-", 40) + "name",
	}
	exposedHeaders = []string{"ETag", "x-one", "X-TWO", "Content-Length", "Server", "Vary", "X-Absent", "Retry-After"}
)

// some draws up to n members.
func some(r *rand.Rand, from []string, n int) (out []string) {
	for range r.IntN(n + 1) {
		out = append(out, pick(r, from))
	}
	return out
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func one(r *rand.Rand, in int) bool { return r.IntN(in) == 0 }

// DrawPolicy draws a valid policy, which cors.New must accept.
func (g *Ground) DrawPolicy(r *rand.Rand) *Policy {
	p := &Policy{}
	p.AllowCredentials = one(r, 2)
	if !p.AllowCredentials && one(r, 3) {
		p.AllowOrigins = []string{"*"}
	} else {
		g.drawOrigins(r, p)
	}
	if p.AllowMethods = some(r, policyMethods, 4); one(r, 4) {
		p.AllowMethods = []string{"*"}
	}
	if p.AllowHeaders = some(r, policyHeaders, 5); one(r, 4) {
		p.AllowHeaders = append(p.AllowHeaders, "*")
	}
	if p.ExposeHeaders = some(r, exposedHeaders, 3); !p.AllowCredentials && one(r, 4) {
		p.ExposeHeaders = []string{"*"}
	}
	if one(r, 2) {
		p.MaxAge = cors.CacheFor(time.Duration(r.IntN(86401)) * time.Second)
	}
	if one(r, 4) {
		p.PreflightStatus = 200 + r.IntN(100)
	}
	return p
}

// drawOrigins draws single origins and patterns, and the Dangerously fields
// that they need.
func (g *Ground) drawOrigins(r *rand.Rand, p *Policy) {
	p.DangerouslyAllowInsecureOriginsWithCredentials = one(r, 3)
	p.AllowOrigins = some(r, g.Patterns, 4)
	if len(g.Regexps) > 0 && one(r, 5) {
		re := pick(r, g.Regexps)
		if !re.Any || !p.AllowCredentials {
			p.Regexps = []Regexp{re}
			p.DangerouslyAllowOriginRegexps = []string{re.Expr}
			p.DangerouslyAllowPublicSuffixesWithCredentials = re.Owners
		}
	}
	if one(r, 6) {
		p.Tenants = some(r, g.Pages, 4)
		p.AllowOriginFunc = func(_ *http.Request, o origin.Origin) bool { return slices.Contains(p.Tenants, o.String()) }
	} else if len(p.AllowOrigins)+len(p.Regexps) == 0 {
		p.AllowOrigins = []string{g.Patterns[0]}
	}
	for _, o := range p.AllowOrigins {
		switch {
		case o == "null":
			p.DangerouslyAllowNullOrigin = true
		case p.AllowCredentials && insecure(o):
			p.DangerouslyAllowInsecureOriginsWithCredentials = true
		case strings.Contains(o, "*.github.io"), strings.HasSuffix(o, "*.com"), strings.Contains(o, "*.localhost"):
			p.DangerouslyAllowPublicSuffixesWithCredentials = true
		}
	}
}

// DrawRequest draws a request to a server. It asks for what the policy allows
// more often than chance would, because most requests drawn from everything are
// refused for several reasons at once.
func (g *Ground) DrawRequest(r *rand.Rand, p *Policy, server string) *Request {
	q := &Request{Page: pick(r, g.Pages), Server: server, Method: pick(r, requestMethods)}
	for range 4 * r.IntN(3) {
		if !p.AllowsOrigin(q.Page) {
			q.Page = pick(r, g.Pages)
		}
	}
	if !p.AllowsMethod(Normalised(q.Method)) && !one(r, 3) {
		q.Method = pick(r, []string{"", "HEAD", "POST"})
	}
	seen := map[string]bool{} // lines of one name are joined, which would change whether the value is safelisted
	for range r.IntN(4) {
		h := pick(r, requestHeaders)
		if h.unsafe(false) && !p.AllowsHeader(h.Name) && !one(r, 5) {
			continue
		}
		if name := strings.ToLower(h.Name); !seen[name] {
			seen[name] = true
			q.Headers = append(q.Headers, h)
		}
	}
	m := Normalised(q.Method)
	q.Body = m != "GET" && m != "HEAD" && one(r, 3)
	q.Credentials = pick(r, Credentials)
	return q
}

// Credentials are the credentials modes.
var Credentials = []string{"omit", "same-origin", "include"}
