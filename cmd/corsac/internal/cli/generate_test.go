package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// generatedPolicies are the three with which servers are tested.
const generatedPolicies = `
policies:
  reference:
    allow_origins: [https://app.example.com, "https://*.example.org", http://localhost:3000]
    allow_methods: [PUT, DELETE]
    allow_headers: [Authorization, Content-Type, X-Request-Id]
    expose_headers: [X-Total-Count]
    allow_credentials: true
    max_age: 1h
  public: {allow_origins: ["*"]}
  single: {allow_origins: [https://app.example.com], allow_methods: [PUT], allow_headers: [Content-Type], allow_credentials: true}
`

// TestGenerateVerified starts the nginx of --runnable before a server with wrong
// headers of its own, and lets corsac verify compare it with the policy. It fails
// for another policy.
func TestGenerateVerified(t *testing.T) {
	t.Parallel()
	testenv.Program(t, "apt-get install nginx-light", "nginx", "/usr/sbin/nginx")
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("X-Total-Count", "7")
		if r.URL.Path != "/items" || r.Method == http.MethodOptions {
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(app.Close)
	dir := t.TempDir()
	file := filepath.Join(dir, "corsac.yaml")
	if err := os.WriteFile(file, []byte(generatedPolicies), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"reference", "public", "single"} {
		folder, listen := filepath.Join(dir, name), testenv.FreeAddress(t)
		status, out, errs := run(t, "", "generate", "nginx", "-c", file, "--policy", name, "--test", "--runnable", "--upstream", app.URL, "--listen", listen, "-o", folder)
		if status != cli.ExitOK || !strings.Contains(errs, "test is successful") {
			t.Fatalf("%s: status %d: %s%s", name, status, out, errs)
		}
		(&testenv.Server{Command: []string{filepath.Join(folder, "run.sh")}, Address: listen}).Start(t)
		url := "http://" + listen + "/items"
		if status, out, errs := run(t, "", "verify", url, "-c", file, "--policy", name); status != cli.ExitOK {
			t.Errorf("%s: status %d:\n%s%s", name, status, out, errs)
		}
		other := map[bool]string{true: "public", false: "reference"}[name == "reference"]
		if status, _, _ := run(t, "", "verify", url, "-c", file, "--policy", other); status != cli.ExitFailed {
			t.Errorf("%s passes for %s: status %d", name, other, status)
		}
	}
}

// TestGenerateGoAlone starts run.sh of the folder for Go where no module can be
// fetched, inside somebody else's workspace, and verifies the server. corsac fix
// reads the middleware again.
func TestGenerateGoAlone(t *testing.T) {
	t.Parallel()
	testenv.Program(t, "https://go.dev/doc/install", "go")
	dir := t.TempDir()
	file := filepath.Join(dir, "corsac.yaml")
	for name, text := range map[string]string{file: generatedPolicies, filepath.Join(dir, "go.work"): "go 1.22\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const name = "reference"
	folder, listen := filepath.Join(dir, name), testenv.FreeAddress(t)
	if status, out, errs := run(t, "", "generate", "go", "-c", file, "--policy", name, "--runnable", "--listen", listen, "-o", folder); status != cli.ExitOK {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	env := []string{"GOPROXY=off", "GOMODCACHE=" + filepath.Join(dir, "modules"), "GOWORK=", "GOFLAGS="}
	(&testenv.Server{Command: []string{filepath.Join(folder, "run.sh")}, Env: env, Address: listen}).Start(t)
	if status, out, errs := run(t, "", "verify", "http://"+listen+"/x", "-c", file, "--policy", name); status != cli.ExitOK {
		t.Errorf("status %d:\n%s%s", status, out, errs)
	}
	if status, out, errs := run(t, "", "import", filepath.Join(folder, "cors.go")); status != cli.ExitOK || !strings.Contains(out, "https://app.example.com") {
		t.Errorf("import: status %d:\n%s%s", status, out, errs)
	}
}

// TestGenerateUntested says so if the program that could check a configuration is
// not there.
func TestGenerateUntested(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // without a shell
	status, out, errs := run(t, generatedPolicies, "generate", "nginx", "-c", "-", "--policy", "public", "--test")
	if status != cli.ExitOK || !strings.Contains(out, "map $http_origin") || !strings.Contains(errs, "note: not tested: nginx is not installed") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
}
