package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// startLogged is start, and returns the server's own log too.
func startLogged(t *testing.T, c *config.Config) (served, *testenv.Log) {
	t.Helper()
	return startLoggedWith(t, c, gateway.Options{})
}

func startLoggedWith(t *testing.T, c *config.Config, o gateway.Options) (served, *testenv.Log) {
	t.Helper()
	h, err := gateway.New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	errors := new(testenv.Log)
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(errors, "", 0)}
	go func() { _ = forward.Serve(srv, l) }()
	t.Cleanup(func() { srv.Close() })
	return served{"http://" + l.Addr().String(), l.Addr().String()}, errors
}

// client is a connection to a gateway for reading and writing by hand.
type client struct {
	*testing.T

	conn net.Conn
	r    *bufio.Reader
}

func dial(t *testing.T, g served) *client {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", g.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return &client{t, conn, bufio.NewReader(conn)}
}

func (c *client) write(s string) {
	c.Helper()
	if _, err := io.WriteString(c.conn, s); err != nil {
		c.Fatal(err)
	}
}

// response reads a response with its body.
func (c *client) response() *http.Response {
	c.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatal(err)
	}
	res.Body = io.NopCloser(strings.NewReader(string(body)))
	return res
}

// ends checks that the connection ends without another byte and without a
// reset.
func (c *client) ends() {
	c.Helper()
	if rest, err := io.ReadAll(c.r); err != nil || len(rest) > 0 {
		c.Errorf("the connection ends with %q, %v", rest, err)
	}
}

const (
	postHead  = "POST /first HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\n"
	nextHead  = "GET /next HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\n\r\n"
	sized     = "Content-Length: 5\r\n"
	inChunks  = "Transfer-Encoding: chunked\r\n"
	sizedBody = "hello"
	chunked   = "5\r\nhello\r\n0\r\n\r\n"
)

// TestBodyNobodyReads checks that a body that nobody reads causes neither a
// panic nor the loss of the next request on its connection (golang/go#68560).
func TestBodyNobodyReads(t *testing.T) {
	deaf := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	broken := startRaw(t, "").url
	for name, upstream := range map[string]string{"refused": "http://127.0.0.1:1", "breaks off": broken, "does not read": deaf} {
		for _, c := range []struct{ name, request string }{
			{"sized", postHead + sized + "\r\n" + sizedBody},
			{"chunked", postHead + inChunks + "\r\n" + chunked},
			{"with trailers", postHead + inChunks + "Trailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"},
			{"large", postHead + "Content-Length: 200000\r\n\r\n" + strings.Repeat("x", 200000)},
		} {
			t.Run(name+", "+c.name, func(t *testing.T) {
				g, errors := startLogged(t, one(t, upstream))
				client := dial(t, g)
				for range 3 {
					client.write(c.request)
					res := client.response()
					checkOne(t, res.Header)
					if res.Close {
						client.ends() // as the response said
						client = dial(t, g)
					}
					client.write(nextHead)
					checkOne(t, client.response().Header)
				}
				if s := errors.String(); s != "" {
					t.Errorf("logged: %s", s)
				}
			})
		}
	}
}

// TestBodyNobodyAsksFor checks that a client that waits for 100 Continue gets
// the response instead if nobody asks for the body. It can then send the body
// or close the connection.
func TestBodyNobodyAsksFor(t *testing.T) {
	for _, body := range []string{sized + "\r\n" + sizedBody, inChunks + "\r\n" + chunked} {
		for _, sends := range []bool{false, true} {
			g, errors := startLogged(t, one(t, "http://127.0.0.1:1"))
			client := dial(t, g)
			framing, content, _ := strings.Cut(body, "\r\n\r\n")
			client.write(postHead + "Expect: 100-continue\r\n" + framing + "\r\n\r\n")
			res := client.response()
			checkOne(t, res.Header)
			if res.StatusCode != http.StatusBadGateway || !res.Close {
				t.Errorf("status %d, the connection is kept: %t", res.StatusCode, !res.Close)
			}
			if sends {
				client.write(content)
				client.ends()
			}
			if s := errors.String(); s != "" {
				t.Errorf("logged: %s", s)
			}
		}
	}
}

