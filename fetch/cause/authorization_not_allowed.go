package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "authorization-not-allowed", Side: Policy, at: atHeaders, shows: askedAndAllowed,
		Title:   "The server's policy does not allow the header Authorization",
		When:    "Authorization is the only header that the preflight response does not allow, and it has no *.",
		Why:     listHeader + "The preflight itself does not carry the token; it only asks whether the request may do so.",
		Fix:     "Add Authorization to the headers that the policy allows.",
		Example: fromApp(get(fetch.Header{Name: "Authorization", Value: "Bearer t"}), grants("Access-Control-Allow-Headers: Content-Type")),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.onlyRefused("authorization") },
	}
})
