package cors

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/origin"
)

const (
	wildcard      = "*"
	authorization = "authorization"
	nullOrigin    = "null"

	maxHeaderNameLen = 256
	maxMaxAge        = 86400 * time.Second
)

// compiled is a Policy that is ready for use. It is immutable.
type compiled struct {
	source Policy // as given, with slices of its own
	index  int
	next   *compiled // the policy for origins that this one does not allow
	varies bool      // responses depend on the origin

	anyOrigin  bool
	nullOrigin bool
	origins    *origin.Set
	regexps    []*regexp.Regexp
	dynamic    bool // there are regexps or an AllowOriginFunc

	// Early outs for this policy and those after it. firstOrigin is an exact
	// origin that this policy allows, or "". No other origin that they allow is
	// longer than maxOtherLen, which is 0 if there is no other.
	//
	//	BenchmarkMiddleware/actual:                     −12 ns of 140
	//	BenchmarkMiddleware/one-origin/refused-origin:   −7 ns of 38
	//	BenchmarkMiddleware/evil-origin:                 −2 ns of 78
	firstOrigin string
	maxOtherLen int

	credentials bool
	insecureOK  bool

	anyMethod bool
	methods   []string // sorted, without the safelisted ones

	anyHeader     bool
	authorization bool // Authorization is listed, or covered by "*"
	headers       map[string]struct{}
	headerList    []string // the same, sorted; nil if skipSorted does not pay

	// Header values of responses; those that are "" are not sent.
	allowMethods   string
	allowHeaders   string
	exposeHeaders  string
	maxAge         string
	resourcePolicy string
	timing         bool
	actualVary     string
	preflightVary  string
	status         int

	actualVaryNames    []string // the names in actualVary
	preflightVaryNames []string // the names in preflightVary

	// How many header values a response has at most, besides those that depend
	// on the request. The header of a plain response has only
	// Access-Control-Allow-Origin, with the origin, and Vary.
	actualValues    int
	preflightValues int
	plain           bool
}

