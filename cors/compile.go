package cors

import (
	"errors"
	"fmt"
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

// compiled is a Policy made ready: immutable and safe for concurrent use.
type compiled struct {
	source Policy // as given, but for slices of its own

	anyOrigin  bool
	nullOrigin bool
	origins    *origin.Set
	patterns   []origin.Pattern
	regexps    []*regexp.Regexp

	credentials bool
	insecureOK  bool

	anyMethod bool
	methods   map[string]struct{} // without the safelisted ones

	anyHeader     bool
	authorization bool // Authorization is listed by name, or covered
	headers       map[string]struct{}
	longestHeader int

	// Header values as announced; empty ones are left out.
	announceMethods string
	announceHeaders string
	exposeHeaders   string
	maxAge          string
	preflightVary   string
	status          int

	// The same names as in preflightVary, and how many header values there
	// can be on a response besides those that depend on the request.
	preflightVaryNames []string
	actualValues       int
	preflightValues    int
}

// compile checks p and makes it ready. All mistakes are found at once; the
// error, if any, is of type ConfigErrors.
func compile(p Policy) (*compiled, error) {
	c := compiler{out: &compiled{source: clone(p)}, policy: &p}
	c.compileOrigins()
	c.compileMethods()
	c.compileHeaders()
	c.compileExposed()
	c.compileMaxAge()
	c.compileStatus()
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	c.announce()
	return c.out, nil
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
	policy *Policy
	out    *compiled
	errs   ConfigErrors
}

func (c *compiler) refuse(e ConfigError) { c.errs = append(c.errs, &e) }

func (c *compiler) compileOrigins() {
	const field = "allow_origins"
	p := c.policy
	c.out.credentials = p.AllowCredentials
	c.out.insecureOK = p.DangerouslyAllowInsecureOriginsWithCredentials
	for i, s := range p.AllowOrigins {
		switch s {
		case wildcard:
			c.compileAnyOrigin(field, i)
		case nullOrigin:
			c.compileNullOrigin(field, i)
		default:
			c.compilePattern(field, i, s)
		}
	}
	c.compileRegexps()
	if len(p.AllowOrigins)+len(p.DangerouslyAllowOriginRegexps) == 0 && p.AllowOriginFunc == nil {
		c.refuse(ConfigError{
			Field: field, Index: -1, Code: CodeOriginMissing,
			Why: "the policy allows no origin",
			Fix: `list the origins of your pages, such as "https://app.example.com"`,
		})
	}
	c.out.origins = origin.NewSet(c.out.patterns)
}

func (c *compiler) compileAnyOrigin(field string, i int) {
	p := c.policy
	c.out.anyOrigin = true
	if p.AllowCredentials {
		c.refuse(ConfigError{
			Field: field, Index: i, Value: wildcard, Code: CodeWildcardCredentials,
			Why: "with credentials, every website could read the data of your users, so browsers refuse it",
			Fix: "list the origins, or drop allow_credentials",
		})
	}
	others := slices.ContainsFunc(p.AllowOrigins, func(s string) bool { return s != wildcard })
	if others || p.AllowOriginFunc != nil || len(p.DangerouslyAllowOriginRegexps) > 0 {
		c.refuse(ConfigError{
			Field: field, Index: i, Value: wildcard, Code: CodeWildcardMixed,
			Why: "it allows every origin, which makes the others pointless",
			Fix: "drop it, or drop the others",
		})
	}
}

func (c *compiler) compileNullOrigin(field string, i int) {
	if c.policy.DangerouslyAllowNullOrigin {
		c.out.nullOrigin = true
		return
	}
	c.refuse(ConfigError{
		Field: field, Index: i, Value: nullOrigin, Code: CodeOriginProhibited,
		Why: "any website can send the origin null, from a sandboxed frame",
		Fix: "serve the page over http or https and list its origin; if you must, set dangerously_allow_null_origin",
	})
}

func (c *compiler) compilePattern(field string, i int, s string) {
	pattern, err := origin.ParsePattern(s)
	if err != nil {
		c.refuse(patternError(field, i, s, err))
		return
	}
	c.out.patterns = append(c.out.patterns, pattern)
	if !c.policy.AllowCredentials {
		return
	}
	if o := pattern.Origin(); !c.out.insecureOK && isInsecure(o) {
		c.refuse(ConfigError{
			Field: field, Index: i, Value: s, Code: CodeOriginInsecure,
			Why: "with credentials, anyone on the network path to a plain http page could read the data of its users",
			Fix: fmt.Sprintf("write %q; if you must, set dangerously_allow_insecure_origins_with_credentials", "https"+strings.TrimPrefix(s, "http")),
		})
	}
	if pattern.UnderPublicSuffix() && !c.policy.DangerouslyAllowPublicSuffixesWithCredentials {
		c.refuse(ConfigError{
			Field: field, Index: i, Value: s, Code: CodeOriginPublicSuffix,
			Why: "with credentials, anyone who registers a name there could read the data of your users",
			Fix: "list the subdomains that are yours; if you must, set dangerously_allow_public_suffixes_with_credentials",
		})
	}
}

// isInsecure reports whether pages of origin o come over plain http from
// another machine. Schemes other than those of the web belong to extensions and
// apps, whose pages come from the machine itself.
func isInsecure(o origin.Origin) bool {
	return o.Scheme() == "http" && o.AddressSpace() != origin.SpaceLoopback
}

func patternError(field string, i int, s string, err error) ConfigError {
	e := ConfigError{Field: field, Index: i, Value: s, Code: CodeOriginInvalid, Why: err.Error(), Err: err}
	var parse *origin.Error
	if !errors.As(err, &parse) {
		return e
	}
	e.Why = parse.Reason()
	if suggestion := parse.Suggestion(); suggestion != "" {
		e.Fix = fmt.Sprintf("write %q", suggestion)
	}
	if parse.Code == origin.CodeFile || parse.Code == origin.CodeNull {
		e.Code = CodeOriginProhibited
	}
	return e
}

func (c *compiler) compileRegexps() {
	const (
		field  = "dangerously_allow_origin_regexps"
		canary = "https://any-website-at-all.invalid" // RFC 2606 §2
	)
	for i, s := range c.policy.DangerouslyAllowOriginRegexps {
		re, err := compileWhole(s)
		switch {
		case err != nil:
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeRegexpInvalid, Err: err,
				Why: "it is not an RE2 expression: " + err.Error(),
				Fix: "see https://pkg.go.dev/regexp/syntax",
			})
		case c.policy.AllowCredentials && re.MatchString(canary):
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeWildcardCredentials,
				Why: "it matches every website, which could then read the data of your users",
				Fix: "write an expression of your own domains only, or drop allow_credentials",
			})
		default:
			c.out.regexps = append(c.out.regexps, re)
		}
	}
}

