package migrating

import (
	"net/http"
	"testing"

	jub0bs "github.com/jub0bs/cors"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
)

var jub0bsClaims = map[string]func(*testing.T){
	"Labels are checked.": func(t *testing.T) {
		patterns, hostile := []string{"https://*.example.com"}, "https://evil.net/.example.com"
		before, after := jub0bsWith(t, jub0bs.Config{Origins: patterns}), corsac(t, cors.Policy{AllowOrigins: patterns})
		if got := send(before, "GET", "Origin", hostile).Header.Get("Access-Control-Allow-Origin"); got != hostile {
			t.Errorf("jub0bs/cors: %q", got)
		}
		if got := send(after, "GET", "Origin", hostile).Header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("corsac: %q", got)
		}
	},
	"Requested headers are read in any order, case and spacing": func(t *testing.T) {
		names := []string{"X-A", "X-B"}
		before := jub0bsWith(t, jub0bs.Config{Origins: []string{app}, RequestHeaders: names})
		after := corsac(t, cors.Policy{AllowOrigins: []string{app}, AllowHeaders: names})
		for asked, want := range map[string]int{"x-a,x-b": 204, "x-b,x-a": 403, "X-A,X-B": 403, "x-a    ,    x-b": 403} {
			if got := preflight(before, "GET", "Access-Control-Request-Headers", asked).StatusCode; got != want {
				t.Errorf("jub0bs/cors, %q: status %d, want %d", asked, got, want)
			}
			if got := preflight(after, "GET", "Access-Control-Request-Headers", asked).StatusCode; got != 204 {
				t.Errorf("corsac, %q: status %d", asked, got)
			}
		}
	},
	"More than one policy": func(t *testing.T) {
		m := built(t,
			cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}},
			cors.Policy{AllowOrigins: []string{"https://partner.example"}})
		router, err := cors.NewRouter(map[string]*cors.Middleware{"/items": m})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range []http.Handler{m.Wrap(items()), router.Wrap(items())} {
			corstest.Allows(t, h, app, "PUT /items")
			corstest.Allows(t, h, "https://partner.example", "GET /items")
			corstest.Refuses(t, h, "https://partner.example", "PUT /items")
		}
		corstest.Refuses(t, router.Wrap(items()), app, "GET /other")
		explains(t) // with a policy on trial
	},
	"`MaxAgeInSeconds: -1` means 0": func(t *testing.T) {
		maxAge(t, jub0bsWith(t, jub0bs.Config{Origins: []string{app}, Methods: []string{"PUT"}, MaxAgeInSeconds: -1}), "0")
		maxAgeZero(t)
	},
	"safelisted headers in `ResponseHeaders` change nothing": func(t *testing.T) {
		names := []string{"Content-Type"}
		for _, h := range []http.Handler{
			jub0bsWith(t, jub0bs.Config{Origins: []string{app}, ResponseHeaders: names}),
			corsac(t, cors.Policy{AllowOrigins: []string{app}, ExposeHeaders: names}),
		} {
			if got, sent := send(h, "GET", "Origin", app).Header["Access-Control-Expose-Headers"]; sent {
				t.Errorf("Access-Control-Expose-Headers: %q", got)
			}
		}
	},
	"`DangerouslyTolerateInsecureOrigins`": func(t *testing.T) {
		list := []string{"http://app.example.com"}
		dangerous(t,
			jub0bs.Config{Origins: list, Credentialed: true}, func(c *jub0bs.Config) { c.DangerouslyTolerateInsecureOrigins = true },
			cors.Policy{AllowOrigins: list, AllowCredentials: true}, func(p *cors.Policy) { p.DangerouslyAllowInsecureOriginsWithCredentials = true })
	},
	"`DangerouslyTolerateSubdomainsOfPublicSuffixes`": func(t *testing.T) {
		list := []string{"https://*.github.io"}
		dangerous(t,
			jub0bs.Config{Origins: list, Credentialed: true}, func(c *jub0bs.Config) { c.DangerouslyTolerateSubdomainsOfPublicSuffixes = true },
			cors.Policy{AllowOrigins: list, AllowCredentials: true}, func(p *cors.Policy) { p.DangerouslyAllowPublicSuffixesWithCredentials = true })
	},
}

// dangerous checks that both libraries refuse a policy unless it says that the
// danger is accepted.
func dangerous(t *testing.T, c jub0bs.Config, tolerate func(*jub0bs.Config), p cors.Policy, allow func(*cors.Policy)) {
	t.Helper()
	for _, bold := range []bool{false, true} {
		if bold {
			tolerate(&c)
			allow(&p)
		}
		if _, err := jub0bs.NewMiddleware(c); (err == nil) != bold {
			t.Errorf("jub0bs/cors: %v", err)
		}
		if _, err := cors.New(p); (err == nil) != bold {
			t.Errorf("corsac: %v", err)
		}
	}
}
