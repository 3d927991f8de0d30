package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestScope checks that what an upstream says of its own address is true at the
// gateway. UP stands for its URL, and GW for that of the gateway.
func TestScope(t *testing.T) {
	strips := func(r *config.Route) { r.Path, r.StripPrefix = "/api", true }
	plain := func(*config.Route) {}
	for _, c := range []struct {
		base         string // of the upstream's URL
		change       func(*config.Route)
		path         string
		header, want string
	}{
		{"", plain, "/x", "Location: UP/login?a=b", "/login?a=b"},
		{"", plain, "/x", "Location: /login", "/login"},
		{"", plain, "/x", "Location: https://accounts.example.com/login", "https://accounts.example.com/login"},
		{"", plain, "/x", "Location: GW/login", "GW/login"},
		{"", plain, "/x", "Location: UP//evil.example", "GW//evil.example"},
		{"", plain, "/x", "Content-Location: UP/x/1", "/x/1"},
		{"", plain, "/x", "Refresh: 3; url=UP/later", "3; url=/later"},
		{"", plain, "/x", "Set-Cookie: a=b; Domain=127.0.0.1; Path=/; Secure", "a=b; Path=/; Secure"},
		{"", plain, "/x", "Set-Cookie: a=b; Domain=gw.example", "a=b; Domain=gw.example"},
		{"", plain, "/x", "Link: <UP/next>; rel=next", "<UP/next>; rel=next"},
		{"", strips, "/api/x", "Location: /login", "/api/login"},
		{"", strips, "/api/x", "Location: login", "login"},
		{"", strips, "/api/x", "Location: UP/", "/api/"},
		{"", strips, "/api/x", "Set-Cookie: a=b; Path=/; HttpOnly", "a=b; Path=/api; HttpOnly"},
		{"", strips, "/api/x", "Set-Cookie: __Host-a=b; Path=/; Secure", "__Host-a=b; Path=/; Secure"},
		{"/v1", plain, "/x", "Location: /v1/y", "/y"},
		{"/v1", plain, "/x", "Location: /other", "/other"},
		{"/v1", strips, "/api/x", "Location: UP/v1/y", "/api/y"},
		{"/v1", strips, "/api/x", "Set-Cookie: a=b; Path=/v1/y", "a=b; Path=/api/y"},
		{"", func(r *config.Route) { strips(r); r.KeepAddresses = true }, "/api/x", "Location: /login", "/login"},
		{"", func(r *config.Route) { r.Path = "/api" }, "/api/x", "Location: UP/elsewhere", "UP/elsewhere"},
		{"", func(r *config.Route) { strips(r); r.Mode = config.ModeFill }, "/api/x", "Location: /login", "/api/login"},
		{"", func(r *config.Route) { strips(r); r.Mode = config.ModePassthrough }, "/api/x", "Location: /login", "/api/login"},
	} {
		var up string
		name, value, _ := strings.Cut(c.header, ": ")
		up = startServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()[name] = []string{strings.ReplaceAll(strings.ReplaceAll(value, "UP", up), "GW", "http://gw.example:8080")}
			w.WriteHeader(http.StatusFound)
		}))
		conf := one(t, up+c.base)
		c.change(&conf.Gateway.Routes[0])
		res := do(t, "GET", start(t, conf, gateway.Options{}).URL+c.path, map[string]string{"Host": "gw.example:8080"})
		want := strings.ReplaceAll(strings.ReplaceAll(c.want, "UP", up), "GW", "http://gw.example:8080")
		if got := res.Header[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s of %s, from %q: %q, want %q", c.path, c.header, c.base, got, want)
		}
	}
}

// TestRedirectOfPage has a page follow a redirect of the upstream to its own address.
func TestRedirectOfPage(t *testing.T) {
	var up string
	up = startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, up+"/new", http.StatusTemporaryRedirect)
			return
		}
		_, _ = w.Write([]byte(r.Method + " " + r.URL.Path))
	}))
	conf := one(t, up)
	conf.Gateway.Routes[0].Path, conf.Gateway.Routes[0].StripPrefix = "/api", true
	if got := asPage(t, app, "PUT", start(t, conf, gateway.Options{}).URL+"/api/old"); got != "PUT /new" {
		t.Errorf("%q", got)
	}
}
