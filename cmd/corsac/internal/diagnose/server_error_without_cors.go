package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
)

var _ = register(&Cause{
	Slug: "server-error-without-cors",
	When: "The response is a 5xx other than 502 to 504 without CORS headers, while other errors of the server, or its preflights, have them.",
	Example: &Scenario{
		Server: failing(http.StatusInternalServerError), Request: fetch.Request{URL: "{server}/api/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: late, of: []string{"server-error-without-cors"}, find: func(s *scene) *shown {
		f := s.onlyThisError()
		if f != nil {
			f.why = "Script cannot see an error without CORS headers; the console reports it as a CORS failure. The application crashed, and its error path skips CORS."
		}
		return f
	}}},
})
