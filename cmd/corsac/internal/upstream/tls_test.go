package upstream

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// poison is what a server sends after a response, though it must not.
const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"

// certify returns a certificate that this process trusts. Roots are read only
// once, so all tests have the same.
func certify(t *testing.T) []tls.Certificate {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(roots, data, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", roots)
	return server.TLS.Certificates
}

// held is a connection that can hold back the end of what is written to it.
type held struct {
	net.Conn

	holds atomic.Bool
	rest  []byte
}

// Write implements [net.Conn].
func (h *held) Write(p []byte) (int, error) {
	end := len(p)
	if h.holds.Load() {
		end -= 5
		h.rest = append(h.rest, p[end:]...)
	}
	_, err := h.Conn.Write(p[:end])
	return len(p), err
}

// listenTLS is listen, with TLS for these protocols.
func listenTLS(t *testing.T, serve func(conn *tls.Conn, below *held), protocols ...string) *server {
	t.Helper()
	config := &tls.Config{Certificates: certify(t), NextProtos: protocols, MinVersion: tls.VersionTLS12}
	s := listen(t, func(_ int32, conn net.Conn, _ *bufio.Reader) {
		below := &held{Conn: conn}
		serve(tls.Server(below, config), below)
	})
	s.client = New(&url.URL{Scheme: "https", Host: s.client.dialer.address}, Options{Connecting: 5 * time.Second})
	return s
}

// TestSurplusInTLS checks that surplus does not reach another request if it has
// arrived in the same record as the response, in one of its own, or in part.
func TestSurplusInTLS(t *testing.T) {
	for name, send := range map[string]func(conn *tls.Conn, below *held){
		"in the same record": func(conn *tls.Conn, _ *held) { _, _ = io.WriteString(conn, ok+poison) },
		"in another record": func(conn *tls.Conn, _ *held) {
			_, _ = io.WriteString(conn, ok)
			_, _ = io.WriteString(conn, poison)
		},
		"in part": func(conn *tls.Conn, below *held) {
			// In one write, so that TLS reads both at once.
			var both bytes.Buffer
			raw := below.Conn
			below.Conn = writer{raw, &both}
			_, _ = io.WriteString(conn, ok)
			below.holds.Store(true)
			_, _ = io.WriteString(conn, poison)
			below.holds.Store(false)
			below.Conn = raw
			_, _ = raw.Write(both.Bytes())
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := listenTLS(t, func(conn *tls.Conn, below *held) {
				in := bufio.NewReader(conn)
				for {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					if len(below.rest) > 0 {
						_, _ = below.Conn.Write(below.rest)
						below.rest = nil
						continue
					}
					send(conn, below)
				}
			}, "http/1.1")
			for range 5 {
				if _, body, err := s.do(t, request("GET")); err != nil || body != "ok" {
					t.Errorf("%q, %v", body, err)
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
}

// writer writes to a buffer instead.
type writer struct {
	net.Conn

	to *bytes.Buffer
}

// Write implements [net.Conn].
func (w writer) Write(p []byte) (int, error) { return w.to.Write(p) }

// TestProtocolChanges checks that a server may speak HTTP/2 on one connection and
// HTTP/1.1 on the next, also when the request has a body.
func TestProtocolChanges(t *testing.T) {
	certificates := certify(t)
	protocols := atomic.Pointer[[]string]{}
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto+" ")
		_, _ = io.Copy(w, r.Body)
	})
	web := httptest.NewUnstartedServer(answer)
	web.TLS = &tls.Config{
		Certificates: certificates, MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return &tls.Config{Certificates: certificates, NextProtos: *protocols.Load(), MinVersion: tls.VersionTLS12}, nil
		},
	}
	web.EnableHTTP2 = true
	protocols.Store(&[]string{"h2", "http/1.1"})
	web.StartTLS()
	defer web.Close()
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{client: New(u, Options{Connecting: 5 * time.Second})}
	for i, protocol := range []string{"http/1.1", "h2", "http/1.1", "h2", "h2"} {
		protocols.Store(&[]string{protocol})
		web.CloseClientConnections()
		time.Sleep(50 * time.Millisecond)
		r := with("POST", "hello", 5)
		r.URL = &url.URL{Scheme: "https", Host: u.Host, Path: "/"}
		want := map[string]string{"http/1.1": "HTTP/1.1 hello", "h2": "HTTP/2.0 hello"}[protocol]
		if _, body, err := s.do(t, r); err != nil || body != want {
			t.Errorf("%d: %q, %v, want %q", i, body, err, want)
		}
	}
}

// TestProtocolChangesAtOnce checks that a server may refuse HTTP/2 on the connection
// on which it has chosen it, before it has answered, and speak HTTP/1.1 on the next.
func TestProtocolChangesAtOnce(t *testing.T) {
	certificates := certify(t)
	connections := atomic.Int32{}
	s := listen(t, func(_ int32, conn net.Conn, _ *bufio.Reader) {
		protocol := "h2"
		if connections.Add(1) > 1 {
			protocol = "http/1.1"
		}
		secure := tls.Server(conn, &tls.Config{Certificates: certificates, NextProtos: []string{protocol}, MinVersion: tls.VersionTLS12})
		in := bufio.NewReader(secure)
		if protocol == "http/1.1" {
			if _, err := http.ReadRequest(in); err == nil {
				_, _ = io.WriteString(secure, ok)
			}
			return
		}
		if _, err := in.Discard(len(http2.ClientPreface)); err != nil {
			return
		}
		framer := http2.NewFramer(secure, in)
		_ = framer.WriteSettings()
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			if _, is := frame.(*http2.HeadersFrame); is {
				_ = framer.WriteGoAway(0, http2.ErrCodeNo, nil)
			}
		}
	})
	s.client = New(&url.URL{Scheme: "https", Host: s.client.dialer.address}, Options{Connecting: 5 * time.Second})
	r := request("GET")
	r.URL = &url.URL{Scheme: "https", Host: s.client.dialer.address, Path: "/"}
	if _, body, err := s.do(t, r); err != nil || body != "ok" || connections.Load() != 2 {
		t.Errorf("%q, %v, with %d connections", body, err, connections.Load())
	}
}

// TestLengthOfNotModified checks that a response 304 over HTTP/2 is whole without the body
// whose length it has.
func TestLengthOfNotModified(t *testing.T) {
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "7")
		w.WriteHeader(http.StatusNotModified)
	}))
	web.EnableHTTP2, web.TLS = true, &tls.Config{Certificates: certify(t)}
	web.StartTLS()
	t.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := New(u, Options{})
	t.Cleanup(c.CloseIdle)
	for range 2 {
		res, err := c.Do(t.Context(), &Request{Method: http.MethodGet, URL: u, Host: u.Host})
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); err != nil || len(body) > 0 || res.Status != http.StatusNotModified || !c.http2.chosen.Load() {
			t.Errorf("%d %q %v", res.Status, body, err)
		}
		_ = res.Body.Close()
	}
}
