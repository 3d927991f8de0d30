package gateway_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cors"
)

const app = "https://app.example.com"

// appPolicy is the policy in tests that are not about policies.
var appPolicy = cors.Policy{
	AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}, AllowCredentials: true, ExposeHeaders: []string{"X-Total"},
}

// served is a running gateway.
type served struct{ URL, address string }

// start serves a gateway for c as corsac serve does.
func start(t *testing.T, c *config.Config, o gateway.Options) served {
	t.Helper()
	h, err := gateway.New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = forward.Serve(srv, l) }()
	t.Cleanup(func() { srv.Close() })
	return served{"http://" + l.Addr().String(), l.Addr().String()}
}

// startBefore starts a gateway with one route and appPolicy for an upstream.
func startBefore(t *testing.T, upstream http.Handler) served {
	t.Helper()
	return start(t, one(t, startServer(t, upstream)), gateway.Options{})
}

// startServer starts a server and returns its URL.
func startServer(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// one returns a configuration with one route and appPolicy.
func one(t *testing.T, upstream string) *config.Config {
	t.Helper()
	return &config.Config{
		Policies: map[string]cors.Policy{"app": appPolicy},
		Gateway:  config.Gateway{Routes: []config.Route{{Upstream: parseURL(t, upstream), Policy: "app"}}},
	}
}

func parseURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// checkOne checks that a response has exactly one Access-Control-Allow-Origin,
// with the right value, and Origin in Vary exactly once.
func checkOne(t *testing.T, h http.Header) {
	t.Helper()
	if got := h.Values("Access-Control-Allow-Origin"); !slices.Equal(got, []string{app}) {
		t.Errorf("Access-Control-Allow-Origin: %q, want %q", got, app)
	}
	origins := 0
	for _, line := range h.Values("Vary") {
		for name := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(name), "Origin") {
				origins++
			}
		}
	}
	if origins != 1 {
		t.Errorf("Vary: %q, want Origin in it once", h.Values("Vary"))
	}
	if got := h.Values("Access-Control-Allow-Credentials"); !slices.Equal(got, []string{"true"}) {
		t.Errorf("Access-Control-Allow-Credentials: %q, want true", got)
	}
}
