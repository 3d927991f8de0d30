package gateway_test

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cors"
)

const evil = "https://evil.example"

// request is what a client sends to a gateway in tests of guards.
func request(t *testing.T, g served, method, path, host string, headers ...string) (status int, body string, h http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, g.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = path
	if host != "" {
		r.Host = host
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header[name] = append(r.Header[name], value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(text), res.Header
}

// TestGuards checks which requests the options of routes refuse: those of pages of
// origins that the policy does not allow, and no others.
func TestGuards(t *testing.T) {
	upstream := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "forwarded") }))
	plain := func(*config.Route, *cors.Policy) {}
	hide := func(r *config.Route, _ *cors.Policy) { r.HideOrigin = true }
	writes := func(r *config.Route, _ *cors.Policy) { r.RefuseCrossOriginWrites = true }
	upgrade := []string{"Connection: Upgrade", "Upgrade: websocket"}
	for _, c := range []struct {
		option  string
		change  func(*config.Route, *cors.Policy)
		method  string
		headers []string
		refused bool
	}{
		{"hide_origin", hide, "GET", []string{"Origin: " + evil}, true},
		{"hide_origin", hide, "GET", []string{"Origin: null"}, true},
		{"hide_origin", hide, "PUT", []string{"Origin: " + app}, false},
		{"hide_origin", hide, "PUT", nil, false},
		{"hide_origin", hide, "PUT", []string{"Origin: https://api.example.com"}, false},
		{"hide_origin", hide, "PUT", []string{"Origin: https://api.example.com", "Origin: " + evil}, true},
		{"refuse_cross_origin_writes", writes, "POST", []string{"Origin: " + evil}, true},
		{"refuse_cross_origin_writes", writes, "POST", []string{"Origin: " + evil, "Sec-Fetch-Site: same-site"}, true},
		{"refuse_cross_origin_writes", writes, "POST", []string{"Origin: http://x.example:8443", "Sec-Fetch-Site: same-origin"}, false},
		{"refuse_cross_origin_writes", writes, "GET", []string{"Origin: " + evil}, false},
		{"refuse_cross_origin_writes", writes, "DELETE", []string{"Origin: " + app}, false},
		{"refuse_cross_origin_writes", writes, "DELETE", nil, false},
		{"websocket_origins", plain, "GET", append(upgrade, "Origin: "+evil), true},
		{"websocket_origins", plain, "GET", append(upgrade, "Origin: "+app), false},
		{"websocket_origins", plain, "GET", append(upgrade, "Origin: http://api.example.com"), false},
		{"websocket_origins", plain, "GET", append(upgrade, "Origin: http://api.example.com", "Sec-Fetch-Site: cross-site"), true},
		{"websocket_origins", plain, "GET", append(upgrade, "Origin: http://api.example.com", "Sec-Fetch-Site: same-site"), true},
		{"websocket_origins", plain, "GET", upgrade, false},
		{"websocket_origins", func(r *config.Route, _ *cors.Policy) { r.WebSocketOrigins = config.WebSocketAny }, "GET", append(upgrade, "Origin: "+evil), false},
		{"websocket_origins", func(_ *config.Route, p *cors.Policy) { p.AllowCredentials = false }, "GET", append(upgrade, "Origin: "+evil), false},
		{"websocket_origins", func(r *config.Route, p *cors.Policy) {
			r.WebSocketOrigins, p.AllowCredentials = config.WebSocketPolicy, false
		}, "GET", append(upgrade, "Origin: "+evil), true},
		{"websocket_origins", func(r *config.Route, _ *cors.Policy) { r.Mode = config.ModePassthrough }, "GET", append(upgrade, "Origin: "+evil), false},
		{"websocket_origins", func(r *config.Route, _ *cors.Policy) {
			r.Mode, r.WebSocketOrigins = config.ModePassthrough, config.WebSocketPolicy
		}, "GET", append(upgrade, "Origin: "+evil), true},
		{"refuse_cross_origin_writes", func(r *config.Route, _ *cors.Policy) {
			r.Mode, r.RefuseCrossOriginWrites = config.ModeFill, true
		}, "POST", []string{"Origin: " + evil}, true},
		{"none", plain, "POST", []string{"Origin: " + evil}, false},
	} {
		policy := appPolicy
		conf := one(t, upstream)
		c.change(&conf.Gateway.Routes[0], &policy)
		conf.Policies["app"] = policy
		var log strings.Builder // nothing is logged after the response
		status, body, h := request(t, start(t, conf, gateway.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}), c.method, "/x", "api.example.com", c.headers...)
		if (status == 403) != c.refused || c.refused == (body == "forwarded") || c.refused && !strings.Contains(body, `"code":"origin-refused"`) {
			t.Errorf("%s, %s %q: %d %s", c.option, c.method, c.headers, status, body)
		}
		if c.refused && (!strings.Contains(log.String(), "option="+c.option) || !strings.Contains(strings.Join(h["Vary"], ","), "Origin")) {
			t.Errorf("%s, %s %q: log %s, header %v", c.option, c.method, c.headers, log.String(), h)
		}
	}
}

