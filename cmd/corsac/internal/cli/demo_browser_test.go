package cli_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// TestDemoHAR takes the tour in a browser and saves it as HAR. corsac check
// must say about the file what the page shows.
func TestDemoHAR(t *testing.T) {
	ctx := browsertest.Start(t)
	out, _, stop := startDemo(t, "--page-port", "0")
	defer stop()
	page := out.Wait(t, `page +(\S+)`)[1]
	if err := chromedp.Do(ctx,
		chromedp.Navigate(page+"/?auto"),
		chromedp.Poll[chromedp.Void](`!document.querySelector("td[data-state=idle], td[data-state=busy], [aria-disabled]")`),
	); err != nil {
		t.Fatal(err)
	}
	saved, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
		States map[string]string `json:"states"` // by URL
		File   string            `json:"file"`
	}](`(async () => ({
		states: Object.fromEntries(demo.calls.flatMap((call) => Object.keys(bases).map((via) =>
			[call.method + " " + bases[via] + call.path, cellOf(call, via).dataset.state]))),
		file: await (await fetch(document.querySelector("a[download]").href)).text(),
	}))()`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}

	status, stdout, stderr := run(t, saved.File, "check", "--har", "-", "--json")
	want := map[string]string{"allowed": "readable", "blocked": "blocked"}
	for line := range strings.Lines(stdout) {
		var v struct {
			Result  string
			Request struct{ URL, Method string }
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		url, _, _ := strings.Cut(v.Request.URL, "?")
		call := v.Request.Method + " " + url
		if strings.HasSuffix(call, "/login") && v.Result == "opaque" {
			continue // not one of the calls that the page shows
		}
		if state := saved.States[call]; state == "" || state != want[v.Result] {
			t.Errorf("%s is %s, the page shows %q", call, v.Result, state)
		}
		delete(saved.States, call)
	}
	if len(saved.States) > 0 {
		t.Errorf("the file lacks %v:\n%s", saved.States, stdout)
	}
	if want := "9 cross-origin requests: 4 allowed, 1 opaque, 4 blocked"; status != cli.ExitFailed || !strings.Contains(stderr, want) {
		t.Errorf("exit status %d, %s, want %s", status, stderr, want)
	}
	if secret := regexp.MustCompile(`corsac_demo_session[^,;]*[A-Z0-9]{7}`).FindString(saved.File); secret != "" {
		t.Errorf("the file has a secret: %s", secret)
	}
}
