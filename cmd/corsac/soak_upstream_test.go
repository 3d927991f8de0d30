package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// The timeouts of routes: of that with an upstream that hangs, and of the others,
// which is longer than any pause of a machine that has much to do.
const (
	hungTimeout = "400ms"
	soakTimeout = "15s"
)

// faulty is an upstream that does one thing wrong, and what clients may get then: a
// status, with "cut" if the response breaks off after it.
type faulty struct {
	name string
	// answer answers a request, whose body has been read. If it returns false, the
	// connection ends.
	answer func(conn net.Conn) bool
	want   string
}

func says(text string, keep bool) func(net.Conn) bool {
	return func(conn net.Conn) bool {
		_, err := io.WriteString(conn, text)
		return keep && err == nil
	}
}

// resets ends a connection with a reset.
func resets(conn net.Conn) bool {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	return false
}

const soakHead = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n"

// faults are the upstreams of TestSoakFaults. Each has a route of its name.
var faults = []faulty{
	{"healthy", says(soakHead+"Content-Length: 1024\r\n\r\n"+strings.Repeat("x", 1024), true), "200"},
	{"large", says(soakHead+"Content-Length: 300000\r\n\r\n"+strings.Repeat("x", 300000), true), "200"},
	{"slow", func(conn net.Conn) bool {
		for _, part := range []string{"HTTP/1.1 20", "0 OK\r\nTransfer-Enc", "oding: chunked\r\n\r\n5\r", "\nhello\r\n0\r\n", "\r\n"} {
			time.Sleep(5 * time.Millisecond)
			if _, err := io.WriteString(conn, part); err != nil {
				return false
			}
		}
		return true
	}, "200"},
	{"hung", func(conn net.Conn) bool { _, _ = io.Copy(io.Discard, conn); return false }, "504"},
	{"closes", func(net.Conn) bool { return false }, "502"},
	{"resets", resets, "502"},
	{"resets-later", func(conn net.Conn) bool {
		_, _ = io.WriteString(conn, soakHead+"Content-Length: 100000\r\n\r\n"+strings.Repeat("x", 5000))
		time.Sleep(2 * time.Millisecond)
		return resets(conn)
	}, "200 cut, 502"},
	{"short", says(soakHead+"Content-Length: 100\r\n\r\nshort", false), "200 cut, 502"},
	{"unended-chunks", says(soakHead+"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false), "200 cut"},
	{"bad-chunk", says(soakHead+"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\nx", true), "200 cut, 502"},
	{"garbage", says("HTP/1.1 200 OK\r\n\r\n", true), "502"},
	{"bad-status", says("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", true), "502"},
	{"two-lengths", says(soakHead+"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", true), "502"},
	{"long-head", says(soakHead+strings.Repeat("X-A: "+strings.Repeat("a", 1000)+"\r\n", 300)+"\r\n", false), "502"},
	{"surplus", says(soakHead+"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", true), "200"},
	{"interim-flood", says(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 150)+soakHead+"Content-Length: 0\r\n\r\n", true), "502"},
}

// start starts the upstream and returns its URL.
func (f *faulty) start(t *testing.T) string {
	t.Helper()
	u := newSoakUpstream(t, "127.0.0.1:0", f.answer)
	t.Cleanup(u.kill)
	return "http://" + u.Addr().String()
}

// soakUpstream is a server that can be killed.
type soakUpstream struct {
	net.Listener

	answer func(net.Conn) bool
	took   atomic.Int64 // requests

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newSoakUpstream(t *testing.T, address string, answer func(net.Conn) bool) *soakUpstream {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Error(err)
		return nil
	}
	u := &soakUpstream{Listener: l, answer: answer, conns: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			u.mu.Lock()
			u.conns[conn] = true
			u.mu.Unlock()
			go u.serve(conn)
		}
	}()
	return u
}

func (u *soakUpstream) serve(conn net.Conn) {
	defer func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.conns, conn)
		_ = conn.Close()
	}()
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		u.took.Add(1)
		if !u.answer(conn) {
			return
		}
	}
}

// kill ends the server and its connections, as the end of a process does.
func (u *soakUpstream) kill() {
	_ = u.Close()
	u.mu.Lock()
	defer u.mu.Unlock()
	for conn := range u.conns {
		_ = resets(conn)
		_ = conn.Close()
	}
}

// killed starts an upstream that is killed again and again until stop is called.
func killed(t *testing.T) (url string, kills *atomic.Int64, stop func()) {
	t.Helper()
	address, done, ended := testenv.FreeAddress(t), make(chan struct{}), make(chan struct{}) // which no connection takes in between
	u := newSoakUpstream(t, address, faults[0].answer)
	kills = new(atomic.Int64)
	go func() {
		defer close(ended)
		for running := true; running && u != nil; kills.Add(1) {
			select {
			case <-done:
				running = false
			case <-time.After(100 * time.Millisecond):
			}
			u.kill()
			if running {
				time.Sleep(20 * time.Millisecond)
				u = newSoakUpstream(t, address, faults[0].answer)
			}
		}
	}()
	return "http://" + address, kills, sync.OnceFunc(func() { close(done); <-ended })
}

// soakRoute returns a route of a configuration.
func soakRoute(name, upstream string) string {
	timeout := soakTimeout
	if name == "hung" {
		timeout = hungTimeout
	}
	return "{path: /" + name + ", policy: app, upstream: \"" + upstream + "\", timeout: " + timeout + "}"
}
