//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// upstream is the server behind the proxies. It writes its responses byte for byte,
// and keeps what it gets.
type upstream struct {
	origin string // such as http://localhost:8080

	mu   sync.Mutex
	seen []*received
}

// received is a request, as it arrived.
type received struct {
	*http.Request

	head string // its lines, byte for byte
	rest *bufio.Reader
	left chan struct{} // closed when the client has left, if the behaviour waits for that
	got  chan string   // what came of the body at first, if the behaviour says so
}

// serveUpstream serves until ctx is done. host is the name by which it is known.
func serveUpstream(ctx context.Context, address, host string) (*upstream, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, err
	}
	u := &upstream{origin: "http://" + net.JoinHostPort(host, port)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go u.serve(conn)
		}
	}()
	return u, nil
}

// requests returns what has arrived since the last call.
func (u *upstream) requests() []*received {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen
	u.seen = nil
	return seen
}

// awaitRequest returns the next request, or nil if none comes in time.
func (u *upstream) awaitRequest() *received {
	for range patience / pause {
		if seen := u.requests(); len(seen) > 0 {
			return seen[0]
		}
		time.Sleep(pause)
	}
	return nil
}

const (
	patience = 10 * time.Second
	pause    = 10 * time.Millisecond
)

// serve answers the requests of a connection.
func (u *upstream) serve(conn net.Conn) {
	defer conn.Close()
	var raw bytes.Buffer
	in := bufio.NewReader(io.TeeReader(conn, &raw))
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		head, _, _ := strings.Cut(raw.String(), "\r\n\r\n")
		raw.Reset()
		got := &received{r, head, in, make(chan struct{}), make(chan string, 1)}
		u.mu.Lock()
		u.seen = append(u.seen, got)
		u.mu.Unlock()
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		behave := behaviours[name]
		if behave == nil {
			behave = answerWith("200 OK", "Content-Type: text/plain\r\n")
		}
		if !behave(u, conn, got) {
			return
		}
	}
}

// behaviours are what the server does with a request, by the last segment of its
// path. Each reports whether the connection can be used again.
var behaviours = map[string]func(u *upstream, conn net.Conn, r *received) bool{
	"wide-open": answerWith("200 OK", "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n"),
	"vary":      answerWith("200 OK", "Vary: Origin\r\nAccess-Control-Allow-Origin: https://other.example\r\n"),
	"broken":    answerWith("500 Internal Server Error", ""),
	"cookies": answerWith("200 OK", "Set-Cookie: wide=1; Domain=api.example.com; Path=/\r\nSet-Cookie: secure=1; Secure; Path=/\r\n"+
		"Set-Cookie: none=1; Secure; SameSite=None; Partitioned; Path=/\r\nSet-Cookie: __Host-id=1; Secure; Path=/; HttpOnly\r\n"),
	"cookie-path": answerWith("200 OK", "Set-Cookie: path=1; Path=/users\r\n"),
	"moved":       answerWith("302 Found", "Location: {origin}/api/there\r\n"),
	"moved-path":  answerWith("302 Found", "Location: /there\r\n"),
	"refresh":     answerWith("200 OK", "Refresh: 0; url={origin}/api/there\r\nLink: <{origin}/api/there>; rel=next\r\n"),
	"hints": func(u *upstream, conn net.Conn, r *received) bool {
		_, _ = io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
		return answerWith("200 OK", "")(u, conn, r)
	},
	"trailers": func(_ *upstream, conn net.Conn, _ *received) bool {
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n")
		return err == nil
	},
	"dies": func(*upstream, net.Conn, *received) bool { return false },
	"dies-later": func(_ *upstream, conn net.Conn, _ *received) bool {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
		return false
	},
	"events": func(_ *upstream, conn net.Conn, r *received) bool {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
		_, _ = r.rest.ReadByte() // nothing comes until the client leaves
		close(r.left)
		return false
	},
	"upload": func(u *upstream, conn net.Conn, r *received) bool {
		first := make([]byte, 5)
		n, _ := io.ReadFull(r.Body, first)
		r.got <- string(first[:n])
		return answerWith("200 OK", "")(u, conn, r)
	},
	"socket": func(_ *upstream, conn net.Conn, r *received) bool {
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
		_, _ = io.Copy(conn, r.rest)
		return false
	},
}

// answerWith returns a behaviour that sends a status and fields, each line of which
// ends in CRLF. {origin} is the server's own origin.
func answerWith(status, fields string) func(*upstream, net.Conn, *received) bool {
	return func(u *upstream, conn net.Conn, r *received) bool {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return false
		}
		body := "ok"
		if r.Method == http.MethodHead {
			body = ""
		}
		_, err := fmt.Fprintf(conn, "HTTP/1.1 %s\r\n%sContent-Length: 2\r\n\r\n%s", status, strings.ReplaceAll(fields, "{origin}", u.origin), body)
		return err == nil
	}
}
