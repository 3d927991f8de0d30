package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "wrong-mime-type", Side: Server, at: atFailed, shows: []string{"Content-Type", "X-Content-Type-Options"},
		Title: "The response has a Content-Type that its use does not allow",
		When:  "A script, module, stylesheet or worker is of another type, and the browser checks the type.",
		Why:   "Browsers run modules and workers only if Content-Type says that they are that. With X-Content-Type-Options: nosniff this applies to every script and stylesheet. An HTML page or an error in place of the file has the same effect.",
		Fix:   "Check that {url} is the file that you meant, and send it with its Content-Type: text/javascript, application/json or text/css.",
		Example: fromApp(fetch.Request{URL: "https://cdn.example.net/app.js", Options: fetch.Options{Destination: fetch.DestinationModule}}, Answer{
			Status: 200, Headers: allowed + "Content-Type: text/html",
		}),
		Fixed: answered(Answer{Status: 200, Headers: allowed + "Content-Type: text/javascript"}),
		applies: func(s *scene) bool {
			return s.reason() == fetch.ReasonMIMEType && !s.isEventSource()
		},
	}
})
