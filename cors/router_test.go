package cors_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/corsac-dev/corsac/cors"
)

func TestRouter(t *testing.T) {
	private := mustNew(t, cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}})
	public := mustNew(t, cors.Policy{AllowOrigins: []string{"*"}})
	rt, err := cors.NewRouter(map[string]*cors.Middleware{"/api/": private, "/api/public": public, "/ü": public})
	if err != nil {
		t.Fatal(err)
	}
	h := rt.Wrap(ok)
	for path, want := range map[string]string{
		"/api":                       app,
		"/api/":                      app,
		"/api/items":                 app,
		"/api/public":                "*",
		"/api/public/x":              "*",
		"/api/publicity":             app,
		"/api/it%20ems":              app,
		"/apis":                      "",
		"/":                          "",
		"/other":                     "",
		"/%C3%BC/x":                  "*",
		"/api/public/../secret":      "",
		"/api/public%2F..%2Fsecret":  "",
		"/api/public/%2e%2e/secret":  "",
		"/api/public/%252e%252e/s":   "",
		"/api//public/x":             "",
		"/api/public%2Fx":            "",
		"/api/public;x/y":            "",
		`/api/public/..\..\secret`:   "",
		"/api/public/x/../y":         "*",
		"/api/items/../../api/items": app,
		"/api/items/./x":             app,
		"/api/items//x":              app,
		"/api/items;v=1":             app,
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		u, err := url.Parse("http://h" + path)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		r.Header.Set("Origin", app)
		if got := serve(h, r).Header().Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	r := preflight(app, "PUT")
	r.URL.Path = "/api/public/../secret"
	if w := serve(h, r); w.Code != http.StatusForbidden || len(w.Header()) != 0 {
		t.Errorf("the preflight of an ambiguous path: status %d, headers %v", w.Code, w.Header())
	}
	r.URL.Path = "/api/items"
	if w := serve(h, r); w.Code != http.StatusNoContent {
		t.Errorf("preflight: status %d", w.Code)
	}
}

// Of a path that may be read in two ways, a handler's own CORS headers go too.
func TestRouterOverride(t *testing.T) {
	rt, err := cors.NewRouter(map[string]*cors.Middleware{
		"/": mustNew(t, cors.Policy{AllowOrigins: []string{app}}), "/public": mustNew(t, cors.Policy{AllowOrigins: []string{"*"}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	h := rt.WrapWith(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		wrong(w.Header())
		w.WriteHeader(http.StatusOK)
	}), cors.WrapOptions{Override: true})
	for path, want := range map[string]string{
		"/x":                   "Access-Control-Allow-Origin: " + app + "\nVary: Origin, Accept-Encoding",
		"/public/x":            "Access-Control-Allow-Origin: *\nVary: Accept-Encoding",
		"/public/../x":         "Vary: Origin, Accept-Encoding",
		"/public/x%2F..%2F../": "Vary: Origin, Accept-Encoding",
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		r.Header.Set("Origin", app)
		if got := lines(serve(h, r).Header()); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
		}
	}
}

func TestRouterErrors(t *testing.T) {
	m := mustNew(t, cors.Policy{AllowOrigins: []string{app}})
	const unclean = " is not a clean path that begins with a slash"
	for _, c := range []struct {
		routes map[string]*cors.Middleware
		want   string
	}{
		{map[string]*cors.Middleware{"api": m}, `"api"` + unclean},
		{map[string]*cors.Middleware{"": m}, `""` + unclean},
		{map[string]*cors.Middleware{"//": m}, `"//"` + unclean},
		{map[string]*cors.Middleware{"/": m, "//": m}, `"//"` + unclean},
		{map[string]*cors.Middleware{"/a//": m}, `"/a//"` + unclean},
		{map[string]*cors.Middleware{"/a//b": m}, `"/a//b"` + unclean},
		{map[string]*cors.Middleware{"/a/../b": m}, `"/a/../b"` + unclean},
		{map[string]*cors.Middleware{"/.": m}, `"/."` + unclean},
		{map[string]*cors.Middleware{"/a/*": m}, `"/a/*"` + unclean},
		{map[string]*cors.Middleware{"/{id}": m}, `"/{id}"` + unclean},
		{map[string]*cors.Middleware{"/a": nil}, `"/a" has no middleware`},
		{map[string]*cors.Middleware{"/a": m, "/a/": m}, `"/a/" is given twice, with and without the slash at its end`},
		{map[string]*cors.Middleware{"/b": nil, "a": m}, `"/b" has no middleware; "a"` + unclean},
	} {
		_, err := cors.NewRouter(c.routes)
		if want := "cors: router: " + c.want; err == nil || err.Error() != want {
			t.Errorf("%v: %v, want %s", c.routes, err, want)
		}
	}
}

// FuzzRouter: whatever the path, the policy of a part is announced for no other
// part, by any of the readings that net/http and its mux make.
func FuzzRouter(f *testing.F) {
	for _, s := range []string{"/api/x", "/api/public/../x", "/api/public%2f..%2fx", "//api", "/api/./public", `/api\public`, "/api;x/public", "/api/%2e%2e/public"} {
		f.Add(s)
	}
	private := cors.Policy{AllowOrigins: []string{app}}
	public := cors.Policy{AllowOrigins: []string{"*"}}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		rt, err := cors.NewRouter(map[string]*cors.Middleware{"/api": mustNew(t, private), "/api/public": mustNew(t, public)})
		if err != nil {
			t.Fatal(err)
		}
		served := ""
		mux := http.NewServeMux()
		for _, pattern := range []string{"/", "/api", "/api/", "/api/public", "/api/public/"} {
			mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) { served = pattern })
		}
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.URL = u
		r.Header.Set("Origin", app)
		got := serve(rt.Wrap(mux), r).Header().Get("Access-Control-Allow-Origin")
		isPublic := served == "/api/public" || served == "/api/public/"
		if got == "*" && served != "" && !isPublic || got == app && isPublic {
			t.Fatalf("%q is served by %q and announced to %q", target, served, got)
		}
	})
}
