package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "wildcard-headers-with-credentials", Side: Policy, at: atHeaders, shows: []string{protocol.AllowHeaders},
		Title:   "Access-Control-Allow-Headers is *, which does not work with credentials",
		When:    "Access-Control-Allow-Headers has *, and the request has credentials mode include.",
		Why:     "With credentials, * is the name of a header and not a wildcard.",
		Fix:     "List the headers by name, including {refused}." + dropThem,
		Example: fromApp(withCookies(get(key)), grants(cookies+"Access-Control-Allow-Headers: *")),
		Fixed:   answered(grants(cookies+"Access-Control-Allow-Headers: x-api-key"), Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool {
			return s.credentialed() && s.lists(protocol.AllowHeaders, "*") && !s.setsResponseHeader()
		},
	}
})
