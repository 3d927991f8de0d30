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
	fewNames         = 64 // that are sooner compared one by one than hashed
	maxMaxAge        = 86400 * time.Second
)

// compiled is a Policy made ready: immutable and safe for concurrent use.
type compiled struct {
	source Policy // as given, but for slices of its own
	index  int
	next   *compiled // the policy for origins that this one does not allow
	varies bool      // responses depend on the origin

	anyOrigin   bool
	nullOrigin  bool
	firstOrigin string // of the exact ones
	origins     *origin.Set
	regexps     []*regexp.Regexp
	dynamic     bool // there are expressions or a function to ask

	// What the policies from here on allow, to refuse the rest without ado:
	// only firstOrigin, if that is so, and nothing longer than maxOriginLen.
	onlyFirst    bool
	maxOriginLen int

	credentials bool
	insecureOK  bool

	anyMethod  bool
	methods    map[string]struct{} // without the safelisted ones
	methodList []string            // the same

	anyHeader     bool
	authorization bool // Authorization is listed by name, or covered
	headers       map[string]struct{}
	headerList    []string // the same, sorted, if there are few and no "*"
	longestHeader int

	// Header values of responses; empty ones are left out.
	allowMethods   string
	allowHeaders   string
	exposeHeaders  string
	maxAge         string
	resourcePolicy string
	timing         bool
	preflightVary  string
	status         int

	// The same names as in preflightVary, and how many header values there can
	// be on a response besides those that depend on the request. Plain are
	// responses with Access-Control-Allow-Origin, which is the origin, and
	// Vary.
	preflightVaryNames []string
	actualValues       int
	plain              bool
	preflightValues    int
}

// compileAll checks policies and makes them ready, as a list of which the first
// is returned. All mistakes are found at once; the error, if any, is of type
// ConfigErrors.
func compileAll(policies []Policy) (*compiled, error) {
	var errs ConfigErrors
	var first *compiled
	for i := len(policies) - 1; i >= 0; i-- {
		c := compiler{policy: &policies[i], out: &compiled{
			source: clone(policies[i]), index: i, next: first,
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

// compileHeaderValues computes the header values of preflight answers. They
// list all that the policy allows rather than what the request asked for, so
// that a browser that has asked once need not ask again for another method or
// header.
func (c *compiler) compileHeaderValues() {
	out := c.out
	out.methodList = slices.Sorted(maps.Keys(out.methods))
	out.allowMethods = strings.Join(out.methodList, ",")
	headers := slices.Sorted(maps.Keys(out.headers))
	out.allowHeaders = strings.Join(headers, ",")
	if len(headers) <= fewNames && !out.anyHeader {
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
		vary = append(vary, headerOrigin)
	}
	if out.echoesMethod() {
		vary = append(vary, headerRequestMethod)
	}
	if out.echoesHeaders() {
		vary = append(vary, headerRequestHeaders)
	}
	out.preflightVaryNames = vary
	out.preflightVary = strings.Join(vary, ", ")
	out.countValues()
}

func (c *compiled) countValues() {
	c.actualValues = count(true, c.credentials, c.exposeHeaders != "", c.timing, c.resourcePolicy != "", c.varies)
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

// echoesMethod reports whether the method asked for is answered by its name,
// since "*" is only a name for requests with credentials.
func (c *compiled) echoesMethod() bool { return c.anyMethod && c.credentials }

// echoesHeaders reports the same of the headers asked for.
func (c *compiled) echoesHeaders() bool { return c.anyHeader && c.credentials }

// normalised returns the policy as it reads back: lists sorted and without
// repetitions, header names in lower case, and without entries that change
// nothing.
func (c *compiled) normalised() Policy {
	p := clone(c.source)
	p.AllowOrigins = sortedUnique(p.AllowOrigins)
	p.AllowMethods = slices.Clone(c.methodList)
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
