package cors

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/corsac-dev/corsac/origin"
)

// Policy says which origins may read a server's responses, with which requests,
// and which parts of the responses. Nothing is allowed unless it is listed.
//
// Its JSON form has the names of the struct tags, and so has its form in a
// corsac.yaml, which package policyfile reads and writes. Use keyed fields in
// literals; fields may be added.
type Policy struct {
	// AllowOrigins lists the origins whose pages may read responses, in the
	// form in which browsers send them, or patterns; see [origin.ParsePattern].
	//
	//	permitted                  allows
	//	https://app.example.com    this origin
	//	https://*.example.com      subdomains at any depth; not example.com.
	//	                           For one level only, list them, or use
	//	                           AllowOriginFunc
	//	http://localhost:*         any port, or none
	//	https://*.example.com:*    both
	//	capacitor://localhost      an app, or a browser extension
	//	app://.                    an app of Electron
	//	*                          every origin; must be the only entry
	//
	//	prohibited                 write instead
	//	https://app.example.com/   https://app.example.com
	//	https://example.com:443    https://example.com
	//	https://App.example.com    https://app.example.com
	//	app.example.com            https://app.example.com
	//	https://*example.com       https://*.example.com
	//	https://example.*          one entry per origin
	//	https://a.com,https://b.com  two entries
	//	file://                    nothing: serve the page over http
	//	null                       the same, or see DangerouslyAllowNullOrigin
	//	moz-extension://*          one entry per extension, or see
	//	                           DangerouslyAllowAllBrowserExtensions
	//	chrome-extension://*       the same
	//
	//	prohibited with AllowCredentials, as users' data could then be read by
	//	*                          any website
	//	http://app.example.com     anyone on the network; loopback is permitted
	//	https://*.github.io        anyone who registers a name there
	//	https://*.amazonaws.com    the same, below s3.amazonaws.com and others
	AllowOrigins []string `json:"allow_origins,omitempty"`

	// AllowMethods lists the methods that requests may have besides GET, HEAD
	// and POST, which browsers send without asking. Methods are case-sensitive.
	// As in browsers, the exceptions are DELETE, GET, HEAD, OPTIONS, POST and
	// PUT; patch is not PATCH.
	//
	//	permitted                  allows
	//	PATCH                      this method
	//	*                          every method, with AllowCredentials too;
	//	                           must be the only entry
	//
	//	prohibited                 because
	//	PUT, DELETE                methods are listed separately
	//	TRACE                      browsers never send it, nor CONNECT or TRACK
	AllowMethods []string `json:"allow_methods,omitempty"`

	// AllowHeaders lists the request headers that pages may set. Names are
	// case-insensitive and have at most 256 bytes.
	//
	//	permitted                  allows
	//	Content-Type               this header
	//	*                          every header, with AllowCredentials too;
	//	                           without it, every header but Authorization,
	//	                           which may be listed beside the "*"
	//
	//	prohibited                 because
	//	X-One, X-Two               names are listed separately
	//	Cookie                     no script can set it, nor Host, Sec-…
	//	Access-Control-Allow-Origin  it is a response header
	AllowHeaders []string `json:"allow_headers,omitempty"`

	// ExposeHeaders lists the response headers that pages may read besides
	// those that they always may: Cache-Control, Content-Language,
	// Content-Length, Content-Type, Expires, Last-Modified and Pragma. Names
	// are case-insensitive and have at most 256 bytes.
	//
	//	permitted                  exposes
	//	X-Total-Count              this header
	//	*                          every header; must be the only entry
	//
	//	prohibited                 because
	//	X-One, X-Two               names are listed separately
	//	Set-Cookie                 no script can read it
	//	Access-Control-Max-Age     CORS headers are for browsers
	//
	//	prohibited with AllowCredentials
	//	*                          browsers then read it as the name of a header
	ExposeHeaders []string `json:"expose_headers,omitempty"`

	// AllowCredentials lets pages read responses to requests with cookies, HTTP
	// authentication or TLS client certificates: the user's own data.
	AllowCredentials bool `json:"allow_credentials,omitempty"`

	// MaxAge is how long browsers may remember the answer to a preflight. If
	// unset, no Access-Control-Max-Age is sent, and browsers use five seconds.
	MaxAge MaxAge `json:"max_age,omitzero"`

	// PreflightStatus is the status of the answer to an allowed preflight, 200
	// to 299. If 0, it is 204; some old clients and proxies want 200.
	PreflightStatus int `json:"preflight_status,omitempty"`

	// AllowTiming lets pages of allowed origins read detailed timing of
	// responses
	// (https://w3c.github.io/resource-timing/#sec-timing-allow-origin).
	AllowTiming bool `json:"allow_timing,omitempty"`

	// ResourcePolicy says which pages may embed responses without CORS, for
	// example as images or scripts: "same-origin", "same-site" or
	// "cross-origin". It is sent with every response except those to
	// preflights, as Cross-Origin-Resource-Policy
	// (https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header). If
	// empty, the header is not sent, and every page may embed them.
	ResourcePolicy string `json:"resource_policy,omitempty"`

	// AllowOriginFunc, if not nil, reports whether an origin that AllowOrigins
	// does not list is allowed, for example that of a tenant in a database. It
	// is called in the request's goroutine, for preflights too, with an origin
	// from [origin.Parse] that is not opaque. With AllowCredentials, it is not
	// asked about plain http origins that AllowOrigins could not list either.
	// It must not be combined with "*". If it is slow, use [CacheOrigins]. If it
	// reads other request headers than Origin, name them in
	// AllowOriginFuncVary.
	AllowOriginFunc func(*http.Request, origin.Origin) bool `json:"-"`

	// AllowOriginFuncVary names the request headers besides Origin that
	// AllowOriginFunc reads, such as X-Tenant. Every response then names them
	// in Vary, so that no cache uses it for a request with another value. Host
	// need not be named: it is part of the URL. Names are case-insensitive and
	// have at most 256 bytes. Without AllowOriginFunc, they have no effect.
	AllowOriginFuncVary []string `json:"-"`

	// DangerouslyAllowOriginRegexps lists regular expressions in RE2 syntax. An
	// origin is allowed if one of them matches all of it. They exist for
	// policies imported from elsewhere: a missing backslash lets foreign
	// domains in. Prefer AllowOrigins.
	//
	// With AllowCredentials, an expression must not match origins whose owners
	// differ: the registrable domain of each must be the same. Public IP
	// addresses are owners, too. Nobody can register, and thus owns, single
	// labels such as localhost, names below a top-level domain that is not in
	// the public suffix list, such as .internal, and private addresses. An
	// expression for which that cannot be decided in a few milliseconds is
	// refused, too.
	//
	//	permitted                  because
	//	https://(a|b)\.example\.com  both belong to example.com
	//	https://example.com        the dot also matches "examplexcom", a label
	//
	//	prohibited with AllowCredentials, as it also matches
	//	https://app.example.com    https://appxexample.com
	//	https://.*example\.com     https://evilexample.com
	//	https://.*\.github\.io     anyone who registers a name there
	//	https://(a\.com|b\.com)    another owner: write two expressions
	DangerouslyAllowOriginRegexps []string `json:"dangerously_allow_origin_regexps,omitempty"`

	// DangerouslyAllowNullOrigin permits "null" in AllowOrigins. Any website
	// can send requests with the origin null, from a sandboxed frame.
	DangerouslyAllowNullOrigin bool `json:"dangerously_allow_null_origin,omitempty"`

	// DangerouslyAllowAllBrowserExtensions permits moz-extension://*,
	// chrome-extension://* and safari-web-extension://* in AllowOrigins, since
	// Firefox and Safari give an extension another id on each computer. Every
	// extension that a user has installed, whoever made it, can then read
	// responses, and with AllowCredentials the user's data.
	DangerouslyAllowAllBrowserExtensions bool `json:"dangerously_allow_all_browser_extensions,omitempty"`

	// DangerouslyAllowInsecureOriginsWithCredentials permits plain http origins
	// with AllowCredentials. Anyone on the network path between a user and such
	// an origin can then read the user's data.
	DangerouslyAllowInsecureOriginsWithCredentials bool `json:"dangerously_allow_insecure_origins_with_credentials,omitempty"`

	// DangerouslyAllowPublicSuffixesWithCredentials permits the subdomains of
	// public suffixes, and regular expressions that match origins of different
	// owners, with AllowCredentials. Anyone who registers such a subdomain, or
	// a domain that such an expression matches, can then read the data of your
	// users.
	DangerouslyAllowPublicSuffixesWithCredentials bool `json:"dangerously_allow_public_suffixes_with_credentials,omitempty"`

	_ struct{} // no unkeyed literals
}

