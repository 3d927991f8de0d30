package migrating

import (
	"net/http"
	"slices"
	"testing"

	gincors "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
	"github.com/corsac-dev/corsac/fetch"
)

var ginConfig = gincors.Config{AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Content-Type"}}

var ginClaims = map[string]func(*testing.T){
	"Every response has the headers": func(t *testing.T) {
		engine := gin.New()
		group := engine.Group("/api", gincors.New(ginConfig))
		group.PUT("/items", func(*gin.Context) {})
		corstest.Refuses(t, engine, app, "PUT /api/items", corstest.Code(fetch.CodePreflightMissingAllowOriginHeader))
		corstest.Refuses(t, engine, app, "GET /nowhere")

		group.OPTIONS("/items", func(*gin.Context) {})
		corstest.Allows(t, engine, app, "PUT /api/items")

		engine = gin.New()
		engine.PUT("/api/items", func(*gin.Context) {})
		corstest.Allows(t, ginAfter(engine), app, "PUT /api/items")
		corstest.Allows(t, ginAfter(engine), app, "GET /nowhere", corstest.Status(404))
	},
	"Requested headers are checked.": func(t *testing.T) {
		for _, c := range []struct {
			h    http.Handler
			want int
		}{{ginWith(ginConfig), 204}, {ginAfter(items()), 403}} {
			if got := preflight(c.h, "PUT", "Access-Control-Request-Headers", "x-other").StatusCode; got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
		}
	},
	"`Vary` is right": func(t *testing.T) {
		outside := func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Vary", "Accept-Encoding")
				h.ServeHTTP(w, r)
			})
		}
		for _, c := range []struct {
			h             http.Handler
			with, without []string // an Origin
		}{
			{ginWith(ginConfig), []string{"Origin"}, []string{"Accept-Encoding"}},
			{ginAfter(items()), []string{"Accept-Encoding", "Origin"}, []string{"Accept-Encoding", "Origin"}},
		} {
			with, without := send(outside(c.h), "GET", "Origin", app).Header["Vary"], send(outside(c.h), "GET").Header["Vary"]
			if !slices.Equal(with, c.with) || !slices.Equal(without, c.without) {
				t.Errorf("Vary %q and %q, want %q and %q", with, without, c.with, c.without)
			}
		}
	},
	"Responses share nothing.": func(t *testing.T) {
		if !shares(ginWith(ginConfig)) || shares(ginAfter(items())) {
			t.Error("gin-contrib/cors does not share, or corsac does")
		}
	},
	"requests of other origins get 403": func(t *testing.T) {
		for _, c := range []struct {
			h    http.Handler
			want int
		}{{ginWith(ginConfig), 403}, {ginAfter(items()), 200}} {
			if got := send(c.h, "GET", "Origin", "https://evil.example").StatusCode; got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
			corstest.Refuses(t, c.h, "https://evil.example", "GET /items")
		}
	},
	"`AllowAllOrigins`": func(t *testing.T) {
		for _, h := range []http.Handler{ginWith(gincors.Config{AllowAllOrigins: true}), corsac(t, cors.Policy{AllowOrigins: []string{"*"}})} {
			corstest.Allows(t, h, "https://evil.example", "GET /items")
		}
	},
	"`AllowWildcard`, `https://api.*`": func(t *testing.T) {
		patterns := []string{"https://api.*"}
		corstest.Allows(t, ginWith(gincors.Config{AllowOrigins: patterns, AllowWildcard: true}), "https://api.evil.net", "GET /items")
		refused(t, cors.Policy{AllowOrigins: patterns}, cors.CodeOriginInvalid)
		corstest.Allows(t, corsac(t, cors.Policy{AllowOrigins: []string{"https://*.example.com"}}), app, "GET /items")
	},
	"regular expressions in slashes, lower-cased, not anchored": func(t *testing.T) {
		const digits, letters = "https://1.example.com", "https://a.example.com"
		before := ginWith(gincors.Config{AllowOrigins: []string{`/https://\D\.example\.com/`}})
		corstest.Allows(t, before, digits, "GET /items") // like \d
		corstest.Refuses(t, before, letters, "GET /items")
		corstest.Allows(t, before, digits+".evil.net", "GET /items")
		after := corsac(t, cors.Policy{DangerouslyAllowOriginRegexps: []string{`https://\D\.example\.com`}})
		corstest.Refuses(t, after, digits, "GET /items")
		corstest.Allows(t, after, letters, "GET /items")
		corstest.Refuses(t, after, letters+".evil.net", "GET /items")
	},
	"`Origin` among the headers": func(t *testing.T) {
		refused(t, cors.Policy{AllowOrigins: []string{app}, AllowHeaders: []string{"Origin"}}, cors.CodeHeaderForbidden)
		o := corstest.Outcome(t, corsac(t, cors.Policy{AllowOrigins: []string{app}}), app, "GET /items", corstest.Header("Origin", "https://evil.example"))
		if o.Result != fetch.Allowed || o.Preflight.Sent {
			t.Errorf("%s, %+v", o.Result, o.Preflight)
		}
	},
}
