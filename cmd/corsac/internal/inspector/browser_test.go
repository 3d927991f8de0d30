package inspector_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/fetch"
)

// tab is the inspector in a browser.
type tab struct {
	*session

	ctx context.Context
}

func open(t *testing.T, s *session) *tab {
	t.Helper()
	b := &tab{s, browsertest.Start(t)}
	console := browsertest.Listen(b.ctx, t)
	t.Cleanup(func() {
		for _, line := range console.Lines() {
			t.Errorf("console: %s", line)
		}
	})
	b.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(s.url), chromedp.WaitVisible(chromedp.CSS("#live[data-state=on]")))
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for an expression to be true.
func (b *tab) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 15*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](expression)); err != nil {
		b.t.Fatalf("%s: %v\n%s", expression, err, b.text("body"))
	}
}

// text returns what an element shows.
func (b *tab) text(selector string) string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.querySelector(`"+selector+"`)?.innerText ?? ''"))
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// run evaluates a statement.
func (b *tab) run(statement string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void]("void (" + statement + ")"))
}

// press presses keys, in order.
func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.do(chromedp.KeyEvent(key))
	}
}

// wants checks what an element shows.
func (b *tab) wants(selector string, parts ...string) {
	b.t.Helper()
	got := b.text(selector)
	for _, part := range parts {
		if !strings.Contains(got, part) {
			b.t.Errorf("%s lacks %q:\n%s", selector, part, got)
		}
	}
}

// shoot writes a picture for people to look at: to the file in CORSAC_SCREENSHOT,
// with a name before the extension.
func (b *tab) shoot(name, scheme string, width, height int64) {
	b.t.Helper()
	file := os.Getenv("CORSAC_SCREENSHOT")
	if file == "" {
		return
	}
	b.do(chromedp.EmulateViewport(width, height))
	time.Sleep(300 * time.Millisecond)
	extension := filepath.Ext(file)
	browsertest.Screenshot(b.ctx, b.t, strings.TrimSuffix(file, extension)+"-"+name+extension, scheme, width, height)
	b.do(chromedp.EmulateViewport(1440, 900))
}

// TestBrowser uses the inspector as a person does: finds what is blocked, reads why,
// and looks for the policy that allows it.
func TestBrowser(t *testing.T) {
	srv := &server{response: &fetch.WireResponse{Status: 204, Headers: fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: web}, {Name: "Access-Control-Allow-Methods", Value: "PUT"}}}}
	s := start(t, inspector.Options{Ask: srv.ask})
	b := open(t, s)
	b.wants("#empty", "Waiting for the first request")
	b.shoot("empty", "light", 1440, 900)
	for _, x := range samples() {
		s.record(x)
	}
	b.until(`document.querySelectorAll(".row").length === 9`)
	b.wants("#count", "9 of 13", "4 that CORS is not about are hidden")
	b.shoot("list", "light", 1440, 900)

	b.press("/", "orders", kb.ArrowDown, kb.ArrowDown)
	b.until(`document.querySelectorAll(".row").length === 2 && document.querySelector("article h2")`)
	b.wants("article", "Blocked", "OPTIONS", "405", "Your page", "Never sent")
	b.shoot("diagram", "light", 1440, 1500)
	b.shoot("dark", "dark", 1440, 1100)
	b.shoot("narrow", "light", 400, 900)
	b.shoot("zoom", "light", 320, 225)
	b.press(kb.Escape, "/", kb.Escape)
	b.until(`document.querySelectorAll(".row").length === 9`)

	b.run(`location.hash = "request-7"`)
	b.until(`document.querySelector("article h2")?.innerText.includes("Unknown")`)
	b.wants("article", "The server was not asked for permission: PUT", "corsac check http://localhost:8080/api/items/3", "What corsac changed")
	if strings.Contains(b.text("article"), secret) {
		t.Error("the page shows a secret")
	}
	b.shoot("unknown", "light", 1440, 1500)
	b.run(`[...document.querySelectorAll(".reveal")].at(0).click()`)
	b.until(`document.querySelector("article").innerText.includes("` + secret + `")`)
	b.run(`document.querySelector(".asking button").click()`)
	b.until(`document.querySelector("article h2").innerText.includes("Blocked")`)
	b.wants("article", "corsac has asked the server", "authorization", "The browser stops here")
	b.wants("#row-7", "no Access-Control-Allow-Headers")
	b.run(`[...document.querySelectorAll("article .bar button")].at(-1).click()`)
	b.until(`document.querySelector("#playground-dialog").open`)
	b.wants("#playground-dialog", "This corsac has no playground", "make wasm")
	b.shoot("no-playground", "light", 1440, 900)
	b.run(`document.querySelector("#playground-dialog button").click()`)
	b.shoot("asked", "light", 1440, 1500)

	b.run(`location.hash = "policy"`)
	b.until(`document.querySelector(".sum")?.innerText.includes("pass")`)
	b.wants("#policy", "All 9 requests pass", "authorization", "There is no corsac.yaml yet")
	b.shoot("policy", "light", 1440, 1100)
	s.configure(policy)
	b.run(`location.hash = "requests"`)
	b.run(`location.hash = "policy"`)
	b.until(`document.querySelector(".diff [data-is=missing]")`)
	b.run(`(() => { document.querySelector("#yaml").value = ` + "`" + policy + "`" + `; document.querySelector("#yaml").dispatchEvent(new Event("input")); document.querySelector("#stack").value = "express"; })()`)
	b.until(`document.querySelector(".groups [data-state=blocked]") && document.querySelector(".exported pre")`)
	b.wants("#policy", "DELETE", "not seen", "https://old.example.com", "app.use(cors(")
	b.shoot("policy-edited", "light", 1440, 1300)
	b.shoot("policy-dark", "dark", 1440, 1300)
	b.shoot("policy-narrow", "light", 400, 900)
}

