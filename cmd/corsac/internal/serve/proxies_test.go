package serve_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// seen returns the URL of a server that answers with what the gateway says of clients.
func seen(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := r.Header
		fmt.Fprintf(w, "<%s|%s|%s|%s>", strings.Join(h["X-Forwarded-For"], "|"), h.Get("X-Forwarded-Proto"), h.Get("X-Forwarded-Host"), h.Get("Forwarded"))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestTrustedProxies checks what the server gets, the guards believe, and plain http
// does, of what a client, or a proxy, says of its client.
func TestTrustedProxies(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	file := func(trusted string) string {
		text := secureFile(seen(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}")
		return within(text, "  trusted_proxies: ["+trusted+"]\n", "refuse_cross_origin_writes: true")
	}
	name := filepath.Join(dir, "corsac.yaml")
	s := run(t, name, file("192.0.2.7"), nil)
	const claim = "X-Forwarded-For: 203.0.113.9, 198.51.100.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: pub.example\r\nForwarded: for=203.0.113.1\r\nX-Real-IP: 203.0.113.1\r\n"
	request := func(method, fields string) string {
		return method + " /x HTTP/1.1\r\nHost: in.example\r\nConnection: close\r\n" + fields + "\r\n"
	}
	secure := func(text string) string {
		conn := tls.Client(s.dial(s.address()), &tls.Config{InsecureSkipVerify: true})
		_, _ = io.WriteString(conn, text)
		answer, _ := io.ReadAll(conn)
		return string(answer)
	}
	if got := secure(request("GET", claim)); !strings.Contains(got, "<127.0.0.1|https|in.example|>") {
		t.Errorf("a stranger: %q", got)
	}
	if got := s.raw(s.PlainAddress(), request("GET", claim)); !strings.HasPrefix(got, "HTTP/1.1 308 ") || !strings.Contains(got, "Location: https://in.example:") {
		t.Errorf("a stranger over http: %q", got)
	}
	write(t, name, file(`192.0.2.7, 127.0.0.0/8, "::1"`))
	await(t, "the proxies are read again", func() bool { return strings.Contains(s.log.String(), "configuration read again") })
	for _, c := range []struct{ fields, want string }{
		{claim, "<198.51.100.1, 127.0.0.1|https|pub.example|>"},
		{"", "<127.0.0.1|https|in.example|>"},
		{"X-Forwarded-For: 198.51.100.1, 192.0.2.7\r\nX-Forwarded-Proto: http\r\n", "<198.51.100.1, 192.0.2.7, 127.0.0.1|http|in.example|>"},
		{"X-Forwarded-For: x\r\nX-Forwarded-Proto: ftp\r\nX-Forwarded-Host: a/b\r\n", "<127.0.0.1|https|in.example|>"},
		{"X_Forwarded_For: 198.51.100.1\r\n", "<127.0.0.1|https|in.example|>"},
		// Which page is the gateway's own.
	} {
		if got := secure(request("GET", c.fields)); !strings.Contains(got, c.want) {
			t.Errorf("%q: %q, want %s", c.fields, got, c.want)
		}
	}
	for _, c := range []struct{ origin, fields, status string }{
		{"https://in.example", "", "200"},
		{"http://in.example", "", "403"},
		{"https://pub.example", "", "403"},
		{"https://pub.example", claim, "200"},
		{"http://pub.example", claim, "403"},
		{"https://in.example", claim, "403"},
		{"http://in.example", "X-Forwarded-Proto: http\r\n", "200"},
	} {
		if got := secure(request("POST", "Origin: "+c.origin+"\r\n"+c.fields)); !strings.HasPrefix(got, "HTTP/1.1 "+c.status) {
			t.Errorf("%+v: %q", c, got)
		}
	}
	// Of plain http, what came to the proxy over https would be redirected for ever.
	if got := s.raw(s.PlainAddress(), request("GET", claim)); !strings.Contains(got, "<198.51.100.1, ") || !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("from https: %q", got)
	}
	if got := s.raw(s.PlainAddress(), request("GET", strings.Replace(claim, ": https", ": http", 1))); !strings.Contains(got, "Location: https://pub.example:") {
		t.Errorf("from http: %q", got)
	}
}

// TestProxyProtocol checks that the connections of trusted proxies begin with a PROXY
// header, before TLS and over plain http, and that the address in it is the client's,
// also for what is believed.
func TestProxyProtocol(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	text := within(secureFile(seen(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"),
		"  trusted_proxies: [127.0.0.0/8, 192.0.2.7, \"::1\"]\n  proxy_protocol: true\n  limits: {header_timeout: 5s}\n  debug_for: [127.0.0.0/8]\n", "timeout: 5s")
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
	const request = "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nOrigin: " + first + "\r\n\r\n"
	secure := func(greeting string) string {
		conn := s.dial(s.address())
		_, _ = io.WriteString(conn, greeting)
		over := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
		_, _ = io.WriteString(over, request)
		answer, _ := io.ReadAll(over)
		return string(answer)
	}
	const (
		first4  = "PROXY TCP4 198.51.100.1 198.51.100.2 1 443\r\n"
		proxy4  = "PROXY TCP4 192.0.2.7 198.51.100.2 1 443\r\n" // another proxy in front of the first
		unknown = "PROXY UNKNOWN\r\n"
		unix    = "\r\n\r\n\x00\r\nQUIT\n\x21\x31\x00\xd8"
		udp4    = "\r\n\r\n\x00\r\nQUIT\n\x21\x12\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01\x00\x01\x01\xbb"
		second6 = "\r\n\r\n\x00\r\nQUIT\n\x21\x21\x00\x24 \x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01 \x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x01\xbb"
		local   = "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
	)
	for greeting, want := range map[string]string{
		first4: "<198.51.100.1|https|x|>", second6: "<2001:db8::1|https|x|>",
		proxy4: "<203.0.113.9, 192.0.2.7|https|x|>",
		// Whose connection it is, the proxy does not say: nobody's claims are believed.
		unknown: "<127.0.0.1|https|x|>", unix + strings.Repeat("\x00", 216): "<127.0.0.1|https|x|>", udp4: "<127.0.0.1|https|x|>",
		local: "<203.0.113.9, 127.0.0.1|https|x|>",
	} {
		if got := secure(greeting); !strings.Contains(got, want) || !strings.Contains(got, allows) {
			t.Errorf("%q: %q, want %s", greeting, got, want)
		}
	}
	// Nor does a client get to know what the proxy itself may know.
	direct := strings.NewReplacer("X-Forwarded-For: 203.0.113.9\r\n", "").Replace(request)
	for greeting, tells := range map[string]bool{local: true, unknown: false, udp4: false} {
		conn := s.dial(s.address())
		_, _ = io.WriteString(conn, greeting)
		over := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
		_, _ = io.WriteString(over, direct)
		if answer, _ := io.ReadAll(over); strings.Contains(string(answer), "Corsac-Debug") != tells {
			t.Errorf("%q: %q", greeting, answer)
		}
	}
	for _, greeting := range []string{"", "PROXY TCP4 nonsense\r\n", first4 + first4} {
		if got := secure(greeting); got != "" {
			t.Errorf("%q: %q", greeting, got)
		}
	}
	if got := s.raw(s.PlainAddress(), request); got != "" {
		t.Errorf("plain, without: %q", got)
	}
	if got := s.raw(s.PlainAddress(), first4+request); !strings.HasPrefix(got, "HTTP/1.1 421 ") {
		t.Errorf("plain: %q", got)
	}
	if got := s.raw(s.PlainAddress(), unknown+request); !strings.HasPrefix(got, "HTTP/1.1 421 ") {
		t.Errorf("plain, from nobody known: %q", got)
	}
	if got := s.raw(s.PlainAddress(), local+request); !strings.HasPrefix(got, "HTTP/1.1 200 ") || !strings.Contains(got, "<203.0.113.9, 127.0.0.1|https|") {
		t.Errorf("plain, from the proxy itself: %q", got)
	}
	if got := s.raw(s.PlainAddress(), proxy4+request); !strings.HasPrefix(got, "HTTP/1.1 200 ") || !strings.Contains(got, "<203.0.113.9, 192.0.2.7|https|") {
		t.Errorf("plain, from a proxy: %q", got)
	}
	await(t, "the log says why", func() bool { return strings.Contains(s.log.String(), "a trusted proxy sent no valid PROXY header") })
}

// TestNoProxyProtocol checks that nobody else can send a PROXY header, and that the
// answers at the edge work with one.
func TestNoProxyProtocol(t *testing.T) {
	const greeting = "PROXY TCP4 198.51.100.1 198.51.100.2 1 443\r\n"
	const preflight = "OPTIONS /x HTTP/1.1\r\nHost: x\r\nOrigin: " + first + "\r\nAccess-Control-Request-Method: GET\r\n\r\n"
	dir := t.TempDir()
	for name, c := range map[string]struct{ fields, want string }{
		"off":      {"  trusted_proxies: [127.0.0.1]\n", "400"},
		"stranger": {"  trusted_proxies: [192.0.2.7]\n  proxy_protocol: true\n", "400"},
		"on":       {"  trusted_proxies: [127.0.0.1]\n  proxy_protocol: true\n", "204"},
	} {
		s := run(t, filepath.Join(dir, name+".yaml"), within(fileFor(seen(t), first, "127.0.0.1:0"), c.fields, "timeout: 5s"), nil)
		conn := s.dial(s.address())
		_, _ = io.WriteString(conn, greeting)
		_, _ = io.WriteString(conn, preflight)
		answer := make([]byte, 12)
		if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 "+c.want {
			t.Errorf("%s: %v, %q", name, err, answer)
		}
	}
}

// TestBehindHAProxy checks both versions of the PROXY header as HAProxy sends them, which
// connects from another address than its client, and checks whether the gateway is there
// with connections of its own.
func TestBehindHAProxy(t *testing.T) {
	haproxy := testenv.Program(t, "apt-get install haproxy", "haproxy", "/usr/sbin/haproxy")
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	text := within(secureFile(seen(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"),
		"  trusted_proxies: [127.0.0.2]\n  proxy_protocol: true\n", "timeout: 5s")
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
	for _, send := range []string{"send-proxy", "send-proxy-v2"} {
		config, front := filepath.Join(dir, send+".cfg"), testenv.FreeAddress(t)
		write(t, config, fmt.Sprintf(`
defaults
	mode tcp
	timeout connect 20s
	timeout client 20s
	timeout server 20s
listen l
	bind %s
	source 127.0.0.2
	server s %s %s check inter 100ms
`, front, s.address(), send))
		(&testenv.Server{Command: []string{haproxy, "-db", "-f", config}, Address: front}).Start(t)
		conn := tls.Client(s.dial(front), &tls.Config{InsecureSkipVerify: true})
		_, _ = io.WriteString(conn, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
		if answer, _ := io.ReadAll(conn); !strings.Contains(string(answer), "<127.0.0.1|https|x|>") {
			t.Errorf("%s: %q", send, answer)
		}
	}
}
