package cors

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// Kind says what a request is to CORS.
type Kind uint8

// The kinds of requests.
const (
	// NonCORS is a request without an Origin header.
	NonCORS Kind = iota
	// Actual is a request with an Origin header that is not a preflight. It is
	// never blocked; if it is refused, the page cannot read the response.
	Actual
	// Preflight is an OPTIONS request with Origin and
	// Access-Control-Request-Method headers, which a browser sends to ask
	// whether it may send the actual request.
	Preflight
)

// String returns "non-cors", "actual" or "preflight".
func (k Kind) String() string {
	return [...]string{"non-cors", "actual", "preflight"}[k]
}

// Reason says why a request is refused. A request that is not refused has the
// reason "permitted", which is the zero Reason, or "no-origin"; to test for
// these, use [Decision.Allowed] and [NonCORS].
type Reason uint8

// The reasons, in the order in which things are checked.
const (
	// permitted: the policy allows it.
	permitted Reason = iota
	// noOrigin: there is no Origin header, so there is nothing to decide.
	noOrigin
	// NoPolicy: the middleware has no policy, or no prefix of a [Router] takes
	// the path.
	NoPolicy
	// AmbiguousPath: a [Router] has another policy for another reading of the
	// path.
	AmbiguousPath
	// OriginMalformed: the Origin header is repeated, or not what browsers
	// send.
	OriginMalformed
	// OriginNull: the origin is null, and the policy does not allow it.
	OriginNull
	// OriginInsecure: the origin is plain http, and the policy allows
	// credentials.
	OriginInsecure
	// OriginNotAllowed: the policy does not allow the origin.
	OriginNotAllowed
	// MethodMalformed: Access-Control-Request-Method is not what browsers send.
	MethodMalformed
	// MethodNotAllowed: the policy does not allow the method.
	MethodNotAllowed
	// HeadersMalformed: Access-Control-Request-Headers is malformed or too
	// long.
	HeadersMalformed
	// HeaderNotAllowed: the policy does not allow a header.
	HeaderNotAllowed
	// AuthorizationNotListed: the policy allows the headers "*", which without
	// credentials does not cover Authorization.
	AuthorizationNotListed
)

const reasons = int(AuthorizationNotListed) + 1

var reasonNames = [reasons]string{
	permitted:              "permitted",
	noOrigin:               "no-origin",
	NoPolicy:               "no-policy",
	AmbiguousPath:          "ambiguous-path",
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

// String returns a stable name: "origin-not-allowed" for [OriginNotAllowed],
// and so on.
func (r Reason) String() string { return reasonNames[r] }

// MarshalText returns the name.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// step is the step of the check in which a request is refused.
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

// Decision is what the policies of a [Middleware] decide about a request.
type Decision struct {
	Kind    Kind
	Allowed bool // whether a page of the origin may make the request and read the response
	Reason  Reason
	Policy  int    // index of the policy that decided: the first that allows the origin, else 0
	Origin  string // as received; several lines are joined by ", "
	Method  string // the method that a preflight asks for, else that of the request
	Header  string // the request header that is refused, if one is
	Trial   bool   // whether the policies on trial decided; see [ObserveConfig]
}

// String returns a sentence that says what is decided and why.
func (d Decision) String() string {
	refused := "refused"
	if d.Trial {
		refused = "would be refused"
	}
	switch d.Reason {
	case noOrigin:
		return "not a CORS request: it has no Origin header"
	case NoPolicy:
		return "the middleware has no policy"
	case permitted:
		return fmt.Sprintf("allowed: %s %s from %s", d.Kind, d.Method, d.Origin)
	}
	return fmt.Sprintf("%s: %s %s from %s: %s", refused, d.Kind, abbreviate(d.Method), abbreviate(d.Origin), d.why())
}

func (d Decision) why() string {
	switch d.Reason {
	case AmbiguousPath:
		return "servers may read the path as that of another policy"
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

// Decide returns what the current policies decide about r, and why, without
// answering it. It is meant for logs, tests and tools. It costs more than Wrap,
// as it also finds out whether an origin that is not allowed is malformed.
func (m *Middleware) Decide(r *http.Request) Decision {
	c := m.policy.Load()
	if c == nil {
		return withoutPolicy(r)
	}
	return c.decide(r).describe(r)
}

// withoutPolicy returns the decision about a request that no policy is for.
func withoutPolicy(r *http.Request) Decision {
	return Decision{Kind: kindOf(r), Reason: NoPolicy, Method: r.Method}
}

// noPolicy hands on the decision about a request that no policy is for.
func (o WrapOptions) noPolicy(w http.ResponseWriter, r *http.Request) {
	if o.OnDecision != nil {
		o.OnDecision(w, r, withoutPolicy(r))
	}
}

// describe returns d in a form that outlives r.
func (d decision) describe(r *http.Request) Decision {
	full := Decision{
		Kind:    d.kind,
		Allowed: d.reason == permitted,
		Reason:  d.reason,
		Policy:  d.policy.index,
		Origin:  strings.Join(r.Header[headerOrigin], ", "),
		Method:  r.Method,
	}
	if d.kind == Preflight {
		full.Method = strings.Join(r.Header[headerRequestMethod], ", ")
	}
	if d.reason.step() == stepHeaders {
		_, full.Header = d.policy.checkHeaders(r.Header[headerRequestHeaders])
	}
	if d.reason == OriginNotAllowed {
		if _, err := origin.Parse(full.Origin); err != nil {
			full.Reason = OriginMalformed
		}
	}
	return full
}
