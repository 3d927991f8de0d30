package playground_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestBrowser opens the folder from disk and from a file server, and what the program
// serves.
func TestBrowser(t *testing.T) {
	e, err := engine.Load(testenv.EngineDir(t, "../../../../.."))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "playground")
	if err := playground.Write(dir, e, false); err != nil {
		t.Fatal(err)
	}
	ctx := browsertest.Start(t) // for a limited time, which the build may take
	console := browsertest.Listen(ctx, t)
	srv := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer srv.Close()
	do := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			t.Fatalf("%v\n%s", err, strings.Join(console.Lines(), "\n"))
		}
	}
	has := func(parts ...string) {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#answer").innerText`))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if !strings.Contains(got, part) {
				t.Errorf("the answer lacks %q:\n%s", part, got)
			}
		}
	}
	shoot := func(name, scheme string, width, height int64) {
		if file := os.Getenv("CORSAC_SCREENSHOT"); file != "" {
			browsertest.Screenshot(ctx, t, strings.TrimSuffix(file, ".png")+"-"+name+".png", scheme, width, height)
		}
	}
	choose := func(example string) {
		do(chromedp.Evaluate[chromedp.Void](`void (() => { const s = document.querySelector("#example"); s.value = "` + example + `"; s.dispatchEvent(new Event("change")); })()`))
	}
	own := httptest.NewServer(playground.Handler(e))
	defer own.Close()
	for _, address := range []string{"file://" + dir + "/index.html", srv.URL + "/"} {
		do(chromedp.Navigate(address), chromedp.EmulateViewport(1440, 1000), chromedp.WaitVisible(chromedp.CSS("#answer h2")))
		has("Allowed", "The script can read the response.", "Permission granted", "cors-preflight-fetch")
		shoot("playground", "light", 1440, 1100)
		choose("2")
		has("Blocked", "405", "Never sent")
		shoot("playground-narrow", "dark", 400, 900)
		do(chromedp.EmulateViewport(1440, 1000))
		shared, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href"))
		if err != nil {
			t.Fatal(err)
		}
		choose("6")
		has("Allowed", "PATCH")
		do(chromedp.Evaluate[chromedp.Void](`void (() => { const m = document.querySelector("[name=method]"); m.value = "DELETE"; m.dispatchEvent(new Event("input", {bubbles: true})); })()`),
			chromedp.WaitVisible(chromedp.CSS("#answer[data-state=blocked] .finding")))
		has("The policy does not allow this request.", "What to change in the policy\n\nthe method of the request\n\nallow_methods: [\"DELETE\"]\nWhat the console says")
		shoot("playground-policy", "light", 1440, 1100)
		do(chromedp.Navigate("about:blank"), chromedp.Navigate(shared), chromedp.WaitVisible(chromedp.CSS("#answer h2")))
		has("Blocked", "405")
	}
	do(chromedp.Navigate(own.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#answer h2")))
	has("Allowed", "cors-preflight-fetch")
	choose("6")
	write := func(field, text, state string) {
		do(chromedp.Evaluate[chromedp.Void]("void (() => { const f = document.querySelector(`[name="+field+"]`); f.value = `"+text+"`; f.dispatchEvent(new Event(`input`, {bubbles: true})); })()"),
			chromedp.WaitVisible(chromedp.CSS("#answer"+state)))
	}
	write("policy", "# both\npolicies:\n  a: {allow_origins: [https://app.example.com], allow_methods: [PATCH], allow_headers: [\"*\", authorization], allow_credentials: true}\n  b:\n    allow_origins:\n    - https://other.example.com", "[data-state=allowed]")
	do(chromedp.WaitVisible(chromedp.CSS("#which"))) // the answer may have been the same before
	write("which", "b", "[data-state=blocked]")
	has("The policy does not allow this request.")
	write("policy", "allow_origins: [x]\nallow_method: [GET]", " .error")
	has("Line 2. allow_method: there is no such field; did you mean allow_methods?")
	write("policy", "allow_methods:\n- GET\nallow_origins:\n- https://app.example.com/\nmax_age: 48h", " .error + .error")
	has("Line 3. allow_origins[0]: \"https://app.example.com/\"", "Line 5. max_age: ")
	write("policy", "allow_origins: &a [x]", ":not(:has(.error + .error)) .error")
	has("Line 1. The playground does not read a value that begins with &")
	write("policy", "{allow_origins: [x], allow_origins: [https://app.example.com]}", ":not(:has(.error + .error)) .error")
	do(chromedp.Sleep(400 * time.Millisecond))
	has("allow_origins is there twice.")
	choose("7")
	has("Allowed", "cdn.example.net/items", "A redirect, which the browser follows")
	shoot("playground-redirect", "light", 1440, 1300)
	write("hop", "200", "[data-state=blocked]")
	write("hop", "302\\nLocation: /more\\nAccess-Control-Allow-Origin: *", "")
	do(chromedp.Sleep(400 * time.Millisecond))
	has("There is a second redirect, to https://cdn.example.net/more.")
	if lines := console.Lines(); len(lines) > 0 {
		t.Errorf("console: %s", lines)
	}
}

// TestWrite checks where a playground is written, and what it leaves alone.
func TestWrite(t *testing.T) {
	e := engine.Engine{Packed: []byte("packed"), Exec: []byte("exec")}
	dir := filepath.Join(t.TempDir(), "new", "playground")
	for _, what := range []string{"a new folder", "an earlier playground"} {
		if err := playground.Write(dir, e, false); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("CNAME", "cors.example")
	if err := playground.Write(dir, e, false); err != nil {
		t.Errorf("a playground with a file of another name: %v", err)
	}
	write("index.html", "<!doctype html><title>my website</title>")
	if err := playground.Write(dir, e, false); !errors.Is(err, playground.ErrOccupied) {
		t.Errorf("another website: %v", err)
	}
	if err := playground.Write(dir, e, true); err != nil {
		t.Errorf("another website, with force: %v", err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	name := filepath.Join(dir, "engine.js")
	if err := errors.Join(os.Remove(name), os.Symlink(outside, name)); err != nil {
		t.Skip(err) // Windows may not have links
	}
	if err := playground.Write(dir, e, true); err == nil {
		t.Error("a link was followed")
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("a file outside of the folder was written")
	}
}

// TestHandler checks what is served, and how.
func TestHandler(t *testing.T) {
	srv := httptest.NewServer(playground.Handler(engine.Engine{Packed: []byte("packed"), Exec: []byte("exec")}))
	defer srv.Close()
	for _, c := range []struct {
		method, path string
		status       int
		kind, has    string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "corsac playground"},
		{"GET", "/engine.js", 200, "text/javascript; charset=utf-8", "cGFja2Vk"},
		{"GET", "/wasm_exec.js", 200, "text/javascript; charset=utf-8", "exec"},
		{"HEAD", "/inspector.css", 200, "text/css; charset=utf-8", ""},
		{"GET", "/playground.go", 404, "text/plain; charset=utf-8", "no such file"},
		{"GET", "/../page/index.html", 404, "text/plain; charset=utf-8", "no such file"},
		{"POST", "/", 405, "text/plain; charset=utf-8", "only read"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, srv.URL+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != c.status || res.Header.Get("Content-Type") != c.kind || !strings.Contains(string(body), c.has) {
			t.Errorf("%s %s: %d %q %.80q, %v", c.method, c.path, res.StatusCode, res.Header.Get("Content-Type"), body, err)
		}
		if policy := res.Header.Get("Content-Security-Policy"); c.status == 200 && !strings.HasPrefix(policy, "default-src 'none'; ") {
			t.Errorf("%s: policy %q", c.path, policy)
		}
	}
}