// TestGuardOfAnotherReading checks that a path cannot get around the guard of a route
// by a spelling that leads to a route without one.
func TestGuardOfAnotherReading(t *testing.T) {
	conf := one(t, startServer(t, http.NotFoundHandler()))
	guarded := conf.Gateway.Routes[0]
	guarded.Path, guarded.RefuseCrossOriginWrites = "/admin", true
	conf.Gateway.Routes = append(conf.Gateway.Routes, guarded)
	g := start(t, conf, gateway.Options{})
	for _, path := range []string{"/x/..//admin/x", "/x/../admin/x", "/x/%2e%2e/admin/x"} {
		if status, body, _ := request(t, g, "POST", path, "", "Origin: "+evil); status != 400 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// TestLimitOfAnotherReading checks that a body gets around the limit of a route by no other
// reading of its path.
func TestLimitOfAnotherReading(t *testing.T) {
	conf := one(t, startServer(t, http.NotFoundHandler()))
	bounded := conf.Gateway.Routes[0]
	bounded.Path, bounded.MaxBody = "/bounded", 1
	conf.Gateway.Routes = append(conf.Gateway.Routes, bounded)
	g := start(t, conf, gateway.Options{})
	for path, want := range map[string]int{"/x/..//bounded/x": 400, "/x/%2e%2e/bounded": 400, "/x/../y": 404} {
		if status, body, _ := request(t, g, "POST", path, "long"); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// TestStripExact checks that a route of one path works without it, whatever route takes what
// is below it.
func TestStripExact(t *testing.T) {
	conf := one(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) })))
	rt := &conf.Gateway.Routes[0]
	rt.Path, rt.Exact, rt.StripPrefix = "/a/b", true, true
	for _, below := range []bool{false, true} {
		if below {
			conf.Gateway.Routes = append(conf.Gateway.Routes, config.Route{Path: "/", Upstream: rt.Upstream, Policy: "app", RefuseCrossOriginWrites: true})
		}
		g := start(t, conf, gateway.Options{})
		if status, body, _ := request(t, g, "GET", "/a/b?q", ""); status != 200 || body != "/?q" {
			t.Errorf("below %v: %d %s", below, status, body)
		}
		if status, body, _ := request(t, g, "GET", "/x/../a/b", ""); status == 200 {
			t.Errorf("another reading: %s", body)
		}
	}
}

// TestHeadersOfRoutes checks which headers an upstream gets.
func TestHeadersOfRoutes(t *testing.T) {
	conf := one(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			if name != "Corsac-Hop" && name != "User-Agent" && name != "Accept-Encoding" && !strings.HasPrefix(name, "X-Forwarded") {
				fmt.Fprintf(w, "%s=%s;", name, strings.Join(r.Header[name], ","))
			}
		}
	})))
	rt := &conf.Gateway.Routes[0]
	rt.HideOrigin, rt.SetHeaders, rt.RemoveHeaders = true, map[string]string{"X-Set": "gateway"}, []string{"X-Removed"}
	status, body, h := request(t, start(t, conf, gateway.Options{}), "GET", "/", "",
		"Origin: "+app, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Access-Control-Request-Method: PUT", "X-Set: client", "X_Set: client", "x-removed: 1", "X_Removed: 1", "X-Kept: 1")
	if status != 200 || body != "X-Kept=1;X-Set=gateway;" {
		t.Errorf("%d %s", status, body)
	}
	checkOne(t, h)
}

