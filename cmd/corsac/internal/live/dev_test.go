package live_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// viteApp is an app whose text changes without a reload, and that shows what its API
// says.
var viteApp = map[string]string{
	"package.json": `{"type": "module", "scripts": {"dev": "vite"}}`,
	"index.html":   `<!doctype html><title>app</title><h1 id=text></h1><p id=api></p><script type=module src=/main.js></script>`,
	"main.js": `import { text } from './text.js';
const show = (text) => { document.getElementById('text').textContent = text; };
show(text);
window.loaded = (window.loaded ?? 0) + 1;
document.getElementById('api').textContent = await (await fetch('/api/items')).text();
import.meta.hot.accept('./text.js', (module) => show(module.text));
`,
	"text.js": "export const text = 'before';\n",
}

// TestViteDev checks that a Vite app works through corsac dev, which starts Vite: the
// page loads, its API answers, and changes arrive over the WebSocket.
func TestViteDev(t *testing.T) {
	npm(t)
	for _, https := range []bool{false, true} {
		t.Run(fmt.Sprintf("https=%t", https), func(t *testing.T) { viteDev(t, https) })
	}
}

func viteDev(t *testing.T, https bool) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range viteApp {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(modules(), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("XDG_CONFIG_HOME", t.TempDir()) // for the authority
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s of the API", r.URL.Path) }))
	defer api.Close()
	args := []string{"dev", "--listen", "localhost:" + testenv.FreePort(t), "--api", api.URL, "--", "npx", "vite", "--port", testenv.FreePort(t), "--strictPort"}
	if https {
		args = append([]string{"dev", "--https"}, args[1:]...)
	}
	url := runDev(t, args...)
	ctx := browsertest.Start(t, chromedp.Flag("ignore-certificate-errors", true))
	connections := watch(ctx, t)
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	shows(ctx, t, `document.getElementById("text").textContent === "before" && document.getElementById("api").textContent === "/api/items of the API"`)
	protocol := connections.wait(t, "a WebSocket", func(s *seen) bool { return s.socket != "" })
	if want := map[bool]string{false: "http/1.1", true: "h2"}[https]; protocol != want {
		t.Errorf("the page came over %s, want %s", protocol, want)
	}
	connections.wait(t, "a WebSocket through corsac", func(s *seen) bool {
		return strings.HasPrefix(s.socket, strings.Replace(url, "http", "ws", 1)) && s.switched == 101
	})
	if err := os.WriteFile("text.js", []byte("export const text = 'after';\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	shows(ctx, t, `document.getElementById("text").textContent === "after"`)
	if n, err := chromedp.Run(ctx, chromedp.Evaluate[int]("window.loaded")); n != 1 || err != nil {
		t.Errorf("the page was loaded %d times, %v", n, err)
	}
}

// runDev runs corsac dev until the end of the test, and returns its URL.
func runDev(t *testing.T, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, done := new(testenv.Log), make(chan int, 1)
	go func() {
		done <- cli.Run(ctx, args, cli.IO{In: strings.NewReader(""), Out: out, Err: out, Getenv: func(string) string { return "" }})
	}()
	t.Cleanup(func() {
		stop()
		status := <-done
		if t.Failed() {
			t.Logf("status %d\n%s", status, out)
		}
	})
	return out.Wait(t, `corsac dev  (https?://\S+)`)[1]
}

// shows waits until an expression is true in the page.
func shows(ctx context.Context, t *testing.T, expression string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(30*time.Second))); err != nil {
		body, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.documentElement.outerHTML"))
		t.Fatalf("%s: %v\n%s", expression, err, body)
	}
}

// seen is what a browser says about its connections.
type seen struct {
	mu       sync.Mutex
	protocol string // of the page
	socket   string // the URL of the WebSocket
	switched int64  // the status of its handshake
}

// watch follows the connections of a tab.
func watch(ctx context.Context, t *testing.T) *seen {
	t.Helper()
	s := new(seen)
	err := chromedp.Listen(ctx, func(event any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch e := event.(type) {
		case *network.EventResponseReceived:
			if e.Type == network.ResourceTypeDocument {
				s.protocol = e.Response.Protocol
			}
		case *network.EventWebSocketCreated:
			s.socket = e.URL
		case *network.EventWebSocketHandshakeResponseReceived:
			s.switched = e.Response.Status
		}
	})
	if err == nil {
		_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wait waits until something has been seen, and returns the protocol of the page.
func (s *seen) wait(t *testing.T, what string, is func(*seen) bool) string {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		s.mu.Lock()
		protocol, yes := s.protocol, is(s)
		s.mu.Unlock()
		if yes {
			return protocol
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is not %s: %q, status %d", what, s.socket, s.switched)
		}
	}
}
