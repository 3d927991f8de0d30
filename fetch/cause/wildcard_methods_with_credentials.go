package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "wildcard-methods-with-credentials", Side: Policy, at: atMethods, shows: []string{protocol.AllowMethods},
		Title:   "Access-Control-Allow-Methods is *, which does not work with credentials",
		When:    "Access-Control-Allow-Methods has *, and the request has credentials mode include.",
		Why:     "With credentials, * is the name of a method and not a wildcard.",
		Fix:     "List the methods by name, including {method}." + dropThem,
		Example: fromApp(withCookies(put()), grants(cookies+"Access-Control-Allow-Methods: *")),
		Fixed:   answered(grants(cookies+"Access-Control-Allow-Methods: PUT"), Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.credentialed() && s.lists(protocol.AllowMethods, "*") },
	}
})