// TestAnswerBeforeBody checks an upstream that responds before the body has
// arrived: the response is forwarded at once, the connection is not used again,
// and the rest of the body is never read as a request.
func TestAnswerBeforeBody(t *testing.T) {
	for name, c := range map[string]struct{ head, rest string }{
		"sized":   {postHead + "Content-Length: 45\r\n\r\nhello", nextHead[:40]},
		"chunked": {postHead + inChunks + "\r\n5\r\nhello\r\n", "0\r\n\r\n"},
		"a request in a chunk": {
			postHead + inChunks + fmt.Sprintf("\r\n%x\r\nhello", len("hello"+nextHead)),
			nextHead + "\r\n0\r\n\r\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := startRaw(t, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
			g, errors := startLogged(t, one(t, upstream.url))
			client := dial(t, g)
			client.write(c.head)
			res := client.response()
			checkOne(t, res.Header)
			if res.StatusCode != http.StatusRequestEntityTooLarge || !res.Close {
				t.Errorf("status %d, the connection is kept: %t", res.StatusCode, !res.Close)
			}
			client.write(c.rest)
			client.ends()
			if s := errors.String(); s != "" {
				t.Errorf("logged: %s", s)
			}
			close(upstream.requests)
			for head := range upstream.requests {
				if !strings.HasPrefix(head, "POST /first ") {
					t.Errorf("the upstream got %q", head)
				}
			}
		})
	}
}

// TestLargeBodyIsRefused checks that a client that has read the response may
// still be sending a large body: it gets to the end of the response and is not
// reset.
func TestLargeBodyIsRefused(t *testing.T) {
	upstream := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	for name, framing := range map[string]string{"sized": "Content-Length: 33554432\r\n\r\n", "chunked": inChunks + "\r\n"} {
		t.Run(name, func(t *testing.T) {
			g, errors := startLogged(t, one(t, upstream))
			client := dial(t, g)
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				part := strings.Repeat("x", 1<<15)
				if name == "chunked" {
					part = "8000\r\n" + part + "\r\n"
				}
				_, err := io.WriteString(client.conn, postHead+framing)
				for i := 0; i < 1<<10 && err == nil; i++ {
					_, err = io.WriteString(client.conn, part)
				}
			}()
			res := client.response()
			checkOne(t, res.Header)
			if res.StatusCode != http.StatusRequestEntityTooLarge || !res.Close {
				t.Errorf("status %d, the connection is kept: %t", res.StatusCode, !res.Close)
			}
			<-sent
			if s := errors.String(); s != "" {
				t.Errorf("logged: %s", s)
			}
		})
	}
}

// TestDoubtfulEnd checks that a connection closes after a request of which other
// servers may find another end, so that the rest of its body is not taken for
// the next request.
func TestDoubtfulEnd(t *testing.T) {
	g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "ok")
	}))
	const next = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
	long := "X-Long: " + strings.Repeat("x", 20<<10) + "\r\n"
	for _, c := range []struct {
		request string
		closes  bool
	}{
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
		{"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\ncontent-length: 6\n\n0\r\n\r\n", true},
		{"POST / HTTP/1.1\r\nHost: x\r\n" + long + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
		{"POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", true},
		{"POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", true},
		{"POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", false},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", false},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nTransfer-Encoding: x", false},
	} {
		client := dial(t, g)
		client.write(c.request + next)
		answers := 2
		if c.closes {
			answers = 1
		}
		for range answers {
			res := client.response()
			if body, err := io.ReadAll(res.Body); err != nil || string(body) != "ok" || c.closes != res.Close {
				t.Errorf("%.100q: %q, %v, close: %t", c.request, body, err, res.Close)
			}
		}
		if c.closes {
			client.ends()
		}
	}
}

// TestMalformedBody checks that the client gets the blame, and not the upstream.
func TestMalformedBody(t *testing.T) {
	g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	for _, body := range []string{"zz\r\n", "-1\r\nx\r\n", "2\nhi\n0\n\n", "FFFFFFFFFFFFFFFFF\r\nx", "2\r\nhi!\r\n0\r\n\r\n", "0\r\nX: " + strings.Repeat("x", 9000) + "\r\n\r\n"} {
		client := dial(t, g)
		client.write(postHead + inChunks + "\r\n" + body)
		res := client.response()
		text, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), `"malformed-body"`) || res.Header.Get("Access-Control-Allow-Origin") != app {
			t.Errorf("%.40q: %d %s", body, res.StatusCode, text)
		}
	}
}
