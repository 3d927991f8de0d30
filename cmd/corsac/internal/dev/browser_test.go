package dev_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
)

// flush sends text at once.
func flush(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text)
	_ = http.NewResponseController(w).Flush()
}

// TestBrowserCookies checks that cookies of a server that is meant for https work on
// plain http, and that the server gets them under its own names.
func TestBrowserCookies(t *testing.T) {
	ctx := browsertest.Start(t)
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/login") {
			for _, line := range []string{
				"__Host-sid=1; Path=/; Secure; HttpOnly; SameSite=None", "__Secure-theme=2; Path=/api; Secure; SameSite=None; Partitioned",
				"plain=3; Domain=127.0.0.1; Path=/; Secure; SameSite=None",
			} {
				w.Header().Add("Set-Cookie", line)
			}
			return
		}
		var got []string
		for _, c := range r.Cookies() {
			got = append(got, c.String())
		}
		slices.Sort(got)
		fmt.Fprint(w, strings.Join(got, "; "))
	})
	const want = "__Host-sid=1; __Secure-theme=2; plain=3"
	r := run(t, options{flags: dev.Flags{APIs: []string{api}, Web: serve(t, blank)}})
	visit(ctx, t, r.URL())
	if got := script[string](ctx, t, `await fetch("/api/login", {method: "POST"}); return await (await fetch("/api/me")).text()`); got != want {
		t.Errorf("the server gets %q, want %q", got, want)
	}
	page := onLocalhost(serve(t, blank))
	added := run(t, options{flags: dev.Flags{APIs: []string{api}, Web: page, Mode: "add"}})
	visit(ctx, t, page)
	got := script[string](ctx, t, fmt.Sprintf(`const with_ = {method: "POST", credentials: "include"};
		await fetch(%q, with_); return await (await fetch(%q, with_)).text()`, added.URL()+"/api/login", added.URL()+"/api/me"))
	if got != want {
		t.Errorf("in the mode add, the server gets %q, want %q", got, want)
	}
}

// TestBrowserStreams checks that what a server sends arrives at once, and that it
// learns when the page leaves.
func TestBrowserStreams(t *testing.T) {
	for _, https := range []bool{false, true} {
		t.Run(fmt.Sprintf("https=%t", https), func(t *testing.T) {
			// A page in the back/forward cache keeps its connections.
			ctx := browsertest.Start(t, insecure, chromedp.Flag("disable-features", "BackForwardCache"))
			left, next := make(chan string, 2), make(chan struct{})
			api := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/api/next":
					close(next)
				case "/api/events":
					w.Header().Set("Content-Type", "text/event-stream")
					flush(w, "data: first\n\n")
					<-r.Context().Done()
					left <- "events"
				case "/api/lines":
					w.Header().Set("Content-Type", "application/x-ndjson")
					flush(w, `{"n":1}`+"\n")
					<-next
					flush(w, `{"n":2}`+"\n")
					<-r.Context().Done()
					left <- "lines"
				}
			})
			r := run(t, options{https: https, flags: dev.Flags{APIs: []string{api}, Web: serve(t, blank)}})
			visit(ctx, t, r.URL())
			got := script[string](ctx, t, `return await new Promise((done) => {
				window.source = new EventSource("/api/events");
				source.onmessage = (event) => done(event.data);
				source.onerror = () => done("error");
			})`)
			if got != "first" {
				t.Errorf("the first event: %q", got)
			}
			got = script[string](ctx, t, `const reader = (await fetch("/api/lines")).body.pipeThrough(new TextDecoderStream()).getReader();
				const first = (await reader.read()).value;
				await fetch("/api/next");
				const second = (await reader.read()).value;
				window.reader = reader;
				return first + second`)
			if got != "{\"n\":1}\n{\"n\":2}\n" {
				t.Errorf("lines of JSON: %q", got)
			}
			visit(ctx, t, "about:blank")
			for range 2 {
				happens(t, "the end of a stream", left)
			}
		})
	}
}

// TestBrowserRedirects checks that a page follows redirects to the server's own names
// without leaving the proxy.
func TestBrowserRedirects(t *testing.T) {
	ctx := browsertest.Start(t)
	var web string
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		at := map[string]string{
			"/absolute": "http://" + r.Host + "/end?a=b", "/relative": "end?a=b", "/rooted": "/end?a=b", "/schemeless": "//" + r.Host + "/end?a=b",
			"/other-name": "http://" + onLocalhost(r.Host) + "/end?a=b", "/page": web + "/done",
		}[r.URL.Path]
		if at != "" {
			http.Redirect(w, r, at, http.StatusFound)
			return
		}
		fmt.Fprint(w, r.URL)
	})
	web = serve(t, blank)
	r := run(t, options{flags: dev.Flags{APIs: []string{"/v1=" + api + ",strip-prefix"}, Web: web}})
	visit(ctx, t, r.URL())
	for _, from := range []string{"absolute", "relative", "rooted", "schemeless", "other-name"} {
		got := script[string](ctx, t, `const answer = await fetch("/v1/`+from+`"); return answer.url + " " + await answer.text()`)
		if want := r.URL() + "/v1/end?a=b /end?a=b"; got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
	visit(ctx, t, r.URL()+"/v1/page")
	if at := script[string](ctx, t, "return location.href"); at != r.URL()+"/done" {
		t.Errorf("a redirect to the page leads to %s", at)
	}
}