// TestStripPrefix checks what path an upstream gets, and that none leaves its base.
func TestStripPrefix(t *testing.T) {
	upstream := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) }))
	for _, c := range []struct{ base, route, path, want string }{
		{"", "/api/", "/api/x?q=1", "/x?q=1"},
		{"", "/api", "/api", "/"},
		{"", "/api/", "/api/", "/"},
		{"", "/api/v1", "/api/v1/a/b/", "/a/b/"},
		{"", "/api/", "/api/a%2Fb", "/a%2Fb"},
		{"", "/", "/x", "/x"},
		{"/base", "/api/", "/api/x", "/base/x"},
		{"/base", "/api/", "/api/../x", ""},
		{"/base", "/api/", "/api/%2e%2e/x", ""},
		{"/base", "/api/", "/api/a/../x", "/base/a/../x"},
	} {
		conf := one(t, upstream+c.base)
		conf.Gateway.Routes[0].Path, conf.Gateway.Routes[0].StripPrefix = c.route, true
		if c.route != "/" { // to which every path may lead
			rest := conf.Gateway.Routes[0]
			rest.Path, rest.StripPrefix = "/", false
			conf.Gateway.Routes = append(conf.Gateway.Routes, rest)
		}
		status, body, _ := request(t, start(t, conf, gateway.Options{}), "GET", c.path, "")
		if (c.want == "") != (status == 400) || c.want != "" && body != c.want {
			t.Errorf("%s to %s: %d %q, want %q", c.path, c.base, status, body, c.want)
		}
	}
}

// TestConnectionOfClients checks that a client cannot have the gateway drop what it
// sets itself, by naming it in Connection.
func TestConnectionOfClients(t *testing.T) {
	conf := one(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Set")+" "+r.Header.Get("X-Client"))
	})))
	conf.Gateway.Routes[0].SetHeaders = map[string]string{"X-Set": "gateway"}
	status, body, _ := request(t, start(t, conf, gateway.Options{}), "GET", "/", "", "Connection: X-Set, X-Client", "X-Client: client")
	if status != 200 || body != "gateway " {
		t.Errorf("%d %q", status, body)
	}
}

// TestHeadersOfAnotherReading checks that a path cannot get around the headers that a
// route sets by a spelling that leads to a route without them.
func TestHeadersOfAnotherReading(t *testing.T) {
	conf := one(t, startServer(t, http.NotFoundHandler()))
	shaped := conf.Gateway.Routes[0]
	shaped.Path, shaped.SetHeaders = "/guest", map[string]string{"X-Role": "guest"}
	conf.Gateway.Routes = append(conf.Gateway.Routes, shaped)
	g := start(t, conf, gateway.Options{})
	for _, path := range []string{"/x/..//guest/x", "/x/../guest/x", "/x/%2e%2e/guest/x"} {
		if status, body, _ := request(t, g, "GET", path, "", "X-Role: admin"); status != 400 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// TestTrailersOfRoutes checks that a trailer does not bring to an upstream what a route
// removes from, or sets in, the header.
func TestTrailersOfRoutes(t *testing.T) {
	conf := one(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%v %v", r.Header["X-Set"], r.Trailer)
	})))
	conf.Gateway.Routes[0].SetHeaders, conf.Gateway.Routes[0].RemoveHeaders = map[string]string{"X-Set": "gateway"}, []string{"X-Removed"}
	g := start(t, conf, gateway.Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.URL, io.NopCloser(strings.NewReader("body")))
	if err != nil {
		t.Fatal(err)
	}
	r.Trailer = http.Header{"X-Set": {"client"}, "X_removed": {"1"}, "X-Removed": {"1"}, "X-Kept": {"1"}}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); string(body) != "[gateway] map[X-Kept:[1]]" {
		t.Errorf("%s", body)
	}
}

