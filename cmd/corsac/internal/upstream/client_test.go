package upstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// server is an upstream that answers the n-th request on a connection as a test
// says.
type server struct {
	client      *Client
	connections atomic.Int32
}

// listen starts a server. Serve is called for each connection, with its number.
func listen(t testing.TB, serve func(n int32, conn net.Conn, in *bufio.Reader)) *server {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &server{client: New(&url.URL{Scheme: "http", Host: l.Addr().String()}, Options{Connecting: 5 * time.Second})}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			n := s.connections.Add(1)
			go func() {
				defer conn.Close()
				serve(n, conn, bufio.NewReader(conn))
			}()
		}
	}()
	return s
}

// request returns a request without a body.
func request(method string) *Request {
	return &Request{
		Method: method, URL: &url.URL{Opaque: "/"}, Host: "x",
		Interim: func(int, []http1.Field) error { return nil }, Waiting: func() {},
	}
}

// with returns a request with a body.
func with(method, body string, length int64) *Request {
	r := request(method)
	r.Body, r.Length = &upload{Reader: strings.NewReader(body)}, length
	return r
}

// upload is the body of a request, which cannot be read after it has been closed.
type upload struct {
	io.Reader

	begun, closed atomic.Bool
}

// Read implements [io.Reader].
func (u *upload) Read(p []byte) (int, error) {
	u.begun.Store(true)
	if u.closed.Load() {
		return 0, errClosed
	}
	return u.Reader.Read(p)
}

// Close implements [io.Closer].
func (u *upload) Close() error {
	u.closed.Store(true)
	return nil
}

// do sends a request and reads the whole response.
func (s *server) do(t testing.TB, r *Request) (status int, body string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	res, err := s.client.Do(ctx, r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	return res.Status, string(content), err
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// each answers every request on a connection with answer.
func each(answer string) func(int32, net.Conn, *bufio.Reader) {
	return func(_ int32, conn net.Conn, in *bufio.Reader) {
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			if _, err := io.WriteString(conn, answer); err != nil {
				return
			}
		}
	}
}

// TestReuse checks after which responses a connection is used again.
func TestReuse(t *testing.T) {
	for answer, reused := range map[string]bool{
		ok:                                true,
		"HTTP/1.1 204 No Content\r\n\r\n": true,
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n":                            true,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n": true,
		"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 103 x\r\nLink: y\r\n\r\n" + ok:                      true,
		"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n":              false,
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n":            false,
		"HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n":                              false,
		"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n":                     false,
		ok + "x": false,
	} {
		s := listen(t, each(answer))
		for range 3 {
			if _, _, err := s.do(t, request("GET")); err != nil {
				t.Fatalf("%q: %v", answer, err)
			}
		}
		if n := s.connections.Load(); n == 1 != reused {
			t.Errorf("%q: %d connections for 3 requests", answer, n)
		}
	}
	head := listen(t, each("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"))
	for range 2 {
		if _, body, err := head.do(t, request("HEAD")); err != nil || body != "" {
			t.Errorf("HEAD: %q, %v", body, err)
		}
	}
	if n := head.connections.Load(); n != 2 {
		t.Errorf("HEAD: %d connections for 2 requests", n)
	}
}

// TestRefused checks responses that may be read in two ways, or are cut off.
func TestRefused(t *testing.T) {
	for _, answer := range []string{
		"", "H", "garbage\r\n\r\n", "\r\n" + ok, "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 101 x\r\nUpgrade: y\r\nConnection: Upgrade\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + strings.Repeat("x", http1.MaxTrailers) + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", http1.MaxHead) + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", http1.MaxFields+1) + "\r\n",
		strings.Repeat("HTTP/1.1 103 x\r\n\r\n", maxInterim+1) + ok,
	} {
		s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
			if _, err := http.ReadRequest(in); err == nil {
				_, _ = io.WriteString(conn, answer)
			}
		})
		if status, body, err := s.do(t, request("GET")); err == nil {
			t.Errorf("%.100q: status %d, body %q", answer, status, body)
		}
		if n := s.connections.Load(); n != 1 {
			t.Errorf("%.100q: %d connections", answer, n)
		}
	}
}

