//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cors"
)

// listen listens anywhere, and prints the address.
func listen() (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err == nil {
		fmt.Println(l.Addr())
	}
	return l, err
}

// serveUpstream answers every request with as many bytes as its path says, and
// with CORS headers that a gateway has to replace. It does as little as it can.
func serveUpstream() error {
	answers := map[string][]byte{}
	for _, s := range scenarios {
		n := 0
		_, _ = fmt.Sscanf(s.path, "/%d", &n)
		answers[s.path] = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: x\r\nDate: Sun, 29 Nov 2026 00:00:00 GMT\r\nContent-Type: application/json\r\n"+
			"Cache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\nX-Request-Id: 0123456789abcdef\r\nContent-Length: %d\r\n\r\n%s", n, strings.Repeat("x", n))
	}
	l, err := listen()
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go answer(conn, answers)
	}
}

func answer(conn net.Conn, answers map[string][]byte) {
	defer conn.Close()
	path := ""
	for in := bufio.NewReaderSize(conn, 8<<10); ; {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		if parts := strings.Fields(string(line)); len(parts) == 3 && answers[parts[1]] != nil {
			path = parts[1]
		}
		if len(line) == len("\r\n") {
			if _, err := conn.Write(answers[path]); err != nil {
				return
			}
		}
	}
}

// serveReverseProxy is what most would write in Go.
func serveReverseProxy(upstream string) error {
	u, err := url.Parse(upstream)
	if err != nil {
		return err
	}
	middleware, err := cors.New(cors.Policy{AllowOrigins: []string{page}})
	if err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			r.SetXForwarded()
		},
		Transport:  &http.Transport{MaxIdleConnsPerHost: 512, DisableCompression: true},
		BufferPool: new(buffers),
	}
	l, err := listen()
	if err != nil {
		return err
	}
	return http.Serve(l, middleware.WrapOverride(proxy)) //nolint:gosec // on loopback, for a minute
}

// buffers are the buffers of the reverse proxy.
type buffers struct{ pool sync.Pool }

// Get implements [httputil.BufferPool].
func (b *buffers) Get() []byte {
	if buffer, ok := b.pool.Get().(*[]byte); ok {
		return *buffer
	}
	return make([]byte, 32<<10)
}

// Put implements [httputil.BufferPool].
func (b *buffers) Put(buffer []byte) { b.pool.Put(&buffer) }
