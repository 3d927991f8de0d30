package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestServeHTTPRoutes serves the HTTPRoutes of two files, of which one changes while the
// other is refused for a while.
func TestServeHTTPRoutes(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+r.URL.Path)
	}))
	defer backend.Close()
	dir := t.TempDir()
	write := func(name, path, origin string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		text := fmt.Sprintf(`apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: %q, namespace: web}
spec:
  hostnames: [shop.example.com]
  rules:
  - matches: [{path: {value: %q}}]
    filters: [{type: CORS, cors: {allowOrigins: [%q]}}]
    backendRefs: [{name: shop, port: 80}]
`, name, path, origin)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	const app, other = "https://app.example.com", "https://other.example"
	a, b := write("a.yaml", "/a", app), write("b.yaml", "/b", app)
	s := startServe(t, "--httproute", a, "--httproute", b, "--backend", "shop="+backend.URL, "--listen", "127.0.0.1:0", "--admin", "localhost:0")
	admin := "http://" + s.err.Wait(t, `admin=(\S+)`)[1]
	get := func(url, origin string) (body, allowed string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
			r.Host = "shop.example.com"
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text), res.Header.Get("Access-Control-Allow-Origin")
	}
	for _, path := range []string{"/a", "/b"} {
		if body, allowed := get(s.url+path, app); body != "shop.example.com"+path || allowed != app {
			t.Errorf("%s: %q, allowed %q", path, body, allowed)
		}
	}
	write("b.yaml", "/b", "null")
	s.err.Wait(t, `the configuration is refused; the old one keeps running.*b\.yaml:8:`)
	write("b.yaml", "/b", other)
	s.err.Wait(t, `configuration read again`)
	if _, allowed := get(s.url+"/b", other); allowed != other {
		t.Errorf("after the change: allowed %q", allowed)
	}
	get(s.url+"/a", other)
	s.err.Wait(t, `a\.yaml:8: allow_origins of a\.yaml lacks https://other\.example`)
	if text, _ := get(admin+"/config", ""); !strings.Contains(text, "allow_origins: ["+other+"]") || !strings.Contains(text, "path: /a\n") {
		t.Errorf("/config:\n%s", text)
	}
}