// TestRepeat checks which requests are sent again if a connection that has been
// used before fails.
func TestRepeat(t *testing.T) {
	for _, c := range []struct {
		r       *Request
		answer  string // on the connection that has been used before
		repeats bool
	}{
		{request("GET"), "", true},
		{request("OPTIONS"), "", true},
		{request("GET"), "HTTP/1.1 2", false},
		{request("DELETE"), "", false},
		{request("PUT"), "", false},
		{with("GET", "hi", 2), "", false},
		{with("POST", "hi", 2), "", false},
		{func() *Request { r := with("GET", "hi", 2); r.Ready = 2; return r }(), "", false},
	} {
		s := listen(t, func(n int32, conn net.Conn, in *bufio.Reader) {
			for requests := 0; ; requests++ {
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				if n == 1 && requests == 1 {
					_, _ = io.WriteString(conn, c.answer)
					return
				}
				_, _ = io.WriteString(conn, ok)
			}
		})
		if _, _, err := s.do(t, request("GET")); err != nil {
			t.Fatal(err)
		}
		_, _, err := s.do(t, c.r)
		if err == nil != c.repeats || s.connections.Load() == 2 != c.repeats {
			t.Errorf("%s, %q: %v with %d connections", c.r.Method, c.answer, err, s.connections.Load())
		}
	}
}

// TestStale checks that a connection is not used again if its other end has
// closed it or sent something, also for a request that must not be sent twice.
func TestStale(t *testing.T) {
	for _, last := range []string{"", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"} {
		said := make(chan struct{}, 10)
		s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			_, _ = io.WriteString(conn, ok)
			time.Sleep(20 * time.Millisecond) // so that it is surplus of its own
			_, _ = io.WriteString(conn, last)
			if last == "" {
				conn.Close()
			}
			said <- struct{}{}
			_, _ = in.ReadByte()
		})
		for range 5 {
			if status, body, err := s.do(t, with("POST", "", 0)); status != 200 || body != "ok" || err != nil {
				t.Errorf("%q: %d, %q, %v", last, status, body, err)
			}
			<-said
		}
	}
}

// TestSweep checks that connections that their other end has closed do not stay
// open until the next request.
func TestSweep(t *testing.T) {
	s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
		if _, err := http.ReadRequest(in); err == nil {
			_, _ = io.WriteString(conn, ok)
		}
	})
	if _, _, err := s.do(t, request("GET")); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		s.client.idle.mu.Lock()
		idle, sweep := len(s.client.idle.idle), s.client.idle.sweep
		s.client.idle.mu.Unlock()
		if idle == 0 && sweep == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error("a dead connection is still idle")
}

// TestRequestIsNotSent checks that nothing is sent of a request that servers
// might read in two ways.
func TestRequestIsNotSent(t *testing.T) {
	for name, change := range map[string]func(*Request){
		"method": func(r *Request) { r.Method = "GET /x HTTP/1.1\r\nX:" },
		"target": func(r *Request) { r.URL.Opaque = "/ HTTP/1.1\r\nX: y" },
		"space":  func(r *Request) { r.URL.Opaque = "/a b" },
		"host":   func(r *Request) { r.Host = "x\r\nX: y" },
		"value":  func(r *Request) { r.Fields = []http1.Field{{Name: "X", Value: "y\r\nZ: 1"}} },
		"NUL":    func(r *Request) { r.Fields = []http1.Field{{Name: "X", Value: "\x00"}} },
		"name":   func(r *Request) { r.Fields = []http1.Field{{Name: "X\n", Value: ""}} },
		"length": func(r *Request) { r.Fields = []http1.Field{{Name: "Content-Length", Value: "5"}} },
		"coding": func(r *Request) { r.Fields = []http1.Field{{Name: "Transfer-Encoding", Value: "chunked"}} },
		"trailer": func(r *Request) {
			*r = *with("POST", "x", -1)
			r.Trailer = http.Header{"A\r\nB": nil}
		},
	} {
		sent := make(chan int, 1)
		s := listen(t, func(_ int32, _ net.Conn, in *bufio.Reader) {
			all, _ := io.ReadAll(in)
			sent <- len(all)
		})
		r := request("GET")
		change(r)
		if _, _, err := s.do(t, r); !errors.Is(err, ErrRequest) {
			t.Errorf("%s: %v", name, err)
		}
		if n := <-sent; n > 0 {
			t.Errorf("%s: %d bytes have been sent", name, n)
		}
	}
}

