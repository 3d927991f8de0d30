package forward_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// TestPrompt checks that answers come before the body of a request that nobody reads,
// whatever the handler does, and that a handler that reads it gets it, on a connection
// that stays.
func TestPrompt(t *testing.T) {
	s := httptest.NewServer(forward.Prompt(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/nothing":
		case "/write":
			_, _ = io.WriteString(w, "text")
		case "/flush":
			_ = http.NewResponseController(w).Flush()
		case "/status":
			w.WriteHeader(http.StatusTeapot)
		case "/early":
			w.WriteHeader(http.StatusEarlyHints)
		case "/echo":
			_, _ = io.Copy(w, r.Body)
		}
	})))
	defer s.Close()
	dial := func() (net.Conn, *bufio.Reader) {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		return conn, bufio.NewReader(conn)
	}
	for _, path := range []string{"/nothing", "/write", "/flush", "/status", "/early"} {
		for _, framing := range []string{"Content-Length: 10\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n", "Content-Length: 1000000\r\n\r\n0123"} {
			conn, r := dial()
			_, _ = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: x\r\n"+framing)
			res, err := http.ReadResponse(r, nil)
			if err == nil && res.StatusCode == http.StatusEarlyHints {
				res, err = http.ReadResponse(r, nil)
			}
			if err != nil || (res.StatusCode == 200) == (path == "/status") {
				t.Errorf("%s, %q: %v, %+v", path, framing, err, res)
			}
		}
	}
	conn, r := dial()
	for _, body := range []string{"Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "\r\n"} {
		_, _ = io.WriteString(conn, "POST /echo HTTP/1.1\r\nHost: x\r\n"+body)
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		if got, err := io.ReadAll(res.Body); err != nil || strings.Contains(body, "hello") != (string(got) == "hello") {
			t.Errorf("%q: %q, %v", body, got, err)
		}
	}
}
