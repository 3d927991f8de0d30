package migrating

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	rscors "github.com/rs/cors"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

var rsClaims = map[string]func(*testing.T){
	"No foreign domain gets in.": func(t *testing.T) {
		corstest.Refuses(t, corsac(t, cors.Policy{AllowOrigins: []string{"https://*.example.org"}}), "https://evilexample.org", "GET /items")
		corstest.Allows(t, rs(rscors.Options{AllowedOrigins: []string{"https://*example.org"}}), "https://evilexample.org", "GET /items")
		corstest.Allows(t, corsac(t, cors.Policy{AllowOrigins: []string{"https://*.example.org"}}), "https://a.b.example.org", "GET /items")
		corstest.Allows(t, corsac(t, cors.Policy{AllowOrigins: []string{"http://localhost:*"}}), "http://localhost:3000", "GET /items")
	},
	"Responses share nothing.": func(t *testing.T) {
		if !shares(rsBefore(items())) || shares(rsAfter(items())) {
			t.Error("rs/cors does not share, or corsac does")
		}
	},
	"OPTIONS is yours.": func(t *testing.T) {
		reached := 0
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ })
		send(rsBefore(h), "OPTIONS", "Access-Control-Request-Method", "PUT")
		if reached != 0 {
			t.Error("it reaches the handler that rs/cors wraps")
		}
		send(rsAfter(h), "OPTIONS", "Access-Control-Request-Method", "PUT")
		if reached != 1 {
			t.Error("it does not reach the handler")
		}
	},
	"no `AllowedOrigins` means all": func(t *testing.T) {
		corstest.Allows(t, rs(rscors.Options{}), "https://evil.example", "GET /items")
		refused(t, cors.Policy{}, cors.CodeOriginMissing)
		corstest.Allows(t, corsac(t, cors.Policy{AllowOrigins: []string{"*"}}), "https://evil.example", "GET /items")
	},
	"one `*` anywhere (`https://*`, `h*`)": func(t *testing.T) {
		for _, pattern := range []string{"https://*", "h*"} {
			corstest.Allows(t, rs(rscors.Options{AllowedOrigins: []string{pattern}}), "https://evil.example", "GET /items")
			refused(t, cors.Policy{AllowOrigins: []string{pattern}}, cors.CodeOriginInvalid)
		}
	},
	"`AllowedMethods` unset means GET, HEAD, POST": func(t *testing.T) {
		for _, h := range []http.Handler{rs(rscors.Options{}), corsac(t, cors.Policy{AllowOrigins: []string{"*"}})} {
			for _, method := range []string{"GET", "HEAD", "POST"} {
				corstest.Allows(t, h, app, method+" /items")
			}
			corstest.Refuses(t, h, app, "PUT /items")
		}
	},
	"`AllowedMethods` without POST keeps pages from its responses": func(t *testing.T) {
		postIsUnasked(t, rsBefore, rsAfter)
	},
	"`AllowedHeaders` unset means Accept, Content-Type, X-Requested-With": func(t *testing.T) {
		unsetHeaders(t, rs(rscors.Options{}), "Accept", "Content-Type", "X-Requested-With")
	},
	"`AllowedHeaders` ignores case": func(t *testing.T) {
		for _, h := range []http.Handler{rs(rscors.Options{AllowedHeaders: []string{"x-REQUEST-id"}}), corsac(t, cors.Policy{AllowOrigins: []string{"*"}, AllowHeaders: []string{"x-REQUEST-id"}})} {
			corstest.Allows(t, h, app, "GET /items", corstest.Header("X-Request-ID", "1"))
		}
	},
	"`MaxAge: -1` means 0": func(t *testing.T) {
		maxAge(t, rs(rscors.Options{AllowedMethods: []string{"PUT"}, MaxAge: -1}), "0")
		maxAgeZero(t)
	},
	"`AllowOriginFunc`, `AllowOriginRequestFunc`": func(t *testing.T) {
		for _, h := range []http.Handler{
			rs(rscors.Options{AllowOriginFunc: func(o string) bool { return o == app }}),
			rs(rscors.Options{AllowOriginRequestFunc: func(r *http.Request, o string) bool { return r.URL.Path == "/items" && o == app }}), //nolint:staticcheck // the guide names it
			corsac(t, cors.Policy{AllowOriginFunc: func(r *http.Request, o origin.Origin) bool {
				return r.URL.Path == "/items" && o.Host() == "app.example.com"
			}}),
		} {
			corstest.Allows(t, h, app, "GET /items")
			corstest.Refuses(t, h, "https://evil.example", "GET /items")
		}
	},
	"`OptionsPassthrough`": func(t *testing.T) {
		reached := 0
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ })
		preflight(rscors.New(rscors.Options{OptionsPassthrough: true}).Handler(h), "GET")
		preflight(rsAfter(h), "PUT")
		if reached != 1 {
			t.Errorf("preflights reached the handler %d times; only rs/cors lets them", reached)
		}
		send(rsAfter(h), "OPTIONS", "Origin", app)
		if reached != 2 {
			t.Error("an OPTIONS request does not reach the handler")
		}
	},
	"`OptionsSuccessStatus`": func(t *testing.T) {
		for _, h := range []http.Handler{rs(rscors.Options{OptionsSuccessStatus: 200}), corsac(t, cors.Policy{AllowOrigins: []string{"*"}, PreflightStatus: 200})} {
			if got := preflight(h, "GET").StatusCode; got != 200 {
				t.Errorf("status %d", got)
			}
		}
	},
	"`Debug`, `Logger`": func(t *testing.T) {
		var lines logger
		preflight(rs(rscors.Options{Logger: &lines, AllowedOrigins: []string{app}}), "PUT")
		if !strings.Contains(strings.Join(lines, "\n"), "method 'PUT' not allowed") {
			t.Errorf("%q", lines)
		}
		m := built(t, cors.Policy{AllowOrigins: []string{app}})
		m.SetDebug(true)
		corstest.Refuses(t, m.Wrap(items()), app, "PUT /items", corstest.Code(fetch.CodeMethodDisallowedByPreflightResponse))
		explains(t)
	},
	"`AllowPrivateNetwork`": func(t *testing.T) {
		const name = "Access-Control-Allow-Private-Network"
		r := preflight(rs(rscors.Options{AllowPrivateNetwork: true}), "GET", "Access-Control-Request-Private-Network", "true")
		if r.Header.Get(name) != "true" {
			t.Errorf("rs/cors: %v", r.Header)
		}
		answer := func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) {
			return &fetch.WireResponse{Status: 200, Headers: fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: "*"}, {Name: name, Value: "true"}}}, nil
		}
		for _, granted := range []bool{false, true} {
			page, err := fetch.NewPage(fetch.PageConfig{Origin: app, AddressSpace: origin.SpacePublic, GrantLoopback: granted})
			if err != nil {
				t.Fatal(err)
			}
			o := fetch.New(fetch.Config{}).Fetch(t.Context(), page, &fetch.Request{URL: "http://127.0.0.1:8080/items"}, answer)
			asked := slices.ContainsFunc(o.Wire, func(w fetch.Recorded) bool { return w.Kind == fetch.KindPreflight })
			if (o.Result == fetch.Allowed) != granted || asked {
				t.Errorf("permission %v: %s, %v", granted, o.Result, o.Error)
			}
		}
	},
}

