package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "opaque-response-blocked", Side: Server, at: atFailed, shows: []string{"Content-Type", "X-Content-Type-Options"},
		Title: "The response is data, which browsers give no element without CORS",
		When:  "A request without CORS, such as that of an image, gets JSON, HTML, XML, CSV or the like.",
		Why:   "Opaque response blocking keeps data of other sites out of the page's process. The URL may be wrong, or the file has the wrong Content-Type.",
		Fix:   "Check that {url} is the file that you meant, and send it with its own Content-Type.",
		Example: fromApp(fetch.Request{URL: "https://cdn.example.net/logo.png", Options: fetch.Options{Destination: fetch.DestinationImage}}, Answer{
			Status: 200, Headers: "Content-Type: application/json\nX-Content-Type-Options: nosniff",
		}),
		Fixed:   answered(Answer{Status: 200, Headers: "Content-Type: image/png\nX-Content-Type-Options: nosniff"}),
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonOpaqueBlocked },
	}
})
