package diagnose

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

var _ = register(&Cause{
	Slug: "host-header-rejected", Side: cause.Server,
	Title: "The server refuses the host name {host}",
	When:  "The response is an error whose body says that the Host header is not allowed.",
	Why:   "The server responds only to host names on its list, and {host} is not on it. The check runs before CORS, so the response has no CORS headers.",
	Fix:   "Add {host} to the host names that the server accepts: server.allowedHosts in Vite, allowedHosts in webpack-dev-server, ALLOWED_HOSTS in Django, config.hosts in Rails, allowed_hosts of TrustedHostMiddleware in Starlette.",
	Example: &Scenario{
		Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "Blocked request. This host (\"127.0.0.1\") is not allowed.", http.StatusForbidden)
		}),
		Request: fetch.Request{URL: "{server}/api/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: wrongServer, of: anyAnswer, find: func(s *scene) *shown {
		if s.last.Status < 400 {
			return nil
		}
		if text := s.says(rejectedHost...); text != "" {
			return s.byBody(text).callInstead(s.otherSpelling(s.url, www), "If {url} is the right one, add {host} to the host names that the server accepts.")
		}
		return s.djangoHost()
	}}},
})

// rejectedHost are texts of servers that refuse a Host header: Vite,
// webpack-dev-server, Starlette, Django with DEBUG, Rails, IIS, Caddy's and other
// proxies.
var rejectedHost = []string{
	"is not allowed.\nTo allow this host", "Blocked request. This host", "Invalid Host header", "Invalid HTTP_HOST header", "DisallowedHost",
	"Blocked host", "Blocked hosts:", "Invalid Hostname", "Host not permitted", "host not allowed", "unrecognized host",
}

// djangoHost finds a host that Django refuses without saying so: every URL gets
// the same short page, and localhost does not.
func (s *scene) djangoHost() *shown {
	if !s.status(http.StatusBadRequest) || s.says("<h1>Bad Request (400)</h1>") == "" || s.url.Scheme != "http" {
		return nil
	}
	if r := s.nowhere(); !r.status(http.StatusBadRequest) || !strings.Contains(string(r.Body), "<h1>Bad Request (400)</h1>") {
		return nil
	}
	return s.byBody("Bad Request (400)").likely()
}
