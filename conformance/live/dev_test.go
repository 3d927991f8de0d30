package live_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/websocket"

	"github.com/corsac-dev/corsac/conformance/firefox"
)

// listening is the line of the log that has the address.
var listening = regexp.MustCompile(`"msg":"listening","address":"([^"]+)"`)

// startDev starts corsac dev until the end of the test, and returns its address.
func startDev(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), build(t), append([]string{"dev", "--listen", "localhost:0", "--log-format", "json"}, args...)...)
	cmd.Dir = t.TempDir() // without a corsac.yaml
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // killed when the context of the test is done
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("corsac dev does not listen: %v", err)
		}
		if m := listening.FindStringSubmatch(line); m != nil {
			go func() { _, _ = io.Copy(io.Discard, lines) }()
			return m[1]
		}
	}
}

// newSite returns a page with an echoing WebSocket, and an API that has cookies for
// https, sends events, and knows nothing of CORS.
func newSite(t *testing.T) (web, api string) {
	t.Helper()
	pages, answers := http.NewServeMux(), http.NewServeMux()
	pages.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><title>page</title><link rel=icon href=data:,><p>the page</p>")
	})
	pages.Handle("/socket", websocket.Handler(func(c *websocket.Conn) { _, _ = io.Copy(c, c) }))
	answers.HandleFunc("POST /api/login", func(w http.ResponseWriter, _ *http.Request) {
		for _, line := range []string{
			"__Host-sid=1; Path=/; Secure; HttpOnly; SameSite=None", "__Secure-theme=2; Path=/api; Secure; SameSite=None; Partitioned",
			"plain=3; Domain=127.0.0.1; Path=/; Secure; SameSite=None",
		} {
			w.Header().Add("Set-Cookie", line)
		}
	})
	answers.HandleFunc("GET /api/me", func(w http.ResponseWriter, r *http.Request) {
		var got []string
		for _, c := range r.Cookies() {
			got = append(got, c.String())
		}
		slices.Sort(got)
		_, _ = fmt.Fprint(w, strings.Join(got, "; "))
	})
	answers.HandleFunc("GET /api/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: first\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	for _, h := range []http.Handler{pages, answers} {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		t.Cleanup(s.CloseClientConnections)
		if web == "" {
			web = s.URL
		}
		api = s.URL
	}
	return web, api
}

// TestDevInFirefox checks that cookies, events and WebSockets of servers behind corsac
// dev work in Firefox, and that the inspector shows them, with nothing on the console.
func TestDevInFirefox(t *testing.T) {
	b := firefox.Start(t, 3*time.Minute, "")
	web, api := newSite(t)
	url := startDev(t, "--web", web, "--api", api, "--page-origin", "https://app.example.com", "--api-origin", "https://api.example.com")
	open(t, b, url)
	var got struct{ Me, Event, Echo string }
	err := b.Await(firefox.Content, `
		await fetch("/api/login", {method: "POST"});
		const me = await (await fetch("/api/me")).text();
		const event = await new Promise((done) => {
			const source = new EventSource("/api/events");
			source.onmessage = (message) => { source.close(); done(message.data); };
			source.onerror = () => done("error");
		});
		const echo = await new Promise((done) => {
			const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
			socket.onopen = () => socket.send("hello");
			socket.onmessage = (message) => { socket.close(); done(message.data); };
			socket.onerror = () => done("error");
		});
		return {me, event, echo};`, &got)
	if err != nil || got.Me != "__Host-sid=1; __Secure-theme=2; plain=3" || got.Event != "first" || got.Echo != "hello" {
		t.Errorf("%+v, %v", got, err)
	}
	quiet(t, b, url)

	open(t, b, url+"/__corsac/")
	until(t, b, `document.querySelector("#live[data-state=on]") && row("/api/me")`)
	run(t, b, `row("/api/me").click()`)
	until(t, b, `shows("article", "Unknown in production", "corsac check https://api.example.com/api/me --origin https://app.example.com")`)
	run(t, b, `location.hash = "policy"`)
	until(t, b, `shows("#policy", "All 3 requests pass", "needs credentials") && document.querySelector("#yaml").value.includes("https://app.example.com")`)
	var laidOut bool
	err = b.Await(firefox.Content, `const it = document.querySelector("#policy").getBoundingClientRect(); return it.width > 300 && it.height > 100;`, &laidOut)
	if err != nil || !laidOut {
		t.Errorf("the policy panel has no size: %v", err)
	}
	quiet(t, b, url)
}

// helpers are functions for expressions in the inspector.
const helpers = `const row = (text) => [...document.querySelectorAll(".row")].find((it) => it.innerText.includes(text));
	const shows = (selector, ...texts) => texts.every((it) => document.querySelector(selector)?.innerText.includes(it));
	`

func open(t *testing.T, b *firefox.Browser, url string) {
	t.Helper()
	if err := b.Navigate(url); err != nil {
		t.Fatal(err)
	}
}

// run runs a statement in the page.
func run(t *testing.T, b *firefox.Browser, statement string) {
	t.Helper()
	var none any
	if err := b.Await(firefox.Content, helpers+statement+"; return null;", &none); err != nil {
		t.Fatal(err)
	}
}

// until waits until an expression is true in the page.
func until(t *testing.T, b *firefox.Browser, expression string) {
	t.Helper()
	var text string
	err := b.Await(firefox.Content, fmt.Sprintf(helpers+`for (const end = Date.now() + 20000; Date.now() < end; await new Promise((go) => setTimeout(go, 50))) {
			if (%s) return "";
		}
		return document.body.innerText;`, expression), &text)
	if err != nil || text != "" {
		t.Fatalf("%s has not become true: %v\n%s", expression, err, text)
	}
}

// quiet checks that nothing is on the console of an origin.
func quiet(t *testing.T, b *firefox.Browser, origin string) {
	t.Helper()
	lines, err := b.Console(origin)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		t.Errorf("console: %s", line)
	}
}
