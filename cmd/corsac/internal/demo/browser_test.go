package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
)

// cell is what the page shows about a call.
type cell struct {
	State   string `json:"state"`
	Word    string `json:"word"`
	Sure    string `json:"sure"`
	Cause   string `json:"cause"`
	Why     string `json:"why"`
	Fix     string `json:"fix"`
	Saw     string `json:"saw"`
	Headers string `json:"headers"`
	Console string `json:"console"`
	Wire    string `json:"wire"`
}

// readCell returns what the page shows about a call.
func readCell(ctx context.Context, t *testing.T, id, via string) cell {
	t.Helper()
	script := fmt.Sprintf(`(() => {
		const td = document.querySelector('tr[data-call="%s"] td[data-via="%s"]');
		const text = (part) => td.querySelector(part)?.textContent ?? "";
		return {state: td.dataset.state, word: text(".word"),
			sure: text(".sure"), cause: text(".cause"), why: text(".why"), fix: text(".fix"), saw: text(".saw"),
			headers: text(".headers"), console: text(".console"), wire: text(".wire-line").replaceAll("\u00a0", " ")};
	})()`, id, via)
	c, err := chromedp.Run(ctx, chromedp.Evaluate[cell](script))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// settled waits until every call of a column has a result.
func settled(id string) chromedp.Action[chromedp.Void] {
	return chromedp.Poll[chromedp.Void](`document.querySelectorAll('` + id + ` td[data-via]:is([data-state=idle], [data-state=busy])').length === 0 &&
		!document.querySelector('[aria-busy], [aria-disabled]')`)
}

// TestBrowser takes the tour in a browser: it clicks Run all and checks what
// the page shows.
func TestBrowser(t *testing.T) {
	ctx := browsertest.Start(t)
	d := start(t, Options{Next: []Command{
		{"corsac validate", "checks the file and names every mistake in it"},
		{"corsac serve", "puts corsac in front of your own API"},
		{"corsac check {api}/items --origin {page}", "says what a browser would do, and why"},
	}})
	console := browsertest.Listen(ctx, t)
	if err := chromedp.Do(ctx,
		chromedp.EmulateViewport(1440, 900),
		chromedp.Navigate(d.PageURL()),
		chromedp.Click(chromedp.CSS("#run-all")),
		settled("table"),
	); err != nil {
		t.Fatal(err)
	}

	readable := map[string]struct{ status, saw, headers, wire string }{
		"get":    {"200", `"name":"corsac"`, "x-total-count: 3", "no preflight, GET → 200"},
		"put":    {"200", `{"id":3,"name":"red fox"}`, "content-type: application/json", "preflight OPTIONS → 204, PUT → 200"},
		"me":     {"200", `"name":"Ada Lovelace"`, "content-type: application/json", "no preflight, GET → 200"},
		"broken": {"500", `{"error":"database is down"}`, "content-type: application/json", "no preflight, GET → 500"},
	}
	causes := map[string]string{
		"get":    "The server's response has no CORS headers",
		"put":    "No route answers the preflight: OPTIONS gets 405 Method Not Allowed",
		"me":     "The server's response has no CORS headers",
		"broken": "The server failed (500 Internal Server Error), and the response has no CORS headers",
	}
	if len(readable) != len(calls) {
		t.Fatalf("the page has %d calls, the test %d", len(calls), len(readable))
	}
	for _, c := range calls {
		t.Run(c.ID, func(t *testing.T) {
			direct, through := readCell(ctx, t, c.ID, "direct"), readCell(ctx, t, c.ID, "corsac")
			t.Logf("directly:       %s, %s; wire: %s\n%s", direct.Word, direct.Saw, direct.Wire, direct.Console)
			t.Logf("through corsac: %s, %s; wire: %s", through.Word, through.Saw, through.Wire)

			if direct.State != "blocked" || direct.Saw != "TypeError: Failed to fetch" || direct.Headers != "none" {
				t.Errorf("directly: %+v, want it blocked", direct)
			}
			if direct.Sure != "Likely cause" || direct.Cause != causes[c.ID] || direct.Why == "" || !strings.HasPrefix(direct.Fix, "Fix: ") {
				t.Errorf("directly: %+v, want the likely cause %q, with why and fix", direct, causes[c.ID])
			}
			if !slices.Contains(console.Lines(), direct.Console) {
				t.Errorf("the page says that the console says %q, but it says:\n%s", direct.Console, strings.Join(console.Lines(), "\n"))
			}
			want := readable[c.ID]
			if through.State != "readable" || !strings.HasPrefix(through.Saw, want.status+" ") ||
				!strings.Contains(through.Saw, want.saw) || !strings.Contains(through.Headers, want.headers) {
				t.Errorf("through corsac: %+v, want it readable with %+v", through, want)
			}
			if through.Why != c.WhyReadable {
				t.Errorf("through corsac: why = %q, want %q", through.Why, c.WhyReadable)
			}
			if through.Sure != "" || through.Cause != "" || through.Fix != "" {
				t.Errorf("through corsac: nothing is wrong, but the page says %q, %q", through.Cause, through.Fix)
			}
			if through.Wire != want.wire {
				t.Errorf("through corsac: wire = %q, want %q", through.Wire, want.wire)
			}
			if strings.Contains(through.Headers, "x-server-node") {
				t.Errorf("through corsac: the page reads a header that is not exposed: %s", through.Headers)
			}
		})
	}
	if wire := readCell(ctx, t, "put", "direct").Wire; wire != "preflight OPTIONS → 405, PUT never sent" {
		t.Errorf("PUT directly: wire = %q", wire)
	}
	summary, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("#summary")))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Directly: 4 blocked. Through corsac: 4 readable."; summary != want {
		t.Errorf("summary = %q, want %q", summary, want)
	}
	checkConsole(t, console)
	checkMarkup(ctx, t)
	checkWidths(ctx, t)
	screenshots(ctx, t)
	copyPolicy(ctx, t, d)
}

