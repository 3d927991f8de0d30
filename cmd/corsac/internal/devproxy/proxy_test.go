package devproxy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devproxy"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/replay"
	"github.com/corsac-dev/corsac/cors"
)

// upstream starts a server.
func upstream(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// echo answers with what it got, as name = value lines.
func echo(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s\nHost = %s\n", r.Method, r.RequestURI, r.Host)
	for name, lines := range r.Header {
		fmt.Fprintf(w, "%s = %s\n", name, strings.Join(lines, " | "))
	}
}

func parse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// proxy is a running proxy.
type proxy struct {
	*devproxy.Proxy

	t   *testing.T
	url string // http://localhost:PORT
}

func start(t *testing.T, o devproxy.Options) *proxy {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p, err := devproxy.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = forward.Serve(srv, l) }()
	t.Cleanup(func() { srv.Close() })
	return &proxy{p, t, fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)}
}

// answer is a response, read.
type answer struct {
	*http.Response

	body string
}

// send sends a request, with "name: value" headers; Host among them.
func (p *proxy) send(method, target, body string, headers ...string) answer {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+target, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if r.Header.Add(name, value); name == "Host" {
			r.Host = value
		}
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 10 * time.Second}
	res, err := client.Do(r)
	if err != nil {
		return answer{&http.Response{}, err.Error()}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Error(err)
	}
	return answer{res, string(text)}
}

// wants checks that the body has lines.
func (a answer) wants(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+a.body, "\n"+line+"\n") {
			t.Errorf("there is no %q in %d:\n%s", line, a.StatusCode, a.body)
		}
	}
}

// code returns the code of an answer of the proxy itself.
func (a answer) code(t *testing.T) string {
	t.Helper()
	var failure struct{ Code, Error, Fix string }
	if err := json.Unmarshal([]byte(a.body), &failure); err != nil {
		t.Errorf("%d %s: %v", a.StatusCode, a.body, err)
	}
	return failure.Code
}

// TestSameOrigin checks that page and API are of one origin, and what servers get.
func TestSameOrigin(t *testing.T) {
	api, web := upstream(t, echo), upstream(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the page\n") })
	p := start(t, devproxy.Options{
		Web: parse(t, web), ServeWeb: true,
		Routes: []devroute.Route{{Path: "/api", Upstream: api}, {Path: "/v1", Upstream: api + "/base", StripPrefix: true}},
	})
	for target, want := range map[string]string{"/": "the page", "/apifoo": "the page", "/api": "GET /api", "/api/x?q=a;b": "GET /api/x?q=a;b", "/v1": "GET /base/", "/v1/x%2Fy": "GET /base/x%2Fy"} {
		p.send("GET", target, "").wants(t, want)
	}
	host := strings.TrimPrefix(api, "http://")
	p.send("POST", "/api/x", "hi", "Origin: "+p.url, "Referer: "+p.url+"/page?x", "Cookie: a=b; corsac__Host-sid=1", "X-Forwarded-For: 1.2.3.4").wants(t,
		"POST /api/x", "Host = "+host, "Origin = "+api, "Referer = "+api+"/page?x", "Cookie = a=b; __Host-sid=1", "X-Forwarded-For = 127.0.0.1",
		"X-Forwarded-Host = "+strings.TrimPrefix(p.url, "http://"), "X-Forwarded-Proto = http")
}

// TestForeignPages checks that other sites' pages cannot use the trust that servers
// have in their own.
func TestForeignPages(t *testing.T) {
	p := start(t, devproxy.Options{Routes: []devroute.Route{{Upstream: upstream(t, echo)}}})
	for _, headers := range [][]string{
		{"Origin: https://evil.example"},
		{"Origin: null"},
		{"Sec-Fetch-Site: cross-site"},
		{"Sec-Fetch-Site: same-site"},
		{"Origin: https://evil.example", "Sec-Fetch-Site: same-origin"},
		{"Origin: " + p.url, "Sec-Fetch-Site: cross-site"},
		{"Origin: " + strings.Replace(p.url, "http", "https", 1)},
		{"Origin: http://localhost"},
	} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
			if got := p.send(method, "/transfer", "", headers...); got.StatusCode != 403 || got.code(t) != "foreign-page" {
				t.Errorf("%s with %q: %d %s", method, headers, got.StatusCode, got.body)
			}
		}
		websocket := append([]string{"Connection: Upgrade", "Upgrade: websocket"}, headers...)
		if got := p.send("GET", "/socket", "", websocket...); got.StatusCode != 403 {
			t.Errorf("WebSocket with %q: %d", headers, got.StatusCode)
		}
		if !strings.HasPrefix(headers[0], "Origin: ") {
			p.send("GET", "/", "", headers...).wants(t, "GET /")
			continue
		}
		preflight := append([]string{"Access-Control-Request-Method: PUT"}, headers...)
		if got := p.send("OPTIONS", "/transfer", "", preflight...); got.StatusCode != 403 || got.code(t) != "foreign-page" {
			t.Errorf("preflight with %q: %d %s", headers, got.StatusCode, got.body)
		}
		preflight[0] = "Access-Control-Request-Method: GET"
		p.send("OPTIONS", "/", "", preflight...).wants(t, "OPTIONS /", headers[0][:6]+" ="+headers[0][7:])
		got := p.send("GET", "/", "", headers...)
		got.wants(t, "GET /")
		if strings.HasPrefix(headers[0], "Origin: ") && !strings.Contains(got.body, "Origin = "+strings.TrimPrefix(headers[0], "Origin: ")+"\n") {
			t.Errorf("with %q, the server sees another origin:\n%s", headers, got.body)
		}
	}
	p.send("POST", "/", "", "Sec-Fetch-Site: none").wants(t, "POST /") // not a page
	p.send("POST", "/", "").wants(t, "POST /")
}

