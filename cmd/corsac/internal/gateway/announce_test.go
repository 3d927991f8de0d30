package gateway_test

import (
	"net/http"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cors"
)

// TestFullPreflights checks that the answers to preflights name all methods and the
// headers that are exposed, and that those that are refused name nothing.
func TestFullPreflights(t *testing.T) {
	c := one(t, "http://127.0.0.1:1")
	c.Policies["app"] = cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"PUT", "GET"}, ExposeHeaders: []string{"X-B", "X-A"}}
	c.Policies["all"] = cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"*"}}
	c.Gateway.Routes[0].FullPreflights = true
	c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Path: "/all", Upstream: c.Gateway.Routes[0].Upstream, Policy: "all", FullPreflights: true})
	g := start(t, c, gateway.Options{})
	for _, tt := range []struct {
		path, method, origin string
		status               int
		methods, exposed     string
	}{
		{"/", "PUT", app, 204, "PUT,GET", "X-B,X-A"},
		{"/", "DELETE", app, 403, "", ""},
		{"/", "PUT", "https://evil.example", 403, "", ""},
		{"/all", "DELETE", app, 204, "*", ""},
	} {
		for range 2 { // by net/http, and before it has read the request
			status, _, h := request(t, g, http.MethodOptions, tt.path, "x", "Origin: "+tt.origin, "Access-Control-Request-Method: "+tt.method)
			if status != tt.status || h.Get("Access-Control-Allow-Methods") != tt.methods || h.Get("Access-Control-Expose-Headers") != tt.exposed {
				t.Errorf("%+v: status %d, %v", tt, status, h)
			}
		}
	}
}

// TestAllOriginsWithCredentials checks that every website is allowed by name, and what
// is not one is not.
func TestAllOriginsWithCredentials(t *testing.T) {
	c := one(t, "http://127.0.0.1:1")
	c.Policies["app"] = cors.Policy{AllowOrigins: []string{"*"}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}}
	c.Gateway.Routes[0].DangerouslyAllowAllOriginsWithCredentials = true
	c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Path: "/plain", Upstream: c.Gateway.Routes[0].Upstream, Policy: "app"})
	g := start(t, c, gateway.Options{})
	for _, tt := range []struct{ path, origin, allowed, credentials string }{
		{"/", "https://a.example", "https://a.example", "true"},
		{"/", "http://a.example:8080", "http://a.example:8080", "true"},
		{"/", "null", "", ""},
		{"/", "chrome-extension://abc", "", ""},
		{"/", "https://a.example/", "", ""},
		{"/plain", "https://a.example", "*", ""},
	} {
		_, _, h := request(t, g, http.MethodGet, tt.path, "x", "Origin: "+tt.origin) // the upstream is down
		if h.Get("Access-Control-Allow-Origin") != tt.allowed || h.Get("Access-Control-Allow-Credentials") != tt.credentials {
			t.Errorf("%+v: %v", tt, h)
		}
		if tt.path == "/" && h.Get("Vary") == "" {
			t.Errorf("%+v: no Vary", tt)
		}
		_, _, h = request(t, g, http.MethodOptions, tt.path, "x", "Origin: "+tt.origin, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization")
		if got := h.Get("Access-Control-Allow-Headers"); tt.credentials != "" && got != "authorization" {
			t.Errorf("%+v: allowed headers %q", tt, got)
		}
	}
}
