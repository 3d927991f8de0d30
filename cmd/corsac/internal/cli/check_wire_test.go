package cli_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// seen records the requests of a server.
type seen struct {
	mu   sync.Mutex
	list []*http.Request
	body []string
}

func (s *seen) add(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.body = append(s.list, r), append(s.body, string(body))
}

// drain returns the recorded requests and removes them.
func (s *seen) drain() (list []*http.Request, bodies []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, bodies = s.list, s.body
	s.list, s.body = nil, nil
	return list, bodies
}

// TestCheckCookies checks that a cookie is sent to its server, but not to where
// that redirects, and that a cookie from a response is sent the next time.
func TestCheckCookies(t *testing.T) {
	var other, api seen
	elsewhere := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		other.add(r)
		w.Header().Set("Access-Control-Allow-Origin", "null")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	})
	url := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		api.add(r)
		allow(w, "Access-Control-Allow-Credentials", "true")
		http.SetCookie(w, &http.Cookie{Name: "set", Value: "1", SameSite: http.SameSiteNoneMode, Secure: true})
		if r.URL.Path == "/away" {
			http.Redirect(w, r, strings.Replace(elsewhere, "127.0.0.1", "localhost", 1), http.StatusFound)
		}
	})
	sent := func(s *seen) string { // the last cookie; kept to be read again
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.list[len(s.list)-1].Header.Get("Cookie")
	}
	include := []string{"--origin", testOrigin, "--credentials", "include"}
	v, _ := check(t, append([]string{url + "/away", "--cookie", "sid=1; a=b"}, include...)...)
	if v.Result != "allowed" || sent(&api) != "a=b; sid=1" && sent(&api) != "sid=1; a=b" || sent(&other) != "" {
		t.Errorf("%s: %q, then %q elsewhere", v.Result, sent(&api), sent(&other))
	}
	if !strings.Contains(fmt.Sprint(v.Wire[0].Headers), "[Cookie sid=...; a=...]") && !strings.Contains(fmt.Sprint(v.Wire[0].Headers), "[Cookie a=...; sid=...]") {
		t.Errorf("on the wire: %v", v.Wire[0].Headers)
	}
	if check(t, append([]string{url, "--repeat", "2"}, include...)...); sent(&api) != "set=1" {
		t.Errorf("what was set is sent as %q", sent(&api))
	}
	for _, c := range []struct {
		cookie, note string
		args         []string
	}{
		{"sid=1; SameSite=Lax", "SameSite", include}, // 127.0.0.1 and localhost are two sites
		{"sid=1", "rules for third parties", append([]string{"--profile", "safari"}, include...)},
		{"sid=1", "--credentials include", []string{"--origin", testOrigin}},
	} {
		v, _ := check(t, append([]string{url, "--cookie", c.cookie}, c.args...)...)
		if sent(&api) != "" || !strings.Contains(strings.Join(v.Notes, ";"), c.note) {
			t.Errorf("%s %q: sent %q, notes %q", c.cookie, c.args, sent(&api), v.Notes)
		}
	}
}

// TestCheckWebSocket checks that a WebSocket is opened with HTTP/1.1 even if
// the server supports HTTP/2.
func TestCheckWebSocket(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 || r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Sec-WebSocket-Key") == "" {
			http.Error(w, "no handshake", http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusSwitchingProtocols)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	url := strings.Replace(s.URL, "https:", "wss:", 1)
	if v, _ := check(t, url, "--origin", testOrigin, "-k", "--destination", "websocket"); v.Result != "allowed" {
		t.Errorf("%s %+v", v.Result, v.Error)
	}
}

// TestCheckStream checks that a stream body sets the flag and needs HTTP/2.
func TestCheckStream(t *testing.T) {
	handler := func(w http.ResponseWriter, _ *http.Request) { allow(w) }
	plain := corsServer(t, handler)
	v, _ := check(t, plain, "--origin", testOrigin, "--upload", "-d", "x")
	if v.code() != "net::ERR_ALPN_NEGOTIATION_FAILED" || !v.Preflight.Sent {
		t.Errorf("HTTP/1.1: %s, %+v", v.code(), v.Preflight)
	}
	secure := newAuthority(t).server(t, "localhost", time.Hour)
	if v, _ := check(t, secure, "--origin", testOrigin, "-k", "--upload", "-d", "x"); v.Result != "allowed" || len(v.Wire) != 2 {
		t.Errorf("HTTP/2: %s, %+v", v.Result, v.Error)
	}
}

