package diagnose_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
)

// served returns the URL of corsac serve before a server.
func served(t *testing.T, upstream http.Handler) string {
	t.Helper()
	behind := httptest.NewServer(upstream)
	t.Cleanup(behind.Close)
	c, err := config.Parse("corsac.yaml", []byte("policies: {app: {allow_origins: ['https://app.example.com'], allow_methods: [PUT]}}\n"+
		"gateway: {routes: [{path: /, upstream: '"+behind.URL+"', policy: app}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := gateway.New(c, gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = forward.Serve(srv, l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return "http://" + l.Addr().String()
}

// TestGatewayIsKnown checks that the refusals of corsac serve are not taken for
// those of a program in Go, whatever is behind it, and those of a program in Go not
// for corsac serve.
func TestGatewayIsKnown(t *testing.T) {
	express := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Powered-By", "Express")
		blindAnswer(w, http.StatusNotFound, "text/html", "<pre>Cannot GET "+r.URL.Path+"</pre>")
	})
	middleware, err := cors.New(cors.Policy{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"PUT"}})
	if err != nil {
		t.Fatal(err)
	}
	program := httptest.NewServer(middleware.Wrap(http.NewServeMux()))
	t.Cleanup(program.Close)
	for name, c := range map[string]struct{ url, origin, want, cause string }{
		"before anything": {served(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), page, "corsac", "origin-not-allowed"},
		"before Express":  {served(t, express), page, "corsac", "origin-not-allowed"},
		"before Go":       {served(t, http.NotFoundHandler()), page, "corsac", "origin-not-allowed"},
		"a method":        {served(t, express), "https://app.example.com", "corsac", "method-not-allowed"},
		"a program in Go": {program.URL, page, "go", "origin-not-allowed"},
		"a method, in Go": {program.URL, "https://app.example.com", "go", "method-not-allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			method := "PUT"
			if c.cause == "method-not-allowed" {
				method = "DELETE"
			}
			v := diagnosed(t, &check.Case{
				Request: &fetch.Request{URL: c.url + "/items", Method: method}, Page: fetch.PageConfig{Origin: c.origin}, Servers: probe.Settings{MaxTime: 1},
			}, diagnose.Options{})
			if got := causes(v); len(got) == 0 || got[0] != c.cause || v.Findings[0].Fix.Stack != c.want {
				t.Fatalf("%v: %+v\n%s", got, v.Findings, probesOf(v))
			}
			if fix := v.Findings[0].Fix.Text; c.want == "corsac" && (!strings.Contains(fix, "allow_") || strings.Contains(fix, "answers through")) {
				t.Error(fix)
			}
		})
	}
}
