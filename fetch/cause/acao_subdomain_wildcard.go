package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:  "acao-subdomain-wildcard",
		Title: "Browsers do not support wildcards within an origin: {value}",
		When:  "Access-Control-Allow-Origin contains * among other characters.",
		Why:   oneOrigin + "Patterns are for the server, which compares them with the page's origin.",
		Fix:   "Compare Origin with the pattern in the server, and respond with {sent} itself, with Vary: Origin.",
		applies: func(s *scene) bool {
			return s.isOneValue() && s.answer(protocol.AllowOrigin) != "*" && strings.Contains(s.answer(protocol.AllowOrigin), "*") && !s.isExpression()
		},
	}, "https://*.example.com")
})
