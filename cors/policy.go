package cors

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/corsac-dev/corsac/origin"
)

// Policy says which origins may read the responses of a server, with which
// requests, and what of the responses. Nothing is allowed that is not written.
//
// Its JSON form has the names of the struct tags; so has its form in a corsac.yaml,
// which package policyfile reads and writes. Use keyed fields in literals; fields
// may be added.
type Policy struct {
	// AllowOrigins lists the origins whose pages may read responses. Permitted:
	//
	//   - an origin as browsers send it: https://app.example.com
	//   - all its subdomains, at any depth, not the apex: https://*.example.com
	//   - any port, none included: http://localhost:*
	//   - both: https://*.example.com:*
	//   - "*", alone: every origin, but without credentials
	//
	// Refused, besides what [origin.ParsePattern] refuses: "null"; "*" with
	// AllowCredentials or beside other origins; with AllowCredentials also
	// plain http, except for loopback hosts, and the subdomains of a public
	// suffix such as https://*.github.io.
	AllowOrigins []string `json:"allow_origins,omitempty"`

	// AllowMethods lists the methods that requests may have besides GET, HEAD
	// and POST, which browsers allow without asking. Methods are case-sensitive;
	// as in browsers, delete, get, head, options, post and put are read as upper
	// case, but patch is not PATCH. "*", alone, allows every method, with
	// AllowCredentials too. CONNECT, TRACE and TRACK are refused, since browsers
	// never send them.
	AllowMethods []string `json:"allow_methods,omitempty"`

	// AllowHeaders lists the request headers that pages may set, in any case.
	// "*" allows every header, with AllowCredentials too; without credentials it
	// does not cover Authorization, which is then listed beside it. Refused are
	// malformed names, names of more than 256 bytes, names that browsers forbid
	// to scripts, and CORS response headers.
	AllowHeaders []string `json:"allow_headers,omitempty"`

	// ExposeHeaders lists the response headers that pages may read, in any case,
	// besides those that they always may: Cache-Control, Content-Language,
	// Content-Length, Content-Type, Expires, Last-Modified and Pragma. "*",
	// alone and without AllowCredentials, exposes all. Refused are malformed
	// names, Set-Cookie, which no page can read, and the headers of CORS itself.
	ExposeHeaders []string `json:"expose_headers,omitempty"`

	// AllowCredentials lets pages read responses to requests with cookies, HTTP
	// authentication or TLS client certificates: the user's own data.
	AllowCredentials bool `json:"allow_credentials,omitempty"`

	// MaxAge is how long browsers may remember the answer to a preflight. If
	// unset, no Access-Control-Max-Age is sent and browsers take five seconds.
	MaxAge MaxAge `json:"max_age,omitzero"`

	// PreflightStatus is the status of the answer to an allowed preflight, 200
	// to 299. If 0, it is 204; some old clients and proxies want 200.
	PreflightStatus int `json:"preflight_status,omitempty"`

	// AllowTiming lets pages of allowed origins read the timing of loads in detail
	// (https://w3c.github.io/resource-timing/#sec-timing-allow-origin).
	AllowTiming bool `json:"allow_timing,omitempty"`

	// ResourcePolicy says which pages may embed responses without CORS, as images
	// or scripts for example: "same-origin", "same-site" or "cross-origin". It is
	// sent on all responses, as Cross-Origin-Resource-Policy
	// (https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header); if
	// empty, it is not, and browsers let every page embed them.
	ResourcePolicy string `json:"resource_policy,omitempty"`

	// AllowOriginFunc, if not nil, is asked about origins that AllowOrigins does
	// not allow, for example those of tenants in a database. It is called in the
	// request's goroutine, for preflights too, with a tuple origin as [origin.Parse]
	// gives it. Plain http origins are not allowed with AllowCredentials whatever
	// it says, as for AllowOrigins. It cannot stand beside "*". [CacheOrigins]
	// remembers the answers of one that is slow.
	AllowOriginFunc func(*http.Request, origin.Origin) bool `json:"-"`

	// DangerouslyAllowOriginRegexps lists RE2 expressions that a whole origin
	// must match, in its case. It exists for policies imported from elsewhere;
	// a forgotten backslash lets foreign domains in. Prefer AllowOrigins.
	DangerouslyAllowOriginRegexps []string `json:"dangerously_allow_origin_regexps,omitempty"`

	// DangerouslyAllowNullOrigin permits "null" in AllowOrigins. Any page can
	// make requests with the origin null, from a sandboxed frame.
	DangerouslyAllowNullOrigin bool `json:"dangerously_allow_null_origin,omitempty"`

	// DangerouslyAllowInsecureOriginsWithCredentials permits plain http origins
	// with AllowCredentials. Whoever controls the network between the user and
	// such an origin can then read the user's data.
	DangerouslyAllowInsecureOriginsWithCredentials bool `json:"dangerously_allow_insecure_origins_with_credentials,omitempty"`

	// DangerouslyAllowPublicSuffixesWithCredentials permits the subdomains of
	// public suffixes with AllowCredentials. Anyone can register one.
	DangerouslyAllowPublicSuffixesWithCredentials bool `json:"dangerously_allow_public_suffixes_with_credentials,omitempty"`

	_ struct{} // no unkeyed literals
}

// MaxAge is how long browsers may remember the answer to a preflight: unset, or
// a time from 0, which forbids it, to 86400 seconds. The zero MaxAge is unset.
// [CacheFor] sets it. As text and in JSON it is a duration such as "1h", or a whole
// number of seconds.
type MaxAge struct {
	d   time.Duration
	set bool
}

// CacheFor returns a MaxAge of d, which [New] wants to be whole seconds from 0
// to 24 hours. Browsers cap what they are told: Firefox at 24 hours, Chromium at
// 2 hours, Safari at 10 minutes.
func CacheFor(d time.Duration) MaxAge { return MaxAge{d, true} }

// Duration returns the time and whether it is set.
func (m MaxAge) Duration() (d time.Duration, set bool) { return m.d, m.set }

// String returns the duration, or "unset".
func (m MaxAge) String() string {
	if !m.set {
		return "unset"
	}
	return m.d.String()
}

// MarshalText returns the number of seconds, or the duration if it is not a
// whole number of them. An unset MaxAge gives no text.
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

// UnmarshalText parses a duration such as "1h30m", or a whole number of seconds.
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

// MarshalJSON returns a number of seconds, or a string if m is not a whole
// number of them, or null if it is unset.
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