// compileAll returns the first of policies compiled, as a list. The error, if
// any, is of type ConfigErrors and lists all mistakes.
func compileAll(policies []Policy) (*compiled, error) {
	var errs ConfigErrors
	var first *compiled
	vary := originVary(policies)
	for i := len(policies) - 1; i >= 0; i-- {
		c := compiler{policy: &policies[i], out: &compiled{
			source: clone(policies[i]), index: i, next: first, actualVaryNames: vary,
		}}
		c.compile(len(policies) > 1)
		errs = append(c.errs, errs...)
		first = c.out
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return first, nil
}

// clone returns p with slices of its own.
func clone(p Policy) Policy {
	p.AllowOrigins = slices.Clone(p.AllowOrigins)
	p.AllowMethods = slices.Clone(p.AllowMethods)
	p.AllowHeaders = slices.Clone(p.AllowHeaders)
	p.ExposeHeaders = slices.Clone(p.ExposeHeaders)
	p.AllowOriginFuncVary = slices.Clone(p.AllowOriginFuncVary)
	p.DangerouslyAllowOriginRegexps = slices.Clone(p.DangerouslyAllowOriginRegexps)
	return p
}

type compiler struct {
	policy   *Policy
	out      *compiled
	patterns []origin.Pattern
	errs     ConfigErrors
}

func (c *compiler) refuse(e ConfigError) {
	e.Policy = c.out.index
	c.errs = append(c.errs, &e)
}

func (c *compiler) compile(listed bool) {
	c.compileOrigins()
	c.compileMethods()
	c.compileHeaders()
	c.compileExposed()
	c.compileMaxAge()
	c.compileStatus()
	c.compileResourcePolicy()
	c.compileVary()
	c.out.timing = c.policy.AllowTiming
	c.out.varies = !c.out.anyOrigin || listed
	c.compileHeaderValues()
}

func (c *compiler) compileMaxAge() {
	d, set := c.policy.MaxAge.Duration()
	if !set {
		return
	}
	if d < 0 || d > maxMaxAge || d%time.Second != 0 {
		c.refuse(ConfigError{
			Field: "max_age", Index: -1, Value: d.String(), Code: CodeMaxAgeRange,
			Why: "it is not a whole number of seconds from 0 to 86400",
			Fix: `write a duration up to "24h"; Chromium caps it at 2h, Safari at 10m`,
		})
		return
	}
	c.out.maxAge = strconv.Itoa(int(d / time.Second))
}

func (c *compiler) compileStatus() {
	c.out.status = c.policy.PreflightStatus
	switch {
	case c.out.status == 0:
		c.out.status = 204
	case c.out.status < 200 || c.out.status > 299:
		c.refuse(ConfigError{
			Field: "preflight_status", Index: -1, Value: strconv.Itoa(c.out.status), Code: CodeStatusRange,
			Why: "browsers accept a preflight only with a status from 200 to 299",
			Fix: "write 204, or 200 for old clients",
		})
	}
}

func (c *compiler) compileResourcePolicy() {
	c.out.resourcePolicy = c.policy.ResourcePolicy
	switch c.out.resourcePolicy {
	case "", "same-origin", "same-site", "cross-origin":
		return
	}
	c.refuse(ConfigError{
		Field: "resource_policy", Index: -1, Value: c.out.resourcePolicy, Code: CodeResourcePolicyInvalid,
		Why: "it is not a Cross-Origin-Resource-Policy",
		Fix: `write "same-origin", "same-site" or "cross-origin"`,
	})
}

// compileHeaderValues computes the header values of responses to preflights.
// They list all that the policy allows rather than what the request asks for,
// so that a browser need not ask again for another method or header.
func (c *compiler) compileHeaderValues() {
	out := c.out
	out.allowMethods = strings.Join(out.methods, ",")
	headers := slices.Sorted(maps.Keys(out.headers))
	out.allowHeaders = strings.Join(headers, ",")
	if len(headers) <= maxSorted && !out.anyHeader {
		out.headerList = headers
	}
	if out.anyMethod {
		out.allowMethods = wildcard
	}
	if out.anyHeader {
		out.allowHeaders = wildcard
		if out.authorization {
			out.allowHeaders = wildcard + "," + authorization
		}
	}
	var vary []string
	if out.varies {
		vary = append(vary, out.actualVaryNames...)
	}
	if out.echoesMethod() {
		vary = append(vary, headerRequestMethod)
	}
	if out.echoesHeaders() {
		vary = append(vary, headerRequestHeaders)
	}
	out.actualVary = strings.Join(out.actualVaryNames, ", ")
	out.preflightVaryNames = vary
	out.preflightVary = strings.Join(vary, ", ")
	out.countValues()
}

func (c *compiled) countValues() {
	c.actualValues = count(true, c.credentials, c.exposeHeaders != "", c.timing, c.resourcePolicy != "")
	if c.varies {
		c.actualValues += len(c.actualVaryNames)
	}
	c.plain = c.varies && !c.anyOrigin && c.actualValues == 2
	c.preflightValues = count(true, c.credentials, c.anyMethod || c.allowMethods != "",
		c.allowHeaders != "" && !c.echoesHeaders(), c.maxAge != "") + len(c.preflightVaryNames)
}

// count returns how many of conditions are true.
func count(conditions ...bool) (n int) {
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

// echoesMethod reports whether the method that a preflight asks for is sent
// back, since "*" has no special meaning for requests with credentials.
func (c *compiled) echoesMethod() bool { return c.anyMethod && c.credentials }

// echoesHeaders reports the same for the headers that a preflight asks for.
func (c *compiled) echoesHeaders() bool { return c.anyHeader && c.credentials }

// normalised returns the policy as [Middleware.Policy] does.
func (c *compiled) normalised() Policy {
	p := clone(c.source)
	p.AllowOrigins = withoutCovered(sortedUnique(p.AllowOrigins))
	if p.AllowOriginFuncVary = originVary([]Policy{p})[1:]; len(p.AllowOriginFuncVary) == 0 {
		p.AllowOriginFuncVary = nil
	}
	p.AllowMethods = slices.Clone(c.methods)
	if c.anyMethod {
		p.AllowMethods = []string{wildcard}
	}
	p.AllowHeaders = slices.Sorted(maps.Keys(c.headers))
	if c.anyHeader {
		p.AllowHeaders = []string{wildcard}
		if _, listed := c.headers[authorization]; listed && !c.credentials {
			p.AllowHeaders = append(p.AllowHeaders, authorization)
		}
	}
	p.ExposeHeaders = nil
	if c.exposeHeaders != "" {
		p.ExposeHeaders = strings.Split(c.exposeHeaders, ",")
	}
	p.DangerouslyAllowOriginRegexps = sortedUnique(p.DangerouslyAllowOriginRegexps)
	return p
}

func sortedUnique(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}
