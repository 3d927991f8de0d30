package serve

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// TestEnvoyIdle checks that a connection of Envoy stays open without requests: one that
// Envoy sends just when the server closes the connection would fail.
func TestEnvoyIdle(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), IdleTimeout: 10 * time.Millisecond, ReadHeaderTimeout: time.Second}
	go func() { _ = serveHTTP2(server, l) }()
	defer server.Close()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, http2.ClientPreface)
	f := http2.NewFramer(conn, conn)
	if err := f.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	for {
		frame, err := f.ReadFrame()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if _, gone := frame.(*http2.GoAwayFrame); gone || err != nil {
			t.Fatalf("%v, %v", frame, err)
		}
	}
}
