package serve_test

import (
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
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
)

// certificate writes a self-signed certificate with a serial number into a folder.
func certificate(t *testing.T, dir string, serial int64, names ...string) {
	t.Helper()
	certificateUntil(t, dir, serial, time.Now().Add(time.Hour), names...)
}

func certificateUntil(t *testing.T, dir string, serial int64, end time.Time, names ...string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotAfter: end,
	}
	if ip := net.ParseIP(names[0]); ip != nil {
		leaf.DNSNames, leaf.IPAddresses = names[1:], []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, names[0]+".pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, filepath.Join(dir, names[0]+".key"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

// secureFile returns a configuration with TLS.
func secureFile(upstream, from string) string {
	return strings.Replace(fileFor(upstream, first, "127.0.0.1:0"), "gateway:\n", "gateway:\n  plain_listen: localhost:0\n  tls: "+from+"\n", 1)
}

// asked is what one request over TLS shows.
type asked struct {
	serial   int64
	protocol string
	response *http.Response
	body     string
}

// ask sends a request for a path to a name of the gateway, on a new connection.
func (s *running) ask(name, method, path string, h2 bool, headers ...string) asked {
	s.t.Helper()
	got, err := s.tryAsk(name, method, path, h2, headers...)
	if err != nil {
		s.t.Fatalf("%v\n%s", err, s.log)
	}
	return got
}

func (s *running) tryAsk(name, method, path string, h2 bool, headers ...string) (asked, error) {
	transport := &http.Transport{
		ForceAttemptHTTP2: h2, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: name},
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "https"+strings.TrimPrefix(s.url, "http")+path, nil)
	if err != nil {
		return asked{}, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := transport.RoundTrip(r)
	if err != nil {
		return asked{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return asked{res.TLS.PeerCertificates[0].SerialNumber.Int64(), res.Proto, res, string(body)}, err
}

// TestTLSFromFiles checks that clients get the certificate for their name over both
// versions of HTTP, also after the files have changed, and that a pair that does not
// fit together changes nothing.
func TestTLSFromFiles(t *testing.T) {
	proto := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-Proto"))
	}))
	defer proto.Close()
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	certificate(t, dir, 2, "b.example")
	s := run(t, filepath.Join(dir, "corsac.yaml"), secureFile(proto.URL, "{certificates: [{cert: a.example.pem, key: a.example.key}, {cert: b.example.pem, key: b.example.key}]}"), nil)
	for name, serial := range map[string]int64{"a.example": 1, "b.example": 2, "c.example": 1} {
		for _, h2 := range []bool{false, true} {
			got := s.ask(name, "GET", "/x", h2, "Origin: "+first)
			if got.serial != serial || (got.protocol == "HTTP/2.0") != h2 || got.body != "https" || got.response.Header.Get("Access-Control-Allow-Origin") != first {
				t.Errorf("%s, h2 %t: %+v", name, h2, got)
			}
			got = s.ask(name, "OPTIONS", "/x", h2, "Origin: "+first, "Access-Control-Request-Method: GET")
			if got.response.StatusCode != 204 || got.response.Header.Get("Access-Control-Allow-Origin") != first {
				t.Errorf("preflight, h2 %t: %+v", h2, got)
			}
		}
	}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "http://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /100% HTTP/1.1\r\nHost: a.example\r\nOrigin: "+first+"\r\n\r\n")
	if answer, _ := io.ReadAll(conn); !strings.Contains(string(answer), "Access-Control-Allow-Origin: "+first) {
		t.Errorf("what net/http refuses gets %q", answer)
	}
	certificate(t, dir, 3, "a.example")
	await(t, "the new certificate is there", func() bool { return s.ask("a.example", "GET", "/", true).serial == 3 })
	write(t, filepath.Join(dir, "a.example.key"), "nonsense")
	await(t, "the nonsense is noticed", func() bool { return strings.Contains(s.log.String(), "the old certificates stay") })
	if got := s.ask("a.example", "GET", "/", true); got.serial != 3 {
		t.Errorf("%+v", got)
	}
	noticed := strings.Count(s.log.String(), "the old certificates stay")
	if err := s.Reload(t.Context(), true); err != nil || strings.Count(s.log.String(), "the old certificates stay") == noticed {
		t.Errorf("the files of certificates are not read when somebody asks: %v\n%s", err, s.log)
	}
	certificate(t, dir, 4, "a.example")
	await(t, "the next certificate is there", func() bool { return s.ask("a.example", "GET", "/", true).serial == 4 })

	// A client that speaks http to this port.
	res, err := http.Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != 400 || !strings.Contains(string(body), "https") {
		t.Errorf("%s %q", res.Status, body)
	}
}

