package cors

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/owners"
	"github.com/corsac-dev/corsac/internal/suffix"
	"github.com/corsac-dev/corsac/origin"
)

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
	c.out.origins = origin.NewSet(c.patterns)
	c.out.dynamic = len(c.out.regexps) > 0 || p.AllowOriginFunc != nil
	c.out.boundOrigins()
}

// boundOrigins sets maxOtherLen.
func (c *compiled) boundOrigins() {
	onlyFirst := c.firstOrigin != "" && c.origins.Len() == 1 && !c.nullOrigin && !c.dynamic
	switch {
	case c.anyOrigin:
		c.maxOtherLen = math.MaxInt
	case !onlyFirst || c.next != nil:
		c.maxOtherLen = origin.MaxLen
	}
	if c.next != nil {
		c.maxOtherLen = max(c.maxOtherLen, c.next.maxOtherLen)
	}
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
	if c.out.next != nil {
		c.refuse(ConfigError{
			Field: field, Index: i, Value: wildcard, Code: CodeWildcardMixed,
			Why: "it allows every origin, so that the policies after it are never used",
			Fix: "give this policy last",
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
	if pattern.AnyHost() && !c.policy.DangerouslyAllowAllBrowserExtensions {
		c.refuse(ConfigError{
			Field: field, Index: i, Value: s, Code: CodeOriginProhibited,
			Why: "every extension that a user has installed, whoever made it, could read responses",
			Fix: fmt.Sprintf("list the extensions that are yours, such as %q; if you must, set dangerously_allow_all_browser_extensions", strings.TrimSuffix(s, "*")+"ID"),
		})
		return
	}
	c.patterns = append(c.patterns, pattern)
	if c.out.firstOrigin == "" && pattern.IsExact() {
		c.out.firstOrigin = s
	}
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
		a, b := suffix.TwoBelow(strings.TrimSuffix(pattern.Origin().Host(), "."))
		c.refuse(ConfigError{
			Field: field, Index: i, Value: s, Code: CodeOriginPublicSuffix,
			Why: fmt.Sprintf("with credentials, anyone who registers a name there could read the data of your users: %s and %s have different owners", a, b),
			Fix: "list the subdomains that are yours; if you must, set dangerously_allow_public_suffixes_with_credentials",
		})
	}
}

// isInsecure reports whether pages of o come from another machine over plain
// http. Schemes other than http and https are those of apps and extensions,
// whose pages come from the machine itself.
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
				Fix: "write an expression that matches your own domains only, or drop allow_credentials",
			})
		default:
			c.out.regexps = append(c.out.regexps, re)
			c.checkOwners(field, i, s, re)
		}
	}
}

// checkOwners refuses the regular expression s, compiled as re, if it matches
// origins of different owners, or may do so.
func (c *compiler) checkOwners(field string, i int, s string, re *regexp.Regexp) {
	if !c.policy.AllowCredentials || c.policy.DangerouslyAllowPublicSuffixesWithCredentials {
		return
	}
	a, b, err := owners.Two(re)
	e := ConfigError{Field: field, Index: i, Value: s, Code: CodeOriginPublicSuffix}
	switch {
	case err != nil:
		e.Why = "with credentials, it must not match origins of different owners, which cannot be decided: " + err.Error()
		e.Fix = "write a simpler expression, or list the origins"
	case a != "":
		e.Why = fmt.Sprintf("with credentials, a page of either owner could read the data of your users: it matches %q and %q, which have different owners", a, b)
		e.Fix = `write an expression for each domain that is yours, with \. for each dot`
	default:
		return
	}
	e.Fix += "; if you must, set dangerously_allow_public_suffixes_with_credentials"
	c.refuse(e)
}

// compileWhole compiles s to match whole strings only. It first compiles s by
// itself, to refuse "a)|(b", which would put each anchor in a different branch.
func compileWhole(s string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(s); err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + s + `)\z`)
}
