package corsaccaddy_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/encode"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/encode/gzip"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/fileserver"
)

// TestSites has two sites with policies of their own, around files, compression, error
// pages and an upstream that is down.
func TestSites(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "big.txt"), strings.Repeat("a", 1<<16))
	s := start(t, policies, `
http://api.localhost:{{slice .HTTP 10}} {
	corsac {
		allow_origins https://*.example.com
		allow_methods PUT
		allow_headers Authorization
		allow_credentials
	}
	encode gzip
	handle_errors {
		respond "{err.status_code}"
	}
	reverse_proxy /down {{.Dead}}
	root `+dir+`
	file_server
}
http://cdn.localhost:{{slice .HTTP 10}} {
	corsac {
		name public
		allow_origins *
	}
	root `+dir+`
	file_server
}
`)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.HTTP)
	}}}
	defer client.CloseIdleConnections()
	for _, c := range []struct {
		host, request string
		headers       []string
		want          string
	}{
		{"api", "GET /big.txt", []string{"Origin", app, "Accept-Encoding", "gzip"}, "200 [Origin, Accept-Encoding] allow-credentials=[true] allow-origin=[" + app + "]"},
		{"api", "GET /big.txt", []string{"Origin", evil}, "200 [Origin, Accept-Encoding]"},
		{"api", "GET /big.txt", []string{"Origin", app, "Range", "bytes=0-9"}, "206 [Origin, Accept-Encoding] allow-credentials=[true] allow-origin=[" + app + "]"},
		{"api", "GET /nowhere", []string{"Origin", app}, "404 [Origin] allow-credentials=[true] allow-origin=[" + app + "]"},
		{"api", "PUT /big.txt", []string{"Origin", app}, "405 [Origin, Accept-Encoding] allow-credentials=[true] allow-origin=[" + app + "]"},
		{"api", "GET /down", []string{"Origin", app}, "502 [Origin] allow-credentials=[true] allow-origin=[" + app + "]"},
		{"api", "GET /down", []string{"Origin", evil}, "502 [Origin]"},
		{"api", "OPTIONS /down", []string{"Origin", app, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "authorization"}, "204 [Origin] allow-credentials=[true] allow-headers=[authorization] allow-methods=[PUT] allow-origin=[" + app + "]"},
		{"api", "OPTIONS /down", []string{"Origin", "https://example.com", "Access-Control-Request-Method", "PUT"}, "403 []"},
		{"cdn", "GET /big.txt", []string{"Origin", evil}, "200 [Accept-Encoding] allow-origin=[*]"},
		{"cdn", "GET /nowhere", []string{"Origin", evil}, "404 [] allow-origin=[*]"},
	} {
		t.Run(c.host+" "+c.request, func(t *testing.T) {
			if got := describe(send(t, client, "http://"+c.host+".localhost", c.request, c.headers...)); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}
