package forward_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// early is a handler that may be called before net/http has read a request.
type early struct {
	http.Handler

	refuses atomic.Bool  // it must not
	n       atomic.Int64 // how often it was
}

func (*early) ServeRefused(w http.ResponseWriter, _ *http.Request, status int) { w.WriteHeader(status) }
func (*early) ServePreflight(w http.ResponseWriter, r *http.Request) bool      { return false }
func (e *early) ServesEarly() bool                                             { return !e.refuses.Load() }

func (e *early) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isNetHTTP(w) {
		e.n.Add(1)
	}
	e.Handler.ServeHTTP(w, r)
}

// isNetHTTP reports whether a ResponseWriter is one of net/http.
func isNetHTTP(w http.ResponseWriter) bool {
	return reflect.TypeOf(w).Elem().PkgPath() == "net/http"
}

// ordinary hides that a handler can be called early.
type ordinary struct{ forward.Refuser }

// listen serves a handler and returns the address.
func listen(t testing.TB, h http.Handler) (address string, srv *http.Server) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv = &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = forward.Serve(srv, l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return l.Addr().String(), srv
}

// client is a connection.
type client struct {
	net.Conn

	in *bufio.Reader
}

func dial(t testing.TB, address string) *client {
	t.Helper()
	c, err := connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func connect(address string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn, bufio.NewReader(conn)}, nil
}

// get sends a request and returns what a browser sees of the responses.
func (c *client) get(t testing.TB, request string) string {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(c, request)
	var seen strings.Builder
	for {
		res, err := http.ReadResponse(c.in, nil)
		if err != nil {
			return seen.String() + "closed"
		}
		body, err := io.ReadAll(res.Body)
		if err != nil { // it broke off, wherever
			body = nil
		}
		res.Header.Del("Date")
		if res.ContentLength < 0 { // whether a response is small enough to have a length is of no interest
			res.ContentLength = int64(len(body))
		}
		res.Header.Del("Content-Length")
		res.Header.Del("Trailer")
		fmt.Fprintf(&seen, "%d %v %d %q %v %v %v\n", res.StatusCode, res.Header, res.ContentLength, body, err != nil, res.Trailer, res.Close)
		if res.StatusCode >= 200 {
			return seen.String()
		}
	}
}

// onLinux skips a test elsewhere: it is about what is done on Linux only.
func onLinux(t testing.TB) {
	if runtime.GOOS != "linux" {
		t.Skip("requests are answered early on Linux only")
	}
}

// echo says what a handler gets.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	fmt.Fprintf(w, "%s %q %q %q %q %v %s %v %s %q %v %d %v %v %v", r.Method, r.URL, r.URL.Path, r.URL.RawQuery, r.RequestURI, r.URL.ForceQuery,
		r.Proto, r.Header, host, r.Host, r.Close, r.ContentLength, r.TransferEncoding, r.Body == http.NoBody, r.TLS == nil)
	_, _ = io.WriteString(w, fmt.Sprint(r.Trailer, r.Form, r.Pattern, r.Context().Value(http.ServerContextKey) != nil, r.Context().Value(http.LocalAddrContextKey) != nil))
})

// plainGets are requests that are answered early.
var plainGets = []string{
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /items?a=%20b&c=1+2;d HTTP/1.1\r\nHost: api.example.com:8080\r\nOrigin: https://app.example.com\r\nCookie: a=b; c=d\r\nX_Under: 1\r\nx-lower: 2\r\nAUTHORIZATION: Bearer x\r\n\r\n",
	"GET /? HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\nCache-Control: no-cache\r\nPragma: no-cache\r\nRange: bytes=0-\r\nIf-None-Match: \"x\"\r\n\r\n",
	"GET /a.b/~c-d_e/ HTTP/1.1\r\nhost: x\r\nAccept: */*\r\nUpgrade-Insecure-Requests: 1\r\n\r\n",
}

// otherGets are requests that net/http has to read.
var otherGets = []string{
	"GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n", "GET //a HTTP/1.1\r\nHost: x\r\n\r\n", "GET /%61 HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a;b HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /é HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET / HTTP/1.0\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n", "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", "GET / HTTP/1.1\r\nHost: \r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nContent-length: 1\r\n\r\na", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, X-A\r\nX-A: b\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nTrailer: X-A\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nPragma: no-cache\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A: a\r\nX-A: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A: a\r\nx-a: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A:a\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A: a \r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX A: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A : a\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A: \r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A: \xe9\r\n\r\n",
	"GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n", "GET /  HTTP/1.1\r\nHost: x\r\n\r\n", "get / HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 5000) + "\r\n\r\n",
}

