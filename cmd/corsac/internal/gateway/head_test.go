package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestHeadWithBody checks that a body after HEAD, which an upstream must not send,
// is not read as the response to somebody else's request.
func TestHeadWithBody(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveHeadWithBody(conn)
		}
	}()
	g := start(t, one(t, "http://"+l.Addr().String()), gateway.Options{})
	for i := range 50 {
		for _, method := range []string{http.MethodHead, http.MethodGet} {
			r, err := http.NewRequestWithContext(t.Context(), method, "http://"+g.address+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.Header.Get("X-Poison") != "" {
				t.Fatalf("round %d: %s got the body of HEAD as its response", i, method)
			}
		}
	}
}

// serveHeadWithBody answers HEAD with a body that is itself a response.
func serveHeadWithBody(conn net.Conn) {
	defer conn.Close()
	const poison = "HTTP/1.1 200 OK\r\nX-Poison: 1\r\nContent-Length: 0\r\n\r\n"
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body := "fine"
		if r.Method == http.MethodHead {
			body = poison
		}
		if _, err := fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
			return
		}
		if strings.EqualFold(r.Header.Get("Connection"), "close") {
			return
		}
	}
}
