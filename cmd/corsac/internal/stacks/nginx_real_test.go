package stacks

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// nginxOdd are lines of http {} with what nginx does in ways that few expect.
var nginxOdd = []string{
	// The last if that is true has its headers sent, and only those.
	`server { listen 8080; location / { add_header Access-Control-Allow-Origin a; if ($http_origin ~ stranger) { add_header Access-Control-Allow-Origin b; } if ($request_method = GET) { add_header X-C c; } proxy_pass http://127.0.0.1:8000; } }`,
	// Plain keys ignore case and come before expressions; a key may be escaped.
	`map $http_origin $o { ~^https://a\.example$ one; HTTPS://A.example two; \default three; default four; } server { listen 8080; add_header Access-Control-Allow-Origin $o; location / { proxy_pass http://127.0.0.1:8000; } }`,
	// The first expression that matches counts; its groups have values.
	`map $http_origin $o { ~^https://(?<who>[a-z]+)\.example$ $who; ~. x; } server { listen 8080; add_header Access-Control-Allow-Origin $o; location / { if ($http_origin ~ "^https://(b).example$") { set $o2 $1; add_header Access-Control-Allow-Methods "$o2-$1"; add_header Access-Control-Allow-Origin $o; } proxy_pass http://127.0.0.1:8000; } }`,
	// The server's set and if run before those of a location, in their order.
	`server { listen 8080; set $x a; if ($http_origin = https://a.example) { set $x "${x}b"; } set $y $x; if ($request_method = OPTIONS) { set $x c; } location / { set $x "$x/$y"; add_header Access-Control-Allow-Origin $x; proxy_pass http://127.0.0.1:8000; } location /0 { if ($x) { return 204; } if ($y = 0) { return 200; } add_header Access-Control-Allow-Origin d; proxy_pass http://127.0.0.1:8000; } }`,
	// A location does not run the set and if of the one around it.
	`server { listen 8080; location /a/ { if ($request_method = OPTIONS) { return 204; } add_header Access-Control-Allow-Origin a; proxy_pass http://127.0.0.1:8000; location /a/b/ { proxy_pass http://127.0.0.1:8000; } location /a/c/ { add_header X-C c; proxy_pass http://127.0.0.1:8000; } } }`,
	// A break ends it, and an empty value is left out.
	`server { listen 8080; location / { set $v ""; if ($http_origin) { break; } set $v none; add_header Access-Control-Allow-Origin "$v" always; add_header Access-Control-Allow-Origin ""; proxy_pass http://127.0.0.1:8000; } }`,
	// A return of the server has the server's headers.
	`server { listen 8080; add_header Access-Control-Allow-Origin s; if ($http_origin = https://a.example) { return 204; } location / { add_header Access-Control-Allow-Origin l; proxy_pass http://127.0.0.1:8000; } }`,
}

// TestNginxAsNginx checks that nginx does what the requests in thought say, for
// the golden files before and after, and for what is odd.
func TestNginxAsNginx(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	program := testenv.Program(t, "apt-get install nginx-light", "nginx", "/usr/sbin/nginx")
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	t.Cleanup(up.Close)
	var confs []string
	for _, g := range nginxGoldens(t) {
		if text := g.before["nginx.conf"]; len(g.before) == 1 && text != "" && !strings.Contains(g.comment, "# nginx lacks") {
			confs = append(confs, text)
			if after, _, err := nginxChanged(t, g.before, nginxWant(t, g.comment)); err == nil {
				confs = append(confs, after["nginx.conf"])
			}
		}
	}
	for _, lines := range nginxOdd {
		confs = append(confs, "http {\n"+lines+"\n}\n")
	}
	compared := 0
	for _, conf := range confs {
		compared += compareNginx(t, program, conf, up.Listener.Addr().String())
	}
	t.Logf("%d answers of %d configurations compared", compared, len(confs))
}

// compareNginx starts a configuration, and compares the answers to requests with
// what is said of them. It returns how many it compared.
func compareNginx(t *testing.T, program, conf, up string) (n int) {
	t.Helper()
	address := testenv.FreeAddress(t)
	dir := t.TempDir()
	conf = strings.NewReplacer("listen 8080", "listen "+address, "127.0.0.1:8000", up, "127.0.0.1:8001", up, "listen 80;", "listen 127.0.0.1:0;", "auth_basic ", "# auth_basic ").Replace(conf)
	running := "daemon off; pid nginx.pid; events {}\n" + strings.Replace(conf, "http {", "http { access_log off; client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;", 1)
	if !strings.Contains(running, address) || strings.Contains(running, "listen 127.0.0.1:0") || strings.Contains(running, "listen 443") {
		return 0
	}
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(running), 0o600); err != nil {
		t.Fatal(err)
	}
	command := []string{program, "-p", dir, "-e", "error.log", "-c", filepath.Join(dir, "nginx.conf")}
	defer (&testenv.Server{Command: command, Address: address}).Start(t)()
	config := loadNginx(nginxTree(map[string]string{"nginx.conf": conf}), nil)
	for _, block := range config.blocks() {
		path := block.prefix()
		server := block.up("server")
		if path == "" {
			path = "/"
		}
		if block.kind != "location" || !slices.ContainsFunc(server.named("listen"), func(l *nginxNode) bool { return l.arg(1) == address }) || config.locate(server, path) != block || len(block.named("internal")) > 0 {
			continue
		}
		b := config.behaviour(block)
		tried := append([]nginxTried{b.stranger, {get: b.none, preflight: b.none}}, b.tried...)
		for _, x := range tried {
			n += compareAnswer(t, conf, "http://"+address+path, "GET", x.origin, &x.get)
			if x.origin != "" {
				n += compareAnswer(t, conf, "http://"+address+path, "OPTIONS", x.origin, &x.preflight)
			}
		}
	}
	return n
}

// compareAnswer makes a request, and compares the CORS headers of the answer.
func compareAnswer(t *testing.T, conf, url, method, origin string, want *nginxReply) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	if method == "OPTIONS" {
		r.Header.Set("Access-Control-Request-Method", nginxMethod)
		r.Header.Set("Access-Control-Request-Headers", nginxHeaders)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%v:\n%s", err, conf)
	}
	res.Body.Close()
	covered := slices.Contains([]int{200, 201, 204, 206, 301, 302, 303, 304, 307, 308}, res.StatusCode)
	for _, name := range append(slices.Clone(corsHeaders), "Vary") {
		var values []string
		for _, h := range want.values(name) {
			if h.always || covered {
				values = append(values, h.value)
			}
		}
		if got := res.Header.Values(name); !slices.Equal(got, values) {
			t.Errorf("%s %s from %q: %s: %q, not %q:\n%s", method, url, origin, name, got, values, conf)
		}
	}
	if want.status != 0 && want.status != res.StatusCode || want.status == 0 && res.StatusCode == http.StatusNoContent {
		t.Error(fmt.Sprint(method, " ", url, " from ", origin, ": status ", res.StatusCode, ", not ", want.status, ":\n", conf))
	}
	return 1
}
