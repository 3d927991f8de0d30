package playground_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground"
)

// engine builds the engine.
func engine(t *testing.T) playground.Engine {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds a program")
	}
	file := filepath.Join(t.TempDir(), "corsac.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./cmd/corsac-wasm")
	build.Dir = "../../../../.."
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		t.Fatal(err)
	}
	return playground.Engine{Wasm: wasm, Exec: script}
}

// TestBrowser opens the folder from disk and from a file server.
func TestBrowser(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "playground")
	if err := playground.Write(dir, engine(t)); err != nil {
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
	for _, address := range []string{"file://" + dir + "/index.html", srv.URL + "/"} {
		do(chromedp.Navigate(address), chromedp.EmulateViewport(1440, 1000), chromedp.WaitVisible(chromedp.CSS("#answer h2")))
		has("Allowed", "The script can read the response.", "Permission granted", "cors-preflight-fetch")
		shoot("playground", "light", 1440, 1100)
		choose := func(example string) {
			do(chromedp.Evaluate[chromedp.Void](`void (() => { const s = document.querySelector("#example"); s.value = "` + example + `"; s.dispatchEvent(new Event("change")); })()`))
		}
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
		has("The policy does not allow this request.", `"allow_methods": ["DELETE"`)
		shoot("playground-policy", "light", 1440, 1100)
		do(chromedp.Navigate("about:blank"), chromedp.Navigate(shared), chromedp.WaitVisible(chromedp.CSS("#answer h2")))
		has("Blocked", "405")
	}
	if lines := console.Lines(); len(lines) > 0 {
		t.Errorf("console: %s", lines)
	}
}

// TestEngine refuses what is not an engine.
func TestEngine(t *testing.T) {
	for _, e := range []playground.Engine{{}, {Wasm: []byte("\x00asm")}, {Wasm: []byte("MZ"), Exec: []byte("x")}} {
		if err := playground.Write(t.TempDir(), e); err == nil {
			t.Errorf("%.10q is an engine", e.Wasm)
		}
	}
}
