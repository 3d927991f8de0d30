package migrating

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
	"github.com/corsac-dev/corsac/origin"
)

var echoClaims = map[string]func(*testing.T){
	"Patterns need no code.": func(t *testing.T) {
		patterns := []string{"https://*.example.com"}
		corstest.Refuses(t, echoWith(t, middleware.CORSConfig{AllowOrigins: patterns}), app, "GET /items")
		corstest.Allows(t, corsac(t, cors.Policy{AllowOrigins: patterns}), app, "GET /items")
	},
	"Requested headers are checked.": func(t *testing.T) {
		for _, c := range []struct {
			h    http.Handler
			want int
		}{{onEcho(echoBefore(nil), items()), 204}, {echoAfter(items()), 403}} {
			if got := preflight(c.h, "PUT", "Access-Control-Request-Headers", "x-other").StatusCode; got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
		}
	},
	"`AllowMethods` unset means those of the route": func(t *testing.T) {
		corstest.Allows(t, echoWith(t, middleware.CORSConfig{AllowOrigins: []string{app}}), app, "DELETE /items")
		corstest.Refuses(t, corsac(t, cors.Policy{AllowOrigins: []string{app}}), app, "DELETE /items")
	},
	"`AllowHeaders` unset means whatever is requested": func(t *testing.T) {
		h := corstest.Header("X-Other", "1")
		corstest.Allows(t, echoWith(t, middleware.CORSConfig{AllowOrigins: []string{app}}), app, "GET /items", h)
		corstest.Refuses(t, corsac(t, cors.Policy{AllowOrigins: []string{app}}), app, "GET /items", h)
		corstest.Allows(t, corsac(t, cors.Policy{AllowOrigins: []string{app}, AllowHeaders: []string{"*"}}), app, "GET /items", h)
	},
	"`MaxAge: -1` means 0": func(t *testing.T) {
		maxAge(t, echoWith(t, middleware.CORSConfig{AllowOrigins: []string{app}, MaxAge: -1}), "0")
		maxAgeZero(t)
	},
	"`UnsafeAllowOriginFunc`": func(t *testing.T) {
		for _, h := range []http.Handler{
			echoWith(t, middleware.CORSConfig{UnsafeAllowOriginFunc: func(_ *echo.Context, o string) (string, bool, error) { return o, o == app, nil }}),
			corsac(t, cors.Policy{AllowOriginFunc: func(r *http.Request, o origin.Origin) bool {
				return r.URL.Path == "/items" && o.Host() == "app.example.com"
			}}),
		} {
			corstest.Allows(t, h, app, "GET /items")
			corstest.Refuses(t, h, "https://evil.example", "GET /items")
		}
	},
}
