package report

import (
	"strings"

	"github.com/corsac-dev/corsac/cors"
)

// Policy describes in a few words what a policy allows.
func Policy(p cors.Policy) string {
	s := Count(len(p.AllowOrigins)+len(p.DangerouslyAllowOriginRegexps), "origin", "origins")
	if len(p.AllowOrigins) == 1 {
		s = p.AllowOrigins[0]
		if s == "*" {
			s = "every origin"
		}
	}
	if p.AllowCredentials {
		s += ", with credentials"
	}
	return s
}

// ExampleOrigin returns an origin that a policy allows, to try it with; "" if only regular
// expressions say which.
func ExampleOrigin(p cors.Policy) string {
	switch {
	case len(p.AllowOrigins) == 0:
		return ""
	case p.AllowOrigins[0] == "*":
		return "https://app.example.com"
	}
	return strings.TrimSuffix(strings.Replace(p.AllowOrigins[0], "//*.", "//www.", 1), ":*")
}
