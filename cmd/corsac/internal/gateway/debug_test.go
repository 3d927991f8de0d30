package gateway_test

import (
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cors"
)

// TestDebugHeader checks what clients at trusted addresses get to know, and that nobody
// else gets it.
func TestDebugHeader(t *testing.T) {
	upstream := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Corsac-Debug", "forged")
		if r.Header.Get("Upgrade") != "" {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCorsac-Debug: forged\r\n\r\n")
			_ = conn.Close()
			return
		}
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Corsac-Debug", "forged")
	}))
	conf := one(t, upstream)
	conf.Policies["odd"] = cors.Policy{AllowOrigins: []string{partner}}
	conf.Gateway.Routes = []config.Route{
		{Path: "/api", Upstream: parseURL(t, upstream), Policy: "app"},
		{Path: "/caf\xc3\xa9", Upstream: parseURL(t, upstream), Policy: "odd", Mode: config.ModeFill},
		{Path: "/down", Upstream: parseURL(t, "http://127.0.0.1:1"), Policy: "app", Mode: config.ModePassthrough},
		{Path: "/trial", Upstream: parseURL(t, upstream), Policy: "app", Trial: "odd", Rollout: 100},
	}
	conf.Gateway.DebugFor = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	trusting := start(t, conf, gateway.Options{})
	hash := conf.Hash()[:12]
	conf.Gateway.DebugFor = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	others := start(t, conf, gateway.Options{})
	for _, c := range []struct{ name, request, want string }{
		{"allowed", "GET /api/x HTTP/1.1\r\nOrigin: " + app + "\r\n", `route="/api", policy="app", mode=own, verdict=allowed`},
		{"refused", "GET /api/x HTTP/1.1\r\nOrigin: " + evil + "\r\n", `route="/api", policy="app", mode=own, verdict=origin-not-allowed`},
		{"no origin", "GET /api/x HTTP/1.1\r\n", `route="/api", policy="app", mode=own, verdict=no-origin`},
		{"a preflight", "OPTIONS /api/x HTTP/1.1\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n", `route="/api", policy="app", mode=own, verdict=allowed`},
		{"a refused preflight", "OPTIONS /api/x HTTP/1.1\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PATCH\r\n", `route="/api", policy="app", mode=own, verdict=method-not-allowed`},
		{"filled", "GET /caf%C3%A9 HTTP/1.1\r\nOrigin: " + partner + "\r\n", `route="/caf%C3%A9", policy="odd", mode=fill, verdict=allowed`},
		{"a filled preflight", "OPTIONS /caf%c3%a9 HTTP/1.1\r\nOrigin: " + partner + "\r\nAccess-Control-Request-Method: GET\r\n", `route="/caf%C3%A9", policy="odd", mode=fill, verdict=allowed`},
		{"an own answer", "GET /down HTTP/1.1\r\nOrigin: " + app + "\r\n", `route="/down", policy="app", mode=passthrough, verdict=allowed`},
		{"a trial", "GET /trial HTTP/1.1\r\nOrigin: " + app + "\r\n", `route="/trial", policy="odd", mode=own, verdict=origin-not-allowed`},
		{"an ambiguous path", "GET /api/..%2fdown HTTP/1.1\r\nOrigin: " + app + "\r\n", `route="/api", policy="app", mode=own, verdict=allowed`},
		{"no route", "GET / HTTP/1.1\r\nOrigin: " + evil + "\r\n", `route=none, verdict=origin-not-allowed`},
		{"a switch", "GET /api HTTP/1.1\r\nOrigin: " + app + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", `route="/api", policy="app", mode=own, verdict=allowed`},
		{"through a proxy", "GET /api/x HTTP/1.1\r\nOrigin: " + app + "\r\nX-Forwarded-For: 192.0.2.1\r\n", ""},
		{"through another", "GET /api/x HTTP/1.1\r\nOrigin: " + app + "\r\nForwarded: for=192.0.2.1\r\n", ""},
	} {
		request := c.request + "Host: x\r\n"
		if !strings.Contains(request, "Connection") {
			request += "Connection: close\r\n"
		}
		want := "Corsac-Debug: " + c.want + `, config="` + hash + "\"\r\n"
		if got := ask(t, trusting, request+"\r\n"); c.want != "" && !strings.Contains(got, want) || strings.Count(got, "Corsac-Debug") != min(len(c.want), 1) {
			t.Errorf("%s: want %s in\n%s", c.name, want, got)
		}
		if got := ask(t, others, request+"\r\n"); strings.Contains(got, "Corsac-Debug") {
			t.Errorf("%s: a client that is not trusted gets\n%s", c.name, got)
		}
	}
	// What a trusted proxy says may show another one that is not.
	conf.Gateway.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	conf.Gateway.DebugFor = append(conf.Gateway.DebugFor, conf.Gateway.TrustedProxies...)
	behind := start(t, conf, gateway.Options{})
	for forwardedFor, want := range map[string]bool{
		"10.0.0.1": true, "10.0.0.1, 127.0.0.2": true, "127.0.0.2": true,
		"192.0.2.1, 10.0.0.1": false, "192.0.2.1, 10.0.0.1, 127.0.0.2": false, "unknown": false, "192.0.2.1, unknown": false, "192.0.2.1": false,
		"x, 10.0.0.1": false, ",10.0.0.1": false, "192.0.2.1\r\nX-Forwarded-For: 10.0.0.1": false,
	} {
		got := ask(t, behind, "GET /api/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: "+forwardedFor+"\r\n\r\n")
		if strings.Contains(got, "Corsac-Debug: route") != want {
			t.Errorf("X-Forwarded-For: %s: %s", forwardedFor, got)
		}
	}
	// On a connection that stays open, preflights would be answered early.
	conn := dial(t, trusting)
	conn.write("OPTIONS /api/x HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n")
	res := conn.response()
	if got := res.Header.Get("Corsac-Debug"); !strings.Contains(got, "verdict=allowed") {
		t.Errorf("%v", res.Header)
	}
}

