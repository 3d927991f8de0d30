package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// checked is the part of a verdict that tests read.
type checked struct {
	Result string `json:"result"`
	Error  *struct {
		Code      string `json:"code"`
		Parameter string `json:"parameter"`
		Message   string `json:"message"`
	} `json:"error"`
	Preflight struct {
		Sent, Cached bool
	} `json:"preflight"`
	Response *struct {
		Type    string      `json:"type"`
		Headers [][2]string `json:"headers"`
	} `json:"response"`
	ReadHeaders map[string]bool `json:"read_headers"`
	Notes       []string        `json:"notes"`
	Wire        []struct {
		Kind, Method, URL string
		Headers           [][2]string `json:"headers"`
	} `json:"wire"`
	Profiles map[string]checked `json:"profiles"`
}

func (c *checked) code() string {
	if c.Error == nil {
		return ""
	}
	return c.Error.Code
}

// check runs corsac check --json without probes, checks the output against the schema, and
// returns the verdict and the exit status.
func check(t *testing.T, args ...string) (checked, int) {
	t.Helper()
	var out, errs bytes.Buffer
	status := cli.Run(t.Context(), append([]string{"check", "--json", "--passive"}, args...), cli.IO{
		In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(string) string { return "" },
	})
	if status > 1 {
		t.Fatalf("check %q: status %d: %s", args, status, errs.String())
	}
	validateVerdict(t, out.Bytes())
	var c checked
	if err := json.NewDecoder(&out).Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c, status
}

func validateVerdict(t *testing.T, data []byte) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "..", "..", "docs", "verdict.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
		var object json.RawMessage
		if err := d.Decode(&object); err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(object))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%v\n%s", err, object)
		}
	}
}

const testOrigin = "http://localhost:3000"

// corsServer serves all requests with a handler.
func corsServer(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func allow(w http.ResponseWriter, extra ...string) {
	w.Header().Set("Access-Control-Allow-Origin", testOrigin)
	for i := 0; i < len(extra); i += 2 {
		w.Header().Add(extra[i], extra[i+1])
	}
}

func TestCheckVerdicts(t *testing.T) {
	good := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		allow(w, "Access-Control-Allow-Methods", "PUT", "Access-Control-Allow-Headers", "content-type,x-a", "Access-Control-Expose-Headers", "X-Total")
		w.Header().Set("X-Total", "1")
	})
	bare := corsServer(t, func(http.ResponseWriter, *http.Request) {})
	redirecting := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		allow(w)
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusFound)
		}
	})
	for _, c := range []struct {
		name, result, code string
		wire               int
		args               []string
	}{
		{"simple", "allowed", "", 1, []string{good + "/x"}},
		{"put", "allowed", "", 2, []string{good, "-X", "put", "-H", "Content-Type: application/json", "--data-raw", "{}"}},
		{"json body", "allowed", "", 2, []string{good, "--json-body", "{}"}},
		{"data", "allowed", "", 1, []string{good, "-d", "a=b"}},
		{"form", "allowed", "", 1, []string{good, "-F", "a=b"}},
		{"size", "allowed", "", 1, []string{good, "--data-size", "100000"}},
		{"header", "blocked", "HeaderDisallowedByPreflightResponse", 1, []string{good, "-H", "X-Other: 1"}},
		{"method", "blocked", "MethodDisallowedByPreflightResponse", 1, []string{good, "--method", "PATCH"}},
		{"credentials", "blocked", "InvalidAllowCredentials", 1, []string{good, "--credentials", "include"}},
		{"no headers", "blocked", "MissingAllowOriginHeader", 1, []string{bare}},
		{"no-cors", "opaque", "", 1, []string{bare, "--mode", "no-cors"}},
		{"image", "opaque", "", 1, []string{bare, "--destination", "img"}},
		{"font", "blocked", "MissingAllowOriginHeader", 1, []string{bare, "--destination", "font"}},
		{"same-origin mode", "blocked", "", 0, []string{good, "--mode", "same-origin"}},
		{"forbidden method", "blocked", "TypeError", 0, []string{good, "-X", "TRACE"}},
		{"redirect", "allowed", "", 2, []string{redirecting + "/from"}},
		{"redirect error", "blocked", "net::ERR_FAILED", 1, []string{redirecting + "/from", "--redirect", "error"}},
		{"redirect manual", "opaque", "", 1, []string{redirecting + "/from", "--redirect", "manual"}},
		{"upload", "allowed", "", 2, []string{good, "--destination", "xhr", "--upload", "-d", "x"}},
		{"bad port", "error", "net::ERR_UNSAFE_PORT", 0, []string{"http://localhost:6667/"}},
		{"ftp", "blocked", "", 0, []string{"ftp://localhost/"}},
		{"null origin", "blocked", "AllowOriginMismatch", 1, []string{good, "--origin", "null"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := c.args
			if !slices.Contains(args, "--origin") {
				args = append(args, "--origin", testOrigin)
			}
			v, status := check(t, args...)
			if v.Result != c.result || v.code() != c.code || len(v.Wire) != c.wire {
				t.Errorf("result %s, code %q, %d requests; want %s, %q, %d", v.Result, v.code(), len(v.Wire), c.result, c.code, c.wire)
			}
			if failed := c.result == "blocked" || c.result == "error"; failed != (status == 1) {
				t.Errorf("exit status %d", status)
			}
		})
	}
}

