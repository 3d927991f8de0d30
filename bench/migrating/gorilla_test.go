package migrating

import (
	"net/http"
	"slices"
	"testing"

	"github.com/gorilla/handlers"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
	"github.com/corsac-dev/corsac/origin"
)

var gorillaClaims = map[string]func(*testing.T){
	"`Vary` is right": func(t *testing.T) {
		one := gorilla(handlers.AllowedOrigins([]string{app}))
		if got := send(one, "GET", "Origin", app).Header["Vary"]; got != nil {
			t.Errorf("gorilla/handlers, one origin: %q", got)
		}
		outside := func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Vary", "Accept-Encoding")
				h.ServeHTTP(w, r)
			})
		}
		for _, c := range []struct {
			h    http.Handler
			want []string
		}{{gorillaBefore(items()), []string{"Origin"}}, {gorillaAfter(items()), []string{"Accept-Encoding", "Origin"}}} {
			if got := send(outside(c.h), "GET", "Origin", app).Header["Vary"]; !slices.Equal(got, c.want) {
				t.Errorf("Vary %q, want %q", got, c.want)
			}
		}
	},
	"OPTIONS is yours.": func(t *testing.T) {
		reached := 0
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ })
		for _, headers := range [][]string{nil, {"Origin", app}} {
			send(gorillaBefore(h), "OPTIONS", headers...)
		}
		if reached != 0 {
			t.Error("it reaches the handler that gorilla/handlers wraps")
		}
		for _, headers := range [][]string{nil, {"Origin", app}} {
			send(gorillaAfter(h), "OPTIONS", headers...)
		}
		if reached != 2 {
			t.Error("it does not reach the handler")
		}
	},
	"What cannot work is an error.": func(t *testing.T) {
		both := gorilla(handlers.AllowedOrigins([]string{"*"}), handlers.AllowCredentials())
		corstest.Refuses(t, both, app, "GET /items", corstest.WithCredentials())
		refused(t, cors.Policy{AllowOrigins: []string{"*"}, AllowCredentials: true}, cors.CodeWildcardCredentials)
	},
	"no `AllowedOrigins` means all": func(t *testing.T) {
		corstest.Allows(t, gorilla(), "https://evil.example", "GET /items")
		refused(t, cors.Policy{}, cors.CodeOriginMissing)
	},
	"`AllowedMethods` replaces GET, HEAD, POST": func(t *testing.T) {
		asks := corstest.Header("Content-Type", "application/json")
		corstest.Refuses(t, gorilla(handlers.AllowedMethods([]string{"PUT"}), handlers.AllowedHeaders([]string{"Content-Type"})), app, "POST /items", asks)
		corstest.Allows(t, corsac(t, cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Content-Type"}}), app, "POST /items", asks)
	},
	"`MaxAge` above 600 means 600": func(t *testing.T) {
		maxAge(t, gorilla(handlers.AllowedMethods([]string{"PUT"}), handlers.MaxAge(3600)), "600")
		maxAge(t, rsAfter(items()), "3600")
	},
	"`AllowedOriginValidator`": func(t *testing.T) {
		for _, h := range []http.Handler{
			gorilla(handlers.AllowedOriginValidator(func(o string) bool { return o == app })),
			corsac(t, cors.Policy{AllowOriginFunc: func(_ *http.Request, o origin.Origin) bool { return o.Host() == "app.example.com" }}),
		} {
			corstest.Allows(t, h, app, "GET /items")
			corstest.Refuses(t, h, "https://evil.example", "GET /items")
		}
	},
	"`OptionStatusCode`": func(t *testing.T) {
		for _, h := range []http.Handler{gorilla(handlers.OptionStatusCode(204)), corsac(t, cors.Policy{AllowOrigins: []string{"*"}, PreflightStatus: 204})} {
			if got := preflight(h, "GET").StatusCode; got != 204 {
				t.Errorf("status %d", got)
			}
		}
	},
	"`IgnoreOptions`": func(t *testing.T) {
		reached := 0
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ })
		preflight(handlers.CORS(handlers.IgnoreOptions())(h), "GET")
		preflight(gorillaAfter(h), "PUT")
		if reached != 1 {
			t.Errorf("preflights reached the handler %d times; only gorilla/handlers lets them", reached)
		}
	},
}