// TestPlain checks that plain http redirects what a redirect is good for, and says to
// pages where to ask.
func TestPlain(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	var plain string
	s := run(t, filepath.Join(dir, "corsac.yaml"), secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), func(r *serve.Runner) {
		r.Ready = func(r *serve.Runner, ready func(string)) func(string) {
			return func(address string) { plain = r.PlainAddress(); ready(address) }
		}(r, r.Ready)
	})
	secure := "https://a.example" + s.url[strings.LastIndex(s.url, ":"):]
	for _, c := range []struct {
		what, method, host string
		headers            []string
		status             int
		location, allow    string
	}{
		{"without Origin", "GET", "a.example", nil, 308, secure + "/x//y?z;", ""},
		{"with a port", "GET", "a.example:80", nil, 308, secure + "/x//y?z;", ""},
		{"a navigation", "POST", "a.example", []string{"Origin: " + first, "Sec-Fetch-Mode: navigate"}, 308, secure + "/x//y?z;", ""},
		{"a preflight", "OPTIONS", "a.example", []string{"Origin: " + first, "Access-Control-Request-Method: GET"}, 204, "", first},
		{"a refused preflight", "OPTIONS", "a.example", []string{"Origin: " + second, "Access-Control-Request-Method: GET"}, 403, "", ""},
		{"a request", "PUT", "a.example", []string{"Origin: " + first}, 421, "", first},
		{"a request of another origin", "PUT", "a.example", []string{"Origin: " + second}, 421, "", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+plain, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque, r.Host = "/x//y?z;", c.host
		for _, h := range c.headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != c.status || res.Header.Get("Location") != c.location || res.Header.Get("Access-Control-Allow-Origin") != c.allow {
			t.Errorf("%s: %s %v", c.what, res.Status, res.Header)
		}
		var said struct{ URL, Code string }
		if c.status == 421 && (json.Unmarshal(body, &said) != nil || said.URL != secure+"/x//y?z;" || said.Code != "plain-http") {
			t.Errorf("%s: %s", c.what, body)
		}
	}
}

// TestLocalCA checks that a developer gets certificates for this machine only, and that
// a check makes no authority.
func TestLocalCA(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("HOME", home)
	c, err := config.Parse("corsac.yaml", []byte(secureFile("http://127.0.0.1:1", "{local: true}")))
	if err != nil {
		t.Fatal(err)
	}
	if err := (&serve.Runner{Config: c}).Check(t.Context()); err != nil {
		t.Error(err)
	}
	if made, _ := os.ReadDir(home); len(made) > 0 {
		t.Errorf("a check made %v", made)
	}
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), secureFile(echo(t), "{local: true}"), nil)
	if got := s.ask("api.localhost", "GET", "/", true); got.body != "GET" || !strings.Contains(got.response.TLS.PeerCertificates[0].Issuer.CommonName, "corsac") {
		t.Errorf("%+v", got)
	}
	if _, err := s.tryAsk("a.example", "GET", "/", true); err == nil {
		t.Error("there is a certificate for a.example")
	}
}

