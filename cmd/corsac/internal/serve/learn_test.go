package serve_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/learn"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
)

// TestLearn has pages use an upstream that handles CORS itself, and learns the policy
// that the gateway could announce in its place: in every mode, and across a reload.
func TestLearn(t *testing.T) {
	policy := cors.Policy{AllowOrigins: []string{first, second}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"X-A"}, ExposeHeaders: []string{"X-Total"}}
	m, err := cors.New(policy)
	if err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Total", "7") })))
	defer upstream.Close()
	for _, mode := range []string{"own", "fill", "passthrough"} {
		dir := t.TempDir()
		file, seen := filepath.Join(dir, "corsac.yaml"), filepath.Join(dir, "seen.log")
		text := "policies:\n  app: {allow_origins: [" + first + ", " + second + "], allow_methods: [PUT], allow_headers: [X-A]}\ngateway:\n  listen: 127.0.0.1:0\n  routes:\n    - {path: /, upstream: " + upstream.URL + ", policy: app, mode: " + mode + "}\n"
		s := run(t, file, text, func(r *serve.Runner) { r.Learn = seen })
		for i, origin := range []string{first, second} {
			client, err := fetch.NewClient(origin, fetch.TransportConfig{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+"/items?secret", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-A", "b")
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if i == 0 {
				write(t, file, text+"# changed\n")
				if err := s.Reload(t.Context(), true); err != nil {
					t.Fatal(err)
				}
			}
		}
		s.end()
		log, err := os.ReadFile(seen)
		if err != nil {
			t.Fatal(err)
		}
		l := learn.Learner{Trusted: []string{second}} // which is of another site
		if _, err := l.ReadLog(strings.NewReader(string(log)), ""); err != nil {
			t.Fatal(err)
		}
		list := l.Results()
		want := cors.Policy{AllowOrigins: []string{first, second}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"x-a"}, ExposeHeaders: []string{"x-total"}}
		if len(list) != 1 || list[0].Server != s.url || !reflect.DeepEqual(list[0].Policy, want) || list[0].Requests != 2 || strings.Contains(string(log), "secret") {
			t.Errorf("mode %s: %+v\n%s", mode, list, log)
		}
	}
}

// TestLearnOverTLS checks that a preflight over TLS is noted as one for an https server,
// as the request after it is.
func TestLearnOverTLS(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer upstream.Close()
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	seen := filepath.Join(dir, "seen.log")
	text := secureFile(upstream.URL, "{certificates: [{cert: a.example.pem, key: a.example.key}]}")
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, func(r *serve.Runner) { r.Learn = seen })
	conn := tls.Client(s.dial(s.address()), &tls.Config{InsecureSkipVerify: true})
	_, _ = io.WriteString(conn, "OPTIONS /x HTTP/1.1\r\nHost: a.example\r\nOrigin: "+first+"\r\nAccess-Control-Request-Method: GET\r\n\r\n")
	answer := make([]byte, 12)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 204" {
		t.Fatalf("%q, %v", answer, err)
	}
	_ = conn.Close()
	s.end()
	log, err := os.ReadFile(seen)
	if err != nil || !strings.Contains(string(log), `"scheme":"https","host":"a.example"`) {
		t.Errorf("%v\n%s", err, log)
	}
}
