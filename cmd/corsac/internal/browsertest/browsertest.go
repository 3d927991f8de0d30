// Package browsertest starts headless Chromium for tests, to compare what
// corsac says about browsers with what a browser does.
//
//   - Start gives a test a browser of its own, with a fresh profile, that stops
//     when the test ends.
//   - Without Chromium, a test is skipped and says why. If
//     CORSAC_REQUIRE_BROWSERS is 1, as in CI, it fails instead, so that nothing
//     is skipped unnoticed.
//   - The binary is $CHROMIUM, or the first of chromium, chromium-browser,
//     google-chrome and google-chrome-stable in PATH.
//
// It is only for tests: no program imports it.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// Patience bounds how long a test may use its browser, including the start.
// Machines that run tests are slow and shared.
const Patience = 2 * time.Minute

var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// Find returns the path of Chromium.
func Find() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("CHROMIUM is %q: %w", path, err)
		}
		return found, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("none of %q is in PATH; install Chromium or set CHROMIUM to its path", names)
}

// Start starts a browser and returns the context of its first tab, for
// [chromedp.Run]. The options in more come after those that all tests need.
func Start(t testing.TB, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path, err := Find()
	switch {
	case err != nil && os.Getenv("CORSAC_REQUIRE_BROWSERS") == "1":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.DisableGPU,
		chromedp.NoSandbox, // Chromium needs it as root, as in CI; the pages are our own
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(options, more...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	return ctx
}

// Console collects what the browser itself writes to a tab's console, such as
// why CORS blocked a request. It does not collect what scripts log.
type Console struct {
	mu    sync.Mutex
	lines []string
}

// Listen returns the console of the tab of ctx, from now on.
func Listen(ctx context.Context, t testing.TB) *Console {
	t.Helper()
	c := new(Console)
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*log.EventEntryAdded); ok {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.lines = append(c.lines, e.Entry.Text)
		}
	})
	if err == nil {
		_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Lines returns the lines so far.
func (c *Console) Lines() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.lines...)
}

// Screenshot writes the whole page to a PNG file, as in a window of that size
// and with that colour scheme, light or dark.
func Screenshot(ctx context.Context, t testing.TB, file, scheme string, width, height int64) {
	t.Helper()
	media := emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media)
	if err == nil {
		err = chromedp.Do(ctx, chromedp.EmulateViewport(width, height))
	}
	var png []byte
	if err == nil {
		png, err = chromedp.Run(ctx, chromedp.FullScreenshot(100))
	}
	if err == nil {
		err = os.WriteFile(file, png, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
