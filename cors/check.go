package cors

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// Bounds on Access-Control-Request-Headers. Browsers send one line without
// blanks and empty elements; intermediaries may split it and add some.
const (
	maxRequestHeadersLines = 64
	maxRequestHeadersLen   = 8 << 10 // of all lines together
	maxEmptyElements       = 16
)

// decision is what policies decide about a request. It is small enough to be
// passed in registers.
type decision struct {
	policy *compiled // the first that allows the origin, else the first
	origin string    // "" unless there is exactly one Origin line
	kind   Kind
	reason Reason
}

// decide returns what c and the policies after it decide about r.
func (c *compiled) decide(r *http.Request) decision {
	lines := r.Header[headerOrigin]
	if len(lines) == 0 {
		return decision{policy: c, reason: noOrigin}
	}
	d := decision{policy: c, origin: only(lines), kind: Actual}
	switch {
	case d.origin == c.firstOrigin && d.origin != "": // allowed
	case len(d.origin) > c.maxOtherLen:
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

// preflightMethod reports whether r, which has an origin, is a preflight
// (https://fetch.spec.whatwg.org/#cors-preflight-request), and returns the
// method that it asks for, or "" if that is not on exactly one line.
func preflightMethod(r *http.Request) (method string, ok bool) {
	if r.Method != http.MethodOptions {
		return "", false
	}
	lines := r.Header[headerRequestMethod]
	return only(lines), len(lines) > 0
}

// only returns the line if there is exactly one, or "".
func only(lines []string) string {
	if len(lines) != 1 {
		return ""
	}
	return lines[0]
}

// kindOf returns the kind of r.
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

// checkOrigin checks whether the policy allows the origin of r.
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

// refusal returns the reason why an origin that no policy allows is refused.
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

// checkDynamicOrigin checks the regular expressions and calls AllowOriginFunc.
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
	case slices.Contains(c.methods, method):
		return permitted
	default:
		return MethodNotAllowed
	}
}

// checkHeaders checks the elements of Access-Control-Request-Headers, in any
// order, on any lines, ignoring case and blanks around them. It reads at most
// maxRequestHeadersLen bytes, does not allocate, and returns the first name
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

// maxSorted is the length of the longest headerList for which skipSorted pays:
// it compares all names, which takes longer than to look up a single one.
const maxSorted = 32

// skipSorted returns line without the elements at its start that are in
// headerList, in the order and form in which browsers send them. It spares
// checkHeaders to trim and to look up each
// (BenchmarkMiddleware/one-origin/preflight: −90 ns of 280).
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
	if c.listsHeader(name) {
		return permitted
	}
	return HeaderNotAllowed
}

// listsHeader reports whether the policy lists name, ignoring case.
func (c *compiled) listsHeader(name string) bool {
	if len(name) > maxHeaderNameLen {
		return false
	}
	if _, ok := c.headers[name]; ok {
		return true
	}
	// Browsers send names in lower case, so most need no second look-up
	// (BenchmarkMiddleware/one-origin/refused-header: −17 ns of 120).
	return hasUpper(name) && c.listsFolded(name)
}

func hasUpper(s string) bool {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return true
		}
	}
	return false
}

// listsFolded reports whether the policy lists name in lower case. Name has at
// most maxHeaderNameLen bytes.
func (c *compiled) listsFolded(name string) bool {
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

// trimOWS returns s without the blanks around it (RFC 9110 §5.6.3).
func trimOWS(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
