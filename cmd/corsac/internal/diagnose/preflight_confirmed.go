package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
)

// options responds to OPTIONS in one way, and to everything else correctly.
func options(h http.Handler) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			h.ServeHTTP(w, r)
			return
		}
		allowing(dev, items).ServeHTTP(w, r)
	})
}

// unroutedPreflight confirms that only OPTIONS fails.
func unroutedPreflight(s *scene) *shown {
	if !s.preflight() {
		return nil
	}
	if r := s.actual(); r.allows(s.sent(), false) {
		return by(r)
	}
	return nil
}

var put = fetch.Request{URL: "{server}/api/items/1", Method: "PUT"}

var _ = register(&Cause{
	Slug: "preflight-not-routed",
	When: "The preflight response is 404, 405, 410 or 501, and the URL itself responds with CORS headers.",
	Example: &Scenario{
		Server: options(write(http.StatusMethodNotAllowed, "text/plain", "Method Not Allowed")), Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{
		{rank: textual, of: refusedPreflight, find: func(s *scene) *shown {
			const unknownToGateway = "Missing Authentication Token" // of AWS API Gateway, for a method that it does not have
			if s.preflight() && s.status(http.StatusForbidden) && s.says(unknownToGateway) != "" {
				return s.byBody(unknownToGateway)
			}
			return nil
		}},
		{rank: late, of: []string{"preflight-not-routed"}, find: unroutedPreflight},
	},
})

var _ = register(&Cause{
	Slug: "preflight-without-cors-headers",
	When: "The preflight response is a success without CORS headers, and the URL itself responds with them.",
	Example: &Scenario{
		Server: options(handle(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Allow", "GET,HEAD,PUT") })), Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: late, of: []string{"preflight-without-cors-headers"}, find: unroutedPreflight}},
})

var _ = register(&Cause{
	Slug: "preflight-answered-by-html-page",
	When: "The preflight response is a success and HTML, and the URL itself responds with CORS headers.",
	Example: &Scenario{
		Server: options(write(http.StatusOK, "text/html", "<form action=/login>")), Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: late, of: []string{"preflight-answered-by-html-page"}, find: unroutedPreflight}},
})
