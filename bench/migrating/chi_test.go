package migrating

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	chicors "github.com/go-chi/cors"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
)

var chiClaims = map[string]func(*testing.T){
	"No foreign domain gets in.": func(t *testing.T) {
		before := chiWith(chicors.Options{AllowedOrigins: []string{"https://*"}, AllowCredentials: true})
		corstest.Allows(t, before, "https://evil.example", "GET /items", corstest.WithCredentials())
		refused(t, cors.Policy{AllowOrigins: []string{"https://*"}, AllowCredentials: true}, cors.CodeOriginInvalid)
	},
	"All lines of requested headers are read": func(t *testing.T) {
		two := []string{"Access-Control-Request-Headers", "content-type", "Access-Control-Request-Headers", "x-other"}
		for _, c := range []struct {
			h    http.Handler
			want int
		}{{onChi(chiBefore(nil), items()), 200}, {chiAfter(items()), 403}} {
			if got := preflight(c.h, "PUT", two...).StatusCode; got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
		}
		if got := preflight(onChi(chiBefore(nil), items()), "PUT", two...).Header.Get("Access-Control-Allow-Origin"); got != app {
			t.Errorf("go-chi/cors read the second line: %q", got)
		}
		long := preflight(chiAfter(items()), "PUT", "Access-Control-Request-Headers", strings.Repeat("content-type,", 10_000))
		if long.StatusCode != http.StatusForbidden {
			t.Errorf("status %d for 10,000 names", long.StatusCode)
		}
	},
	"A preflight full of commas costs nothing.": func(t *testing.T) {
		r := httptest.NewRequest(http.MethodOptions, "/items", http.NoBody)
		r.Header.Set("Origin", app)
		r.Header.Set("Access-Control-Request-Method", "PUT")
		r.Header.Set("Access-Control-Request-Headers", strings.Repeat(",", 100_000))
		if before, after := allocated(onChi(chiBefore(nil), items()), r), allocated(chiAfter(items()), r); before < 1_000_000 || after > 10_000 {
			t.Errorf("%d bytes with go-chi/cors, %d with corsac", before, after)
		}
	},
	"no way to say max-age 0": func(t *testing.T) {
		for _, n := range []int{0, -1} {
			maxAge(t, chiWith(chicors.Options{AllowedMethods: []string{"PUT"}, MaxAge: n}))
		}
		maxAgeZero(t)
	},
	"no `AllowedOrigins` means all": func(t *testing.T) {
		corstest.Allows(t, chiWith(chicors.Options{}), "https://evil.example", "GET /items")
		refused(t, cors.Policy{}, cors.CodeOriginMissing)
	},
	"`AllowedMethods` without POST keeps pages from its responses": func(t *testing.T) {
		postIsUnasked(t, func(h http.Handler) http.Handler { return onChi(chiBefore(nil), h) }, chiAfter)
	},
	"`AllowedHeaders` unset means Accept, Content-Type": func(t *testing.T) {
		unsetHeaders(t, chiWith(chicors.Options{}), "Accept", "Content-Type")
	},
	"`r.Use` only on the top router": func(t *testing.T) {
		c := built(t, cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}})
		for name, wrap := range map[string]func(http.Handler) http.Handler{
			"go-chi/cors": chicors.Handler(chicors.Options{AllowedMethods: []string{"PUT"}}), "corsac": c.Wrap,
		} {
			top, inside := chi.NewRouter(), chi.NewRouter()
			top.Use(wrap)
			inside.Group(func(r chi.Router) {
				r.Use(wrap)
				onChi(r, items())
			})
			t.Run(name, func(t *testing.T) {
				corstest.Allows(t, onChi(top, items()), app, "PUT /items")
				corstest.Refuses(t, inside, app, "PUT /items")
			})
		}
		corstest.Allows(t, c.Wrap(onChi(chi.NewRouter(), items())), app, "PUT /items")
	},
}
