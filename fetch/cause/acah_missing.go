package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "acah-missing", Side: Policy, at: atHeaders, shows: askedAndAllowed,
		Title:   "The preflight response has no Access-Control-Allow-Headers",
		When:    "The preflight is allowed for the page's origin and method, and its response has no Access-Control-Allow-Headers.",
		Why:     listHeader + "The page sends {refused}.",
		Fix:     "Let the policy allow the headers that the page sends: {refused}.",
		Example: fromApp(get(key), grants("")),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return !s.has(protocol.AllowHeaders) && !s.setsResponseHeader() },
	}
})