// checkMarkup checks that nothing in an account becomes markup.
func checkMarkup(ctx context.Context, t *testing.T) {
	t.Helper()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`(() => {
		const cell = cellOf(demo.calls[0], "direct"), before = cell.innerHTML, bad = "<i>bad</i>";
		show(cell, demo.calls[0], "direct", { error: bad }, {
			console: bad, cause: { confidence: "likely", title: bad, why: bad, fix: { text: bad } },
			exchanges: [{ method: bad, path: bad, status: bad, request: [[bad, bad]], response: [[bad, bad]] }],
		});
		const found = [String(cell.textContent.split(bad).length - 1), String(cell.querySelectorAll("i").length)];
		cell.innerHTML = before;
		cell.dataset.state = "blocked";
		return found;
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"14", "0"}; !slices.Equal(found, want) {
		t.Errorf("bad text is shown, and is markup, %q times, want %q", found, want)
	}
}

// checkWidths checks that nothing scrolls sideways, even on the narrowest screens,
// and that no cause is cut, though there are no details.
func checkWidths(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, width := range []int64{1440, 900, 320} {
		for _, details := range []bool{false, true} {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)); err != nil {
				t.Fatal(err)
			}
			found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](fmt.Sprintf(`(() => {
				showDetails(rows, %v);
				const name = (e) => e.tagName + "#" + e.id + "." + e.className + ": " + e.textContent.slice(0, 60);
				const wider = (e) => e.scrollWidth > e.clientWidth && e.clientWidth > 1;
				const scrolls = (e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX) || e === document.documentElement;
				return [...document.querySelectorAll("*")].filter((e) => wider(e) && (scrolls(e) || e.matches(".cause"))).map(name);
			})()`, details)))
			if err != nil {
				t.Fatal(err)
			}
			if len(found) > 0 {
				t.Errorf("%d pixels wide, details %v: too wide: %q", width, details, found)
			}
		}
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Click(chromedp.CSS("#all-details"))); err != nil {
		t.Fatal(err)
	}
}

// copyPolicy clicks Copy policy and checks the clipboard.
func copyPolicy(ctx context.Context, t *testing.T, d *Demo) {
	t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name},
			Setting:    browser.PermissionSettingGranted,
			Origin:     d.PageURL(),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := chromedp.Do(ctx,
		chromedp.Click(chromedp.CSS("#copy")),
		chromedp.Poll[chromedp.Void](`document.getElementById("copy").textContent === "Copied"`),
	); err != nil {
		t.Fatalf("Copy policy does not copy: %v", err)
	}
	copied, err := chromedp.Run(ctx, chromedp.Evaluate[string](`navigator.clipboard.readText()`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if want, err := policyFile(d.PageURL(), d.gateway.address(), d.APIURL()); err != nil || copied != string(want) {
		t.Errorf("copied %q, want %q (%v)", copied, want, err)
	}
}

// checkConsole reports lines about CORS on the console that the page does not
// show, and complaints about the page itself.
func checkConsole(t *testing.T, console *browsertest.Console) {
	t.Helper()
	blocked := 0
	for _, line := range console.Lines() {
		switch {
		case strings.Contains(line, "blocked by CORS policy"):
			blocked++
		case !strings.HasPrefix(line, "Failed to load resource"):
			t.Errorf("console: %s", line)
		}
	}
	if blocked != len(calls) {
		t.Errorf("the console has %d CORS errors, want %d:\n%s", blocked, len(calls), strings.Join(console.Lines(), "\n"))
	}
}

// screenshots writes pictures for people to look at: one to the file in
// CORSAC_SCREENSHOT, and next to it dark, narrow and detailed ones.
func screenshots(ctx context.Context, t *testing.T) {
	file := os.Getenv("CORSAC_SCREENSHOT")
	if file == "" {
		return
	}
	base := strings.TrimSuffix(file, filepath.Ext(file))
	browsertest.Screenshot(ctx, t, file, "light", 1440, 900)
	for _, view := range []string{"overview", "details"} {
		if view == "details" {
			if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS("#all-details"))); err != nil {
				t.Fatal(err)
			}
		}
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 420} {
				name := fmt.Sprintf("%s-%s-%s-%d.png", base, view, scheme, width)
				browsertest.Screenshot(ctx, t, name, scheme, width, 900)
			}
		}
	}
}

// TestBrowserAuto checks that ?auto runs all calls, and that nothing moves
// while results arrive.
func TestBrowserAuto(t *testing.T) {
	ctx := browsertest.Start(t)
	d := start(t, Options{})
	for _, query := range []string{"/?auto", "/?auto&details"} {
		for _, width := range []int64{1440, 420} {
			if err := chromedp.Do(ctx,
				chromedp.EmulateViewport(width, 900),
				chromedp.Navigate(d.PageURL()+query),
				settled("table"),
			); err != nil {
				t.Fatal(err)
			}
			shift, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`new Promise((done) => {
				let sum = 0;
				new PerformanceObserver((list) => { for (const e of list.getEntries()) sum += e.value; })
					.observe({type: "layout-shift", buffered: true});
				setTimeout(() => done(sum), 300);
			})`, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, %d pixels wide: the layout shifts by %.4f", query, width, shift)
			if shift > 0.01 {
				t.Errorf("%s, %d pixels wide: the layout shifts by %.4f while results arrive", query, width, shift)
			}
			if c := readCell(ctx, t, "broken", "corsac"); c.State != "readable" {
				t.Errorf("%s: through corsac: %+v", query, c)
			}
		}
	}
}

// TestBrowserStopped checks that other errors are not called CORS errors.
func TestBrowserStopped(t *testing.T) {
	ctx := browsertest.Start(t)
	d := start(t, Options{})
	run := func(id string) {
		t.Helper()
		if err := chromedp.Do(ctx,
			chromedp.Click(chromedp.CSS(`tr[data-call="`+id+`"] .run`)),
			settled(`tr[data-call="`+id+`"]`),
		); err != nil {
			t.Fatal(err)
		}
	}
	check := func(id, via, state, word, why string) {
		t.Helper()
		c := readCell(ctx, t, id, via)
		t.Logf("%s: %s. %s", via, c.Word, c.Why)
		if c.Cause != "" || c.Fix != "" {
			t.Errorf("%s: the page has a cause: %q, %q", via, c.Cause, c.Fix)
		}
		if c.State != state || c.Word != word || !strings.Contains(c.Why, why) {
			t.Errorf("%s: %+v, want %s, %q, %q", via, c, state, word, why)
		}
		if state == "silent" && strings.Contains(c.Console, "CORS policy") {
			t.Errorf("%s: the page says that the console speaks of CORS: %s", via, c.Console)
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(d.PageURL())); err != nil {
		t.Fatal(err)
	}

	d.api.shutdown(t.Context())
	run("get")
	check("get", "direct", "silent", "No answer", "nothing arrived at the API on "+d.APIURL())
	check("get", "corsac", "readable", "Readable: 502", "Its own errors have CORS headers too")

	d.gateway.shutdown(t.Context())
	run("put")
	check("put", "corsac", "silent", "No answer", "nothing arrived at corsac on "+d.GatewayURL())

	d.page.shutdown(t.Context())
	run("broken")
	check("broken", "corsac", "silent", "No answer", "Run corsac demo again")
}
