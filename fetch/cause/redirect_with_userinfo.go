package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "redirect-with-userinfo", Side: Server, at: atFailed, shows: []string{"Location"},
		Title:   "The redirect leads to a URL with a user name or password",
		When:    "A Location has a user name or password before its host.",
		Why:     "Browsers do not follow such a redirect to another origin.",
		Fix:     "Remove the user name and password from the Location.",
		Example: fromApp(get(), Answer{Status: 302, Headers: allowed + "Location: https://user:secret@api.example.com/v2"}),
		Fixed:   answered(Answer{Status: 302, Headers: allowed + "Location: https://api.example.com/v2"}, read),
		applies: func(s *scene) bool {
			return s.code() == string(fetch.CodeRedirectContainsCredentials) || s.code() == string(fetch.CodeAborted) && s.location().HasCredentials()
		},
	}
})