// TestEarlyRequests checks that handlers get requests as net/http reads them, and that
// those that are not plain are read by it.
func TestEarlyRequests(t *testing.T) {
	onLinux(t)
	h := &early{Handler: echo}
	both := [2]string{}
	both[0], _ = listen(t, ordinary{h})
	both[1], _ = listen(t, h)
	for i, text := range slices.Concat(plainGets, otherGets) {
		before := h.n.Load()
		one, other := dial(t, both[0]).get(t, text), dial(t, both[1]).get(t, text)
		if one != other {
			t.Errorf("%.200q\nnet/http:\n%s\nearly:\n%s", text, one, other)
		}
		if isEarly := h.n.Load() > before; isEarly != (i < len(plainGets)) {
			t.Errorf("%.200q: early is %v", text, isEarly)
		}
	}
}

// TestEarlyAndNot sends plain requests and others on one connection, also in parts and
// together.
func TestEarlyAndNot(t *testing.T) {
	onLinux(t)
	h := &early{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprint(w, r.Method, r.URL, string(body))
	})}
	address, _ := listen(t, h)
	c := dial(t, address)
	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }
	post := "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
	for _, step := range []struct {
		parts []string
		want  []string
		early int64
	}{
		{[]string{get("/1")}, []string{"GET/1"}, 1},
		{[]string{post}, []string{"POST/phi"}, 0},
		{[]string{get("/2")}, []string{"GET/2"}, 1},
		{[]string{get("/3")[:9], get("/3")[9:]}, []string{"GET/3"}, 0},
		{[]string{get("/4") + get("/5")}, []string{"GET/4", "GET/5"}, 0},
		{[]string{get("/6")}, []string{"GET/6"}, 1},
		{[]string{post + get("/7")}, []string{"POST/phi", "GET/7"}, 0},
		{[]string{get("/8")}, []string{"GET/8"}, 1},
		{[]string{get("/9") + get("/10")[:9], get("/10")[9:]}, []string{"GET/9", "GET/10"}, 0},
		{[]string{get("/11")}, []string{"GET/11"}, 1},
		{[]string{get("/12") + "POST /p HTTP/1.1\r\n", get("/13")}, []string{"GET/12", "", "closed"}, 0}, // a line of the header is not valid
	} {
		before := h.n.Load()
		for _, part := range step.parts {
			time.Sleep(100 * time.Millisecond) // so that the parts arrive apart, and not while net/http reads ahead
			_, _ = io.WriteString(c, part)
		}
		for _, want := range step.want {
			got := "closed"
			if res, err := http.ReadResponse(c.in, nil); err == nil {
				body, _ := io.ReadAll(res.Body)
				got = string(body)
			}
			if got != want {
				t.Fatalf("%q: %q, want %q", step.parts, got, want)
			}
		}
		if n := h.n.Load() - before; n != step.early {
			t.Errorf("%q: %d early, want %d", step.parts, n, step.early)
		}
	}
}

// waiting returns a handler that waits for its context, or for what go returns, and
// says on begun that it does.
func waiting(begun chan<- string, proceed <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- "begun"
		select {
		case <-r.Context().Done():
			begun <- "left: " + r.Context().Err().Error()
		case <-proceed:
			_, _ = io.WriteString(w, "whole")
			begun <- "answered"
		}
	})
}

func expect(t *testing.T, from <-chan string, want string) {
	t.Helper()
	select {
	case got := <-from:
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("not %q", want)
	}
}