// TestHidingNothing checks that what shows that a page of another origin asks stays
// where the policy has not decided, so that an upstream can still refuse it.
func TestHidingNothing(t *testing.T) {
	conf := one(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Sec-Fetch-Site"))
	})))
	conf.Gateway.Routes[0].HideOrigin = true
	status, body, _ := request(t, start(t, conf, gateway.Options{}), "GET", "/", "", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors")
	if status != 200 || body != "cross-site" {
		t.Errorf("%d %q", status, body)
	}
}

// TestReadingsOfStrippedPaths checks that a path without its prefix has no reading that
// leads to what another policy protects. Node.js reads //x/admin as a host and a path.
func TestReadingsOfStrippedPaths(t *testing.T) {
	conf := one(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) })))
	conf.Policies["closed"] = cors.Policy{AllowOrigins: []string{"https://admin.example.com"}}
	open := &conf.Gateway.Routes[0]
	open.Path, open.StripPrefix = "/api", true
	closed := *open
	closed.Path, closed.Policy = "/api/admin", "closed"
	conf.Gateway.Routes = append(conf.Gateway.Routes, closed)
	g := start(t, conf, gateway.Options{})
	for path, want := range map[string]int{
		"/api//x/admin": 400, "/api/%2Fx/admin": 400, `/api/\x/admin`: 400, "/api/%5cx%2fadmin/": 400, "/api//x/ADMIN": 400,
		"/api/x/admin": 200, "/api//x/y": 200, "/api/a//admin": 200, "/api": 200, "/api/admin/x": 200,
	} {
		if status, body, _ := request(t, g, "GET", path, "", "Origin: "+app); status != want {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
}

// TestWebSocketsOnTrial checks that WebSockets are guarded by default where one of the
// policies that may be announced allows credentials, by the one that the origin gets.
func TestWebSocketsOnTrial(t *testing.T) {
	in, out := "https://tenant-1.example.com", "https://tenant-0.example.com"
	if gateway.ShareOf(in) >= 50 || gateway.ShareOf(out) < 50 {
		t.Fatalf("shares %d and %d", gateway.ShareOf(in), gateway.ShareOf(out))
	}
	open := cors.Policy{AllowOrigins: []string{partner, in, out}}
	for _, c := range []struct {
		name          string
		policy, trial cors.Policy
		rollout       int
		mode          config.Mode
		sockets       config.WebSocketOrigins
		origin        string
		want          int
	}{
		{"not announced", open, appPolicy, 0, config.ModeOwn, "", evil, 200},
		{"announced to all", open, appPolicy, 100, config.ModeOwn, "", evil, 403},
		{"allowed by the trial", open, appPolicy, 100, config.ModeOwn, "", app, 200},
		{"refused by the trial only", open, appPolicy, 100, config.ModeOwn, "", partner, 403},
		{"the policy has credentials", appPolicy, open, 100, config.ModeOwn, "", app, 403},
		{"in the share", open, appPolicy, 50, config.ModeOwn, "", in, 403},
		{"outside of the share", open, appPolicy, 50, config.ModeOwn, "", out, 200},
		{"a stranger outside of the share", open, appPolicy, 74, config.ModeOwn, "", "https://tenant-3.example.com", 403},
		{"switched off", open, appPolicy, 100, config.ModeOwn, config.WebSocketAny, evil, 200},
		{"filled", open, appPolicy, 100, config.ModeFill, "", evil, 403},
	} {
		conf := onTrial(t, c.trial, c.rollout)
		conf.Policies["app"] = c.policy
		rt := &conf.Gateway.Routes[0]
		rt.Mode, rt.WebSocketOrigins = c.mode, c.sockets
		status, body, _ := request(t, start(t, conf, gateway.Options{}), "GET", "/", "", "Connection: Upgrade", "Upgrade: websocket", "Origin: "+c.origin)
		if status != c.want {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
	}
}
