package cors

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// Bounds of Access-Control-Request-Headers. Browsers send one line without
// blanks or empty elements; proxies may split it or add some.
const (
	maxRequestHeadersLines = 64
	maxRequestHeadersLen   = 8 << 10 // of all lines together
	maxEmptyElements       = 16
)

// kindOf tells preflights (https://fetch.spec.whatwg.org/#cors-preflight-request)
// from actual requests and from those that CORS is not about.
func kindOf(r *http.Request) Kind {
	switch {
	case len(r.Header[headerOrigin]) == 0:
		return NonCORS
	case r.Method == http.MethodOptions && len(r.Header[headerRequestMethod]) > 0:
		return Preflight
	default:
		return Actual
	}
}

// choose returns the first policy that allows the origin of r, which has one. If
// none does, it returns c and why c does not.
func (c *compiled) choose(r *http.Request) (*compiled, Reason) {
	reason := c.checkOrigin(r)
	for other := c.next; other != nil && reason != Permitted; other = other.next {
		if other.checkOrigin(r) == Permitted {
			return other, Permitted
		}
	}
	return c, reason
}

// checkPreflight finds out whether the policy, which allows the origin, allows
// what a preflight asks for and, if it refuses a header, which.
func (c *compiled) checkPreflight(r *http.Request) (reason Reason, header string) {
	if reason := c.checkMethod(r.Header[headerRequestMethod]); reason != Permitted {
		return reason, ""
	}
	return c.checkHeaders(r.Header[headerRequestHeaders])
}

// verdict is what policies make of a request.
type verdict struct {
	kind   Kind
	reason Reason
	policy *compiled // that allows the origin, or the first
	header string    // that is refused, if one is
}

// judge finds out what c and the policies after it make of r.
func (c *compiled) judge(r *http.Request) verdict {
	v := verdict{kind: kindOf(r), policy: c, reason: NoOrigin}
	if v.kind == NonCORS {
		return v
	}
	v.policy, v.reason = c.choose(r)
	if v.kind == Preflight && v.reason == Permitted {
		v.reason, v.header = v.policy.checkPreflight(r)
	}
	return v
}

// checkOrigin finds out whether the policy allows the origin of a request that
// has one.
func (c *compiled) checkOrigin(r *http.Request) Reason {
	if c.anyOrigin {
		return Permitted
	}
	lines := r.Header[headerOrigin]
	switch {
	case len(lines) != 1:
		return OriginMalformed
	case c.origins.Contains(lines[0]):
		return Permitted
	case lines[0] == nullOrigin:
		if c.nullOrigin {
			return Permitted
		}
		return OriginNull
	case len(c.regexps) == 0 && c.source.AllowOriginFunc == nil:
		return OriginNotAllowed
	default:
		return c.checkDynamicOrigin(r, lines[0])
	}
}

// checkDynamicOrigin asks the regular expressions and the function.
func (c *compiled) checkDynamicOrigin(r *http.Request, s string) Reason {
	o, err := origin.Parse(s)
	if err != nil {
		return OriginMalformed
	}
	if c.credentials && !c.insecureOK && isInsecure(o) {
		return OriginInsecure
	}
	for _, re := range c.regexps {
		if re.MatchString(s) {
			return Permitted
		}
	}
	if f := c.source.AllowOriginFunc; f != nil && f(r, o) {
		return Permitted
	}
	return OriginNotAllowed
}

func (c *compiled) checkMethod(lines []string) Reason {
	if len(lines) != 1 {
		return MethodMalformed
	}
	method := lines[0]
	if isSafelistedMethod(method) {
		return Permitted
	}
	if c.anyMethod {
		if !isToken(method) || isForbiddenMethod(method) {
			return MethodMalformed
		}
		return Permitted
	}
	if _, ok := c.methods[method]; !ok {
		return MethodNotAllowed
	}
	return Permitted
}

// checkHeaders checks the elements of Access-Control-Request-Headers, in any
// case and order, on any lines, with any blanks around them. It reads at most
// maxRequestHeadersLen bytes, allocates nothing, and returns the first name
// that is refused.
func (c *compiled) checkHeaders(lines []string) (reason Reason, refused string) {
	if len(lines) > maxRequestHeadersLines {
		return HeadersMalformed, ""
	}
	empty, left := 0, maxRequestHeadersLen
	for _, line := range lines {
		if left -= len(line); left < 0 {
			return HeadersMalformed, ""
		}
		for more := line != ""; more; {
			var name string
			name, line, more = strings.Cut(line, ",")
			if name = trimOWS(name); name == "" {
				if empty++; empty > maxEmptyElements {
					return HeadersMalformed, ""
				}
				continue
			}
			if reason := c.checkHeader(name); reason != Permitted {
				return reason, name
			}
		}
	}
	return Permitted, ""
}

func (c *compiled) checkHeader(name string) Reason {
	if c.anyHeader {
		switch {
		case !isToken(name):
			return HeadersMalformed
		case !c.authorization && strings.EqualFold(name, authorization):
			return AuthorizationNotListed
		}
		return Permitted
	}
	if len(name) > c.longestHeader {
		return HeaderNotAllowed
	}
	if _, ok := c.headers[name]; ok { // in lower case, as browsers send it
		return Permitted
	}
	var lower [maxHeaderNameLen]byte
	for i := range len(name) {
		b := name[i]
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	if _, ok := c.headers[string(lower[:len(name)])]; ok {
		return Permitted
	}
	return HeaderNotAllowed
}

// trimOWS removes blanks around a list element (RFC 9110 §5.6.3).
func trimOWS(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
