package h3_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/h3"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// handler is one for requests, and for those that are refused.
type handler struct{ http.HandlerFunc }

// ServeRefused implements [forward.Refuser].
func (handler) ServeRefused(w http.ResponseWriter, _ *http.Request, status int) {
	http.Error(w, "refused", status)
}

// start starts a server, and returns its address.
func start(t *testing.T, idle time.Duration, h http.HandlerFunc) (string, *testenv.Log) {
	t.Helper()
	return startBehind(t, new(forward.Door), idle, h)
}

// startBehind is start for a server whose clients come through a door.
func startBehind(t *testing.T, door *forward.Door, idle time.Duration, h http.HandlerFunc) (string, *testenv.Log) {
	t.Helper()
	certificates := httptest.NewTLSServer(nil)
	t.Cleanup(certificates.Close)
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	out := new(testenv.Log)
	s := h3.New(socket, h3.Options{
		Handler: handler{h}, TLS: certificates.TLS, MaxHeaderBytes: 4096, HeaderTimeout: 20 * time.Millisecond, IdleTimeout: idle,
		Log: log.New(out, "", 0), Door: door,
	})
	ended := make(chan error, 1)
	go func() { ended <- s.Serve() }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return socket.LocalAddr().String(), out
}

// connect returns a connection on which requests can be sent.
func connect(t *testing.T, address string) (*quic.Conn, *http3.ClientConn) {
	t.Helper()
	conn, err := quic.DialAddr(t.Context(), address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseWithError(0, "") })
	transport := &http3.Transport{}
	t.Cleanup(func() { _ = transport.Close() })
	return conn, transport.NewClientConn(conn)
}

func request(t *testing.T, c http.RoundTripper, method string, body io.Reader) (*http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, "https://a.example/", body)
	if err != nil {
		t.Fatal(err)
	}
	return c.RoundTrip(r)
}

// TestIdle checks that a connection without requests closes, though the client keeps a
// stream open on which it sends nothing, and not while a response takes its time.
func TestIdle(t *testing.T) {
	const idle = 400 * time.Millisecond
	address, _ := start(t, idle, func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		time.Sleep(2 * idle)
		_, _ = io.WriteString(w, "late")
	})
	conn, c := connect(t, address)
	stalled, err := conn.OpenStreamSync(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stalled.Write([]byte{1}); err != nil { // the type of a HEADERS frame, and no more
		t.Fatal(err)
	}
	res, err := request(t, c, "GET", nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "late" {
		t.Errorf("%q %v", body, err)
	}
	select {
	case <-conn.Context().Done():
	case <-time.After(20 * time.Second):
		t.Error("the connection is still open")
	}
}

// TestStalledBody checks that a GET is not held back for ever for the body that it may
// have, and that a POST is not held back at all.
func TestStalledBody(t *testing.T) {
	address, _ := start(t, time.Minute, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusAccepted) })
	_, c := connect(t, address)
	for method, status := range map[string]int{"GET": http.StatusRequestTimeout, "POST": http.StatusAccepted} {
		in, out := io.Pipe()
		res, err := request(t, c, method, in)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != status {
			t.Errorf("%s: %s", method, res.Status)
		}
		out.Close()
		res.Body.Close()
	}
}

// TestPanic checks that a handler that panics ends its response only, and is logged in
// the form of net/http.
func TestPanic(t *testing.T) {
	address, out := start(t, time.Minute, func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == "PUT" {
			panic("wrong")
		}
		if r.Method == "POST" {
			panic(http.ErrAbortHandler)
		}
	})
	_, c := connect(t, address)
	for method, fails := range map[string]bool{"PUT": true, "POST": true, "GET": false} {
		if _, err := request(t, c, method, nil); (err != nil) != fails {
			t.Errorf("%s: %v", method, err)
		}
	}
	if log := out.String(); strings.Count(log, "http: panic serving 127.0.0.1:") != 1 || !strings.Contains(log, ": wrong\ngoroutine ") {
		t.Errorf("%s", log)
	}
}

