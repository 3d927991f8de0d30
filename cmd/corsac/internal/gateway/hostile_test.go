package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// behaviour is what an upstream does with a connection.
type behaviour struct {
	name  string
	serve func(ctx context.Context, conn net.Conn)
}

// hostileTimeout is the timeout of routes, and hostileBody the gateway's for
// bodies. An answer that comes later than after both and slack is too late.
const (
	hostileTimeout = 150 * time.Millisecond
	hostileBody    = 300 * time.Millisecond
	hostileSlack   = 10 * time.Second
)

// shape is how a client sends a request.
type shape struct {
	name string
	send func(conn net.Conn, path string) error
}

func headOf(method, path, fields string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\n" + fields + "\r\n"
}

// whole is a request that is sent at once.
func whole(name, method, fields, body string) shape {
	return shape{name, func(conn net.Conn, path string) error {
		_, err := io.WriteString(conn, headOf(method, path, fields)+body)
		return err
	}}
}

// shapes are the ways in which clients send requests, well or not.
var shapes = []shape{
	whole("GET", "GET", "", ""),
	whole("HEAD", "HEAD", "", ""),
	whole("empty POST", "POST", "Content-Length: 0\r\n", ""),
	whole("POST", "POST", sized, sizedBody),
	whole("chunked POST", "POST", inChunks, chunked),
	whole("POST with trailers", "POST", inChunks+"Trailer: X-Sum\r\n", "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"),
	whole("large POST", "POST", fmt.Sprintf("Content-Length: %d\r\n", 8<<20), strings.Repeat("x", 8<<20)),
	whole("POST that is never sent", "POST", "Content-Length: 1000000000\r\n", ""),
	whole("POST that stops", "POST", inChunks, "5\r\nhe"),
	whole("POST that waits", "POST", "Expect: 100-continue\r\n"+sized, ""),
	{"POST that trickles", func(conn net.Conn, path string) error {
		_, err := io.WriteString(conn, headOf("POST", path, "Content-Length: 20\r\n"))
		for i := 0; i < 20 && err == nil; i++ {
			time.Sleep(10 * time.Millisecond)
			_, err = io.WriteString(conn, "x")
		}
		return err
	}},
}

// TestHostileUpstreams sends requests of every shape to upstreams that
// misbehave in every way. Each gets an answer with CORS headers in time, and
// afterwards nothing is left of any.
func TestHostileUpstreams(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("all", func(t *testing.T) {
		var behaviours []behaviour
		behaviours = append(behaviours, http1Behaviours()...)
		behaviours = append(behaviours, tlsBehaviours(t)...)
		behaviours = append(behaviours, http2Behaviours(t)...)
		c := one(t, "http://127.0.0.1:1")
		c.Gateway.Routes = nil
		ctx, cancel := context.WithCancel(t.Context())
		for i, b := range behaviours {
			c.Gateway.Routes = append(c.Gateway.Routes, config.Route{
				Path: fmt.Sprintf("/%d/", i), Upstream: parseURL(t, startHostile(t, ctx, b)), Policy: "app", Timeout: hostileTimeout,
			})
		}
		c.Gateway.Limits.BodyTimeout = hostileBody
		g, failures := startLoggedWith(t, c, gateway.Options{})
		t.Cleanup(cancel)
		if n := len(behaviours) * len(shapes); n < 1000 {
			t.Errorf("only %d variants", n)
		} else {
			t.Logf("%d variants", n)
		}
		var wait sync.WaitGroup
		slots := make(chan struct{}, 48)
		for i, b := range behaviours {
			for _, s := range shapes {
				slots <- struct{}{}
				wait.Go(func() {
					defer func() { <-slots }()
					checkHostile(t, g, fmt.Sprintf("/%d/x", i), b.name+", "+s.name, s)
				})
			}
		}
		wait.Wait()
		if s := failures.String(); s != "" {
			t.Errorf("logged: %.2000s", s)
		}
	})
	checkGoroutines(t, before)
}

// checkHostile sends one request and checks the head of its answer.
func checkHostile(t *testing.T, g served, path, name string, s shape) {
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", g.address)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	defer conn.Close()
	begin := time.Now()
	_ = conn.SetDeadline(begin.Add(hostileTimeout + hostileBody + hostileSlack))
	go func() { _ = s.send(conn, path) }() // it ends when conn is closed
	in := bufio.NewReader(conn)
	for {
		res, err := http.ReadResponse(in, &http.Request{Method: "HEAD"})
		if breaksOff(name) && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)) {
			return
		}
		if err != nil {
			t.Errorf("%s: after %v: %v", name, time.Since(begin), err)
			return
		}
		if res.StatusCode < 200 {
			continue
		}
		switch res.StatusCode {
		case 200, 204, 408, 413, 502, 504:
		default:
			t.Errorf("%s: status %d", name, res.StatusCode)
		}
		checkOne(t, res.Header)
		return
	}
}

// breaksOff reports whether an upstream sends the head of a valid response, and
// then resets the connection or waits for a body that does not come. On a busy
// machine, the response may be cut off before its head has left the gateway.
func breaksOff(name string) bool {
	return strings.HasPrefix(name, "h2 a response ") || strings.Contains(name, " 200 OK\\r\\n")
}

// checkGoroutines checks that no more goroutines run than before, soon.
func checkGoroutines(t *testing.T, before int) {
	t.Helper()
	for range 200 {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	t.Errorf("%d goroutines, %d before:\n%.20000s", runtime.NumGoroutine(), before, stacks)
}

// startHostile starts an upstream, and returns its URL. Its connections close
// when ctx is done.
func startHostile(t *testing.T, ctx context.Context, b behaviour) string { //nolint:revive // t is first in tests
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				b.serve(ctx, conn)
			}()
		}
	}()
	if strings.HasPrefix(b.name, "TLS") || strings.HasPrefix(b.name, "h2") {
		return "https://" + l.Addr().String()
	}
	return "http://" + l.Addr().String()
}
