package gateway_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestFindLoop checks that the addresses of this machine and names are taken
// into account, in all routes, and that a name server that does not answer
// delays the start little.
func TestFindLoop(t *testing.T) {
	find := func(listen string, upstreams ...string) string {
		c := config.Gateway{Listen: listen}
		for _, u := range upstreams {
			c.Routes = append(c.Routes, config.Route{Upstream: parseURL(t, u)})
		}
		if e := gateway.FindLoop(t.Context(), c); e != nil {
			return e.Upstream.String()
		}
		return ""
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		upstream := "http://" + net.JoinHostPort(a.(*net.IPNet).IP.String(), "8080")
		if got := find(":8080", "http://192.0.2.1:8080", upstream); got != upstream {
			t.Errorf("%s: found %q", upstream, got)
		}
		if got := find(":8081", "http://192.0.2.1:8080", upstream); got != "" {
			t.Errorf("%s: found %q on another port", upstream, got)
		}
	}
	if got := find("127.0.0.1:8080", "http://127.0.0.1:9000", "http://localhost:8080"); got != "http://localhost:8080" {
		t.Errorf("localhost: found %q", got)
	}

	silent := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	net.DefaultResolver, silent = silent, net.DefaultResolver
	defer func() { net.DefaultResolver = silent }()
	begin := time.Now()
	if got := find(":8080", "http://a.example:8080", "http://127.0.0.1:8080"); got != "http://127.0.0.1:8080" {
		t.Errorf("found %q", got)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}
