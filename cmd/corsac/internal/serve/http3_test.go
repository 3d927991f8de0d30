package serve_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
)

// quicServer is a gateway with HTTP/3 in front of a handler.
func quicServer(t *testing.T, upstream http.Handler) (*running, *http3.Transport) {
	t.Helper()
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	behind := httptest.NewServer(upstream)
	t.Cleanup(behind.Close)
	text := secureFile(behind.URL, "{certificates: [{cert: a.example.pem, key: a.example.key}]}")
	text = strings.Replace(text, "  tls:", "  http3: true\n  tls:", 1)
	text = strings.Replace(text, "policy: app", "policy: app, set_headers: {X-Set: y}", 1) // so that the request is copied
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
	return s, quicClient(t)
}

func quicClient(t *testing.T) *http3.Transport {
	c := &http3.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "a.example"}, DisableCompression: true,
		MaxResponseHeaderBytes: 1 << 20,
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// over sends a request over HTTP/3.
func (s *running) over(c http.RoundTripper, method, path string, body io.Reader, headers ...string) *http.Response {
	s.t.Helper()
	res, err := s.tryOver(s.t.Context(), c, method, path, body, headers...)
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", method, path, err, s.log)
	}
	return res
}

func (s *running) tryOver(ctx context.Context, c http.RoundTripper, method, path string, body io.Reader, headers ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, "https"+strings.TrimPrefix(s.url, "http")+path, body)
	if err != nil {
		return nil, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := c.RoundTrip(r)
	if err == nil {
		s.t.Cleanup(func() { res.Body.Close() })
	}
	return res, err
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestHTTP3 checks that requests over HTTP/3 get what they get over HTTP/2, and that
// the answers over TCP announce it.
func TestHTTP3(t *testing.T) {
	s, c := quicServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Trailer", "X-Sum")
		w.Header().Set("Alt-Svc", `h3=":9"`)
		w.Header().Set("Access-Control-Allow-Origin", "https://other.example")
		fmt.Fprintf(w, "%s %s %d %v %s %q %q", r.Method, r.RequestURI, r.ContentLength, r.TransferEncoding, r.Header.Get("X-Forwarded-Proto"), body, r.Trailer["X-Up"])
		w.Header().Set("X-Sum", "7")
		w.Header().Set(http.TrailerPrefix+"X-Late", "8")
	}))
	res := s.over(c, "GET", "/a//b?c;", nil, "Origin: "+first)
	if got := text(t, res); res.ProtoMajor != 3 || got != `GET /a//b?c; 0 [] https "" []` || res.Header.Get("Access-Control-Allow-Origin") != first || res.Header.Get("Vary") == "" {
		t.Errorf("%s %v %s", res.Proto, res.Header, got)
	}
	if res.Trailer.Get("X-Sum") != "7" || res.Trailer.Get("X-Late") != "8" {
		t.Errorf("trailers %v", res.Trailer)
	}
	for _, method := range []string{"DELETE", "OPTIONS"} {
		if got := text(t, s.over(c, method, "/", nil)); !strings.HasPrefix(got, method+" / 0 []") {
			t.Error(got)
		}
	}
	if got := text(t, s.over(c, "PUT", "/", strings.NewReader("sized"))); !strings.HasPrefix(got, `PUT / 5 [] https "sized"`) {
		t.Error(got)
	}
	if got := text(t, s.over(c, "GET", "/", io.MultiReader(strings.NewReader("odd")))); !strings.HasPrefix(got, `GET / -1 [chunked] https "odd"`) {
		t.Error(got)
	}
	r, _ := http.NewRequestWithContext(t.Context(), "POST", "https"+strings.TrimPrefix(s.url, "http")+"/", io.MultiReader(strings.NewReader("x")))
	r.Trailer = http.Header{"X-Up": {"9"}, "Host": {"evil.example"}}
	res, err := c.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, res); !strings.HasSuffix(got, `"x" ["9"]`) {
		t.Error(got)
	}
	res = s.over(c, "OPTIONS", "/", nil, "Origin: "+first, "Access-Control-Request-Method: GET")
	if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != first {
		t.Errorf("preflight: %s %v", res.Status, res.Header)
	}
	for _, h2 := range []bool{false, true} {
		for _, method := range []string{"GET", "OPTIONS"} {
			got := s.ask("a.example", method, "/", h2, "Origin: "+first, "Access-Control-Request-Method: GET").response.Header.Values("Alt-Svc")
			if want := `h3="` + s.url[strings.LastIndex(s.url, ":"):] + `"; ma=86400`; len(got) != 1 || got[0] != want {
				t.Errorf("%s, h2 %t: %q, not %q", method, h2, got, want)
			}
		}
	}
}