// TestHosts checks that no foreign name leads to the proxy.
func TestHosts(t *testing.T) {
	p := start(t, devproxy.Options{AllowHosts: []string{"dev.example.com"}, Routes: []devroute.Route{{Upstream: upstream(t, echo)}, {Host: "{x}.test.example", Upstream: upstream(t, echo)}}})
	for _, host := range []string{"localhost", "a.localhost:80", "127.0.0.1:3000", "[::1]", "dev.example.com", "x.test.example"} {
		if got := p.send("GET", "/", "", "Host: "+host); got.StatusCode != 200 {
			t.Errorf("%s: %d %s", host, got.StatusCode, got.body)
		}
	}
	for _, host := range []string{"evil.example", "10.0.0.7:3000", "localhost.evil.example"} {
		got := p.send("GET", "/", "", "Host: "+host)
		name, _, _ := strings.Cut(host, ":")
		if got.StatusCode != 403 || got.code(t) != "host-not-allowed" || !strings.Contains(got.body, "--allow-host "+name+`"`) {
			t.Errorf("%s: %d %s", host, got.StatusCode, got.body)
		}
		socket := p.send("GET", "/", "", "Host: "+host, "Connection: Upgrade", "Upgrade: websocket")
		if socket.StatusCode != 403 {
			t.Errorf("WebSocket to %s: %d", host, socket.StatusCode)
		}
	}
}

// TestAdd checks that a page elsewhere can do everything, and no other page anything.
func TestAdd(t *testing.T) {
	const page = "http://localhost:5173"
	api := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("X-Total", "3")
		w.Header().Set("Set-Cookie", "__Host-sid=1; Secure; Path=/; SameSite=None")
		echo(w, r)
	})
	p := start(t, devproxy.Options{Web: parse(t, page), Routes: []devroute.Route{{Upstream: api, Mode: devroute.Add}}})
	got := p.send("PATCH", "/x", "{}", "Origin: "+page)
	got.wants(t, "PATCH /x", "Origin = "+page)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": page, "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "Date, X-Total", "Vary": "Origin",
		"Set-Cookie": "corsac__Host-sid=1; Path=/; SameSite=Lax",
	} {
		if have := strings.Join(got.Header.Values(name), " | "); have != want {
			t.Errorf("%s: %q, want %q", name, have, want)
		}
	}
	preflight := p.send("OPTIONS", "/x", "", "Origin: "+page, "Access-Control-Request-Method: PATCH", "Access-Control-Request-Headers: authorization,x-a")
	if preflight.StatusCode != 204 || preflight.Header.Get("Access-Control-Allow-Methods") != "PATCH" || preflight.Header.Get("Access-Control-Allow-Headers") != "authorization,x-a" {
		t.Errorf("%d %v", preflight.StatusCode, preflight.Header)
	}
	for _, origin := range []string{"https://evil.example", "http://localhost:5174", "null"} {
		if got := p.send("GET", "/x", "", "Origin: "+origin); got.Header.Get("Access-Control-Allow-Origin") != "" || got.Header.Get("Access-Control-Expose-Headers") != "" {
			t.Errorf("%s: %v", origin, got.Header)
		}
	}
}

