package diagnose_test

import (
	"net/http"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// lookalikes are answers that resemble those of a cause, and have another or none.
var lookalikes = []struct {
	name    string
	page    string
	request fetch.Request
	server  http.Handler
	// want is the root cause of a refusal. If the request is allowed it is "", and
	// nothing above a note is found.
	want string
}{
	{"a login page with reCAPTCHA", "", get, site{{"", "/api/items", answer{200, asHTML, `<form action=/login><div class="g-recaptcha"></div></form>`}}, {"", "", answer{404, "", ""}}}, "no-cors-headers"},
	{"a page into which Cloudflare puts its script", "", get, site{{"", "/api/items", answer{200, "Server: cloudflare\n" + asHTML, `<h1>Docs</h1><script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>`}}, {"", "", answer{404, "", ""}}}, "no-cors-headers"},
	{"a page into which Imperva puts its script", "", get, site{{"", "/api/items", answer{200, asHTML, `<h1>Docs</h1><script src="/_Incapsula_Resource?SWJIYLWA=7"></script>`}}, {"", "", answer{404, "", ""}}}, "no-cors-headers"},
	{"a challenge with 403", "", get, site{{"", "", answer{403, asHTML, `<script src="/_Incapsula_Resource?CWUDNSAI=9"></script>`}}}, "blocked-by-bot-protection"},
	{"Starlette refuses the origin of a simple GET", "", get, site{{"OPTIONS", "", answer{400, "Vary: Origin\n", "Disallowed CORS origin"}}, {"", "", answer{200, "Server: uvicorn\n" + asJSON, "[]"}}}, "origin-not-allowed"},
	{"an article about PHP", "", get, site{{"", "", answer{200, asJSON, `[{"title":"What does headers already sent mean?"}]`}}}, "no-cors-headers"},
	{"an error page of Rails with its meta tag", "", get, site{{"", "", answer{403, allowed + asHTML, `<meta name="csrf-token" content="x"><h1>You may not see this</h1>`}}}, ""},
	{"a form of Flask-WTF that is shown again", "", fetch.Request{URL: "{server}/x", Method: "POST"}, site{{"", "", answer{422, allowed + asHTML, `<input name="csrf_token" value="x"><p>Enter a name</p>`}}}, ""},
	{"a start page that was asked for", "", fetch.Request{URL: "{server}/"}, site{{"", "", answer{200, "Access-Control-Allow-Origin: *\n" + asHTML, `<div id="root"></div>`}}}, ""},
	{"no memory of preflights", "", put, site{{"OPTIONS", "", answer{204, granted + "Access-Control-Max-Age: -1\n", ""}}, {"", "", answer{200, allowed, ""}}}, ""},
	{"a preflight that varies, and a response that never does", "", keyedGet(), site{
		{"OPTIONS", "", answer{204, granted, ""}}, {"", "", answer{200, "Access-Control-Allow-Origin: " + page + "\nCache-Control: public, max-age=60\n", "[]"}},
	}, ""},
	{"a balancer's pair of cookies", "https://app.example.net", include("GET", "/session"), balanced(200, ""), ""},
	{"a balancer's pair of cookies, 401 for a token", "https://app.example.net", include("GET", "/me"), balanced(401, ""), ""},
	{"401 for a token, with a balancer's cookies", "https://app.example.net", fetch.Request{URL: "{server}/me"}, balanced(401, ""), ""},
	{"a cookie of Cloudflare, 403", "https://app.example.net", include("GET", "/me"), balanced(403, "__cf_bm=1; Secure; SameSite=None"), ""},
	{"a cookie that is deleted", "https://app.example.net", include("POST", "/session"), balanced(200, "sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"), ""},
}

// keyedGet is a GET that needs a preflight.
func keyedGet() fetch.Request {
	return fetch.Request{URL: "{server}/api/items", Headers: fetch.Headers{{Name: "X-Api-Key", Value: "k"}}}
}

func include(method, path string) fetch.Request {
	return fetch.Request{URL: "{server}" + path, Method: method, Options: fetch.Options{Credentials: fetch.CredentialsInclude}}
}

// balanced is a correct server after a balancer of AWS.
func balanced(status int, cookie string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Vary", "Origin")
		h.Add("Set-Cookie", "AWSALB=abc; Expires=Sun, 01 Jan 2090 00:00:00 GMT; Path=/")
		h.Add("Set-Cookie", "AWSALBCORS=abc; Expires=Sun, 01 Jan 2090 00:00:00 GMT; Path=/; SameSite=None; Secure")
		if cookie != "" {
			h.Add("Set-Cookie", cookie)
		}
		w.WriteHeader(status)
	})
}

// TestLookalikes checks that no cause is found that the answers do not show.
func TestLookalikes(t *testing.T) {
	for _, c := range lookalikes {
		t.Run(c.name, func(t *testing.T) {
			x := &diagnose.Scenario{Server: c.server, Request: c.request, Page: c.page}
			_, one := play(t, x, x)
			v := diagnosed(t, one, diagnose.Options{})
			if c.want != "" {
				if got := causes(v); len(got) == 0 || got[0] != c.want {
					t.Errorf("%v, want %s\n%s", got, c.want, probesOf(v))
				}
				return
			}
			for i := range v.Findings {
				if f := &v.Findings[i]; f.Severity != verdict.SeverityNote {
					t.Errorf("%s: %s: %s\n%s", f.Severity, f.Cause, f.Title, probesOf(v))
				}
			}
			if v.Error != nil {
				t.Error(v.Error)
			}
		})
	}
}
