package serve_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
)

// halting is a connection of a client that stops before its second write, which is the
// end of its handshake.
type halting struct {
	net.Conn

	writes atomic.Int32
	halted chan struct{}
	goOn   chan struct{}
}

func (c *halting) Write(p []byte) (int, error) {
	if c.writes.Add(1) == 2 {
		close(c.halted)
		<-c.goOn
	}
	return c.Conn.Write(p)
}

// secureRunning serves TLS, with more fields of the gateway.
func secureRunning(t *testing.T, fields string, change func(*serve.Runner)) *running {
	t.Helper()
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	text := secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}")
	text = strings.Replace(text, "  plain_listen: localhost:0\n", fields, 1)
	return run(t, filepath.Join(dir, "corsac.yaml"), text, change)
}

// dialTCP connects to the gateway.
func (s *running) dialTCP() net.Conn {
	s.t.Helper()
	c, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// awaitClosed waits until nothing listens.
func (s *running) awaitClosed() {
	s.t.Helper()
	await(s.t, "it no longer listens", func() bool {
		c, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
}

// halfway begins a handshake, and returns once all but its end has been sent.
func (s *running) halfway(protocol string) (*halting, *tls.Conn) {
	s.t.Helper()
	c := &halting{Conn: s.dialTCP(), halted: make(chan struct{}), goOn: make(chan struct{})}
	secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: "a.example", NextProtos: []string{protocol}})
	go func() { _ = secure.HandshakeContext(context.WithoutCancel(s.t.Context())) }()
	<-c.halted
	return c, secure
}

// TestHandshakeWhileStopping checks that a client whose handshake is under way when serve
// is to stop gets the answer to its request, which says that the connection ends.
func TestHandshakeWhileStopping(t *testing.T) {
	for _, protocol := range []string{"http/1.1", "h2"} {
		s := secureRunning(t, "", func(r *serve.Runner) { r.Drain, r.Parting = time.Minute, 2*time.Second })
		c, secure := s.halfway(protocol)
		s.stop()
		s.awaitClosed()
		close(c.goOn)
		await(t, "an answer says that it is the last", func() bool { // perhaps not the first, if it is quick
			res, err := roundTrip(t, secure, protocol)
			if err != nil {
				t.Fatalf("%s: %v\n%s", protocol, err, s.log)
			}
			defer res.Body.Close()
			if body, err := io.ReadAll(res.Body); string(body) != "GET" || err != nil {
				t.Fatalf("%s: %q, %v", protocol, body, err)
			}
			return res.Close || protocol == "h2" // which says it otherwise
		})
		s.end() // which waits for no more
	}
}

// roundTrip sends a request over one connection.
func roundTrip(t *testing.T, c *tls.Conn, protocol string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://a.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if protocol == "h2" {
		p := new(http.Protocols)
		p.SetHTTP2(true)
		transport := &http.Transport{Protocols: p, DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return c, c.HandshakeContext(t.Context()) }}
		t.Cleanup(transport.CloseIdleConnections)
		return transport.RoundTrip(r)
	}
	if err := r.Write(c); err != nil {
		return nil, err
	}
	return http.ReadResponse(bufio.NewReader(c), r)
}

// TestStopDespiteHandshakes checks what ends the wait for handshakes: the time for
// requests in flight, that for a handshake, and that a client has said nothing at all.
func TestStopDespiteHandshakes(t *testing.T) {
	for name, c := range map[string]struct {
		fields string
		drain  time.Duration
		silent bool
	}{
		"drain":   {"  limits: {header_timeout: 1m}\n", 100 * time.Millisecond, false},
		"timeout": {"  limits: {header_timeout: 1s}\n", time.Minute, false},
		"silence": {"  limits: {header_timeout: 1m}\n", time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := secureRunning(t, c.fields, func(r *serve.Runner) { r.Drain = c.drain })
			if c.silent {
				s.dialTCP()
				s.ask("a.example", "GET", "/", false) // which was accepted after it
			} else {
				conn, _ := s.halfway("h2")
				defer close(conn.goOn)
			}
			begun := time.Now()
			s.end()
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("it took %s:\n%s", took, s.log)
			}
		})
	}
}