// compileWhole compiles s to match whole strings only. It compiles s by itself
// first, since in "a)|(b" the anchors would come to stand in one branch each.
func compileWhole(s string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(s); err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + s + `)\z`)
}

func (c *compiler) compileMethods() {
	const field = "allow_methods"
	c.out.methods = map[string]struct{}{}
	for i, s := range c.policy.AllowMethods {
		switch method := normaliseMethod(s); {
		case s == wildcard:
			c.out.anyMethod = true
		case !isToken(s):
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeMethodInvalid,
				Why: "it is not a method", Fix: `write one method an entry, such as "PUT"`,
			})
		case isForbiddenMethod(s):
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeMethodForbidden,
				Why: "browsers never send it", Fix: "drop it",
			})
		case !isSafelistedMethod(method):
			c.out.methods[method] = struct{}{}
		}
	}
	c.refuseMixed(field, c.policy.AllowMethods)
}

// refuseMixed refuses "*" beside other entries.
func (c *compiler) refuseMixed(field string, entries []string) {
	i := slices.Index(entries, wildcard)
	if i < 0 || !slices.ContainsFunc(entries, func(s string) bool { return s != wildcard }) {
		return
	}
	c.refuse(ConfigError{
		Field: field, Index: i, Value: wildcard, Code: CodeWildcardMixed,
		Why: "it stands for all, which makes the others pointless",
		Fix: "drop it, or drop the others",
	})
}

