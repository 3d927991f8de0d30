package matrix

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
)

// refusedPages are pages that the reference policy does not allow.
var refusedPages = []string{"https://evil.example", "https://example.org", "https://app.example.com.evil.example", "http://localhost:3001"}

// script makes requests as a page does, and returns the status of each, or that
// it is blocked.
const script = `(async (url) => {
  const results = {};
  const ask = async (name, path, options) => {
    try {
      const res = await fetch(url + path, { credentials: 'include', ...options });
      results[name] = String(res.status);
      if (name === 'GET') results.exposed = String(res.headers.get('X-Total-Count'));
    } catch (e) {
      results[name] = 'blocked';
    }
  };
  const headers = { Authorization: 'x', 'Content-Type': 'application/json', 'X-Request-Id': '1' };
  await ask('GET', '/x', {});
  await ask('PUT', '/x', { method: 'PUT', headers, body: '{}' });
  await ask('DELETE', '/x', { method: 'DELETE', headers: { Authorization: 'x', 'X-Request-Id': '1' } });
  await ask('404', '/nowhere', { headers });
  await ask('401', '/401', { headers });
  await ask('500', '/500', {});
  await ask('PATCH', '/x', { method: 'PATCH' });
  await ask('X-Evil', '/x', { headers: { 'X-Evil': '1' } });
  return JSON.stringify(results);
})(%q)`

// inBrowser makes requests from pages in Chromium.
func (s *running) inBrowser() (p problems) {
	pages := append(slices.Clone(s.allowed), refusedPages...)
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><link rel=icon href=data:,>")
	})
	secure, plain := httptest.NewTLSServer(page), httptest.NewServer(page)
	s.t.Cleanup(secure.Close)
	s.t.Cleanup(plain.Close)
	var rules []string
	for _, o := range pages {
		u, err := url.Parse(o)
		if err != nil {
			s.t.Fatal(err)
		}
		if u.Scheme == "https" {
			rules = append(rules, fmt.Sprintf("MAP %s:443 %s", u.Hostname(), secure.Listener.Addr()))
		} else {
			rules = append(rules, fmt.Sprintf("MAP %s %s", u.Host, plain.Listener.Addr()))
		}
	}
	ctx := browsertest.Start(s.t, chromedp.Flag("host-resolver-rules", strings.Join(rules, ", ")), chromedp.Flag("ignore-certificate-errors", true))
	for _, o := range pages {
		want := map[string]string{"GET": "200", "exposed": "3", "PUT": "200", "DELETE": "200", "404": "404", "401": "401", "500": "500", "PATCH": "blocked", "X-Evil": "blocked"}
		if !slices.Contains(s.allowed, o) {
			want = map[string]string{}
		}
		if err := chromedp.Do(ctx, chromedp.Navigate(o+"/")); err != nil {
			s.t.Fatalf("%s: %v", o, err)
		}
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(script, s.url), chromedp.EvalAwaitPromise))
		got := map[string]string{}
		if err == nil {
			err = json.Unmarshal([]byte(text), &got)
		}
		if err != nil {
			s.t.Fatalf("%s: %v", o, err)
		}
		for name, result := range got {
			if expected := want[name]; result != expected && (expected != "" || result != "blocked") {
				p = append(p, fmt.Sprintf("a page of %s, %s: %s, want %q", o, name, result, expected))
			}
		}
	}
	return p
}
