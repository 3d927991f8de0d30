package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
)

//go:embed inspector.js
var inspectorJS string

// chromiumFilters are in the syntax of Chromium's Network panel.
var chromiumFilters = filters{
	All:       "/:48102.(get|put-json|credentials|head|sandboxed-put)$/",
	HAR:       "-/" + unexported + "/",
	Sensitive: "/:4810[1-4].(get-header|credentials|credentials-refused|eventsource|same-origin)?$/",
	Copied:    copied,
}

// browseChromium opens the page in Chromium with the developer tools attached,
// and lets it make its requests. profile is an empty folder.
func browseChromium(ctx context.Context, binary, profile string) (*visit, error) {
	// Third-party cookies are on, so one with SameSite=None is sent whenever
	// credentials are.
	const preferences = `{"profile": {"block_third_party_cookies": false, "cookie_controls_mode": 0}}`
	err := os.Mkdir(filepath.Join(profile, "Default"), 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(profile, "Default", "Preferences"), []byte(preferences), 0o600)
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(binary),
		chromedp.UserDataDir(profile),
		chromedp.DisableGPU,
		chromedp.NoSandbox, // Chromium needs it as root; the pages are our own
		chromedp.IgnoreCertErrors,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("remote-allow-origins", "*"), // the developer tools are a page of the browser's own
		remote.WebSocket,
		chromedp.WSURLReadTimeout(time.Minute),
	)...)
	defer cancel()
	page, cancel := chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(page); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", binary, err)
	}
	tools, cancel, err := inspect(page, profile)
	if err != nil {
		return nil, err
	}
	defer cancel()

	v := &visit{}
	if err := chromedp.Do(page, chromedp.Navigate(pageOrigin+"/")); err != nil {
		return nil, err
	}
	if v.did, err = await[[]deed](page, "each()"); err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	time.Sleep(time.Second) // the browser's messages about the last request come after it
	if v.view, err = await[view](tools, "corsac.everything("+chromiumFilters.json()+")"); err != nil {
		return nil, fmt.Errorf("the developer tools: %w", err)
	}
	return v, nil
}

// inspect opens the front-end of the developer tools, which the browser itself
// serves, in a second tab, attached to the first one.
func inspect(page context.Context, profile string) (context.Context, context.CancelFunc, error) {
	port, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
	if err != nil {
		return nil, nil, err
	}
	first, _, _ := strings.Cut(string(port), "\n")
	at := "127.0.0.1:" + first
	id := chromedp.FromContext(page).Target.TargetID
	tools, cancel := chromedp.NewContext(page)
	url := "http://" + at + "/devtools/inspector.html?ws=" + at + "/devtools/page/" + string(id)
	if err := chromedp.Do(tools, chromedp.EmulateViewport(1600, 900), chromedp.Navigate(url)); err != nil {
		cancel()
		return nil, nil, err
	}
	if _, err := await[bool](tools, inspectorJS+"\ncorsac.ready()"); err != nil {
		cancel()
		return nil, nil, fmt.Errorf("the developer tools: %w", err)
	}
	// The page must be in front again, because hidden pages are slow.
	_, err = chromedp.CallBrowser(page, target.ActivateTarget, target.ActivateTargetParams{TargetID: id})
	if err != nil {
		cancel()
		return nil, nil, err
	}
	return tools, cancel, nil
}

// await evaluates a promise and returns its value.
func await[T any](ctx context.Context, expression string) (T, error) {
	var value T
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	if err == nil {
		err = json.Unmarshal(raw, &value)
	}
	return value, err
}
