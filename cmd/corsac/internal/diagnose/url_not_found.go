package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "url-not-found", Side: cause.Page,
	Title: "There is nothing at this URL (404), and the response has no CORS headers",
	When:  "The response is 404 for any method, without CORS headers, and it is a framework's own, or other URLs of the server have CORS headers.",
	Why:   "No route takes the path, so the response comes from outside the part of the server that sets CORS headers. Script sees a CORS failure in place of the 404.",
	Fix:   "Correct the path of {url}: compare it with the server's routes, including its prefix and version. The CORS configuration need not change.",
	Example: &Scenario{
		Server: apiOnly, Request: fetch.Request{URL: "{server}/apis/items"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/api/items"}},
	rules: []rule{{rank: middle, of: append([]string{"preflight-not-routed"}, bareError...), find: func(s *scene) *shown {
		if !s.status(http.StatusNotFound, http.StatusGone) || s.has(protocol.AllowOrigin) {
			return nil
		}
		if r := s.asGet(); !r.status(http.StatusNotFound, http.StatusGone) || !r.bare() {
			return nil
		}
		if r := s.otherSpelling(s.url, anySpelling); r != nil {
			return by().callInstead(r, "The CORS configuration need not change.")
		}
		text := frameworkMissing(s)
		for _, r := range s.elsewhere() {
			if r.allows(s.sent(), false) {
				f := by(r)
				if text == "" {
					f.likely()
				}
				return f
			}
		}
		if text == "" || s.preflight() && missingRoute.Get().FindString(string(s.asGet().Body)) == "" {
			return nil
		}
		return s.byBody(text).likely()
	}}},
})

var apiOnly = handle(func(w http.ResponseWriter, r *http.Request) {
	paths := routes(map[string]http.Handler{"/api": items, "/api/items": items})
	if r.URL.Path == "/api" || r.URL.Path == "/api/items" {
		allowing(dev, paths).ServeHTTP(w, r)
		return
	}
	write(http.StatusNotFound, "text/html", "<pre>Cannot "+r.Method+" "+r.URL.Path+"</pre>").ServeHTTP(w, r)
})

// missingRoute are what frameworks say if no route takes a URL: Express, Fastify,
// Koa and Go, FastAPI and Starlette, Flask, Django, Spring, Rails, Laravel,
// ASP.NET, gin, echo, Nest, Hono, Next, Actix.
var missingRoute = lazyregexp.New(`(?i)<pre>Cannot (GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /|"(message|error)": ?"(Cannot|Route) [A-Z]+:? ?/|^404 page not found\s*$|` +
	`^\{"detail": ?"Not Found"\}\s*$|^Not Found\s*$|^404 Not Found\s*$|The requested URL was not found on the server|No static resource |No route matches|No routes? match|` +
	`Page not found at |Whitelabel Error Page|could not be found\.?"|^\{"message": ?"Not Found"\}\s*$|^This page could not be found`)

// frameworkMissing is the text of a framework that has no route for the URL; ""
// if the answer may be that of a route.
func frameworkMissing(s *scene) string {
	if !s.status(http.StatusNotFound) {
		return ""
	}
	return missingRoute.Get().FindString(s.body)
}
