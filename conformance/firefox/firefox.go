// Package firefox starts headless Firefox and controls it through Marionette,
// its own protocol, without a driver.
//
// The browser contacts no server on its own. Script runs in the page or with
// the rights of Firefox's own code.
package firefox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// quiet are preferences that keep Firefox from contacting any other server.
const quiet = `user_pref("marionette.port", 0);
user_pref("app.normandy.enabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.safebrowsing.update.enabled", false);
user_pref("browser.search.update", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("dom.push.connection.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.enabled", false);
`

// Where script runs: in the page, or with the rights of Firefox's own code.
const (
	Content = "content"
	Chrome  = "chrome"
)

// Browser is a running Firefox with one window. It is not safe for concurrent
// use.
type Browser struct {
	cmd *exec.Cmd
	m   *marionette
}

// Start starts a binary with an empty profile folder. preferences are further
// lines of its user.js. The browser runs until Close, or until ctx ends.
func Start(ctx context.Context, binary, profile, preferences string) (*Browser, error) {
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(quiet+preferences), 0o600); err != nil {
		return nil, err
	}
	//nolint:gosec // the browser is the caller's
	cmd := exec.CommandContext(ctx, binary, "--headless", "--no-remote", "--marionette", "--remote-allow-system-access",
		"--profile", profile, "about:blank")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	b := &Browser{cmd: cmd}
	if err := b.connect(ctx, profile); err != nil {
		b.Close()
		return nil, fmt.Errorf("%s does not start: %w", binary, err)
	}
	return b, nil
}

// connect opens a session.
func (b *Browser) connect(ctx context.Context, profile string) error {
	port, err := waitFor(ctx, filepath.Join(profile, "MarionetteActivePort"))
	if err != nil {
		return err
	}
	if b.m, err = dialMarionette(ctx, port); err != nil {
		return err
	}
	if _, err := b.m.call("WebDriver:NewSession", map[string]any{"acceptInsecureCerts": true}); err != nil {
		return err
	}
	const longest = 5 * time.Minute
	_, err = b.m.call("WebDriver:SetTimeouts", map[string]any{"script": longest.Milliseconds()})
	return err
}

// Close stops the browser.
func (b *Browser) Close() {
	if b.m != nil {
		_ = b.m.conn.Close()
	}
	_ = b.cmd.Process.Signal(syscall.SIGTERM)
	_ = b.cmd.Wait()
}

// Navigate loads a page and waits until it is loaded.
func (b *Browser) Navigate(url string) error {
	if err := b.enter(Content); err != nil {
		return err
	}
	_, err := b.m.call("WebDriver:Navigate", map[string]any{"url": url})
	return err
}

// SetCookie gives the host of the current page a cookie that is sent with every
// request that includes credentials.
func (b *Browser) SetCookie(name, value string) error {
	if err := b.enter(Content); err != nil {
		return err
	}
	_, err := b.m.call("WebDriver:AddCookie", map[string]any{
		"cookie": map[string]any{"name": name, "value": value, "path": "/", "secure": true, "sameSite": "None"},
	})
	return err
}

func (b *Browser) enter(where string) error {
	_, err := b.m.call("Marionette:SetContext", map[string]any{"value": where})
	return err
}

// waitFor reads a file that is still being written.
func waitFor(ctx context.Context, path string) (string, error) {
	for {
		text, err := os.ReadFile(path)
		if err == nil && len(text) > 0 {
			return string(text), nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Open starts Firefox for a test, with a fresh profile. It stops when the test
// ends, or after patience. Without Firefox, the test is skipped and says why;
// it fails if CORSAC_REQUIRE_BROWSERS is 1. The binary is $FIREFOX, or the first
// of the usual names in PATH.
func Open(t testing.TB, patience time.Duration, preferences string) *Browser {
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
	b, err := Start(ctx, path, t.TempDir(), preferences)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func find() (string, error) {
	if path := os.Getenv("FIREFOX"); path != "" {
		return exec.LookPath(path)
	}
	names := []string{"firefox-esr", "firefox"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("none of %q is in PATH; install Firefox or set FIREFOX to its path", names)
}