// TestHTTP3OwnErrors checks which of the gateway's own answers pages can read.
func TestHTTP3OwnErrors(t *testing.T) {
	s, c := quicServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }))
	for _, q := range []struct {
		method, path, header string
		status               int
		cors                 bool
	}{
		{"GET", "/", "X: y", 502, true},
		{"TRACE", "/", "X: y", 501, true},
		{"GET", "/", "X: " + strings.Repeat("y", 200<<10), 431, true},
		{"GET", "/", "X: " + strings.Repeat("y", 600<<10), 431, false}, // that of quic-go
	} {
		res, err := s.tryOver(t.Context(), c, q.method, q.path, nil, "Origin: "+first, q.header)
		if err != nil {
			t.Errorf("%.30q: %v", q.header, err)
			continue
		}
		if res.StatusCode != q.status || (res.Header.Get("Access-Control-Allow-Origin") == first) != q.cors {
			t.Errorf("%s %.30q: %s %v", q.method, q.header, res.Status, res.Header)
		}
	}
}

// TestHTTP3Bodies checks large bodies in both directions, and that each end notices
// when the other leaves.
func TestHTTP3Bodies(t *testing.T) {
	left, arrived := make(chan struct{}, 1), make(chan struct{})
	s, c := quicServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hang":
			w.WriteHeader(200)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			left <- struct{}{}
		case "/upload":
			_, _ = r.Body.Read(make([]byte, 1))
			close(arrived)
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				left <- struct{}{}
			}
		case "/broken":
			_, _ = w.Write(make([]byte, 100_000))
			panic(http.ErrAbortHandler)
		default:
			_, _ = io.Copy(w, r.Body)
		}
	}))
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	res := s.over(c, "POST", "/echo", bytes.NewReader(big))
	if got, err := io.ReadAll(res.Body); err != nil || !bytes.Equal(got, big) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if res, err := s.tryOver(t.Context(), c, "GET", "/broken", nil); err == nil { // the end of the stream may overtake its beginning
		if got, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("a broken response of %d bytes seems to be complete", len(got))
		}
	}
	res = s.over(c, "GET", "/hang", nil)
	res.Body.Close()
	<-left
	ctx, leave := context.WithCancel(t.Context())
	in, out := io.Pipe()
	go func() {
		_, _ = out.Write([]byte("some"))
		<-arrived
		leave()
	}()
	if _, err := s.tryOver(ctx, c, "PUT", "/upload", in); err == nil {
		t.Error("there is an answer to nobody")
	}
	<-left
	if strings.Contains(s.log.String(), "level=ERROR") || strings.Contains(s.log.String(), "not valid HTTP") {
		t.Errorf("%s", s.log)
	}
}

// TestHTTP3Reload checks that new policies and new certificates apply to HTTP/3, and
// that it begins and ends with a restart only.
func TestHTTP3Reload(t *testing.T) {
	s, c := quicServer(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	before, err := s.Running().Source()
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.file, strings.Replace(strings.Replace(string(before), first, second, 1), "  http3: true\n", "", 1))
	await(t, "the new policy applies", func() bool {
		return s.over(c, "GET", "/", nil, "Origin: "+second).Header.Get("Access-Control-Allow-Origin") == second
	})
	await(t, "the status names what needs a restart", func() bool { return slices.Equal(s.Status().Restart, []string{"gateway.http3"}) })
	certificate(t, filepath.Dir(s.file), 2, "a.example")
	await(t, "the new certificate is there", func() bool {
		return s.over(quicClient(t), "GET", "/", nil).TLS.PeerCertificates[0].SerialNumber.Int64() == 2
	})
}