// TestExpect checks that a client that waits for 100 gets it.
func TestExpect(t *testing.T) {
	address, _ := start(t, time.Minute, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
		_, _ = io.WriteString(w, r.Header.Get("Expect"))
	})
	_, c := connect(t, address)
	r, _ := http.NewRequestWithContext(t.Context(), "POST", "https://a.example/", strings.NewReader("body"))
	r.Header.Set("Expect", "100-continue")
	res, err := c.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "body" {
		t.Errorf("%q %v", body, err)
	}
}

// TestCrowd checks that clients beyond the number that may be connected get an answer, and
// that those beyond the crowd are disconnected.
func TestCrowd(t *testing.T) {
	var reached atomic.Int64
	door := &forward.Door{Limited: func(limit, client string) {
		if limit == forward.LimitConnections && client == "127.0.0.1" {
			reached.Add(1)
		}
	}}
	door.Bound(forward.Bounds{Connections: 1})
	finish := make(chan struct{})
	address, _ := startBehind(t, door, time.Minute, func(w http.ResponseWriter, r *http.Request) {
		if forward.Accept(w, r, &forward.Terms{}).Crowded {
			w.WriteHeader(http.StatusServiceUnavailable)
			_ = http.NewResponseController(w).Flush()
			<-finish // or the connection would be closed, and make room
		}
	})
	disperse := sync.OnceFunc(func() { close(finish) })
	t.Cleanup(disperse)
	var last *quic.Conn
	for i := range 65 {
		want := http.StatusServiceUnavailable
		if i == 0 {
			want = http.StatusOK
		}
		var c http.RoundTripper
		last, c = connect(t, address)
		if res, err := request(t, c, "GET", nil); err != nil || res.StatusCode != want {
			t.Fatalf("client %d: %v, %+v", i, err, res)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := quic.DialAddr(ctx, address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}}, nil)
	if err == nil {
		<-conn.Context().Done()
		err = context.Cause(conn.Context())
	}
	var after *quic.ApplicationError
	var during *quic.TransportError // the handshake, in which no other reason may be given (RFC 9000 §10.2.3)
	if !(errors.As(err, &after) && after.ErrorCode == quic.ApplicationErrorCode(http3.ErrCodeExcessiveLoad)) && !(errors.As(err, &during) && during.ErrorCode == quic.ApplicationErrorErrorCode) {
		t.Errorf("beyond the crowd: %v", err)
	}
	if n := reached.Load(); n != 65 {
		t.Errorf("reported %d times", n)
	}
	disperse()
	select {
	case <-last.Context().Done():
	case <-time.After(20 * time.Second):
		t.Error("the crowd stays connected")
	}
}

// mute is a socket of a client that says one thing, and nothing after the answer.
type mute struct {
	net.PacketConn

	said, heard sync.Once
	answered    chan struct{}
}

// WriteTo implements [net.PacketConn].
func (m *mute) WriteTo(p []byte, to net.Addr) (n int, err error) {
	m.said.Do(func() { n, err = m.PacketConn.WriteTo(p, to) })
	return len(p), err
}

// ReadFrom implements [net.PacketConn].
func (m *mute) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		if _, from, err := m.PacketConn.ReadFrom(p); err != nil {
			return 0, from, err
		}
		m.heard.Do(func() { close(m.answered) })
	}
}

// TestHalfOpen checks that clients do not count before their handshake is over: anybody can
// begin one under the address of another.
func TestHalfOpen(t *testing.T) {
	t.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true") // which is about sockets of the system
	door := &forward.Door{}
	door.Bound(forward.Bounds{Connections: 1})
	address, _ := startBehind(t, door, time.Minute, func(w http.ResponseWriter, r *http.Request) {
		if forward.Accept(w, r, &forward.Terms{}).Crowded {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mute{PacketConn: socket, answered: make(chan struct{})}
	transport := &quic.Transport{Conn: m}
	ctx, cancel := context.WithCancel(t.Context())
	dialled := make(chan struct{})
	go func() {
		defer close(dialled)
		to, _ := net.ResolveUDPAddr("udp", address)
		_, _ = transport.Dial(ctx, to, &tls.Config{
			InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}, CurvePreferences: []tls.CurveID{tls.X25519}, // of which the keys fit into one packet
		}, nil)
	}()
	<-m.answered
	_, c := connect(t, address)
	if res, err := request(t, c, "GET", nil); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%v, %+v", err, res)
	}
	cancel()
	socket.Close()
	<-dialled
	_ = transport.Close()
}
