package cors

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (c *compiler) compileMethods() {
	const field = "allow_methods"
	for i, s := range c.policy.AllowMethods {
		switch method := normaliseMethod(s); {
		case s == wildcard:
			c.out.anyMethod = true
		case !isToken(s):
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeMethodInvalid,
				Why: "it is not a method", Fix: `list each method separately, such as "PUT"`,
			})
		case isForbiddenMethod(s):
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeMethodForbidden,
				Why: "browsers never send it", Fix: "drop it",
			})
		case !isSafelistedMethod(method):
			c.out.methods = append(c.out.methods, method)
		}
	}
	c.out.methods = sortedUnique(c.out.methods)
	c.refuseMixed(field, c.policy.AllowMethods)
}

// refuseMixed refuses "*" if there are other entries.
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
				Why: "browsers never let scripts set it, so it need not be allowed", Fix: "drop it",
			})
		case isCORSResponseHeader(name):
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeHeaderProhibited,
				Why: "it is a response header; this list is of request headers that pages may set",
				Fix: "drop it; the middleware sends it where needed",
			})
		default:
			c.out.headers[name] = struct{}{}
		}
	}
	_, listed := c.out.headers[authorization]
	c.out.authorization = listed || c.out.anyHeader && c.policy.AllowCredentials
}

func invalidHeader(field string, i int, s string) ConfigError {
	e := ConfigError{
		Field: field, Index: i, Value: s, Code: CodeHeaderInvalid,
		Why: "it is not a header name", Fix: `list each name separately, such as "Content-Type"`,
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
				Why: "browsers never let scripts read it", Fix: "drop it",
			})
		case isCORSResponseHeader(name), isCORSRequestHeader(name):
			c.refuse(ConfigError{
				Field: field, Index: i, Value: s, Code: CodeHeaderProhibited,
				Why: "it is a CORS header, which is for the browser, not for scripts", Fix: "drop it",
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
		Why: "with credentials, browsers read it as the name of a header",
		Fix: "list the headers that pages read",
	})
}