// TestBrowserDown checks that the page of a server that is down says why, and shows
// the server's page once it is up.
func TestBrowserDown(t *testing.T) {
	ctx := browsertest.Start(t)
	address := freeAddress(t)
	r := run(t, options{flags: dev.Flags{APIs: []string{"http://" + freeAddress(t)}, Web: "http://" + address}})
	visit(ctx, t, r.URL()+"/deep/link?x#y")
	text := script[string](ctx, t, "return document.body.innerText")
	if !strings.Contains(text, "Nothing listens on "+address+".") || !strings.Contains(text, "Start the server, or correct its port.") {
		t.Errorf("the page says:\n%s", text)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(blank), ReadHeaderTimeout: time.Second}
	defer srv.Close()
	go func() { _ = srv.Serve(l) }()
	until(ctx, t, `document.body.innerText === "the page"`)
	if at := script[string](ctx, t, "return location.href"); at != r.URL()+"/deep/link?x#y" {
		t.Errorf("the page is at %s", at)
	}
	failed := script[map[string]string](ctx, t, `return await (await fetch("/api/x")).json().then((it) => ({code: it.code, error: it.error}))`)
	if failed["code"] != "upstream-unreachable" || !strings.HasPrefix(failed["error"], "nothing listens on 127.0.0.1:") {
		t.Errorf("the API's error: %v", failed)
	}
}

// TestBrowserErrorsReadable checks that the page can read the errors of the proxy from
// its own origin in every mode but observe.
func TestBrowserErrorsReadable(t *testing.T) {
	ctx := browsertest.Start(t)
	page := onLocalhost(serve(t, blank))
	for _, mode := range []string{"same-origin", "add", "observe", "enforce"} {
		r := run(t, options{
			file:  fmt.Sprintf("policies:\n  app: {allow_origins: [%q]}\n", page),
			flags: dev.Flags{APIs: []string{"/api=http://" + freeAddress(t)}, Web: page, Mode: mode},
		})
		visit(ctx, t, page)
		got := script[string](ctx, t, fmt.Sprintf(`try { return (await (await fetch(%q)).json()).code } catch (error) { return String(error) }`, r.URL()+"/api/x"))
		want := "upstream-unreachable"
		if mode == "observe" {
			want = "TypeError: Failed to fetch"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", mode, got, want)
		}
	}
}

// put is a request that needs a preflight, with credentials. It returns a header that
// must be exposed, or the error.
const put = `try {
	const answer = await fetch(%q, {method: "PUT", credentials: "include", headers: {"Content-Type": "application/json", "X-A": "1"}, body: '{"a":1}'});
	return answer.status + " " + answer.headers.get("X-Total") + " " + await answer.text();
} catch (error) { return String(error) }`

// total is an API without CORS.
func total(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Total", "3")
	_, _ = io.Copy(w, r.Body)
}

// TestBrowserAdd checks that a page that stays where it is can do everything.
func TestBrowserAdd(t *testing.T) {
	ctx := browsertest.Start(t)
	page, other := onLocalhost(serve(t, blank)), onLocalhost(serve(t, blank))
	r := run(t, options{flags: dev.Flags{APIs: []string{serve(t, total)}, Web: page, Mode: "add"}})
	for origin, want := range map[string]string{page: `200 3 {"a":1}`, other: "TypeError: Failed to fetch"} {
		visit(ctx, t, origin)
		if got := script[string](ctx, t, fmt.Sprintf(put, r.URL()+"/items")); got != want {
			t.Errorf("%s: %s, want %s", origin, got, want)
		}
	}
}

// TestBrowserEnforce checks that a policy does what it will do in production.
func TestBrowserEnforce(t *testing.T) {
	ctx := browsertest.Start(t)
	page, other := onLocalhost(serve(t, blank)), onLocalhost(serve(t, blank))
	for policy, allowed := range map[string]string{
		"allow_methods: [PUT], allow_headers: [content-type, x-a], allow_credentials: true, expose_headers: [x-total]": `200 3 {"a":1}`,
		"allow_methods: [PUT], allow_headers: [content-type, x-a], allow_credentials: true":                            `200 null {"a":1}`,
		"allow_methods: [PUT], allow_headers: [content-type], allow_credentials: true":                                 "TypeError: Failed to fetch",
		"allow_methods: [PUT], allow_headers: [content-type, x-a]":                                                     "TypeError: Failed to fetch",
	} {
		r := run(t, options{
			file:  fmt.Sprintf("policies:\n  app: {allow_origins: [%q], dangerously_allow_insecure_origins_with_credentials: true, %s}\n", page, policy),
			flags: dev.Flags{APIs: []string{serve(t, total)}, Mode: "enforce"},
		})
		for origin, want := range map[string]string{page: allowed, other: "TypeError: Failed to fetch"} {
			visit(ctx, t, origin)
			if got := script[string](ctx, t, fmt.Sprintf(put, r.URL()+"/items")); got != want {
				t.Errorf("%s: %s: %s, want %s", policy, origin, got, want)
			}
		}
	}
}

// hostOf returns the host and port of a URL.
func hostOf(t *testing.T, s string) string {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