// TestReadme takes the pictures of the README:
//
//	CORSAC_SCREENSHOT=$PWD/docs/images/inspector.png go test -C cmd/corsac -run '^TestReadme$' ./internal/inspector
func TestReadme(t *testing.T) {
	if os.Getenv("CORSAC_SCREENSHOT") == "" {
		t.Skip("takes pictures; set CORSAC_SCREENSHOT to the name of a PNG file")
	}
	s := start(t, inspector.Options{Faults: new(faults), Playground: empty{}})
	for _, x := range samples() {
		s.record(x)
	}
	b := open(t, s)
	b.run(`location.hash = "request-9"`)
	b.until(`document.querySelector("article h2")?.innerText.includes("Blocked")`)
	b.shoot("request", "light", 1280, 860)
	b.run(`location.hash = "policy"`)
	b.until(`document.querySelector(".sum")?.innerText.includes("pass")`)
	b.shoot("learned", "light", 1280, 860)
}

// TestBrowserPlayground opens a request in the playground, as the page's link does: with
// secrets only if they are shown.
func TestBrowserPlayground(t *testing.T) {
	e, err := engine.Load(testenv.EngineDir(t, "../../../.."))
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, inspector.Options{Playground: playground.Handler(e)})
	for _, x := range samples() {
		s.record(x)
	}
	b := open(t, s)
	const link = `document.querySelector("article .bar a")`
	b.run(`location.hash = "request-7"`)
	b.until(link)
	b.run(link + `.focus()`)
	b.until(link + `.href.includes("Authorization%3A+Bearer+TOKEN")`)
	b.run(`[...document.querySelectorAll(".reveal")].at(0).click()`)
	b.until(`document.querySelector("article").innerText.includes("` + secret + `")`)
	b.run(link + `.dispatchEvent(new Event("pointerdown"))`)
	b.until(link + `.href.includes("Authorization%3A+Bearer+` + secret + `")`)
	b.run(`[...document.querySelectorAll(".reveal")].at(0).click()`)
	b.until(`!document.querySelector("article").innerText.includes("` + secret + `")`)
	b.run(link + `.dispatchEvent(new Event("pointerdown"))`)
	b.until(`!` + link + `.href.includes("` + secret + `")`)
	address, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](link+`.href`))
	if err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS("#answer h2")))
	b.until(`document.querySelector("#answer[data-state=blocked] h2")`)
	b.wants("#answer", "Blocked", "PUT /api/items/3", "Never sent", "cors-check")
	b.shoot("playground", "light", 1440, 1100)
}

// TestBrowserMany scrolls through and filters ten thousand requests: only what can be
// seen is in the document, and no step takes long.
func TestBrowserMany(t *testing.T) {
	s := start(t, inspector.Options{})
	n := testenv.Rounds(10_000, 2_000)
	for i := range n {
		s.record(apiCall([]string{"GET", "PUT", "DELETE"}[i%3], fmt.Sprintf("/api/items/%d", i), 200, nil))
	}
	b := open(t, s)
	b.until(fmt.Sprintf(`document.querySelector("#count").innerText.startsWith("%[1]d,000 of %[1]d,000")`, n/1000))
	b.until(fmt.Sprintf(`document.querySelector("#row-%d")`, n)) // it follows the end
	took, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`(async () => {
		const frame = () => new Promise(requestAnimationFrame);
		const box = document.querySelector("#list");
		let longest = 0;
		const step = async (act) => {
			const begin = performance.now();
			act();
			await frame();
			longest = Math.max(longest, performance.now() - begin);
			await frame();
		};
		for (let i = 0; i < 40; i++) await step(() => { box.scrollTop = box.scrollHeight * i / 40; });
		const search = document.querySelector("#search");
		for (const text of ["9", "99", "999", ""]) await step(() => {
			search.value = text;
			search.dispatchEvent(new Event("input"));
		});
		if (document.querySelectorAll(".row").length > 100) return 1e9;
		return longest;
	})()`, chromedp.EvalAwaitPromise))
	if err != nil || took > 1000 {
		t.Errorf("the longest step took %.0f ms, %v", took, err)
	}
	t.Logf("the longest step took %.0f ms", took)
}
