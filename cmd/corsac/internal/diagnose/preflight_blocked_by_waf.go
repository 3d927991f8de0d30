package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
)

var _ = register(&Cause{
	Slug: "preflight-blocked-by-waf", InProxy: true,
	When: "The preflight is refused with the page of a firewall or CDN, and other methods pass.",
	Example: &Scenario{
		Server: handle(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions {
				write(http.StatusForbidden, "text/html", "<html><h1>Access Denied</h1>Reference #18.2d351ab8.1557333295.a4e16ab</html>").ServeHTTP(w, r)
				return
			}
			allowing(dev, items).ServeHTTP(w, r)
		}),
		Request: fetch.Request{URL: "{server}/api/items", Method: "PUT"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: wrongServer, of: refusedPreflight, find: func(s *scene) *shown {
		if !s.preflight() || !s.status(403, 405, 406, 501) {
			return nil
		}
		text := s.says(firewalls...)
		switch r := s.actual(); {
		case text != "" && r.status(403, 406) && contains(string(r.Body), firewalls...) != "":
			return nil // not about OPTIONS
		case text != "":
			return s.byBody(text).also(r)
		case s.symptom() == "preflight-blocked-by-waf" && r.success():
			return by(r).saying("the preflight gets a page of " + s.answer("Server"))
		}
		return nil
	}}},
})

// firewalls are texts of the pages with which firewalls refuse a request:
// Cloudflare, Akamai, ModSecurity, Incapsula, F5, CloudFront, Sucuri, Fortinet,
// Barracuda, Azure, AWS.
var firewalls = []string{
	"Attention Required! | Cloudflare", "Sorry, you have been blocked", "errors.edgesuite.net", "Reference&#32;&#35;", "Reference #", "Mod_Security", "ModSecurity",
	"Incapsula incident ID", "The requested URL was rejected. Please consult with your administrator", "Request blocked.\nWe can't connect", "Request blocked.",
	"Sucuri WebSite Firewall", "Web Page Blocked", "Web Application Firewall", "You have been blocked", "Azure Application Gateway", "Azure Front Door",
	"Barracuda", "blocked by the security rules", "Not Acceptable!",
}
