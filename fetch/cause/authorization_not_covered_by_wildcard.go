package cause

import (
	"slices"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "authorization-not-covered-by-wildcard", Side: Policy, at: atPassed | atHeaders, Severity: verdict.SeverityWarning, shows: []string{protocol.AllowHeaders},
		Title:   "Access-Control-Allow-Headers: * does not cover Authorization",
		When:    "A preflight asks for Authorization, and Access-Control-Allow-Headers is * without it.",
		Why:     "The Fetch standard requires Authorization to be listed by name. Browsers still allow it today, but warn that they will stop.",
		Fix:     "Send Access-Control-Allow-Headers: *, Authorization.",
		Example: fromApp(get(fetch.Header{Name: "Authorization", Value: "Bearer t"}), grants("Access-Control-Allow-Headers: *"), read),
		Fixed:   answered(grants("Access-Control-Allow-Headers: *, Authorization"), read),
		applies: func(s *scene) bool {
			return slices.ContainsFunc(s.v.Wire, func(w verdict.Wire) bool {
				granted := w.ResponseHeaders.Get(protocol.AllowHeaders)
				return w.Kind == fetch.KindPreflight && protocol.Lists(w.Headers.Get(protocol.RequestHeaders), "authorization") &&
					protocol.Lists(granted, "*") && !protocol.Lists(granted, "authorization") && !s.credentialed()
			})
		},
	}
})