// TestEarlyDeparture checks that a request ends when its client leaves, and not when it
// has sent the next request.
func TestEarlyDeparture(t *testing.T) {
	onLinux(t)
	begun, proceed := make(chan string, 4), make(chan struct{})
	h := &early{Handler: waiting(begun, proceed)}
	address, _ := listen(t, h)
	for _, leave := range []func(*client){
		func(c *client) { _ = c.Close() },
		func(c *client) { _ = c.Conn.(*net.TCPConn).CloseWrite() },
		func(c *client) {
			_ = c.Conn.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		},
	} {
		c := dial(t, address)
		_, _ = io.WriteString(c, plainGets[0])
		expect(t, begun, "begun")
		leave(c)
		expect(t, begun, "left: context canceled")
	}
	c := dial(t, address)
	_, _ = io.WriteString(c, plainGets[0])
	expect(t, begun, "begun")
	_, _ = io.WriteString(c, otherGets[0])
	_ = c.Conn.(*net.TCPConn).CloseWrite()
	select {
	case got := <-begun:
		t.Error(got)
	case <-time.After(time.Second): // some looks later
	}
	close(proceed)
	expect(t, begun, "answered")
	if n := h.n.Load(); n != 4 {
		t.Errorf("%d requests were early, want 4", n)
	}
}

// TestEarlyDepartureTLS checks that a request over TLS ends when its client leaves.
func TestEarlyDepartureTLS(t *testing.T) {
	onLinux(t)
	other := httptest.NewTLSServer(nil)
	defer other.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	begun := make(chan string, 4)
	h := &early{Handler: waiting(begun, nil)}
	srv := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute, TLSConfig: &tls.Config{Certificates: other.TLS.Certificates}}
	go func() { _ = forward.ServeTLS(srv, l) }()
	t.Cleanup(func() { _ = srv.Close() })
	conn, err := tls.Dial("tcp", l.Addr().String(), other.Client().Transport.(*http.Transport).TLSClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, plainGets[0])
	expect(t, begun, "begun")
	_ = conn.Close()
	expect(t, begun, "left: context canceled")
	if n := h.n.Load(); n != 1 {
		t.Errorf("%d requests were early, want 1", n)
	}
}

// TestEarlyShutdown checks that a server waits for a request in flight, whose connection
// then closes, as does an idle one, and that it aborts one that takes too long.
func TestEarlyShutdown(t *testing.T) {
	onLinux(t)
	for _, late := range []bool{false, true} {
		begun, proceed := make(chan string, 4), make(chan struct{}, 1)
		address, srv := listen(t, &early{Handler: waiting(begun, proceed)})
		idle, busy := dial(t, address), dial(t, address)
		proceed <- struct{}{}
		if seen := idle.get(t, plainGets[0]); !strings.Contains(seen, "whole") {
			t.Fatal(seen)
		}
		expect(t, begun, "begun")
		expect(t, begun, "answered")
		_, _ = io.WriteString(busy, plainGets[0])
		expect(t, begun, "begun")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- forward.Shutdown(ctx, srv) }()
		if _, err := idle.in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Error("the idle connection:", err)
		}
		select {
		case err := <-ended:
			t.Fatal("it did not wait:", err)
		case <-time.After(200 * time.Millisecond):
		}
		if late {
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if seen := busy.get(t, ""); seen != "closed" {
				t.Error(seen)
			}
			expect(t, begun, "left: context canceled")
			continue
		}
		proceed <- struct{}{}
		if seen := busy.get(t, ""); !strings.Contains(seen, "whole") {
			t.Error(seen)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, err := busy.in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Error("the busy connection:", err)
		}
		cancel()
	}
}

// TestEarlyTimeouts checks that a client has the idle timeout between two requests,
// however long the first took, and then the one for headers.
func TestEarlyTimeouts(t *testing.T) {
	onLinux(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{
		Handler:     &early{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(600 * time.Millisecond) })},
		IdleTimeout: 400 * time.Millisecond, ReadHeaderTimeout: 1200 * time.Millisecond, ErrorLog: log.New(io.Discard, "", 0),
	}
	go func() { _ = forward.Serve(srv, l) }()
	t.Cleanup(func() { _ = srv.Close() })
	for part, least := range map[string]time.Duration{"": 400 * time.Millisecond, "GET /": 1200 * time.Millisecond} {
		c := dial(t, l.Addr().String())
		for range 2 {
			if seen := c.get(t, plainGets[0]); !strings.HasPrefix(seen, "200") {
				t.Error(seen)
			}
		}
		begun := time.Now()
		_, _ = io.WriteString(c, part)
		seen, took := c.get(t, ""), time.Since(begun)
		if part == "" && seen != "closed" || part != "" && !strings.HasPrefix(seen, "408") || took < least || took > least+2*time.Second {
			t.Errorf("%q: %q after %v", part, seen, took)
		}
	}
}