// MaxAge is how long browsers may remember the answer to a preflight. The zero
// MaxAge is unset; [CacheFor] returns one that is set. In JSON and as text,
// it is a duration such as "1h" or a whole number of seconds.
type MaxAge struct {
	d   time.Duration
	set bool
}

// CacheFor returns a MaxAge of d. [New] accepts whole seconds from 0, which
// forbids browsers to remember anything, to 24 hours. Browsers have limits of
// their own: 24 hours in Firefox, 2 hours in Chromium, 10 minutes in Safari.
func CacheFor(d time.Duration) MaxAge { return MaxAge{d, true} }

// Duration returns the duration and whether it is set.
func (m MaxAge) Duration() (d time.Duration, set bool) { return m.d, m.set }

// String returns the duration, or "unset".
func (m MaxAge) String() string {
	if !m.set {
		return "unset"
	}
	return m.d.String()
}

// MarshalText returns the number of seconds, or a duration if that is not a
// whole number. The text of an unset MaxAge is empty.
func (m MaxAge) MarshalText() ([]byte, error) {
	switch {
	case !m.set:
		return nil, nil
	case m.d%time.Second != 0:
		return []byte(m.d.String()), nil
	default:
		return strconv.AppendInt(nil, int64(m.d/time.Second), 10), nil
	}
}

// UnmarshalText parses a duration such as "1h30m" or a whole number of seconds.
// Empty text unsets m.
func (m *MaxAge) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = MaxAge{}
		return nil
	}
	if n, err := strconv.ParseInt(string(text), 10, 32); err == nil {
		*m = CacheFor(time.Duration(n) * time.Second)
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("max age %q is neither a duration, such as \"1h\", nor a whole number of seconds", text)
	}
	*m = CacheFor(d)
	return nil
}

// MarshalJSON returns the number of seconds, a duration as a string if that is
// not a whole number, or null if m is unset.
func (m MaxAge) MarshalJSON() ([]byte, error) {
	if !m.set {
		return []byte("null"), nil
	}
	text, err := m.MarshalText()
	if m.d%time.Second != 0 {
		return json.Marshal(string(text))
	}
	return text, err
}

// UnmarshalJSON accepts what MarshalJSON returns, and any duration as a string.
func (m *MaxAge) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*m = MaxAge{}
		return nil
	}
	if len(data) > 0 && data[0] != '"' {
		return m.UnmarshalText(data)
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	return m.UnmarshalText([]byte(s))
}
