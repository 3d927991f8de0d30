package gateway_test

import (
	"bufio"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestTargetByteForByte checks that request targets are forwarded unchanged,
// however net/url reads them.
func TestTargetByteForByte(t *testing.T) {
	for _, c := range []struct{ target, base, want string }{
		{"/", "", "/"},
		{"/a/b", "", "/a/b"},
		{"/a//b", "", "/a//b"},
		{"//a", "", "//a"},
		{"//a//", "", "//a//"},
		{"///", "", "///"},
		{"/a%2Fb", "", "/a%2Fb"},
		{"/a%2fb%2F", "", "/a%2fb%2F"},
		{"/%61", "", "/%61"},
		{"/a/../b", "", "/a/../b"},
		{"/a/./b/.", "", "/a/./b/."},
		{"/..", "", "/.."},
		{"/a;b=c/d", "", "/a;b=c/d"},
		{"/a?b=1;c=2", "", "/a?b=1;c=2"},
		{"/a?b=1&b=2&;&", "", "/a?b=1&b=2&;&"},
		{"/a?", "", "/a?"},
		{"/a??b", "", "/a??b"},
		{"/a?b=%zz&c=%", "", "/a?b=%zz&c=%"},
		{"/a?b=c%2Fd+e%20f", "", "/a?b=c%2Fd+e%20f"},
		{"/a?http://x.example/?y", "", "/a?http://x.example/?y"},
		{"/a|b{c}^`\"<>\\", "", "/a|b{c}^`\"<>\\"},
		{"/a[0]!$&'()*+,=:@~-._", "", "/a[0]!$&'()*+,=:@~-._"},
		{"/caf\xc3\xa9?\xff", "", "/caf\xc3\xa9?\xff"},
		{"/%E2%82%AC", "", "/%E2%82%AC"},
		{"/*", "", "/*"},
		{"http://other.example/a//b?c;d", "", "/a//b?c;d"},
		{"http://other.example", "", "/"},
		{"http://other.example?q", "", "/?q"},
		{"/a", "/base", "/base/a"},
		{"//a|b", "/base/", "/base//a|b"},
		{"/", "/base", "/base/"},
		{"/x%2Fy?z;", "/b%2Fc", "/b%2Fc/x%2Fy?z;"},
	} {
		t.Run(c.target+" after "+c.base, func(t *testing.T) {
			upstream := startRaw(t, okResponse)
			g := start(t, one(t, upstream.url+c.base), gateway.Options{})
			answer := send(t, g.URL, "GET "+c.target+" HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n\r\n")
			if !strings.HasPrefix(answer, "HTTP/1.1 200 ") {
				t.Fatalf("answer %q", answer)
			}
			line, _ := upstream.head(t)
			if want := "GET " + c.want + " HTTP/1.1"; line != want {
				t.Errorf("sent %q, want %q", line, want)
			}
		})
	}
}

// TestTargetAbsoluteForm checks that targets that net/url cannot represent are
// sent in absolute form, which means the same.
func TestTargetAbsoluteForm(t *testing.T) {
	upstream := startRaw(t, okResponse)
	g := start(t, one(t, upstream.url), gateway.Options{})
	send(t, g.URL, "GET //a|b?c HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n\r\n")
	line, _ := upstream.head(t)
	if want := "GET " + upstream.url + "//a|b?c HTTP/1.1"; line != want {
		t.Errorf("sent %q, want %q", line, want)
	}
}

func TestNotAPath(t *testing.T) {
	c := one(t, startRaw(t, okResponse).url)
	g, err := gateway.New(c, gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{start(t, c, gateway.Options{}).URL, startServer(t, g.Plain("443"))} {
		answer := send(t, url, "GET * HTTP/1.1\r\nHost: x.example\r\nConnection: close\r\nOrigin: "+app+"\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 400 ") || !strings.Contains(answer, "not-a-path") {
			t.Errorf("answer %q", answer)
		}
	}
}

// TestNotForwarded checks that CONNECT and TRACE never reach an upstream,
// whatever their target is.
func TestNotForwarded(t *testing.T) {
	upstream := startRaw(t, okResponse)
	g := start(t, one(t, upstream.url), gateway.Options{})
	for _, line := range []string{
		"CONNECT /x", "CONNECT x.example:443", "CONNECT http://x.example/x", "CONNECT //x", "connect /x", "Connect /",
		"TRACE /x", "TRACE http://x.example/x", "trace /x",
	} {
		answer := send(t, g.URL, line+" HTTP/1.1\r\nHost: x.example\r\nConnection: close\r\nOrigin: "+app+"\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
		if err != nil {
			t.Fatalf("%s: answer %q: %v", line, answer, err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusNotImplemented {
			t.Errorf("%s: status %d", line, res.StatusCode)
		}
		checkOne(t, res.Header)
	}
	if n := len(upstream.requests); n > 0 {
		t.Errorf("%d requests reached the upstream", n)
	}
}

func TestRequestHeaders(t *testing.T) {
	request := "GET /a HTTP/1.1\r\nHost: Gateway.Example:8080\r\n" +
		"Connection: close, X-Hop, X-Forwarded-For\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nProxy-Connection: x\r\nProxy-Authorization: x\r\nTE: trailers, deflate\r\n" +
		"X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 1\r\n" +
		"X_Forwarded_For: 6.6.6.6\r\nX-Forwarded-Prefix: /x\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Original-URL: /admin\r\nX_Rewrite_URL: /admin\r\n" +
		"Origin: " + app + "\r\nCookie: a=1\r\nCookie: b=2\r\nAccept-Encoding: br\r\nAuthorization: Bearer t\r\nX-Empty:\r\n\r\n"
	upstream := startRaw(t, okResponse)
	c := one(t, upstream.url)
	send(t, start(t, c, gateway.Options{}).URL, request)
	_, h := upstream.head(t)
	want := map[string][]string{
		"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Host": {"Gateway.Example:8080"}, "X-Forwarded-Proto": {"http"},
		"Host": {strings.TrimPrefix(upstream.url, "http://")}, "Origin": {app}, "Accept-Encoding": {"br"},
		"Authorization": {"Bearer t"}, "Cookie": {"a=1", "b=2"}, "X-Empty": {""}, "Te": {"trailers"},
	}
	delete(h, hop) // see TestForgedHops
	for name, lines := range want {
		if got := h[name]; !slices.Equal(got, lines) {
			t.Errorf("%s: %q, want %q", name, got, lines)
		}
		delete(h, name)
	}
	for name, lines := range h {
		t.Errorf("%s: %q has passed", name, lines)
	}

	c.Gateway.Routes[0].PreserveHost = true
	send(t, start(t, c, gateway.Options{}).URL, request)
	if _, h := upstream.head(t); h.Get("Host") != "Gateway.Example:8080" {
		t.Errorf("Host: %q is not preserved", h.Get("Host"))
	}
}

// TestUpgradeToHTTPIsNotPassedOn checks that no upgrade lets requests escape
// the policy.
func TestUpgradeToHTTPIsNotPassedOn(t *testing.T) {
	for _, protocol := range []string{"h2c", "H2C", "websocket, h2c", "HTTP/2.0", "TLS/1.0", "h2c;q=1", "websocket h2c"} {
		upstream := startRaw(t, okResponse)
		g := start(t, one(t, upstream.url), gateway.Options{})
		send(t, g.URL, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: "+protocol+"\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n")
		_, h := upstream.head(t)
		for _, name := range []string{"Upgrade", "Connection", "Http2-Settings"} {
			if h.Get(name) != "" {
				t.Errorf("%s: %s: %q has passed", protocol, name, h.Get(name))
			}
		}
	}
}

// TestOptions checks that the gateway answers only preflights and forwards
// every other OPTIONS.
func TestOptions(t *testing.T) {
	reached := 0
	g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached++
		w.Header().Set("Allow", "GET")
	}))
	for _, c := range []struct {
		headers map[string]string
		reaches bool
	}{
		{nil, true},
		{map[string]string{"Origin": app}, true},
		{map[string]string{"Access-Control-Request-Method": "PUT"}, true},
		{map[string]string{"Origin": app, "Access-Control-Request-Method": "PUT"}, false},
		{map[string]string{"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}, false},
	} {
		before := reached
		r := do(t, http.MethodOptions, g.URL+"/x", c.headers)
		if (reached > before) != c.reaches || (r.Header.Get("Allow") != "") != c.reaches {
			t.Errorf("%v: reached the upstream: %t, want %t", c.headers, reached > before, c.reaches)
		}
	}
}