func TestCheckDetails(t *testing.T) {
	var cookie string
	server := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		cookie = r.Header.Get("Cookie")
		allow(w, "Access-Control-Allow-Credentials", "true", "Access-Control-Allow-Methods", "PUT", "Access-Control-Expose-Headers", "X-Total")
		w.Header().Set("X-Total", "1")
		w.Header().Set("X-Hidden", "1")
	})
	v, _ := check(t, server, "--origin", testOrigin, "--read-header", "X-Total", "--read-header", "X-Hidden", "-H", "Cookie: a=b", "-H", "Host: x")
	if !v.ReadHeaders["X-Total"] || v.ReadHeaders["X-Hidden"] {
		t.Errorf("readable: %v", v.ReadHeaders)
	}
	if len(v.Notes) != 2 || cookie != "" {
		t.Errorf("notes %q, cookie %q", v.Notes, cookie)
	}
	if check(t, server, "--origin", testOrigin, "--cookie", "s=1", "--credentials", "include"); cookie != "s=1" {
		t.Errorf("the cookie was %q", cookie)
	}
	if check(t, server, "--origin", testOrigin, "--cookie", "s=1"); cookie != "" {
		t.Errorf("without credentials, the cookie was %q", cookie)
	}
	if v, status := check(t, server, "--origin", testOrigin, "-X", "PUT", "--dry-run"); v.Result != "allowed" || len(v.Wire) != 1 || status != 0 {
		t.Errorf("dry run: %+v, status %d", v, status)
	}
	v, _ = check(t, server, "--origin", "https://evil.example", "--profile", "all")
	if len(v.Profiles) != 3 || v.Profiles["safari"].Result != "blocked" {
		t.Errorf("profiles %+v", v.Profiles)
	}
}

func TestCheckRepeats(t *testing.T) {
	preflights := 0
	server := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			preflights++
		}
		allow(w, "Access-Control-Allow-Methods", "PUT", "Access-Control-Max-Age", "60")
	})
	check(t, server, "--origin", testOrigin, "-X", "PUT", "--repeat", "3")
	if preflights != 1 {
		t.Errorf("%d preflights for three requests", preflights)
	}
}

func TestCheckPage(t *testing.T) {
	requests := 0
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	})
	page := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/csp":
			w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src *")
		case "/sandbox":
			w.Header().Set("Content-Security-Policy", "sandbox allow-scripts")
		case "/from":
			http.Redirect(w, r, "/plain", http.StatusFound)
		}
	})
	v, _ := check(t, api, "--page", page+"/from")
	if v.Result != "allowed" || !slices.Contains(v.Wire[0].Headers, [2]string{"Referer", page + "/"}) {
		t.Errorf("plain page: %+v", v)
	}
	v, _ = check(t, api, "--page", page+"/csp")
	want := "Connecting to '" + api + "/' violates the following Content Security Policy directive: \"default-src 'self'\". Note that 'connect-src' was not explicitly set, so 'default-src' is used as a fallback. The action has been blocked."
	if v.Result != "blocked" || v.Error.Message != want || len(v.Wire) != 0 || requests != 1 {
		t.Errorf("page with a policy: %+v, %+v, %d requests", v, v.Error, requests)
	}
	if v, _ := check(t, api, "--page", page+"/csp", "--destination", "img"); v.Result != "opaque" {
		t.Errorf("an image: %+v", v)
	}
	v, _ = check(t, api, "--page", page+"/sandbox")
	if !slices.Contains(v.Wire[0].Headers, [2]string{"Origin", "null"}) {
		t.Errorf("sandboxed page: %+v", v)
	}
}

