package cause

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "cookie-samesite-blocks-cross-site", Side: Server, at: atPassed, Severity: verdict.SeverityWarning, Confidence: likely,
		Title: "The browser does not send the cookie {cookie} from this page",
		When:  "A request with credentials from a page of another site is refused with 401 or 403, and the response sets a cookie without SameSite=None.",
		Why:   "Without SameSite=None, browsers do not send the cookie from pages on other sites. CORS is configured correctly; the server does not see who the user is.",
		Fix:   "Set the cookie with SameSite=None; Secure; or serve the page and the API from one site, such as app.example.com and api.example.com.",
		Example: Scenario{Page: "https://app.example.net", Request: withCookies(get()), Answers: []Answer{
			{Status: 401, Headers: "Access-Control-Allow-Origin: https://app.example.net\n" + cookies + "Set-Cookie: sid=1; HttpOnly; SameSite=Lax"},
		}},
		Fixed: answered(Answer{Status: 200, Headers: "Access-Control-Allow-Origin: https://app.example.net\n" + cookies + "Set-Cookie: sid=1; HttpOnly; SameSite=None; Secure"}),
		applies: func(s *scene) bool {
			return s.status(401, 403) && s.credentialed() && s.last.Kind == fetch.KindActual && !s.page.SameSite(s.server) && s.lostCookie() != ""
		},
	}
})
