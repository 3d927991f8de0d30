package diagnose_test

import (
	"net/http"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
)

// aspnet responds as ASP.NET Core does: its middleware answers preflights of
// origins that it does not allow with a bare 204, and routing answers every other
// OPTIONS with 405.
func aspnet(origin string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "Kestrel")
		if r.Header.Get("Origin") == origin {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			if isPreflight(r) {
				w.Header().Set("Access-Control-Allow-Methods", "PUT")
			}
		}
		switch {
		case isPreflight(r):
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path != "/items":
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", "GET, PUT")
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
}

// postOnly responds to POST at one path. options are what OPTIONS gets there, other
// what GET gets, and rest are the other paths.
func postOnly(options, other answer, rest site) http.Handler {
	return append(site{{"POST", "/orders", answer{200, "", "{}"}}, {"OPTIONS", "/orders", options}, {"", "/orders", other}}, rest...)
}

// TestDoubt checks what is said, and how surely, where servers with different
// faults respond alike.
func TestDoubt(t *testing.T) {
	post := fetch.Request{URL: "{server}/orders", Method: "POST", Headers: fetch.Headers{{Name: "X-Api-Key", Value: "k"}}}
	allow := "Allow: POST\n"
	bareSite := site{{"", "/", answer{200, "", "hi"}}, {"", "", answer{404, "", ""}}}
	for _, c := range []struct {
		name    string
		server  http.Handler
		request fetch.Request
		want    string
		sure    finding.Confidence
	}{
		{"ASP.NET refuses a preflight", aspnet("https://tenant.example"), fetch.Request{URL: "{server}/items", Method: "PUT"}, "origin-not-allowed", finding.Likely},
		{"ASP.NET refuses a GET", aspnet("https://tenant.example"), fetch.Request{URL: "{server}/items"}, "origin-not-allowed", finding.Likely},
		{"a bare 204 for every OPTIONS", site{{"OPTIONS", "", answer{204, "", ""}}, {"", "", answer{200, "", "[]"}}}, fetch.Request{URL: "{server}/items", Method: "PUT"}, "no-cors-headers", finding.Likely},
		{"a bare 204 for every OPTIONS, with GET", site{{"OPTIONS", "", answer{204, "", ""}}, {"", "", answer{200, "", "[]"}}}, fetch.Request{URL: "{server}/items"}, "no-cors-headers", finding.Likely},
		{"a list of methods", site{{"OPTIONS", "", answer{204, "Allow: GET, PUT\n", ""}}, {"", "", answer{200, "", "[]"}}}, fetch.Request{URL: "{server}/items", Method: "PUT"}, "no-cors-headers", finding.Certain},
		{"OPTIONS gets 405", site{{"OPTIONS", "", answer{405, "Allow: GET, PUT\n", ""}}, {"", "", answer{200, "", "[]"}}}, fetch.Request{URL: "{server}/items"}, "no-cors-headers", finding.Certain},

		{"POST only, no CORS", postOnly(answer{405, allow, ""}, answer{405, allow, ""}, bareSite), post, "no-cors-headers", finding.Likely},
		{"POST only, no CORS, OPTIONS by the framework", postOnly(answer{200, allow, ""}, answer{405, allow, ""}, bareSite), post, "no-cors-headers", finding.Likely},
		{"POST only, errors show CORS", postOnly(answer{405, allow, ""}, answer{405, allowed + allow, ""}, site{{"", "", answer{404, allowed, ""}}}), post, "preflight-not-routed", finding.Certain},
		{"POST only, nothing else responds", postOnly(answer{405, allow, ""}, answer{405, allow, ""}, site{{"", "", answer{404, "", ""}}}), post, "preflight-not-routed", finding.Likely},
		{"POST only, successes show CORS", postOnly(answer{405, allow, ""}, answer{405, allow, ""}, site{{"", "/", answer{200, allowed, ""}}, {"", "", answer{404, "", ""}}}), post, "preflight-not-routed", finding.Likely},
		{"POST only, what no route takes shows CORS", postOnly(answer{405, allow, ""}, answer{405, allow, ""}, site{{"", "", answer{404, allowed, ""}}}), post, "cors-missing-on-route", finding.Likely},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := &diagnose.Scenario{Server: c.server, Request: c.request}
			_, one := play(t, x, x)
			v := diagnosed(t, one, diagnose.Options{})
			if got := causes(v); len(got) == 0 || got[0] != c.want || v.Findings[0].Confidence != c.sure {
				t.Errorf("%v, %s\n%s", got, v.Findings[0].Confidence, probesOf(v))
			}
		})
	}
}
