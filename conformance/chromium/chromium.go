// Package chromium starts headless Chromium for the tests of this module, and
// listens on loopback addresses that pages can use.
//
//   - Without Chromium, a test is skipped and says why. If
//     CORSAC_REQUIRE_BROWSERS is 1, as in CI, it fails instead, so that nothing
//     is skipped unnoticed.
//   - The binary is $CHROMIUM, or the first of the usual names in PATH.
package chromium

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Start starts a browser with a fresh profile and returns the context of its
// first tab. The browser stops when the test ends, or after patience.
func Start(t testing.TB, patience time.Duration, options ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path, err := find()
	switch {
	case err != nil && os.Getenv("CORSAC_REQUIRE_BROWSERS") == "1":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile(t)),
		chromedp.DisableGPU,
		chromedp.NoSandbox, // Chromium needs it as root, as in CI; the pages are our own
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(time.Minute),
	), options...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	return ctx
}

// profile returns a fresh profile that allows third-party cookies, so a cookie
// with SameSite=None is sent exactly when credentials are included.
func profile(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	const preferences = `{"profile": {"block_third_party_cookies": false, "cookie_controls_mode": 0}}`
	err := os.Mkdir(filepath.Join(dir, "Default"), 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "Default", "Preferences"), []byte(preferences), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func find() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return exec.LookPath(path)
	}
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("none of %q is in PATH; install Chromium or set CHROMIUM to its path", names)
}

// SetCookie gives the host of an origin a cookie that is sent with every request that includes
// credentials.
func SetCookie(ctx context.Context, origin, name, value string) error {
	_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{
		Name: name, Value: value, URL: origin + "/", Secure: new(true), SameSite: network.CookieSameSiteNone,
	})
	return err
}

// badPorts are the ports of four digits to which browsers do not connect
// (https://fetch.spec.whatwg.org/#port-blocking).
var badPorts = []int{
	1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
}

// Listen listens on a port of 127.0.0.1 that browsers accept. The port has four
// digits, so addresses have the same length in every run, and is below the
// range for clients.
func Listen() (net.Listener, int, error) {
	var err error
	for range 200 {
		port := 2000 + rand.IntN(7000) //nolint:gosec // any free port will do
		if slices.Contains(badPorts, port) {
			continue
		}
		var l net.Listener
		var config net.ListenConfig
		if l, err = config.Listen(context.Background(), "tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			return l, port, nil
		}
	}
	return nil, 0, fmt.Errorf("no free port: %w", err)
}