type logger []string

func (l *logger) Printf(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

// postIsUnasked checks that script could send a POST before, but could not read
// its response, and now can.
func postIsUnasked(t *testing.T, before, after func(http.Handler) http.Handler) {
	t.Helper()
	o := corstest.Outcome(t, before(items()), app, "POST /items")
	if o.Result != fetch.Blocked || len(o.Wire) != 1 || o.Wire[0].Method != "POST" {
		t.Errorf("before: %s, %+v", o.Result, o.Wire)
	}
	corstest.Allows(t, after(items()), app, "POST /items")
}

// unsetHeaders checks that a middleware allows headers that nobody configured.
// Of these, corsac allows only Accept, for which browsers do not ask.
func unsetHeaders(t *testing.T, before http.Handler, names ...string) {
	t.Helper()
	after := corsac(t, cors.Policy{AllowOrigins: []string{"*"}})
	for _, name := range names {
		corstest.Allows(t, before, app, "GET /items", corstest.Header(name, "application/json"))
		if name == "Accept" {
			corstest.Allows(t, after, app, "GET /items", corstest.Header(name, "application/json"))
		} else {
			corstest.Refuses(t, after, app, "GET /items", corstest.Header(name, "application/json"))
		}
	}
	corstest.Refuses(t, before, app, "GET /items", corstest.Header("X-Other", "1"))
}

func maxAge(t *testing.T, h http.Handler, want ...string) {
	t.Helper()
	if got := preflight(h, "PUT").Header["Access-Control-Max-Age"]; !slices.Equal(got, want) {
		t.Errorf("Access-Control-Max-Age %q, want %q", got, want)
	}
}

func maxAgeZero(t *testing.T) {
	t.Helper()
	maxAge(t, corsac(t, cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}, MaxAge: cors.CacheFor(0)}), "0")
}
