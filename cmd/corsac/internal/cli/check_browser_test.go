package cli_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// livePages serves documents by path, with their policies.
func livePages(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	meta := ""
	switch r.URL.Path {
	case "/connect":
		w.Header().Set("Content-Security-Policy", "default-src *; connect-src 'self' http://127.0.0.1:1/a/")
	case "/default":
		w.Header().Set("Content-Security-Policy", "default-src 'self' 'unsafe-inline' 'unsafe-eval'")
	case "/two":
		w.Header().Add("Content-Security-Policy", "connect-src *")
		w.Header().Add("Content-Security-Policy", "connect-src https:")
	case "/meta":
		meta = `<meta http-equiv="content-security-policy" content="connect-src 'none'; sandbox">`
	case "/sandbox":
		w.Header().Set("Content-Security-Policy", "sandbox allow-scripts")
	case "/upgrade":
		w.Header().Set("Content-Security-Policy", "upgrade-insecure-requests")
	case "/referrer":
		meta = `<meta name="referrer" content="no-referrer">`
	}
	fmt.Fprintf(w, "<!doctype html><html><head>%s<link rel=icon href=data:,></head><body>%s", meta, r.URL.Path)
}

// TestCheckChromium makes the same requests with check and with Chromium, on
// the same pages. The results, the console lines and what the servers saw must
// be the same.
func TestCheckChromium(t *testing.T) {
	ctx := browsertest.Start(t)
	page := strings.Replace(corsServer(t, livePages), "127.0.0.1", "localhost", 1)
	var saw seen
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		saw.add(r)
		if r.URL.Path == "/closed" {
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/open", http.StatusTemporaryRedirect)
		}
	})
	console := browsertest.Listen(ctx, t)
	for _, c := range []struct {
		page, url, options string
		args               []string
	}{
		{"/plain", "/open", "{}", nil},
		{"/plain", "/closed", "{}", nil},
		{"/plain", "/away", "{method: 'PUT'}", []string{"-X", "PUT"}},
		{"/plain", "/open", "{method: 'PATCH'}", []string{"-X", "PATCH"}},
		{"/connect", "/open?1", "{}", nil},
		{"/connect", "/open?2", "{mode: 'no-cors'}", []string{"--mode", "no-cors"}},
		{"/default", "/open?3", "{method: 'PUT'}", []string{"-X", "PUT"}},
		{"/two", "/open?4", "{}", nil},
		{"/meta", "/open?5", "{}", nil},
		{"/sandbox", "/open", "{}", nil},
		{"/sandbox", "/closed", "{}", nil},
		{"/upgrade", "/open", "{}", nil},
		{"/referrer", "/open", "{}", nil},
		{"/plain", "http://127.0.0.1:" + testenv.FreePort(t) + "/", "{}", nil},
		{"/plain", "http://127.0.0.1:9/", "{}", nil},
		{"/plain", "https://" + strings.TrimPrefix(api, "http://") + "/tls", "{}", nil},
	} {
		if c.url[0] == '/' {
			c.url = api + c.url
		}
		t.Run(strings.Trim(c.page+" "+c.url, "/"), func(t *testing.T) {
			v, _ := check(t, append([]string{c.url, "--page", page + c.page}, c.args...)...)
			ours := saw.take()
			if err := chromedp.Do(ctx, chromedp.Navigate(page+c.page)); err != nil {
				t.Fatal(err)
			}
			got, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(
				`fetch(%q, %s).then((r) => r.type === "opaque" ? "opaque" : "allowed", () => "blocked")`, c.url, c.options,
			), chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			if got != v.Result && !(got == "blocked" && v.Result == "error") {
				t.Errorf("Chromium: %s, check: %s", got, v.Result)
			}
			if theirs := saw.take(); !slices.Equal(theirs, ours) {
				t.Errorf("from Chromium the server saw\n%q, from check\n%q", theirs, ours)
			}
			if v.Error == nil {
				return
			}
			line := v.Error.Message
			if line == "" { // as on the terminal
				line = "Failed to load resource: " + v.Error.Code
			}
			if !written(console, line) {
				t.Errorf("check says that the console says\n%s\nbut it says\n%s", line, strings.Join(console.Lines(), "\n"))
			}
		})
	}
}

// take returns the recorded requests, as far as they matter, and removes them.
func (s *seen) take() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.list {
		line := r.Method + " " + r.RequestURI
		for _, name := range []string{
			"Origin", "Referer", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-Site", "Accept",
		} {
			line += "|" + r.Header.Get(name)
		}
		list = append(list, line)
	}
	s.list, s.body = nil, nil
	return list
}

// written waits a moment for a line on the console.
func written(c *browsertest.Console, line string) bool {
	for range 20 {
		if slices.Contains(c.Lines(), line) {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}