// TestTLSNeedsRestart checks that TLS is neither switched on nor off while serve runs.
func TestTLSNeedsRestart(t *testing.T) {
	dir, upstream := t.TempDir(), echo(t)
	certificate(t, dir, 1, "a.example")
	file := filepath.Join(dir, "corsac.yaml")
	s := run(t, file, fileFor(upstream, first, "127.0.0.1:0"), nil)
	write(t, file, secureFile(upstream, "{certificates: [{cert: a.example.pem, key: a.example.key}]}"))
	await(t, "a restart is asked for", func() bool {
		return fmt.Sprint(s.Status().Restart) == "[gateway.plain_listen gateway.tls]"
	})
	if got, _ := s.allowed(first); got != first {
		t.Errorf("%q", got)
	}
}

// TestCertificatesAfterReload checks that new certificates are noticed also after the
// admin address has had the file read again, whose request is over by then, and while
// the file has no certificates.
func TestCertificatesAfterReload(t *testing.T) {
	dir, upstream := t.TempDir(), echo(t)
	certificate(t, dir, 1, "a.example")
	file := filepath.Join(dir, "corsac.yaml")
	text := withAdmin(strings.Replace(secureFile(upstream, "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), "  plain_listen: localhost:0\n", "", 1))
	s := run(t, file, text, nil)
	write(t, file, text+"# changed\n")
	if status, body := s.askAdmin("POST", "/reload"); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	certificate(t, dir, 2, "a.example")
	await(t, "the new certificate is there", func() bool { return s.ask("a.example", "GET", "/", true).serial == 2 })

	// TLS ends with a restart only.
	write(t, file, withAdmin(fileFor(upstream, first, "127.0.0.1:0")))
	if status, body := s.askAdmin("POST", "/reload"); status != 200 || !strings.Contains(body, "gateway.tls") {
		t.Fatalf("%d %s", status, body)
	}
	certificate(t, dir, 3, "a.example")
	await(t, "the last certificate is there", func() bool { return s.ask("a.example", "GET", "/", true).serial == 3 })
}

// TestReloadDuringRotation checks that a configuration that is read while the files of
// a certificate do not fit together runs as soon as they do.
func TestReloadDuringRotation(t *testing.T) {
	dir, upstream := t.TempDir(), echo(t)
	certificate(t, dir, 1, "a.example")
	file := filepath.Join(dir, "corsac.yaml")
	text := secureFile(upstream, "{certificates: [{cert: a.example.pem, key: a.example.key}]}")
	s := run(t, file, text, nil)
	key, err := os.ReadFile(filepath.Join(dir, "a.example.key"))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(400 * time.Millisecond) // until it has looked whether the file changed at the start
	write(t, filepath.Join(dir, "a.example.key"), "not yet")
	write(t, file, text+"# changed\n")
	await(t, "the configuration is refused", func() bool { return s.Status().Problem != nil })
	if got := s.Status().Problem.Mistakes; !strings.Contains(strings.Join(got, " "), "corsac.yaml:5:51: gateway.tls.certificates[0].key: ") {
		t.Errorf("%q", got)
	}
	write(t, filepath.Join(dir, "a.example.key"), string(key))
	await(t, "it runs", func() bool { return s.Status().Problem == nil && s.Status().Reloads == 1 })
}

// TestOwnPageOverHTTP checks that a page over http of the gateway's own host, which
// anybody on the way can answer as, does not pass the guards of https.
func TestOwnPageOverHTTP(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	text := strings.Replace(secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), "policy: app", "policy: app, refuse_cross_origin_writes: true", 1)
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
	authority := strings.TrimPrefix(s.url, "http://")
	for origin, status := range map[string]int{"http://" + authority: 403, "https://" + authority: 200} {
		for _, h2 := range []bool{false, true} {
			if got := s.ask("a.example", "POST", "/", h2, "Origin: "+origin); got.response.StatusCode != status {
				t.Errorf("%s, h2 %t: %d %s", origin, h2, got.response.StatusCode, got.body)
			}
		}
	}
}