// TestAddIsRecorded checks that what the server itself said about CORS is recorded, whoever
// answers in its place.
func TestAddIsRecorded(t *testing.T) {
	const page = "http://localhost:5173"
	says := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Max-Age", "5")
	})
	silent := upstream(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Vary", "Origin") })
	varies := upstream(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Vary", "Accept") })
	ring := record.NewRing(10, 1<<20)
	p := start(t, devproxy.Options{Web: parse(t, page), Routes: []devroute.Route{
		{Path: "/says", Upstream: says, Mode: devroute.Add},
		{Path: "/silent", Upstream: silent, Mode: devroute.Add},
		{Path: "/vary", Upstream: varies, Mode: devroute.Add},
		{Path: "/mock", Mock: &devroute.Mock{Headers: map[string]string{"Access-Control-Allow-Origin": "*"}}, Mode: devroute.Add},
	}})
	h := record.Handler(p, ring, "dev")
	for path, want := range map[string]string{
		"/vary": "Access-Control-Allow-Credentials:  > true; Access-Control-Allow-Origin:  > " + page + "; Access-Control-Expose-Headers:  > Date; Vary: Accept > Origin, Accept",
		"/says": "Access-Control-Allow-Credentials:  > true; Access-Control-Allow-Origin: * > " + page +
			"; Access-Control-Expose-Headers:  > Date; Access-Control-Max-Age: 5 > ; Vary:  > Origin",
		"/silent": "Access-Control-Allow-Credentials:  > true; Access-Control-Allow-Origin:  > " + page + "; Access-Control-Expose-Headers:  > Date",
		"/mock":   "Access-Control-Allow-Credentials:  > true; Access-Control-Allow-Origin: * > " + page + "; Vary:  > Origin",
	} {
		ring.Clear()
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, http.NoBody)
		r.Host = "localhost"
		r.Header.Set("Origin", page)
		h.ServeHTTP(httptest.NewRecorder(), r)
		var got []string
		for _, x := range ring.Since(0, 10).Exchanges {
			for _, c := range x.Proxied.Changes {
				got = append(got, c.Header+": "+c.Before+" > "+c.After)
			}
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// TestObserve checks that nothing is changed but what every proxy must.
func TestObserve(t *testing.T) {
	api := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Location", "http://"+r.Host+"/y")
		w.Header().Set("Set-Cookie", "a=b; Domain=example.com; Secure")
		echo(w, r)
	})
	p := start(t, devproxy.Options{Web: parse(t, "http://localhost:5173"), Routes: []devroute.Route{{Upstream: api, Mode: devroute.Observe}}})
	got := p.send("POST", "/x", "", "Origin: https://evil.example", "Cookie: corsac__Host-a=b")
	got.wants(t, "POST /x", "Origin = https://evil.example", "Cookie = corsac__Host-a=b")
	if got.Header.Get("Access-Control-Allow-Origin") != "*" || got.Header.Get("Location") != api+"/y" || got.Header.Get("Set-Cookie") != "a=b; Domain=example.com; Secure" {
		t.Error(got.Header)
	}
}

// TestEnforce checks that a policy is applied.
func TestEnforce(t *testing.T) {
	m, err := cors.New(cors.Policy{AllowOrigins: []string{"https://app.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, devproxy.Options{
		Policy: func(string) (*cors.Middleware, error) { return m, nil },
		Routes: []devroute.Route{{Upstream: upstream(t, echo), Mode: devroute.Enforce, Policy: "app"}},
	})
	if got := p.send("GET", "/", "", "Origin: https://app.example.com").Header.Get("Access-Control-Allow-Origin"); got != "https://app.example.com" {
		t.Errorf("%q", got)
	}
	if got := p.send("GET", "/", "", "Origin: "+p.url).Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("%q", got)
	}
}

// TestEnforceOwnErrors checks that the page, which the policy does not allow, can
// read errors of the proxy itself, and that the policy's origins still can.
func TestEnforceOwnErrors(t *testing.T) {
	m, err := cors.New(cors.Policy{AllowOrigins: []string{"https://app.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	const page = "http://localhost:5173"
	p := start(t, devproxy.Options{
		Web: parse(t, page), Policy: func(string) (*cors.Middleware, error) { return m, nil },
		Routes: []devroute.Route{
			{Path: "/up", Upstream: upstream(t, echo), Mode: devroute.Enforce, Policy: "app"},
			{Path: "/down", Upstream: "http://localhost:1", Mode: devroute.Enforce, Policy: "app"},
			{Path: "/fails", Upstream: "http://localhost:1", Mode: devroute.Enforce, Policy: "app", Faults: devroute.Faults{Status: 500, Percent: 100}},
			{Path: "/observed", Upstream: "http://localhost:1", Mode: devroute.Observe},
		},
	})
	for _, c := range []struct{ target, origin, allowed string }{
		{"/up", page, ""},
		{"/up", "https://app.example.com", "https://app.example.com"},
		{"/down", page, page},
		{"/down", "https://app.example.com", "https://app.example.com"},
		{"/down", "https://evil.example", ""},
		{"/fails", page, page},
		{"/observed", page, ""},
	} {
		got := p.send("GET", c.target, "", "Origin: "+c.origin)
		if allowed := got.Header.Get("Access-Control-Allow-Origin"); allowed != c.allowed || !strings.Contains(strings.Join(got.Header["Vary"], ", "), "Origin") && c.target != "/observed" {
			t.Errorf("%s from %s: %d %v", c.target, c.origin, got.StatusCode, got.Header)
		}
	}
}

// TestTranslated checks redirects and cookies on their way through the proxy.
func TestTranslated(t *testing.T) {
	var other string
	api := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", map[string]string{
			"/here": "http://" + r.Host + "/there?x", "/relative": "/there", "/other": other + "/x", "/away": "https://example.com/",
		}[r.URL.Path])
		w.Header().Add("Set-Cookie", "__Secure-a=b; Secure; Domain=example.com; Path=/")
		w.Header().Set("Strict-Transport-Security", "max-age=1")
		w.WriteHeader(302)
	})
	other = upstream(t, echo)
	p := start(t, devproxy.Options{Web: parse(t, other), ServeWeb: true, Routes: []devroute.Route{{Path: "/v1", Upstream: api, StripPrefix: true}}})
	for target, want := range map[string]string{
		"/v1/here": p.url + "/v1/there?x", "/v1/relative": "/v1/there", "/v1/other": p.url + "/x", "/v1/away": "https://example.com/",
	} {
		got := p.send("GET", target, "")
		if have := got.Header.Get("Location"); have != want {
			t.Errorf("%s: %s, want %s", target, have, want)
		}
		if have := got.Header.Get("Set-Cookie"); have != "corsac__Secure-a=b; Path=/" || got.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %v", target, got.Header)
		}
	}
}

