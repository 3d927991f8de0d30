package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "content-type-not-allowed", Side: Policy, at: atHeaders, shows: askedAndAllowed,
		Title:   "The server's policy does not allow the header Content-Type",
		When:    "Content-Type is the only header that the preflight response does not allow.",
		Why:     listHeader + "Only the Content-Types of HTML forms are safe; application/json is not.",
		Fix:     "Add Content-Type to the headers that the policy allows.",
		Example: fromApp(put(fetch.Header{Name: "Content-Type", Value: "application/json"}), grants("Access-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: Authorization")),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.onlyRefused("content-type") },
	}
})