func (c *compiler) compileHeaders() {
	const field = "allow_headers"
	c.out.headers = map[string]struct{}{}
	for i, s := range c.policy.AllowHeaders {
		switch name := strings.ToLower(s); {
		case s == wildcard:
			c.out.anyHeader = true
		case !isToken(s) || len(s) > maxHeaderNameLen:
			c.refuse(invalidHeader(field, i, s))
		case isForbiddenRequestHeader(name):
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeHeaderForbidden,
				Why: "browsers let no script set it, so it need not be allowed", Fix: "drop it",
			})
		case isCORSResponseHeader(name):
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeHeaderProhibited,
				Why: "it is a header of responses; this list is of request headers that pages may set",
				Fix: "drop it; the middleware sends it where it is due",
			})
		default:
			c.out.headers[name] = struct{}{}
			c.out.longestHeader = max(c.out.longestHeader, len(name))
		}
	}
	_, listed := c.out.headers[authorization]
	c.out.authorization = listed || c.out.anyHeader && c.policy.AllowCredentials
}

func invalidHeader(field string, i int, s string) ConfigError {
	e := ConfigError{
		Field: field, Index: i, Value: s, Code: CodeHeaderInvalid,
		Why: "it is not a header name", Fix: `write one name an entry, such as "Content-Type"`,
	}
	if len(s) > maxHeaderNameLen {
		e.Why = fmt.Sprintf("it has more than %d bytes", maxHeaderNameLen)
	}
	return e
}

func (c *compiler) compileExposed() {
	const field = "expose_headers"
	names := map[string]struct{}{}
	for i, s := range c.policy.ExposeHeaders {
		name := strings.ToLower(s)
		_, safelisted := safelistedResponseHeaders[name]
		_, forbidden := forbiddenResponseHeaders[name]
		switch {
		case s == wildcard:
			names[s] = struct{}{}
			c.refuseExposeAll(field, i)
		case !isToken(s) || len(s) > maxHeaderNameLen:
			c.refuse(invalidHeader(field, i, s))
		case forbidden:
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeHeaderForbidden,
				Why: "browsers let no script read it", Fix: "drop it",
			})
		case isCORSResponseHeader(name), isCORSRequestHeader(name):
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeHeaderProhibited,
				Why: "it is a header of CORS itself, for the browser and not for scripts", Fix: "drop it",
			})
		case !safelisted:
			names[name] = struct{}{}
		}
	}
	c.refuseMixed(field, c.policy.ExposeHeaders)
	c.out.exposeHeaders = strings.Join(slices.Sorted(maps.Keys(names)), ",")
}

func (c *compiler) refuseExposeAll(field string, i int) {
	if !c.policy.AllowCredentials {
		return
	}
	c.refuse(ConfigError{
		Field: field, Index: i, Value: wildcard, Code: CodeWildcardCredentials,
		Why: "with credentials, browsers read it as a header of that name",
		Fix: "list the headers that pages read",
	})
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
			Fix: `write a duration up to "24h"; browsers cap it at 2h (Chromium) or less`,
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

// announce computes the header values of preflight answers. They list all that
// the policy allows rather than what the request asked for, so that a browser
// that has asked once need not ask again for another method or header.
func (c *compiler) announce() {
	out := c.out
	out.announceMethods = strings.Join(slices.Sorted(maps.Keys(out.methods)), ",")
	out.announceHeaders = strings.Join(slices.Sorted(maps.Keys(out.headers)), ",")
	if out.anyMethod {
		out.announceMethods = wildcard
	}
	if out.anyHeader {
		out.announceHeaders = wildcard
		if out.authorization {
			out.announceHeaders = wildcard + "," + authorization
		}
	}
	var vary []string
	if !out.anyOrigin {
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
	c.actualValues = count(true, c.credentials, c.exposeHeaders != "", !c.anyOrigin)
	c.preflightValues = count(true, c.credentials, c.anyMethod || c.announceMethods != "",
		c.announceHeaders != "" && !c.echoesHeaders(), c.maxAge != "") + len(c.preflightVaryNames)
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
	p.AllowMethods = slices.Sorted(maps.Keys(c.methods))
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
