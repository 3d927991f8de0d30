package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// rawUpstream answers every connection with one response, byte for byte, and
// records the requests.
type rawUpstream struct {
	url      string
	requests chan string   // request line and headers
	closed   chan struct{} // a connection has been closed
}

func startRaw(t *testing.T, response string) *rawUpstream {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	u := &rawUpstream{"http://" + l.Addr().String(), make(chan string, 100), make(chan struct{}, 100)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go u.serve(conn, response)
		}
	}()
	return u
}

func (u *rawUpstream) serve(conn net.Conn, response string) {
	defer func() { u.closed <- struct{}{} }()
	defer conn.Close()
	head, r := readHead(conn)
	u.requests <- head
	_, _ = io.WriteString(conn, response)
	if strings.HasPrefix(response, "HTTP/1.1 101") {
		_, _ = io.Copy(conn, r)
	}
}

// readHead reads up to the empty line.
func readHead(conn net.Conn) (string, *bufio.Reader) {
	r := bufio.NewReader(conn)
	var head strings.Builder
	for {
		line, err := r.ReadString('\n')
		head.WriteString(line)
		if err != nil || line == "\r\n" {
			return head.String(), r
		}
	}
}

// head returns the request line and the headers that the upstream got.
func (u *rawUpstream) head(t *testing.T) (requestLine string, h http.Header) {
	t.Helper()
	select {
	case head := <-u.requests:
		requestLine, rest, _ := strings.Cut(head, "\r\n")
		mime, err := textproto.NewReader(bufio.NewReader(strings.NewReader(rest))).ReadMIMEHeader()
		if err != nil {
			t.Fatal(err)
		}
		return requestLine, http.Header(mime)
	case <-time.After(30 * time.Second):
		t.Fatal("nothing reached the upstream")
		return "", nil
	}
}

const okResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

// send sends a request, byte for byte, and returns the whole response.
func send(t *testing.T, url, request string) string {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// readResponse reads the response to r.
func readResponse(t *testing.T, conn net.Conn, r *http.Request) *http.Response {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	res, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}