func TestCheckLocalNetwork(t *testing.T) {
	server := corsServer(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Access-Control-Allow-Origin", "*") })
	for _, c := range []struct {
		origin, lna, result, code string
		notes                     int
	}{
		{"https://app.example.com", "ask", "allowed", "", 1},
		{"https://app.example.com", "denied", "blocked", "LocalNetworkAccessPermissionDenied", 0},
		{"https://app.example.com", "granted", "allowed", "", 0},
		{"http://app.example.com", "granted", "blocked", "InsecureLocalNetwork", 0},
		{"http://app.example.com", "ask", "allowed", "", 1},
		{"http://localhost:3000", "denied", "allowed", "", 0},
	} {
		v, _ := check(t, server, "--origin", c.origin, "--lna", c.lna)
		if v.Result != c.result || v.code() != c.code || len(v.Notes) != c.notes {
			t.Errorf("%s, %s: %s %q, notes %q", c.origin, c.lna, v.Result, v.code(), v.Notes)
		}
	}
	v, _ := check(t, "http://api.example.com/", "--origin", "https://app.example.com", "--connect-to", "api.example.com:80:127.0.0.1:"+port(server), "--lna", "denied", "--profile", "firefox")
	if v.code() == "LocalNetworkAccessPermissionDenied" {
		t.Error("a mapped host does not count as public")
	}
}

func port(rawURL string) string { return rawURL[strings.LastIndexByte(rawURL, ':')+1:] }

// TestCheckFaults breaks the network in every way, and checks that each failure
// has its own name.
func TestCheckFaults(t *testing.T) {
	ca := newAuthority(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	good := ca.server(t, "localhost", time.Hour)
	plain := corsServer(t, func(w http.ResponseWriter, _ *http.Request) { allow(w) })
	for _, c := range []struct{ name, url, code string }{
		{"refused", "http://127.0.0.1:" + testenv.FreePort(t), "net::ERR_CONNECTION_REFUSED"},
		{"reset", raw(t, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), "net::ERR_CONNECTION_RESET"},
		{"empty", raw(t, func(c net.Conn) { _, _ = bufio.NewReader(c).ReadString('\n') }), "net::ERR_EMPTY_RESPONSE"},
		{"not http", raw(t, func(c net.Conn) { fmt.Fprint(c, "SSH-2.0-OpenSSH\r\n\r\n") }), "net::ERR_INVALID_HTTP_RESPONSE"},
		{"endless head", raw(t, endlessHead), "net::ERR_RESPONSE_HEADERS_TOO_BIG"},
		{"endless interim", raw(t, endlessInterim), "net::ERR_INVALID_HTTP_RESPONSE"},
		{"timeout", raw(t, func(c net.Conn) { time.Sleep(3 * time.Second) }), "net::ERR_TIMED_OUT"},
		{"name", "http://does-not-exist.invalid/", "net::ERR_NAME_NOT_RESOLVED"},
		{"tls on a plain port", strings.Replace(plain, "http:", "https:", 1), "net::ERR_SSL_PROTOCOL_ERROR"},
		{"plain on a tls port", strings.Replace(good, "https:", "http:", 1), "MissingAllowOriginHeader"},
		{"expired", ca.server(t, "localhost", -time.Hour), "net::ERR_CERT_DATE_INVALID"},
		{"wrong name", ca.server(t, "other.example", time.Hour), "net::ERR_CERT_COMMON_NAME_INVALID"},
		{"untrusted", newAuthority(t).server(t, "localhost", time.Hour), "net::ERR_CERT_AUTHORITY_INVALID"},
		{"good", good, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, status := check(t, c.url, "--origin", testOrigin, "--cacert", file, "-m", "1.5")
			if v.code() != c.code || (c.code == "") != (status == 0) {
				t.Errorf("%s %q (%+v), status %d; want %q", v.Result, v.code(), v.Error, status, c.code)
			}
			if strings.HasPrefix(c.code, "net::") && v.Result != "error" {
				t.Errorf("result %s", v.Result)
			}
		})
	}
	if v, _ := check(t, good, "--origin", testOrigin, "-k"); v.Result != "allowed" {
		t.Errorf("-k: %+v", v.Error)
	}
	for _, flag := range []string{"--http1.1", "--http2"} {
		if v, _ := check(t, good, "--origin", testOrigin, "-k", flag); v.Result != "allowed" {
			t.Errorf("%s: %+v", flag, v.Error)
		}
	}
	if v, _ := check(t, plain, "--origin", testOrigin, "--http2"); v.code() != "net::ERR_ALPN_NEGOTIATION_FAILED" {
		t.Errorf("HTTP/2 without TLS: %+v", v.Error)
	}
}

// raw serves connections by hand and closes them.
func raw(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func endlessHead(c net.Conn) {
	fmt.Fprint(c, "HTTP/1.1 200 OK\r\n")
	for range 1 << 16 {
		if _, err := fmt.Fprintf(c, "X-A: %s\r\n", strings.Repeat("a", 100)); err != nil {
			return
		}
	}
}

func endlessInterim(c net.Conn) {
	for range 1 << 16 {
		if _, err := fmt.Fprint(c, "HTTP/1.1 103 Early Hints\r\n\r\n"); err != nil {
			return
		}
	}
}

// authority is the certificate authority of a test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{key, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// server serves on localhost with a certificate for name. The certificate is
// valid for that long from now; if validity is negative, it expired that long
// ago.
func (a *authority) server(t *testing.T, name string, validity time.Duration) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(validity),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { allow(w) }))
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: a.key}}, MinVersion: tls.VersionTLS12}
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	return "https://localhost:" + port(s.URL)
}

func TestCheckCancels(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := raw(t, func(c net.Conn) { cancel(); time.Sleep(3 * time.Second) })
	begin := time.Now()
	var out bytes.Buffer
	status := cli.Run(ctx, []string{"check", url, "--origin", testOrigin}, cli.IO{In: strings.NewReader(""), Out: &out, Err: &out, Getenv: func(string) string { return "" }})
	if status != cli.ExitBroken || time.Since(begin) > 2*time.Second {
		t.Errorf("status %d after %v", status, time.Since(begin))
	}
}
