// Package firefox drives headless Firefox, for the tests and programs of this
// module, over its remote control, Marionette.
//
//   - Start gives a test a browser of its own, which stops when the test ends. Without
//     Firefox, the test is skipped and says why. If CORSAC_REQUIRE_BROWSERS is 1, as
//     in CI, it fails instead, so that nothing is skipped unnoticed.
//   - The binary is $FIREFOX, or the first of the usual names in PATH.
//   - The browser contacts no servers but those of its pages.
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

// stopTime is how long Firefox may take to end.
const stopTime = 20 * time.Second

// Context is where a script runs.
type Context string

// The contexts of scripts.
const (
	// Content is the page.
	Content Context = "content"
	// Chrome is Firefox's own code, with all its rights.
	Chrome Context = "chrome"
	// process is the process of the page, with these rights.
	process Context = "process"
)

// enter makes the next commands apply to a context.
func (b *Browser) enter(where Context) error {
	if where == process {
		where = Content
	}
	_, err := b.remote.call("Marionette:SetContext", map[string]any{"value": where})
	return err
}

// Browser is a running Firefox with one tab. It is not safe for concurrent use.
type Browser struct {
	command *exec.Cmd
	remote  *marionette
}

// Find returns the path of Firefox.
func Find() (string, error) {
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

// Start starts a browser with a fresh profile. It stops when the test ends, or after
// patience, which also bounds each script. Preferences are as for [Open].
func Start(t testing.TB, patience time.Duration, preferences string) *Browser {
	t.Helper()
	path, err := Find()
	switch {
	case err != nil && os.Getenv("CORSAC_REQUIRE_BROWSERS") == "1":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	b, err := Open(ctx, path, t.TempDir(), patience, preferences)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// Open starts a browser with a profile, an empty folder. It ends with ctx, or when it
// is closed. Patience bounds each script. Certificates are not checked. Preferences are
// lines of a user.js, or "".
func Open(ctx context.Context, binary, profile string, patience time.Duration, preferences string) (*Browser, error) {
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(quiet+preferences), 0o600); err != nil {
		return nil, err
	}
	//nolint:gosec // the browser is the caller's
	cmd := exec.CommandContext(ctx, binary, "--headless", "--no-remote", "--marionette", "--remote-allow-system-access",
		"--profile", profile, "about:blank")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTime
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	b := &Browser{command: cmd}
	if err := b.connect(ctx, profile, patience); err != nil {
		b.Close()
		return nil, fmt.Errorf("%s does not start: %w", binary, err)
	}
	return b, nil
}

// connect opens a session.
func (b *Browser) connect(ctx context.Context, profile string, patience time.Duration) error {
	port, err := waitFor(ctx, filepath.Join(profile, "MarionetteActivePort"))
	if err != nil {
		return err
	}
	if b.remote, err = dialMarionette(ctx, port); err != nil {
		return err
	}
	if _, err := b.remote.call("WebDriver:NewSession", map[string]any{"acceptInsecureCerts": true}); err != nil {
		return err
	}
	_, err = b.remote.call("WebDriver:SetTimeouts", map[string]any{"script": patience.Milliseconds()})
	return err
}

// Close ends the browser.
func (b *Browser) Close() {
	if b.remote != nil {
		_ = b.remote.conn.Close()
	}
	_ = b.command.Process.Signal(syscall.SIGTERM)
	_ = b.command.Wait()
}

// Navigate opens a page, and returns once it is loaded.
func (b *Browser) Navigate(url string) error {
	if err := b.enter(Content); err != nil {
		return err
	}
	_, err := b.remote.call("WebDriver:Navigate", map[string]any{"url": url})
	return err
}

// SetCookie gives the host of the current page a cookie that is sent with every
// request that includes credentials.
func (b *Browser) SetCookie(name, value string) error {
	if err := b.enter(Content); err != nil {
		return err
	}
	_, err := b.remote.call("WebDriver:AddCookie", map[string]any{
		"cookie": map[string]any{"name": name, "value": value, "path": "/", "secure": true, "sameSite": "None"},
	})
	return err
}

// logged is the body of a function that returns what pages of an origin have logged,
// which is in their process, since the last time.
const logged = `const storage = Cc["@mozilla.org/consoleAPI-storage;1"].getService(Ci.nsIConsoleAPIStorage);
	const lines = storage.getEvents().filter((e) => e.filename.startsWith(%q))
		.map((e) => e.level + ": " + e.arguments.map(String).join(" "));
	storage.clearEvents();
	return lines;`

// reported is the same for what Firefox itself says of such pages.
const reported = `const lines = Services.console.getMessageArray()
		.filter((it) => it instanceof Ci.nsIScriptError && it.sourceName.startsWith(%q)).map(String);
	Services.console.reset();
	return lines;`

// Console returns the messages on the console about the pages of an origin, since the
// last call. One of the pages must be open.
func (b *Browser) Console(origin string) (lines []string, err error) {
	for where, script := range map[Context]string{process: logged, Chrome: reported} {
		var more []string
		if err := b.Await(where, fmt.Sprintf(script, origin), &more); err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	return lines, nil
}

// Message is an entry of the browser console.
type Message struct {
	// Category is that of a script error, such as CORSMissingAllowOrigin, and
	// Source what it is about, often a URL; empty for other messages.
	Category string `json:"category"`
	Source   string `json:"source"`
	Text     string `json:"text"`
}

const (
	listen = `const list = (Services.corsacMessages = []);
	Services.console.registerListener({
		observe(m) {
			const e = m instanceof Ci.nsIScriptError ? m : { category: "", sourceName: "", errorMessage: m.message };
			list.push({ category: e.category, source: e.sourceName || "", text: e.errorMessage });
		},
	});
	return true;`
	heard = `return Services.corsacMessages.splice(0);`
)

// Listen begins to collect what Firefox itself says, about all pages, for
// [Browser.Messages].
func (b *Browser) Listen() error {
	var listening bool
	return b.Await(Chrome, listen, &listening)
}

// Messages returns what Firefox has said since the last call, or since
// [Browser.Listen].
func (b *Browser) Messages() (list []Message, err error) {
	err = b.Await(Chrome, heard, &list)
	return list, err
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
