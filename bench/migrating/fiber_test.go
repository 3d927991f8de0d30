package migrating

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	fibercors "github.com/gofiber/fiber/v3/middleware/cors"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
	"github.com/corsac-dev/corsac/origin"
)

var fiberClaims = map[string]func(*testing.T){
	"A refusal discloses nothing.": func(t *testing.T) {
		for _, c := range []struct {
			h    http.Handler
			want []string
		}{
			{onFiber(fiberBefore(), items()), []string{"Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Expose-Headers", "Access-Control-Max-Age"}},
			{onFiber(fiberAfter(), items()), nil},
		} {
			var got []string
			for name := range send(c.h, "OPTIONS", "Origin", "https://evil.example", "Access-Control-Request-Method", "PUT").Header {
				if strings.HasPrefix(name, "Access-Control-") {
					got = append(got, name)
				}
			}
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		}
	},
	"Handlers cannot undo it.": func(t *testing.T) {
		for _, c := range []struct {
			app  *fiber.App
			want []string
		}{{fiberBefore(), []string{"*"}}, {fiberAfter(), nil}} {
			c.app.Get("/items", func(c fiber.Ctx) error {
				c.Set("Access-Control-Allow-Origin", "*")
				return nil
			})
			got := send(adaptor.FiberApp(c.app), "GET", "Origin", "https://evil.example").Header["Access-Control-Allow-Origin"]
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		}
	},
	"no configuration means all origins": func(t *testing.T) {
		corstest.Allows(t, fiberWith(fibercors.ConfigDefault), "https://evil.example", "GET /items")
		refused(t, cors.Policy{}, cors.CodeOriginMissing)
	},
	"`AllowMethods` unset means six": func(t *testing.T) {
		for _, method := range methods {
			corstest.Allows(t, fiberWith(fibercors.Config{}), app, method+" /items")
		}
		corstest.Refuses(t, corsac(t, cors.Policy{AllowOrigins: []string{app}}), app, "DELETE /items")
	},
	"`AllowHeaders` unset means whatever is requested": func(t *testing.T) {
		h := corstest.Header("X-Other", "1")
		corstest.Allows(t, fiberWith(fibercors.Config{}), app, "GET /items", h)
		corstest.Refuses(t, corsac(t, cors.Policy{AllowOrigins: []string{app}}), app, "GET /items", h)
	},
	"`MaxAge: -1` means 0": func(t *testing.T) {
		maxAge(t, fiberWith(fibercors.Config{MaxAge: -1}), "0")
		maxAgeZero(t)
	},
	"`AllowOriginsFunc`": func(t *testing.T) {
		for _, h := range []http.Handler{
			fiberWith(fibercors.Config{AllowOriginsFunc: func(o string) bool { return o == app }}),
			corsac(t, cors.Policy{AllowOriginFunc: func(_ *http.Request, o origin.Origin) bool { return o.Host() == "app.example.com" }}),
		} {
			corstest.Allows(t, h, app, "GET /items")
			corstest.Refuses(t, h, "https://evil.example", "GET /items")
		}
	},
}
