//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/corsac-dev/corsac/bench/internal/rig"
	"github.com/corsac-dev/corsac/cors"
)

// reverseProxy returns how to run serveReverseProxy.
func reverseProxy(ctx context.Context, s *site) (*exec.Cmd, error) {
	self, err := os.Executable()
	return exec.CommandContext(ctx, self, "-role", "proxy", "-listen", s.Listen, "-upstream", s.Upstream), err //nolint:gosec // this program
}

// secureReverseProxy is reverseProxy for https.
func secureReverseProxy(ctx context.Context, s *site) (*exec.Cmd, error) {
	self, err := os.Executable()
	return exec.CommandContext(ctx, self, "-role", "proxy", "-listen", s.TLS, "-upstream", s.Upstream, "-certificate", s.Both), err //nolint:gosec // this program
}

// corsac returns how to run the program as it is shipped, with a file of the folder
// peers.
func corsac(file string) func(context.Context, *site) (*exec.Cmd, error) {
	return func(ctx context.Context, s *site) (*exec.Cmd, error) {
		program, err := rig.BuildCorsac(ctx, ".", s.Dir)
		if err != nil {
			return nil, err
		}
		config := filepath.Join(s.Dir, file)
		return exec.CommandContext(ctx, program, "serve", "-c", config), s.write(file, config) //nolint:gosec // what has been built
	}
}

// serveUpstream answers every request with as many bytes as its path says, and
// with CORS headers that a gateway has to replace.
func serveUpstream() error {
	var sizes []int
	for _, s := range scenarios {
		n := 0
		_, _ = fmt.Sscanf(s.path, "/%d", &n)
		sizes = append(sizes, n)
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return rig.ServeSized(l, "Cache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\nX-Request-Id: 0123456789abcdef\r\n", sizes...)
}

// serveReverseProxy is what most would write in Go. It serves https if there is a
// certificate.
func serveReverseProxy(listen, upstream, certificate string) error {
	u, err := url.Parse("http://" + upstream)
	if err != nil {
		return err
	}
	middleware, err := cors.New(cors.Policy{
		AllowOrigins: []string{page, "https://*.example.org"}, AllowMethods: []string{"PUT", "DELETE"},
		AllowHeaders: []string{"Authorization", "Content-Type"}, ExposeHeaders: []string{"X-Request-Id"}, AllowCredentials: true,
	})
	if err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		Transport:  &http.Transport{MaxIdleConnsPerHost: 512, DisableCompression: true},
		BufferPool: new(buffers),
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", listen)
	if err != nil {
		return err
	}
	handler := middleware.WrapOverride(proxy)
	if certificate != "" {
		return http.ServeTLS(l, handler, certificate, certificate) //nolint:gosec // on loopback, for a minute
	}
	return http.Serve(l, handler) //nolint:gosec // on loopback, for a minute
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