// TestDebugHeaderInCaches checks that no shared cache may keep a response that has the
// header, however it was to be kept, that browsers may as before, and that other responses
// stay as they are.
func TestDebugHeaderInCaches(t *testing.T) {
	upstream := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Cache-Control", "Cdn-Cache-Control", "Surrogate-Control"} {
			if value := r.Header.Get("X-" + name); value != "" {
				w.Header().Set(name, value)
			}
		}
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
		}
	}))
	conf := one(t, upstream)
	conf.Gateway.DebugFor = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	debugs := start(t, conf, gateway.Options{})
	conf.Gateway.DebugFor = nil
	others := start(t, conf, gateway.Options{})
	type fields map[string]string
	for _, c := range []struct {
		upstream, want fields
		status         int
	}{
		{fields{}, fields{"Cache-Control": "private"}, 200},
		{fields{"Cache-Control": "public, s-maxage=60"}, fields{"Cache-Control": "public, s-maxage=60, private"}, 200},
		{fields{"Cache-Control": "no-store"}, fields{"Cache-Control": "no-store, private"}, 200},
		{fields{"Cdn-Cache-Control": "max-age=60"}, fields{"Cache-Control": "private", "Cdn-Cache-Control": "max-age=60, private"}, 200},
		{fields{"Surrogate-Control": "max-age=60"}, fields{"Cache-Control": "private", "Surrogate-Control": ""}, 200},
		// Caches would add the header to what they have stored for others.
		{fields{"If-None-Match": "x", "Cache-Control": "max-age=1"}, fields{"Cache-Control": "max-age=1"}, 304},
	} {
		headers := map[string]string{"Origin": app}
		for name, value := range c.upstream {
			headers["X-"+name] = value
		}
		headers["If-None-Match"] = c.upstream["If-None-Match"]
		res, plain := do(t, "GET", debugs.URL, headers), do(t, "GET", others.URL, headers)
		if (res.Header.Get("Corsac-Debug") != "") != (c.status == 200) || res.StatusCode != c.status {
			t.Errorf("%v: %s %v", c.upstream, res.Status, res.Header)
		}
		for _, name := range []string{"Cache-Control", "Cdn-Cache-Control", "Surrogate-Control"} {
			if got := strings.Join(res.Header[name], ", "); got != c.want[name] {
				t.Errorf("%v: %s %q, want %q", c.upstream, name, got, c.want[name])
			}
			if got := plain.Header.Get(name); got != c.upstream[name] {
				t.Errorf("%v: without the header, %s is %q", c.upstream, name, got)
			}
		}
		checkOne(t, res.Header)
	}
}
