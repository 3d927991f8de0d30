package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// nginxConfig is the configuration of an nginx with one server.
const nginxConfig = `
daemon off;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	server {
		listen %[2]s;
		%[3]s
	}
}
`

// wrongServer sends wrong CORS headers of many kinds, with every status.
const wrongServer = `
	add_header Access-Control-Allow-Origin * always;
	add_header Access-Control-Allow-Origin https://other.example always;
	add_header Access-Control-Allow-Credentials true always;
	add_header Access-Control-Allow-Methods * always;
	add_header Vary "Origin, Accept-Encoding" always;
	location = /200 { return 200 "fine"; }
	location = /404 { return 404; }
	location = /500 { return 500; }
	location = /304 { return 304; }
`

// folderServer has locations that respond with their names.
const folderServer = `
	location /public/ { return 200 "public"; }
	location /admin/ { return 200 "admin"; }
	location /base/ { return 200 "base"; }
	location /outside/ { return 200 "outside"; }
`

// startNginx starts nginx with a server and returns its URL and a function that
// stops it. Without nginx, the test is skipped unless CORSAC_REQUIRE_SERVERS=1.
func startNginx(t *testing.T, server string) (url string, stop func()) {
	t.Helper()
	path := testenv.Program(t, "apt-get install nginx-light", "nginx", "/usr/sbin/nginx") // usually only in root's PATH
	dir, address := t.TempDir(), testenv.FreeAddress(t)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, dir, address, server), 0o600); err != nil {
		t.Fatal(err)
	}
	nginx := &testenv.Server{Command: []string{path, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", file}, Address: address}
	return "http://" + address, nginx.Start(t)
}

// TestServeBeforeNginx checks that responses have exactly one correct
// Access-Control-Allow-Origin, whatever happens, if the gateway forwards to an
// nginx with wrong CORS headers of its own.
func TestServeBeforeNginx(t *testing.T) {
	const app, evil = "https://app.example.com", "https://evil.example"
	nginx, stop := startNginx(t, wrongServer)
	s := startServe(t, "--upstream", nginx, "--allow-origin", app, "--allow-credentials", "--listen", "127.0.0.1:0")
	check := func(path string, status int) {
		t.Helper()
		r := fetch(t, http.MethodGet, s.url+path, "Origin: "+app)
		if r.StatusCode != status {
			t.Errorf("%s: status %d, want %d", path, r.StatusCode, status)
		}
		for name, want := range map[string]string{"Origin": app, "Credentials": "true"} {
			if got := r.Header.Values("Access-Control-Allow-" + name); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: Access-Control-Allow-%s: %q, want %q", path, name, got, want)
			}
		}
		if got := r.Header.Values("Access-Control-Allow-Methods"); got != nil {
			t.Errorf("%s: Access-Control-Allow-Methods: %q", path, got)
		}
		if got := strings.Join(r.Header.Values("Vary"), ","); strings.Count(got, "Origin") != 1 {
			t.Errorf("%s: Vary: %q", path, got)
		}
		t.Logf("%s: %d, Access-Control-Allow-Origin: %q, Vary: %q", path, r.StatusCode, r.Header.Values("Access-Control-Allow-Origin"), r.Header.Values("Vary"))
		if got := fetch(t, http.MethodGet, s.url+path, "Origin: "+evil).Header.Values("Access-Control-Allow-Origin"); got != nil {
			t.Errorf("%s from %s: Access-Control-Allow-Origin: %q", path, evil, got)
		}
	}
	if direct := fetch(t, http.MethodGet, nginx+"/200"); len(direct.Header.Values("Access-Control-Allow-Origin")) != 2 {
		t.Fatalf("nginx is not as wrong as it should be: %v", direct.Header)
	}
	check("/200", 200)
	check("/304", 304)
	check("/404", 404)
	check("/500", 500)
	stop()
	check("/200", 502)
}

// TestServePathsBeforeNginx checks that what nginx serves, which decodes a
// path, resolves its dots and keeps backslashes, is never a location with
// another policy or outside the base of the upstream.
func TestServePathsBeforeNginx(t *testing.T) {
	const lax, strict = "https://lax.example", "https://strict.example"
	nginx, _ := startNginx(t, folderServer)
	serve := func(routes string) string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "corsac.yaml")
		yaml := "policies:\n  lax: {allow_origins: [" + lax + "]}\n  strict: {allow_origins: [" + strict + "]}\n" +
			"gateway:\n  listen: 127.0.0.1:0\n  routes:\n" + routes
		if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		return startServe(t, "-c", file).url
	}
	two := serve("    - {path: /public/, upstream: " + nginx + ", policy: lax}\n    - {path: /, upstream: " + nginx + ", policy: strict}\n")
	based := serve("    - {path: /, upstream: " + nginx + "/base, policy: lax}\n")
	for _, c := range []struct {
		url    string
		status int
		body   string
	}{
		{two + "/public/x", 200, "public"},
		{two + "/public/a%5cb%2fx", 200, "public"},
		{two + "/public/a%5cb%2f..%2f..%2fadmin/x", 400, ""},
		{based + "/x", 200, "base"},
		{based + "/a%5cb%2fx", 200, "base"},
		{based + "/a%5cb%2f..%2f..%2foutside/x", 400, ""},
	} {
		r := fetch(t, http.MethodGet, c.url, "Origin: "+lax)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != c.status || c.body != "" && string(body) != c.body {
			t.Errorf("%s: status %d, %q with Access-Control-Allow-Origin: %s; want %d, %q",
				c.url, r.StatusCode, body, r.Header.Get("Access-Control-Allow-Origin"), c.status, c.body)
		}
	}
}
