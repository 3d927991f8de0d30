package cors

import (
	"net/http"
	"slices"
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

// decision is what policies make of a request. It is small enough to be passed
// in registers.
type decision struct {
	policy *compiled // that allows the origin, or the first
	origin string    // "" if there is not exactly one line
	kind   Kind
	reason Reason
}

// decide finds out what c and the policies after it make of r.
func (c *compiled) decide(r *http.Request) decision {
	lines := r.Header[headerOrigin]
	if len(lines) == 0 {
		return decision{policy: c, reason: noOrigin}
	}
	d := decision{policy: c, origin: only(lines), kind: Actual}
	switch {
	case d.origin == c.firstOrigin && d.origin != "":
	case c.onlyFirst, len(d.origin) > c.maxOriginLen:
		d.reason = refusal(d.origin)
	default:
		if d.reason = c.checkOrigin(d.origin, r); d.reason != permitted && c.next != nil {
			d.policy, d.reason = c.tryNext(d.origin, r, d.reason)
		}
	}
	if asked, ok := preflightMethod(r); ok {
		d.kind = Preflight
		if d.reason == permitted {
			d.reason = d.policy.checkMethod(asked)
		}
		if d.reason == permitted {
			d.reason, _ = d.policy.checkHeaders(r.Header[headerRequestHeaders])
		}
	}
	return d
}

// preflightMethod returns the method that r asks for if, having an origin, it
// is a preflight (https://fetch.spec.whatwg.org/#cors-preflight-request). It is
// "" if it is not on exactly one line, as browsers send it.
func preflightMethod(r *http.Request) (method string, ok bool) {
	if r.Method != http.MethodOptions {
		return "", false
	}
	lines := r.Header[headerRequestMethod]
	return only(lines), len(lines) > 0
}

func only(lines []string) string {
	if len(lines) != 1 {
		return ""
	}
	return lines[0]
}

// kindOf tells preflights from actual requests and from those that CORS is not
// about.
func kindOf(r *http.Request) Kind {
	if len(r.Header[headerOrigin]) == 0 {
		return NonCORS
	}
	if _, ok := preflightMethod(r); ok {
		return Preflight
	}
	return Actual
}

// tryNext returns the first policy after c that allows the origin. If none
// does, it returns c and the reason given.
func (c *compiled) tryNext(origin string, r *http.Request, reason Reason) (*compiled, Reason) {
	for other := c.next; other != nil; other = other.next {
		if other.checkOrigin(origin, r) == permitted {
			return other, permitted
		}
	}
	return c, reason
}

// checkOrigin finds out whether the policy allows the origin of r.
func (c *compiled) checkOrigin(value string, r *http.Request) Reason {
	reason := refusal(value)
	switch {
	case c.anyOrigin:
		return permitted
	case reason == OriginMalformed:
		return reason
	case c.origins.Contains(value), reason == OriginNull && c.nullOrigin:
		return permitted
	case reason == OriginNotAllowed && c.dynamic:
		return c.checkDynamicOrigin(r, value)
	default:
		return reason
	}
}

// refusal returns the reason for which an origin is refused that no policy
// allows.
func refusal(value string) Reason {
	switch {
	case value == "" || len(value) > origin.MaxLen:
		return OriginMalformed
	case value == nullOrigin:
		return OriginNull
	default:
		return OriginNotAllowed
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
			return permitted
		}
	}
	if f := c.source.AllowOriginFunc; f != nil && f(r, o) {
		return permitted
	}
	return OriginNotAllowed
}

func (c *compiled) checkMethod(method string) Reason {
	switch {
	case isSafelistedMethod(method):
		return permitted
	case c.anyMethod:
		if !isToken(method) || isForbiddenMethod(method) {
			return MethodMalformed
		}
		return permitted
	case method == "":
		return MethodMalformed
	case len(c.methodList) <= fewNames:
		if slices.Contains(c.methodList, method) {
			return permitted
		}
	default:
		if _, ok := c.methods[method]; ok {
			return permitted
		}
	}
	return MethodNotAllowed
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
		line = c.skipSorted(line)
		for more := line != ""; more; {
			var name string
			name, line, more = strings.Cut(line, ",")
			if name = trimOWS(name); name == "" {
				if empty++; empty > maxEmptyElements {
					return HeadersMalformed, ""
				}
				continue
			}
			if reason := c.checkHeader(name); reason != permitted {
				return reason, name
			}
		}
	}
	return permitted, ""
}

// skipSorted returns what is left of line behind those of its elements that are
// as browsers send them: headers that are allowed, in order, each followed by a
// comma or the end. It is a short cut, for policies that do not allow too many
// names.
func (c *compiled) skipSorted(line string) string {
	for _, name := range c.headerList {
		if len(line) < len(name) || line[:len(name)] != name {
			continue
		}
		if len(line) == len(name) {
			return ""
		}
		if line[len(name)] == ',' {
			line = line[len(name)+1:]
			if line == "" {
				return "," // an empty element, which counts
			}
		}
	}
	return line
}

func (c *compiled) checkHeader(name string) Reason {
	if c.anyHeader {
		switch {
		case !isToken(name):
			return HeadersMalformed
		case !c.authorization && strings.EqualFold(name, authorization):
			return AuthorizationNotListed
		}
		return permitted
	}
	if len(name) > c.longestHeader {
		return HeaderNotAllowed
	}
	if _, ok := c.headers[name]; ok || c.allowsFolded(name) {
		return permitted
	}
	return HeaderNotAllowed
}

// allowsFolded reports whether a name that is not in lower case, as browsers
// send it, is allowed.
func (c *compiled) allowsFolded(name string) bool {
	return hasUpper(name) && c.allowsLower(name)
}

func hasUpper(s string) bool {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return true
		}
	}
	return false
}

func (c *compiled) allowsLower(name string) bool {
	var lower [maxHeaderNameLen]byte
	for i := range len(name) {
		b := name[i]
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	_, ok := c.headers[string(lower[:len(name)])]
	return ok
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
