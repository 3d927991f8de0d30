package live_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// python is the interpreter of the distribution, which has its packages.
const python = "/usr/bin/python3"

// server is a program that listens.
type server struct {
	// files are what its folder has, by name. {port} in them is the port to listen
	// on, {dir} the folder, and {app} the address of an application behind it.
	files map[string]string
	// command starts it; {port} and {dir} are filled in.
	command []string
	// app is the application behind it, or nil.
	app http.Handler
}

// start runs a server and returns its URL. It is stopped at the end of the test,
// or by calling stop.
func (s *server) start(t *testing.T) (url string, stop func()) {
	t.Helper()
	needServers(t)
	dir, port := t.TempDir(), testenv.FreePort(t)
	app := ""
	if s.app != nil {
		behind := httptest.NewServer(s.app)
		t.Cleanup(behind.Close)
		app = behind.Listener.Addr().String()
	}
	fill := strings.NewReplacer("{port}", port, "{dir}", dir, "{app}", app).Replace
	for name, text := range s.files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(fill(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(modules()); err == nil {
		if err := os.Symlink(modules(), filepath.Join(dir, "node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	args := make([]string, len(s.command))
	for i := range args {
		args[i] = fill(s.command[i])
	}
	address := "127.0.0.1:" + port
	stop = (&testenv.Server{Command: args, Dir: dir, Address: address, Env: []string{"PYTHONDONTWRITEBYTECODE=1", "GOWORK=off"}}).Start(t)
	return "http://" + address, stop
}

// corsac runs the program.
func corsac(t *testing.T, args ...string) (out string, status int) {
	t.Helper()
	var buffer bytes.Buffer
	status = cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(""), Out: &buffer, Err: &buffer, Getenv: func(string) string { return "" }})
	return buffer.String(), status
}

// items is an application without CORS headers. Behind authentication, it knows
// no OPTIONS.
func items(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Total-Count", "1")
	switch {
	case r.Method == http.MethodOptions:
		http.Error(w, "log in first", http.StatusUnauthorized)
	case r.URL.Path == "/items":
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `[{"id":1}]`)
	case r.URL.Path == "/fail":
		http.Error(w, "failed", http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error":"no such item"}`)
	}
}

// nginx returns an nginx with lines in http {} and in location /.
func nginx(t *testing.T, http_, location string, app http.Handler) *server {
	t.Helper()
	return &server{
		files: map[string]string{"nginx.conf": fmt.Sprintf(`daemon off;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {}
http {
	access_log off;
	client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir}; uwsgi_temp_path {dir}; scgi_temp_path {dir};
%s
	server {
		listen 127.0.0.1:{port};
		location / {
%s
			proxy_pass http://{app};
		}
	}
}
`, http_, location)},
		command: []string{testenv.Program(t, "apt-get install nginx-light", "nginx", "/usr/sbin/nginx"), "-p", "{dir}", "-e", "{dir}/error.log", "-c", "{dir}/nginx.conf"},
		app:     app,
	}
}

// pythonServer returns a server in Python, after checking that its packages are
// there.
func pythonServer(t *testing.T, packages, file, source string, command ...string) *server {
	t.Helper()
	needServers(t)
	if err := exec.CommandContext(t.Context(), python, "-c", "import "+packages).Run(); err != nil {
		testenv.Missing(t, packages+" are not installed: apt-get install python3-fastapi python3-uvicorn python3-flask python3-flask-cors python3-django python3-django-cors-headers")
	}
	return &server{files: map[string]string{file: source}, command: append([]string{python}, command...)}
}

// needServers skips a test with -short.
func needServers(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts servers")
	}
}

// needLive skips a test that takes packages from a registry, without
// CORSAC_LIVE=1.
func needLive(t *testing.T) {
	t.Helper()
	if os.Getenv("CORSAC_LIVE") != "1" {
		t.Skip("needs packages of a registry; make live runs it")
	}
}

// modules is where npm puts packages: outside of the repository, whose files are
// checked.
func modules() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "corsac-live", "node_modules")
}

// npm installs the packages of testdata/npm, once, and skips the test without
// CORSAC_LIVE=1.
func npm(t *testing.T) {
	t.Helper()
	needLive(t)
	if err := installed(); err != nil {
		t.Fatal(err)
	}
}

var installed = sync.OnceValue(func() error {
	dir := filepath.Dir(modules())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		data, err := os.ReadFile(filepath.Join("testdata", "npm", name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--prefix", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
})

// express returns a server in JavaScript.
func express(t *testing.T, source string) *server {
	t.Helper()
	npm(t)
	return &server{files: map[string]string{"app.js": source}, command: []string{"node", "app.js"}}
}
