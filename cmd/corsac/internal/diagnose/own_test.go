package diagnose_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
)

// own are the ways in which package cors handles a policy.
func own(t *testing.T, p cors.Policy) map[string]http.Handler {
	t.Helper()
	m, err := cors.New(p)
	if err != nil {
		t.Fatal(err)
	}
	app := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	router, err := cors.NewRouter(map[string]*cors.Middleware{"/items": m})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]http.Handler{"middleware": m.Wrap(app), "router": router.Wrap(app)}
}

// TestOwnRefusals checks that corsac names what its own middleware refuses, and
// that the change to the policy is about nothing else.
func TestOwnRefusals(t *testing.T) {
	const page = "http://localhost:5173"
	for _, c := range []struct {
		origin, path string
		request      fetch.Request
		want         []string
		change       []string
	}{
		{page, "/items", fetch.Request{Method: "DELETE"}, []string{"method-not-allowed"}, []string{"allow_methods"}},
		{page, "/items", fetch.Request{Method: "PUT", Headers: fetch.Headers{{Name: "X-Other", Value: "1"}}}, []string{"header-not-allowed", "acah-missing"}, []string{"allow_headers"}},
		{page, "/items", fetch.Request{Method: "DELETE", Headers: fetch.Headers{{Name: "X-Other", Value: "1"}}}, []string{"method-not-allowed"}, []string{"allow_methods"}},
		{"https://app.example.com", "/items", fetch.Request{Method: "PUT"}, []string{"origin-not-allowed"}, []string{"allow_origins", "preflight_status", "allow_methods"}},
		{"https://app.example.com", "/items", fetch.Request{}, []string{"origin-not-allowed"}, []string{"allow_origins"}},
	} {
		for name, h := range own(t, cors.Policy{AllowOrigins: []string{c.origin}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"X-Api-Key"}}) {
			c.request.URL = "{server}" + c.path
			x := &diagnose.Scenario{Server: h, Request: c.request}
			_, one := play(t, x, x)
			v := diagnosed(t, one, diagnose.Options{})
			if got := causes(v); len(got) == 0 || !slices.Contains(c.want, got[0]) {
				t.Errorf("%s: %+v: %v\n%s", name, c.request, got, probesOf(v))
			}
			for _, change := range v.Change {
				if !slices.Contains(c.change, change.Field) {
					t.Errorf("%s: %+v: change %s", name, c.request, change.Field)
				}
			}
		}
	}
}

// TestNoRoute checks a path that no route of a Router takes.
func TestNoRoute(t *testing.T) {
	for _, method := range []string{"GET", "PUT"} {
		x := &diagnose.Scenario{
			Server:  own(t, cors.Policy{AllowOrigins: []string{"http://localhost:5173"}, AllowMethods: []string{"PUT"}})["router"],
			Request: fetch.Request{URL: "{server}/elsewhere", Method: method},
		}
		_, one := play(t, x, x)
		v := diagnosed(t, one, diagnose.Options{})
		if got := causes(v); len(got) == 0 || got[0] != "no-cors-headers" && got[0] != "cors-missing-on-route" {
			t.Errorf("%s: %v\n%s", method, got, probesOf(v))
		}
	}
}
