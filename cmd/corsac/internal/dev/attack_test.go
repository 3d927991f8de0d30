package dev_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
)

// insecure lets a browser accept every certificate.
var insecure = chromedp.Flag("ignore-certificate-errors", true)

// counted is an API that counts what could change something.
func counted(n *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		isPreflight := r.Method == http.MethodOptions
		if r.Method != http.MethodGet && !isPreflight || r.Header.Get("Upgrade") != "" {
			n.Add(1)
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// TestBrowserForeignPage checks that pages of other origins, also of this machine,
// cannot use the trust that servers have in their own pages.
func TestBrowserForeignPage(t *testing.T) {
	for _, https := range []bool{false, true} {
		ctx := browsertest.Start(t, insecure)
		var reached atomic.Int64
		r := run(t, options{https: https, flags: dev.Flags{APIs: []string{serve(t, counted(&reached))}, Web: serve(t, blank)}})
		foreign := serve(t, blank)
		port := hostOf(t, foreign)[len("127.0.0.1:"):]
		for _, origin := range []string{foreign, onLocalhost(foreign), "http://evil.localhost:" + port} {
			visit(ctx, t, origin)
			got := script[string](ctx, t, fmt.Sprintf(`const api = %q;
				for (const method of ["POST", "PUT", "DELETE"]) {
					await fetch(api, {method, credentials: "include"}).catch(() => {});
				}
				await fetch(api, {method: "POST", mode: "no-cors", credentials: "include", body: "a=b"}).catch(() => {});
				navigator.sendBeacon(api, "a=b");
				const frame = document.createElement("iframe"); // whose origin is null
				frame.sandbox = "allow-scripts";
				frame.srcdoc = "<script>fetch('" + api + "', {method: 'POST', mode: 'no-cors'}).finally(() => parent.postMessage('done', '*'))<\/script>";
				await new Promise((done) => { window.onmessage = done; document.body.append(frame) });
				return await new Promise((done) => {
					const socket = new WebSocket(api.replace("http", "ws"));
					socket.onopen = () => done("open");
					socket.onerror = () => done("refused");
				})`, r.URL()+"/api/transfer"))
			if got != "refused" {
				t.Errorf("%s: its WebSocket is %s", origin, got)
			}
			script[bool](ctx, t, fmt.Sprintf(`document.body.innerHTML = "<form method=post action=%s><input name=a></form>"; document.forms[0].submit(); return true`, r.URL()+"/api/transfer"))
			until(ctx, t, `document.body !== null && document.body.innerText.includes("corsac dev")`)
			text := script[string](ctx, t, "return document.body.innerText")
			if want := origin + " sends a POST to /api, where only pages of " + r.URL() + " may"; !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
				t.Errorf("the answer to a form has no %q:\n%s", want, text)
			}
		}
		if n := reached.Load(); n != 0 {
			t.Errorf("the server has got %d requests of other origins' pages", n)
		}
	}
}

// TestBrowserRebinding checks that a site cannot let a name of its own lead to the
// proxy, and that the answer has the line that allows a name.
func TestBrowserRebinding(t *testing.T) {
	ctx := browsertest.Start(t, chromedp.Flag("host-resolver-rules", "MAP rebind.example 127.0.0.1"))
	var reached atomic.Int64
	r := run(t, options{flags: dev.Flags{APIs: []string{serve(t, counted(&reached))}, Web: serve(t, blank)}})
	rebound := strings.Replace(r.URL(), "localhost", "rebind.example", 1)
	visit(ctx, t, rebound)
	text := script[string](ctx, t, "return document.body.innerText")
	if !strings.Contains(text, "--allow-host rebind.example") || !strings.Contains(text, `dev: {allow_hosts: ["rebind.example"]}`) {
		t.Errorf("the page says:\n%s", text)
	}
	got := script[string](ctx, t, `const post = await fetch("/api/transfer", {method: "POST"});
		const socket = await new Promise((done) => {
			const socket = new WebSocket(location.origin.replace("http", "ws") + "/api/socket");
			socket.onopen = () => done("open");
			socket.onerror = () => done("refused");
		});
		return (await post.json()).code + " " + socket`)
	if got != "host-not-allowed refused" || reached.Load() != 0 {
		t.Errorf("%s, and %d requests have reached the server", got, reached.Load())
	}
	allowed := run(t, options{flags: dev.Flags{AllowHosts: []string{"rebind.example"}, Web: serve(t, blank)}})
	visit(ctx, t, strings.Replace(allowed.URL(), "localhost", "rebind.example", 1))
	if text := script[string](ctx, t, "return document.body.innerText"); text != "the page" {
		t.Errorf("an allowed host: %s", text)
	}
}

// TestBrowserOpenProxy checks that a browser, or anything else, cannot use corsac dev
// as a way to other servers.
func TestBrowserOpenProxy(t *testing.T) {
	var reached atomic.Int64
	victim := serve(t, func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		blank(w, r)
	})
	web := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
			return
		}
		blank(w, r)
	})
	r := run(t, options{flags: dev.Flags{Web: web}})
	address := hostOf(t, r.URL())
	ctx := browsertest.Start(t, chromedp.Flag("proxy-server", "http://"+address))
	visit(ctx, t, "http://victim.example/")
	if text := script[string](ctx, t, "return document.body.innerText"); !strings.Contains(text, "--allow-host victim.example") {
		t.Errorf("a browser whose proxy is corsac dev gets:\n%s", text)
	}
	victimHost := hostOf(t, victim)
	for request, want := range map[string]string{
		"GET " + victim + "/ HTTP/1.1\r\nHost: " + victimHost:              "200", // the page, as at every address of this machine
		"GET http://victim.example/ HTTP/1.1\r\nHost: localhost":           "403",
		"CONNECT " + victimHost + " HTTP/1.1\r\nHost: " + victimHost:       "501",
		"CONNECT victim.example:443 HTTP/1.1\r\nHost: victim.example:443":  "403",
		"GET /" + victim + " HTTP/1.1\r\nHost: localhost":                  "200",
		"GET //" + victimHost + "/ HTTP/1.1\r\nHost: localhost":            "200",
		"GET /away HTTP/1.1\r\nHost: localhost":                            "302 http://169.254.169.254/latest/meta-data/", // not followed
		"GET @" + victimHost + "/ HTTP/1.1\r\nHost: localhost":             "400",
		"GET / HTTP/1.1\r\nHost: " + victimHost + "\r\nHost: localhost":    "400",
		"GET / HTTP/1.1\r\nHost: user@" + victimHost:                       "400",
		"GET / HTTP/1.1\r\nHost: 169.254.169.254":                          "403",
		"GET / HTTP/1.1\r\nHost: 0.0.0.0":                                  "403",
		"GET / HTTP/1.1\r\nHost: 2130706433":                               "200", // 127.0.0.1, as browsers read it
		"GET / HTTP/1.1\r\nHost: [::ffff:127.0.0.1]":                       "200",
		"GET / HTTP/1.1\r\nHost: [::ffff:10.0.0.1]":                        "403",
		"GET / HTTP/1.1\r\nHost: localhost.\r\nX-Forwarded-Host: evil.com": "200",
	} {
		if got := raw(t, address, request); got != want {
			t.Errorf("%q: %s, want %s", request, got, want)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests have reached another server", n)
	}
}

// raw sends the head of a request as it is, and returns the status, and the Location
// if there is one.
func raw(t *testing.T, address, head string) string {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s\r\nConnection: close\r\n\r\n", head)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	return strings.TrimSpace(res.Status[:3] + " " + res.Header.Get("Location"))
}