// TestBodies checks what a server gets of bodies of all kinds.
func TestBodies(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 20<<10)
	s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			got, err := io.ReadAll(r.Body)
			text := fmt.Sprintf("%v %v %d %t %v", r.ContentLength, r.TransferEncoding, len(got), string(got) == long[:len(got)], err)
			if sum := r.Trailer.Get("X-Sum"); sum != "" {
				text += " " + sum
			}
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		}
	})
	ready := func(r *Request, n int) *Request {
		r.Ready = n
		return r
	}
	trailed := with("POST", long, -1)
	trailed.Trailer = http.Header{"X-Sum": {"42"}}
	for _, c := range []struct {
		r    *Request
		want string
	}{
		{with("POST", long, int64(len(long))), fmt.Sprintf("%d [] %d true <nil>", len(long), len(long))},
		{with("POST", long, -1), fmt.Sprintf("-1 [chunked] %d true <nil>", len(long))},
		{with("GET", "", -1), "-1 [chunked] 0 true <nil>"},
		{with("POST", long, 10), "10 [] 10 true <nil>"},
		{ready(with("POST", long, 100), 100), "100 [] 100 true <nil>"},
		{ready(with("POST", long, 100), 1000), "100 [] 100 true <nil>"},
		{ready(with("POST", long, 100), 99), "100 [] 100 true <nil>"},
		{ready(with("POST", long, int64(len(long))), len(long)), fmt.Sprintf("%d [] %d true <nil>", len(long), len(long))},
		{ready(with("POST", long[:200], -1), 100), "-1 [chunked] 200 true <nil>"},
		{trailed, fmt.Sprintf("-1 [chunked] %d true <nil> 42", len(long))},
		{request("PUT"), "0 [] 0 true <nil>"},
	} {
		if _, body, err := s.do(t, c.r); err != nil || body != c.want {
			t.Errorf("%s: %q, %v, want %q", c.r.Method, body, err, c.want)
		}
	}
	if n := s.connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// TestContinue checks that a body waits for 100, but not for ever, and is not
// sent after a final response.
func TestContinue(t *testing.T) {
	for _, c := range []struct{ first, want string }{
		{"HTTP/1.1 100 Continue\r\n\r\n", "hello"}, {"", "hello"}, {"HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n", ""},
	} {
		got := make(chan string, 1)
		s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if b, err := in.ReadByte(); err == nil {
				t.Errorf("%q: %q was sent at once", c.first, b)
			}
			_ = conn.SetReadDeadline(time.Time{})
			_, _ = io.WriteString(conn, c.first)
			body, _ := io.ReadAll(r.Body)
			got <- string(body)
			_, _ = io.WriteString(conn, ok)
		})
		r := with("POST", "hello", 5)
		r.Continue = true
		if _, _, err := s.do(t, r); err != nil {
			t.Errorf("%q: %v", c.first, err)
		}
		time.Sleep(20 * time.Millisecond) // for whoever may still read
		if body := <-got; body != c.want || r.Body.(*upload).begun.Load() != (c.want != "") {
			t.Errorf("%q: %q was sent", c.first, body)
		}
	}
}

// TestCancel checks that an exchange ends at once when its context is done, and
// leaves nothing running: before the response, in its body, and while a server
// does not read.
func TestCancel(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("all", func(t *testing.T) {
		for _, answer := range []string{"", "HTTP/1.1 100 x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nbegin", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbeg"} {
			for _, r := range []*Request{request("GET"), with("POST", strings.Repeat("x", 64<<20), -1)} {
				ended := make(chan struct{})
				t.Cleanup(func() { close(ended) })
				s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
					_, _ = http.ReadRequest(in)
					_, _ = io.WriteString(conn, answer)
					<-ended
				})
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				begin := time.Now()
				res, err := s.client.Do(ctx, r)
				if err == nil {
					_, err = io.ReadAll(res.Body)
					res.Body.Close()
				}
				if took := time.Since(begin); err == nil || took > 5*time.Second {
					t.Errorf("%q: %v after %v", answer, err, took)
				}
				cancel()
			}
		}
	})
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// TestAllocations bounds what an exchange on a connection that has been used
// before allocates.
func TestAllocations(t *testing.T) {
	testenv.NoRace(t, "sync.Pool drops values at random under the race detector")
	answer := []byte("HTTP/1.1 200 OK\r\nServer: x\r\nDate: y\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024))
	s := listen(t, func(_ int32, conn net.Conn, _ *bufio.Reader) {
		for b := make([]byte, 4096); ; {
			if _, err := conn.Read(b); err != nil {
				return
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, buffer := request("GET"), make([]byte, 4096)
	r.Fields = []http1.Field{{Name: "Accept", Value: "*/*"}, {Name: "Origin", Value: "https://app.example.com"}}
	r.Room = make([]http1.Field, 0, 24)
	got := testing.AllocsPerRun(500, func() {
		res, err := s.client.Do(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := res.Body.Read(buffer); n != 1024 || !errors.Is(err, io.EOF) {
			t.Fatal(n, err)
		}
		res.Body.Close()
	})
	const most = 6
	t.Logf("%v allocations", got)
	if got > most {
		t.Errorf("%v allocations, at most %d", got, most)
	}
}
