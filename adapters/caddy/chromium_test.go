package corsaccaddy_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// script tries requests and reports to the page's server what came of each.
const script = `<script>
const api = %API%;
const tries = {
	"items": () => fetch(api + "/items", {credentials: "include"}),
	"put": () => fetch(api + "/items", {method: "PUT"}),
	"delete": () => fetch(api + "/items", {method: "DELETE"}),
	"down": () => fetch(api + "/down"),
	"large": () => fetch(api + "/upload", {method: "POST", body: "more than four"}),
	"private": () => fetch(api + "/private"),
	"defer": () => fetch(api + "/defer", {credentials: "include"}),
};
(async () => {
	const seen = {};
	for (const name in tries) {
		try {
			const r = await tries[name]();
			seen[name] = r.status + " " + (r.headers.get("X-Total-Count") ?? "");
		} catch (e) {
			seen[name] = e.name;
		}
	}
	await fetch("/seen", {method: "POST", body: JSON.stringify(seen)});
})();
</script>`

// TestChromium compares what a page may do with the policy, in a real browser.
func TestChromium(t *testing.T) {
	chromium := find(t)
	allowed := map[string]string{
		"items": "200 3", "put": "200 3", "delete": "TypeError", "down": "502 ", "large": "413 ", "private": "401 ", "defer": "200 ",
	}
	refused := map[string]string{}
	for name := range allowed {
		refused[name] = "TypeError"
	}
	seen := make(chan map[string]string, 1)
	var s *server
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/seen" {
			w.Header().Set("Content-Type", "text/html")
			api, err := json.Marshal("http://" + s.HTTP)
			if err == nil {
				_, _ = io.WriteString(w, strings.ReplaceAll(script, "%API%", string(api)))
			}
			return
		}
		var got map[string]string
		if json.NewDecoder(r.Body).Decode(&got) == nil {
			seen <- got
		}
	}))
	t.Cleanup(pages.Close)
	s = start(t, "policies: {app: {allow_origins: [\""+pages.URL+"\"], allow_methods: [PUT], expose_headers: [X-Total-Count], allow_credentials: true}}", site)
	if got := browse(t, chromium, pages.URL, seen); !maps.Equal(got, allowed) {
		t.Errorf("%v\nwant %v", got, allowed)
	}
	s.reload(t, policies)
	if got := browse(t, chromium, pages.URL, seen); !maps.Equal(got, refused) {
		t.Errorf("%v\nwant %v", got, refused)
	}
}

// browse opens a page and returns what it reports.
func browse(t *testing.T, chromium, page string, seen <-chan map[string]string) map[string]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-component-update", "--no-first-run", "--user-data-dir="+t.TempDir(), page+"/")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // which ends its children, too
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = cmd.Wait()
	}()
	select {
	case got := <-seen:
		return got
	case <-ctx.Done():
		t.Fatal("the page does not report")
		return nil
	}
}

// find returns the path of Chromium. Without it, the test is skipped, but not in CI.
func find(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CORSAC_REQUIRE_BROWSERS") == "1" {
		t.Fatal("Chromium is not installed; set CHROMIUM to its path")
	}
	t.Skip("Chromium is not installed; set CHROMIUM to its path")
	return ""
}