// TestDown checks what a page learns of a server that does not answer.
func TestDown(t *testing.T) {
	const page = "http://localhost:5173"
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	for _, mode := range []devroute.Mode{"", devroute.Add, devroute.Observe} {
		p := start(t, devproxy.Options{Web: parse(t, page), Routes: []devroute.Route{{Upstream: "http://" + address, Mode: mode}}})
		got := p.send("GET", "/x", "", "Origin: "+page)
		if got.StatusCode != 502 || got.code(t) != "upstream-unreachable" || !strings.Contains(got.body, "nothing listens on "+address) {
			t.Errorf("%s: %d %s", mode, got.StatusCode, got.body)
		}
		if have := got.Header.Get("Access-Control-Allow-Origin"); (have == page) != (mode != devroute.Observe) {
			t.Errorf("%s: Access-Control-Allow-Origin: %q", mode, have)
		}
		html := p.send("GET", "/x", "", "Accept: text/html")
		if !strings.Contains(html.body, "nothing listens on "+address) || !strings.Contains(html.body, "location.reload()") || html.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %s", mode, html.body)
		}
	}
}

// TestOwnErrors checks that the page can read every answer of the proxy itself.
func TestOwnErrors(t *testing.T) {
	const page = "http://localhost:5173"
	p := start(t, devproxy.Options{Web: parse(t, page), Routes: []devroute.Route{{Path: "/api", Upstream: upstream(t, echo), Mode: devroute.Add}, {Path: "/b", Upstream: "http://localhost:1"}}})
	for _, c := range []struct {
		method, target string
		headers        []string
		status         int
		code           string
	}{
		{"GET", "/other", nil, 404, "no-route"},
		{"TRACE", "/api", nil, 501, "method-not-supported"},
		{"GET", "/x/..%2fapi", nil, 404, "no-route"},
		{"GET", "/api/..%2f..%2fb", nil, 400, "ambiguous-path"},
		{"GET", "/api", []string{"Host: evil.example"}, 403, "host-not-allowed"},
		{"GET", "/api/%zz", nil, 400, "malformed-request"},
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		host := "Host: localhost"
		if c.headers != nil {
			host = c.headers[0]
		}
		fmt.Fprintf(conn, "%s %s HTTP/1.1\r\n%s\r\nOrigin: %s\r\nConnection: close\r\n\r\n", c.method, c.target, host, page)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", c.target, err)
		}
		body, _ := io.ReadAll(res.Body)
		got := answer{res, string(body)}
		if res.StatusCode != c.status || got.code(t) != c.code || res.Header.Get("Access-Control-Allow-Origin") != page {
			t.Errorf("%s %s: %d %v %s", c.method, c.target, res.StatusCode, res.Header, body)
		}
		_ = conn.Close()
	}
}

