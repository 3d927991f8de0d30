package cors

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// Kind tells what a request is to CORS.
type Kind uint8

// The kinds of requests.
const (
	// NonCORS is a request without an Origin header.
	NonCORS Kind = iota
	// Actual is a request with an Origin header that is not a preflight. It is
	// never blocked; a refusal means that the page cannot read the response.
	Actual
	// Preflight is an OPTIONS request with Origin and
	// Access-Control-Request-Method, by which a browser asks before it sends the
	// actual request.
	Preflight
)

// String returns "non-cors", "actual" or "preflight".
func (k Kind) String() string {
	return [...]string{"non-cors", "actual", "preflight"}[k]
}

// Reason says why a request is allowed or refused.
type Reason uint8

// The reasons, in the order in which things are checked.
const (
	// Permitted: the policy allows it.
	Permitted Reason = iota
	// NoOrigin: there is no Origin header, so there is nothing to decide.
	NoOrigin
	// NoPolicy: the middleware has no policy.
	NoPolicy
	// OriginMalformed: the Origin header is not what browsers send, or repeated.
	OriginMalformed
	// OriginNull: the origin is null, and the policy does not allow it.
	OriginNull
	// OriginInsecure: the origin is plain http, and the policy allows credentials.
	OriginInsecure
	// OriginNotAllowed: the policy does not allow the origin.
	OriginNotAllowed
	// MethodMalformed: Access-Control-Request-Method is not what browsers send.
	MethodMalformed
	// MethodNotAllowed: the policy does not allow the method.
	MethodNotAllowed
	// HeadersMalformed: Access-Control-Request-Headers is malformed or too long.
	HeadersMalformed
	// HeaderNotAllowed: the policy does not allow a header.
	HeaderNotAllowed
	// AuthorizationNotListed: the policy allows every header by "*", which
	// without credentials does not cover Authorization.
	AuthorizationNotListed
)

const reasons = int(AuthorizationNotListed) + 1

var reasonNames = [reasons]string{
	Permitted:              "permitted",
	NoOrigin:               "no-origin",
	NoPolicy:               "no-policy",
	OriginMalformed:        "origin-malformed",
	OriginNull:             "origin-null",
	OriginInsecure:         "origin-insecure",
	OriginNotAllowed:       "origin-not-allowed",
	MethodMalformed:        "method-malformed",
	MethodNotAllowed:       "method-not-allowed",
	HeadersMalformed:       "headers-malformed",
	HeaderNotAllowed:       "header-not-allowed",
	AuthorizationNotListed: "authorization-not-listed",
}

// String returns a stable name, such as "origin-not-allowed".
func (r Reason) String() string { return reasonNames[r] }

// MarshalText returns the name.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// step is a step of the check that a reason belongs to.
type step uint8

const (
	stepNone step = iota
	stepOrigin
	stepMethod
	stepHeaders
)

func (r Reason) step() step {
	switch {
	case r >= HeadersMalformed:
		return stepHeaders
	case r >= MethodMalformed:
		return stepMethod
	case r >= OriginMalformed:
		return stepOrigin
	default:
		return stepNone
	}
}

// Decision is what a policy makes of a request.
type Decision struct {
	Kind    Kind
	Allowed bool // whether a page of the origin may make the request and read the response
	Reason  Reason
	Policy  int    // which of the policies decided: the first that allows the origin, else the first
	Origin  string // as received; several lines are joined by ", "
	Method  string // the method asked for in a preflight, else that of the request
	Header  string // the header that is refused, if one is
}

// String is a sentence that says what is decided and why.
func (d Decision) String() string {
	switch d.Reason {
	case NoOrigin:
		return "not a CORS request: it has no Origin header"
	case NoPolicy:
		return "the middleware has no policy"
	case Permitted:
		return fmt.Sprintf("allowed: %s %s from %s", d.Kind, d.Method, d.Origin)
	}
	return fmt.Sprintf("refused: %s %s from %s: %s", d.Kind, abbreviate(d.Method), abbreviate(d.Origin), d.why())
}

func (d Decision) why() string {
	switch d.Reason {
	case OriginMalformed:
		return "no browser sends such an Origin header"
	case OriginNull:
		return "any page can have the origin null, and the policy does not allow it"
	case OriginInsecure:
		return "the policy allows credentials, and plain http origins must not have them"
	case MethodMalformed:
		return "no browser sends such an Access-Control-Request-Method header"
	case MethodNotAllowed:
		return "the policy does not allow the method"
	case HeadersMalformed:
		return "Access-Control-Request-Headers is malformed or too long"
	case HeaderNotAllowed:
		return fmt.Sprintf("the policy does not allow the request header %q", abbreviate(d.Header))
	case AuthorizationNotListed:
		return `"*" does not cover the request header "Authorization", which must be listed beside it`
	default:
		return "the policy does not allow the origin"
	}
}

// Decide returns what the current policies make of r and why, without answering
// it. It is meant for logs, tests and tools, and costs more than Wrap: it tells
// origins that are malformed from those that are only not allowed.
func (m *Middleware) Decide(r *http.Request) Decision {
	c := m.policy.Load()
	if c == nil {
		return Decision{Kind: kindOf(r), Reason: NoPolicy, Method: r.Method}
	}
	return c.judge(r).decision(r)
}

// decision says v in a form that outlives r.
func (v verdict) decision(r *http.Request) Decision {
	d := Decision{
		Kind:    v.kind,
		Allowed: v.reason == Permitted,
		Reason:  v.reason,
		Policy:  v.policy.index,
		Origin:  strings.Join(r.Header[headerOrigin], ", "),
		Method:  r.Method,
	}
	if v.kind == Preflight {
		d.Method = strings.Join(r.Header[headerRequestMethod], ", ")
	}
	if v.reason.step() == stepHeaders {
		_, d.Header = v.policy.checkHeaders(r.Header[headerRequestHeaders])
	}
	if v.reason == OriginNotAllowed {
		if _, err := origin.Parse(d.Origin); err != nil {
			d.Reason = OriginMalformed
		}
	}
	return d
}
