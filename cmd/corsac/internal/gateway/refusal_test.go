package gateway_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestRefusalNamesAll checks that the log has every reason for a refusal, and the
// lines of the file that decide.
func TestRefusalNamesAll(t *testing.T) {
	upstream := startServer(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	c, err := config.Parse("corsac.yaml", []byte(`policies:
  app:
    allow_origins: [`+app+`]
    allow_methods: [PUT]
gateway:
  routes:
    - {path: /api/, upstream: "`+upstream+`", policy: app}
`))
	if err != nil {
		t.Fatal(err)
	}
	out := new(testenv.Log)
	g := start(t, c, gateway.Options{Logger: slog.New(slog.NewTextHandler(out, nil))})
	for _, test := range []struct {
		method, path string
		headers      map[string]string
		want         string
	}{
		{
			"OPTIONS", "/api/x",
			map[string]string{"Origin": app, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,x-a"},
			`msg="preflight refused" reason="method-not-allowed, header-not-allowed" origin=` + app + ` method=PATCH header="authorization, x-a"` +
				` policy="corsac.yaml:4: allow_methods of app lacks PATCH; corsac.yaml:2: allow_headers of app lacks authorization, x-a" host=`,
		},
		{
			"OPTIONS", "/api/x",
			map[string]string{"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-a"},
			`reason="origin-not-allowed, header-not-allowed" origin=https://evil.example method=PUT header=x-a` +
				` policy="corsac.yaml:3: allow_origins of app lacks https://evil.example; corsac.yaml:2: allow_headers of app lacks x-a"`,
		},
		{"GET", "/api/x", map[string]string{"Origin": "https://evil.example"}, `policy="corsac.yaml:3: allow_origins of app lacks https://evil.example"`},
		{"OPTIONS", "/elsewhere", map[string]string{"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}, `msg="preflight refused" reason=origin-not-allowed origin=https://evil.example method=PUT route=none host=`},
		{"OPTIONS", "/elsewhere", map[string]string{"Origin": app, "Access-Control-Request-Method": "PATCH"}, `reason=method-not-allowed origin=` + app + ` method=PATCH route=none`},
		{"GET", "/elsewhere", map[string]string{"Origin": "https://evil.example"}, `msg="response not readable by its page" reason=origin-not-allowed origin=https://evil.example method=GET route=none`},
	} {
		before := len(out.String())
		do(t, test.method, g.URL+test.path, test.headers)
		if got := out.String()[before:]; strings.Count(got, "\n") != 1 || !strings.Contains(got, test.want) {
			t.Errorf("%s %s with %v: logged\n%swant\n%s", test.method, test.path, test.headers, got, test.want)
		}
	}
}

// TestRefusalIsBounded checks that a request with many headers makes one short line.
func TestRefusalIsBounded(t *testing.T) {
	upstream := startServer(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	out := new(testenv.Log)
	log := logging.New(out, logging.Options{})
	g := start(t, one(t, upstream), gateway.Options{Logger: log.Logger})
	names := make([]string, 500)
	for i := range names {
		names[i] = "x-" + strings.Repeat("a", i%7)
	}
	do(t, "OPTIONS", g.URL, map[string]string{"Origin": app, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": strings.Join(names, ",")})
	if got := out.String(); len(got) > 2000 || !strings.Contains(got, "method-not-allowed") {
		t.Errorf("logged %d bytes:\n%.3000s", len(got), got)
	}
}
