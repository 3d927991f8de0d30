package cors

import (
	"net/http"
	"slices"
)

// originVary returns the names of the request headers that decide whether an
// origin is allowed by one of policies: Origin first, then those that their
// functions read, in canonical form.
func originVary(policies []Policy) []string {
	var others []string
	for i := range policies {
		if policies[i].AllowOriginFunc == nil {
			continue
		}
		for _, name := range policies[i].AllowOriginFuncVary {
			others = append(others, http.CanonicalHeaderKey(name))
		}
	}
	others = slices.DeleteFunc(sortedUnique(others), func(name string) bool { return name == headerOrigin })
	return append([]string{headerOrigin}, others...)
}

// compileVary refuses what is not the name of a header.
func (c *compiler) compileVary() {
	for i, s := range c.policy.AllowOriginFuncVary {
		if !isToken(s) || len(s) > maxHeaderNameLen || s == wildcard {
			c.refuse(invalidHeader("allow_origin_func_vary", i, s))
		}
	}
}