// TestObserveOwnErrors checks that answers of the proxy itself have no CORS headers in the
// mode observe: nor do those that have no route, if it is the mode of all routes.
func TestObserveOwnErrors(t *testing.T) {
	const page = "http://localhost:5173"
	p := start(t, devproxy.Options{Routes: []devroute.Route{{Upstream: "http://localhost:1", Mode: devroute.Observe}}})
	routes := []devroute.Route{{Path: "/a", Upstream: p.url, Mode: devroute.Observe}, {Path: "/b", Upstream: "http://localhost:1", Mode: devroute.Observe, Host: "x.localhost"}}
	for _, all := range []bool{true, false} {
		if !all {
			routes[1].Mode = devroute.SameOrigin
		}
		if err := p.Reload(devproxy.Options{Web: parse(t, page), Routes: routes, Log: slog.New(slog.DiscardHandler)}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			target, code string
			observed     bool // whatever the other route is
		}{
			{"/a", "loop", true},
			{"/a/..%2f..%2fb", "ambiguous-path", true},
			{"/none", "no-route", false},
			{"/a/%zz", "malformed-request", false},
		} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nOrigin: %s\r\nConnection: close\r\n\r\n", c.target, page)
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("%s: %v", c.target, err)
			}
			body, _ := io.ReadAll(res.Body)
			_, readable := res.Header["Access-Control-Allow-Origin"]
			if code := (answer{res, string(body)}).code(t); code != c.code || readable != (!all && !c.observed) {
				t.Errorf("all observe: %t: %s: %v %s", all, c.target, res.Header, body)
			}
			_ = conn.Close()
		}
	}
}