// TestHTTP3Drain checks that a response in flight is completed when serve stops, and
// that a client that keeps its connection open does not hold it up.
func TestHTTP3Drain(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	s, c := quicServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			_, _ = w.Write([]byte("first "))
			_ = http.NewResponseController(w).Flush()
			close(begun)
			<-finish
			_, _ = w.Write([]byte("last"))
		}
	}))
	idle := quicClient(t)
	s.over(idle, "GET", "/", nil)
	got := make(chan string)
	res := s.over(c, "GET", "/slow", nil)
	go func() {
		b, _ := io.ReadAll(res.Body)
		got <- string(b)
	}()
	<-begun
	ended := make(chan struct{})
	go func() {
		s.end()
		close(ended)
	}()
	await(t, "serve is stopping", func() bool { return strings.Contains(s.log.String(), "msg=stopping") })
	close(finish)
	if got := <-got; got != "first last" {
		t.Errorf("%q", got)
	}
	<-ended
	if strings.Contains(s.log.String(), "aborted") {
		t.Errorf("%s", s.log)
	}
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	socket.Close()
}

// TestHTTP3BesideProxyProtocol checks that no client forges where it comes from through a
// proxy that passes on bytes: for QUIC, there is no PROXY header.
func TestHTTP3BesideProxyProtocol(t *testing.T) {
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Host"))
	}))
	t.Cleanup(behind.Close)
	for passesBytes, want := range map[string]bool{"  proxy_protocol: true\n": false, "": true} {
		dir := t.TempDir()
		certificate(t, dir, 1, "a.example")
		file := secureFile(behind.URL, "{certificates: [{cert: a.example.pem, key: a.example.key}]}")
		file = strings.Replace(file, "  tls:", "  http3: true\n  trusted_proxies: [127.0.0.1]\n"+passesBytes+"  tls:", 1)
		s := run(t, filepath.Join(dir, "corsac.yaml"), file, nil)
		got := text(t, s.over(quicClient(t), "GET", "/", nil, "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Host: forged.example"))
		if strings.Contains(got, "192.0.2.1") != want || strings.Contains(got, "forged.example") != want {
			t.Errorf("%s%s", passesBytes, got)
		}
	}
}

// udpOnly returns an address of which the UDP port is taken, and the TCP port is not.
func udpOnly(t *testing.T) string {
	t.Helper()
	for range 20 {
		address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
		if taken, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", address); err == nil {
			t.Cleanup(func() { taken.Close() })
			return address
		}
	}
	t.Fatal("there is no such port")
	return ""
}

// TestHTTP3Port checks what is said if another program has the UDP port.
func TestHTTP3Port(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	taken := udpOnly(t)
	text := strings.Replace(secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), "  tls:", "  http3: true\n  tls:", 1)
	text = strings.Replace(text, "127.0.0.1:0", taken, 1)
	c, err := config.Parse(filepath.Join(dir, "corsac.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	err = (&serve.Runner{Config: c, Log: logging.New(io.Discard, logging.Options{}).Logger}).Run(t.Context())
	var e *gateway.ListenError
	if !errors.As(err, &e) || !e.UDP || !strings.Contains(err.Error(), "UDP") || !strings.Contains(e.Fix(), "UDP") {
		t.Errorf("%v", err)
	}
}

// TestHTTP3Replay checks that requests in the first flight of a resumed connection,
// which anybody on the way can send again, wait for the handshake.
func TestHTTP3Replay(t *testing.T) {
	s, c := quicServer(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	c.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	var conns []*quic.Conn
	c.Dial = func(ctx context.Context, address string, t *tls.Config, q *quic.Config) (*quic.Conn, error) {
		conn, err := quic.DialAddrEarly(ctx, address, t, q)
		conns = append(conns, conn)
		return conn, err
	}
	s.over(c, http3.MethodGet0RTT, "/", nil)
	time.Sleep(50 * time.Millisecond) // the session ticket comes after the response
	_ = c.Close()
	again := quicClient(t)
	again.TLSClientConfig, again.Dial = c.TLSClientConfig, c.Dial
	s.over(again, http3.MethodGet0RTT, "/", nil)
	for i, conn := range conns {
		if state := conn.ConnectionState(); state.Used0RTT {
			t.Errorf("connection %d began with a request", i)
		}
	}
	if len(conns) != 2 {
		t.Errorf("%d connections", len(conns))
	}
}