// TestCheckHTTP2Order checks that headers in HTTP/2 are always in the same
// order.
func TestCheckHTTP2Order(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil // which changes every second
		for i := range 20 {
			w.Header().Add(fmt.Sprintf("X-%02d", i), "1")
		}
		allow(w, "Access-Control-Expose-Headers", "*", "Vary", "b", "Vary", "a")
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	var first []byte
	for range 3 {
		var out bytes.Buffer
		cli.Run(t.Context(), []string{"check", s.URL, "--origin", testOrigin, "-k", "--json", "--passive"}, cli.IO{Out: &out, Err: &out, Getenv: func(string) string { return "" }})
		text := milliseconds2.ReplaceAll(out.Bytes(), nil)
		if first == nil {
			first = text
		}
		if !bytes.Contains(text, []byte("HTTP/2")) || string(first) != string(text) {
			t.Fatalf("first\n%s\nthen\n%s", first, text)
		}
	}
}

// TestCheckMoreFaults checks what a server can get wrong in TLS and in a head.
func TestCheckMoreFaults(t *testing.T) {
	tlsServer := func(change func(*tls.Config)) string {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { allow(w) }))
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10}
		s.Config.ErrorLog = quiet
		change(s.TLS)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	for _, c := range []struct{ name, url, code string }{
		{"old version", tlsServer(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }), "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"},
		{"client certificate, TLS 1.2", tlsServer(func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12 }), "net::ERR_BAD_SSL_CLIENT_AUTH_CERT"},
		{"client certificate, TLS 1.3", tlsServer(func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }), "net::ERR_BAD_SSL_CLIENT_AUTH_CERT"},
		{"closed in the handshake", strings.Replace(raw(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 64)) }), "http:", "https:", 1), ""},
		{"truncated head", raw(t, answer("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: "+testOrigin+"\r\nX-Cut: of")), "allowed"},
		{"truncated status", raw(t, answer("HTTP/1.1 2")), "blocked"}, // Chromium takes it for status 2, without headers
		{"no status", raw(t, answer("HTTX 2")), "net::ERR_INVALID_HTTP_RESPONSE"},
		{"two lengths", raw(t, answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")), "net::ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH"},
		{"one length twice", raw(t, answer("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx")), "allowed"},
	} {
		v, _ := check(t, c.url, "--origin", testOrigin, "-k", "-m", "5")
		switch {
		case c.code == "allowed", c.code == "blocked":
			if v.Result != c.code {
				t.Errorf("%s: %+v", c.name, v.Error)
			}
		case c.code == "": // closed with or without a reset, depending on the system
			if !slices.Contains([]string{"net::ERR_CONNECTION_CLOSED", "net::ERR_CONNECTION_RESET"}, v.code()) {
				t.Errorf("%s: %+v", c.name, v.Error)
			}
		case v.code() != c.code || v.Result != "error":
			t.Errorf("%s: %s %+v, want %s", c.name, v.Result, v.Error, c.code)
		}
	}
}

// TestCheckBlankBeforeColon checks that Chromium accepts a blank before the
// colon, and that Firefox ignores the line.
func TestCheckBlankBeforeColon(t *testing.T) {
	url := raw(t, answer("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin : *\r\nContent-Length: 0\r\n\r\n"))
	for profile, want := range map[string]string{"chrome": "allowed", "firefox": "blocked"} {
		if v, _ := check(t, url, "--origin", testOrigin, "--profile", profile); v.Result != want {
			t.Errorf("%s: %s", profile, v.Result)
		}
	}
}

// answer returns a handler that reads the head of a request and writes a
// response.
func answer(text string) func(net.Conn) {
	return func(c net.Conn) {
		buf := make([]byte, 4096)
		_, _ = c.Read(buf)
		_, _ = io.WriteString(c, text)
	}
}

// TestCheckPageMeta checks that meta elements of a page count.
func TestCheckPageMeta(t *testing.T) {
	var requests seen
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		requests.add(r)
		allow(w)
		w.Header().Set("Access-Control-Allow-Origin", "*")
	})
	page := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		text := map[string]string{
			"/csp":      `<!doctype html><meta http-equiv=content-security-policy content="connect-src 'self'; sandbox">`,
			"/referrer": `<html><head><meta name="Referrer" content="no-referrer"></head>`,
			"/body":     `<head></head><body><meta http-equiv="Content-Security-Policy" content="connect-src 'none'">`,
			"/comment":  `<!-- <meta http-equiv="Content-Security-Policy" content="connect-src 'none'"> -->`,
		}[r.URL.Path]
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, text)
		_ = z.Close()
	})
	v, _ := check(t, api, "--page", page+"/csp")
	if sent, _ := requests.drain(); v.Result != "blocked" || v.code() != "net::ERR_BLOCKED_BY_CSP" || len(sent) != 0 {
		t.Errorf("a policy: %s %+v", v.Result, v.Error)
	}
	v, _ = check(t, api, "--page", page+"/referrer")
	if sent, _ := requests.drain(); v.Result != "allowed" || sent[0].Referer() != "" {
		t.Errorf("a referrer policy: %s, Referer %q", v.Result, sent[0].Referer())
	}
	for _, path := range []string{"/body", "/comment"} {
		if v, _ := check(t, api, "--page", page+path); v.Result != "allowed" {
			t.Errorf("%s: %s %+v", path, v.Result, v.Error)
		}
	}
}