// TestLoop checks that a proxy that leads to itself says so.
func TestLoop(t *testing.T) {
	p := start(t, devproxy.Options{Routes: []devroute.Route{{Upstream: "http://localhost:1"}}})
	if err := p.Reload(devproxy.Options{Routes: []devroute.Route{{Upstream: p.url}}, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if got := p.send("GET", "/", ""); got.StatusCode != 508 || got.code(t) != "loop" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

// TestFaults checks what goes wrong on purpose.
func TestFaults(t *testing.T) {
	api := upstream(t, echo)
	fail := func(f devroute.Faults) *proxy {
		return start(t, devproxy.Options{Routes: []devroute.Route{{Upstream: api, Faults: f}}})
	}
	begin := time.Now()
	fail(devroute.Faults{Delay: 50 * time.Millisecond}).send("GET", "/", "").wants(t, "GET /")
	if took := time.Since(begin); took < 50*time.Millisecond {
		t.Errorf("after %v", took)
	}
	if got := fail(devroute.Faults{Offline: true}).send("GET", "/", ""); got.StatusCode != 0 {
		t.Errorf("offline: %d", got.StatusCode)
	}
	if got := fail(devroute.Faults{Status: 503, Percent: 100}).send("GET", "/", ""); got.StatusCode != 503 || got.code(t) != "on-purpose" {
		t.Errorf("%d", got.StatusCode)
	}
	some, failed := fail(devroute.Faults{Status: 500, Percent: 30}), 0
	for range 300 {
		if some.send("GET", "/", "").StatusCode == 500 {
			failed++
		}
	}
	if failed < 40 || failed > 150 {
		t.Errorf("%d of 300 failed", failed)
	}
}

// TestSetFaults checks that faults can be changed while the proxy runs, of APIs only,
// that what happened is recorded, and that a reload ends them.
func TestSetFaults(t *testing.T) {
	api := upstream(t, echo)
	var log strings.Builder
	o := devproxy.Options{
		Web: parse(t, api), ServeWeb: true, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Routes: []devroute.Route{{Path: "/api", Upstream: api, Faults: devroute.Faults{Status: 501, Percent: 100}}, {Host: "a.localhost", Path: "/api", Upstream: api}},
	}
	p := start(t, o)
	ring := record.NewRing(10, 1<<20)
	fault := func(path string) (int, string) {
		t.Helper()
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		r.Host = "localhost"
		record.Handler(p.Proxy, ring, "dev").ServeHTTP(w, r)
		all := ring.Snapshot()
		return w.Code, all[len(all)-1].Proxied.Fault
	}
	if code, fault := fault("/api/x"); code != 501 || fault != "fail 501" {
		t.Errorf("of the settings: %d, %q", code, fault)
	}
	want := devroute.Faults{Delay: time.Millisecond, Status: 503, Percent: 100}
	if err := p.SetFaults("", "/api", want); err != nil {
		t.Fatal(err)
	}
	if code, fault := fault("/api/x"); code != 503 || fault != "delay 1ms, fail 503" {
		t.Errorf("set: %d, %q", code, fault)
	}
	routes := p.Routes()
	if len(routes) != 2 || routes[0].Faults != want || (routes[1].Faults != devroute.Faults{}) {
		t.Errorf("%+v", routes)
	}
	for _, path := range []string{"/", "/other", ""} {
		if err := p.SetFaults("", path, want); err == nil {
			t.Errorf("%q is the route of an API", path)
		}
	}
	if code, fault := fault("/"); code == 503 || fault != "" {
		t.Errorf("the page: %d, %q", code, fault)
	}
	if err := p.Reload(o); err != nil {
		t.Fatal(err)
	}
	if code, fault := fault("/api/x"); code != 501 || fault != "fail 501" {
		t.Errorf("after a reload: %d, %q", code, fault)
	}
	if text := log.String(); !strings.Contains(text, `route=/api on_purpose="delay 1ms, fail 503"`) || strings.Count(text, "those of the settings again") != 1 {
		t.Error(text)
	}
}

// TestMock checks answers from files, which may change.
func TestMock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.json")
	p := start(t, devproxy.Options{Routes: []devroute.Route{
		{Path: "/users", Mock: &devroute.Mock{File: file, Headers: map[string]string{"X-A": "b"}}},
		{Path: "/gone", Mock: &devroute.Mock{Status: 410}},
		{Path: "/none", Mock: &devroute.Mock{Status: 204}},
	}})
	if got := p.send("GET", "/users", ""); got.StatusCode != 500 || got.code(t) != "mock-unreadable" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	for _, body := range []string{`[1]`, `[1,2]`} {
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := p.send("GET", "/users", ""); got.body != body || got.Header.Get("Content-Type") != "application/json" || got.Header.Get("X-A") != "b" {
			t.Errorf("%q %v", got.body, got.Header)
		}
	}
	if got := p.send("GET", "/gone", ""); got.StatusCode != 410 {
		t.Errorf("%d", got.StatusCode)
	}
	if got := p.send("GET", "/none", ""); got.StatusCode != 204 {
		t.Errorf("%d", got.StatusCode)
	}
}

// TestStreams checks that events arrive at once, that the server learns that a
// client has left, and that a WebSocket is passed on.
func TestStreams(t *testing.T) {
	left := make(chan struct{})
	api := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			conn, buf, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Origin: %s\r\n\r\n", r.Header.Get("Origin"))
			line, _ := buf.ReadString('\n')
			_, _ = io.WriteString(conn, "echo "+line)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: 1\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(left)
	})
	p := start(t, devproxy.Options{Routes: []devroute.Route{{Upstream: api}}})
	ctx, cancel := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, "GET", p.url+"/events", nil)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); line != "data: 1\n" {
		t.Errorf("%q, %v", line, err)
	}
	cancel()
	select {
	case <-left:
	case <-time.After(5 * time.Second):
		t.Error("the server does not know that the client has left")
	}
	_ = res.Body.Close()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /socket HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello\n", strings.TrimPrefix(p.url, "http://"), p.url)
	in := bufio.NewReader(conn)
	res, err = http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != 101 || res.Header.Get("X-Origin") != api {
		t.Fatalf("%v %v", res, err)
	}
	if line, _ := in.ReadString('\n'); line != "echo hello\n" {
		t.Errorf("%q", line)
	}
}

