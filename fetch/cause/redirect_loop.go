package cause

import "slices"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "redirect-loop", Side: Server, at: atFailed, shows: []string{"Location"},
		Title: "Redirect loop",
		When:  "There are more than 20 redirects.",
		Why:   "The URLs redirect to each other, such as http and https when the proxy in front does not say that the browser used https.",
		Fix:   "Fix the redirect rule. Behind a proxy, let the application trust X-Forwarded-Proto.",
		Example: fromApp(get(), slices.Repeat([]Answer{
			{Status: 302, Headers: allowed + "Location: /items"},
		}, 21)...),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.code() == "net::ERR_TOO_MANY_REDIRECTS" },
	}
})