// TestCheckUpgrade checks that upgrade-insecure-requests changes http to https,
// except where it makes no difference.
func TestCheckUpgrade(t *testing.T) {
	page := corsServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "upgrade-insecure-requests")
	})
	secure := newAuthority(t).server(t, "api.example", time.Hour)
	v, _ := check(t, "http://api.example/x", "--page", page, "-k", "--connect-to", "api.example:443:127.0.0.1:"+port(secure))
	if len(v.Wire) != 1 || v.Wire[0].URL != "https://api.example/x" || len(v.Notes) == 0 {
		t.Errorf("%+v", v)
	}
	plain := corsServer(t, func(w http.ResponseWriter, _ *http.Request) { allow(w) })
	if v, _ := check(t, plain, "--page", page); !strings.HasPrefix(v.Wire[0].URL, "http://") {
		t.Errorf("a loopback address: %+v", v.Wire)
	}
}

// TestCheckHabits reads the body from standard input, and a URL relative to the
// page.
func TestCheckHabits(t *testing.T) {
	var requests seen
	url := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		requests.add(r)
		allow(w)
	})
	for _, args := range [][]string{{"-d", "@-"}, {"--data-binary", "@-"}} {
		var out bytes.Buffer
		status := cli.Run(t.Context(), append([]string{"check", "/items", "--origin", url}, args...), cli.IO{In: strings.NewReader("a\nb"), Out: &out, Err: &out, Getenv: func(string) string { return "" }})
		if status != 0 {
			t.Fatalf("%s", out.String())
		}
	}
	if sent, bodies := requests.drain(); !reflect.DeepEqual(bodies, []string{"ab", "a\nb"}) || sent[0].URL.Path != "/items" {
		t.Errorf("bodies %q", bodies)
	}
}

// TestCheckCurl checks that the commands of --curl send the same requests.
func TestCheckCurl(t *testing.T) {
	testenv.Program(t, "apt-get install curl", "curl")
	var requests seen
	url := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		requests.add(r)
		allow(w, "Access-Control-Allow-Methods", "PUT", "Access-Control-Allow-Headers", "x-a,x-empty", "Access-Control-Allow-Credentials", "true")
	})
	for _, args := range [][]string{
		{url},
		{url + "/[a]{b}?q=1&r='2'"},
		{url, "-X", "PUT", "-H", "X-A: it's \"so\" $x `y` \\", "-H", "X-Empty;", "--data-raw", "@not a file\nit's"},
		{url, "-d", "a=b", "--cookie", "sid=1", "--credentials", "include"},
		{url, "-X", "HEAD"},
		{url, "--data-size", "20000"},
		{url, "--data-raw", "\x80\xff"},
		{url, "-F", "a=b"},
		{url, "-H", "Accept: \xe9"},
	} {
		var out bytes.Buffer
		if status := cli.Run(t.Context(), append([]string{"check", "--origin", testOrigin, "--curl"}, args...), cli.IO{Out: &out, Err: &out, Getenv: func(string) string { return "" }}); status != 0 {
			t.Fatalf("%q: %s", args, out.String())
		}
		ours, bodies := requests.drain()
		script := exec.CommandContext(t.Context(), "sh", "-ec", out.String())
		if text, err := script.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s\n%s", err, text, out.String())
		}
		theirs, posted := requests.drain()
		if len(ours) != len(theirs) {
			t.Fatalf("%q: curl makes %d requests, check %d", args, len(theirs), len(ours))
		}
		for i, r := range theirs {
			for _, q := range []*http.Request{r, ours[i]} {
				q.Header.Del("Connection")
				q.Header.Del("Content-Length")
			}
			if r.Method != ours[i].Method || r.RequestURI != ours[i].RequestURI || !reflect.DeepEqual(r.Header, ours[i].Header) || posted[i] != bodies[i] {
				t.Errorf("%s\ncurl sent  %s %s %v %.50q\ncheck sent %s %s %v %.50q", out.String(), r.Method, r.RequestURI, r.Header, posted[i], ours[i].Method, ours[i].RequestURI, ours[i].Header, bodies[i])
			}
		}
	}
}