// TestReload checks that settings change, that wrong ones do not, and that
// connections stay.
func TestReload(t *testing.T) {
	connections := map[string]bool{}
	api := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		echo(w, r)
	})
	o := devproxy.Options{Routes: []devroute.Route{{Path: "/a", Upstream: api}}, Log: slog.New(slog.DiscardHandler)}
	p := start(t, o)
	p.send("GET", "/a", "").wants(t, "GET /a")
	o.Routes = append(o.Routes, devroute.Route{Path: "/b", Upstream: api})
	if err := p.Reload(o); err != nil {
		t.Fatal(err)
	}
	p.send("GET", "/b", "").wants(t, "GET /b")
	if len(connections) != 1 {
		t.Errorf("%d connections", len(connections))
	}
	o.Routes = []devroute.Route{{Path: "/c", Upstream: api, Mode: devroute.Add}}
	if err := p.Reload(o); err == nil {
		t.Error("the mode add does not need a page")
	}
	p.send("GET", "/b", "").wants(t, "GET /b")
}

// TestReplay checks that APIs are answered from a recording, and the page is not.
func TestReplay(t *testing.T) {
	recording, err := replay.Read(strings.NewReader(`{"log":{"entries":[{"request":{"method":"GET","url":"https://api.example.com/users?x"},
		"response":{"status":203,"headers":[{"name":"Access-Control-Allow-Origin","value":"*"}],"content":{"text":"recorded"}}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	web := upstream(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the page") })
	p := start(t, devproxy.Options{
		Replay: recording, Web: parse(t, web), ServeWeb: true,
		Routes: []devroute.Route{{Path: "/api", Upstream: "http://localhost:1", StripPrefix: true}, {Path: "/added", Upstream: "http://localhost:1", StripPrefix: true, Mode: devroute.Add}},
	})
	if got := p.send("GET", "/api/users?x", ""); got.StatusCode != 203 || got.body != "recorded" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := p.send("GET", "/added/users?x", "", "Origin: "+web); got.Header.Get("Access-Control-Allow-Origin") != web {
		t.Errorf("%v", got.Header)
	}
	if got := p.send("GET", "/api/other", ""); got.StatusCode != 404 || got.code(t) != "not-recorded" || !strings.Contains(got.body, "/users?x") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := p.send("GET", "/", ""); got.body != "the page" {
		t.Errorf("%s", got.body)
	}
}
