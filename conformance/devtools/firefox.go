package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

//go:embed netmonitor.js
var netmonitorJS string

// preferences keep Firefox from contacting any other server.
const preferences = `user_pref("marionette.port", 0);
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

// firefoxFilters are in the syntax of Firefox's Network panel.
var firefoxFilters = filters{HAR: "-regexp:" + unexported, Copied: copied}

// browseFirefox does in Firefox what browseChromium does in Chromium.
func browseFirefox(ctx context.Context, binary, profile string) (*visit, error) {
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(preferences), 0o600); err != nil {
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
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	port, err := waitFor(ctx, filepath.Join(profile, "MarionetteActivePort"))
	if err != nil {
		return nil, fmt.Errorf("%s does not start: %w", binary, err)
	}
	m, err := dialMarionette(ctx, port)
	if err != nil {
		return nil, err
	}
	defer m.conn.Close()
	return m.visit()
}

// visit opens the page with the toolbox attached.
func (m *marionette) visit() (*visit, error) {
	v := &visit{}
	var opened bool
	for _, step := range []func() error{
		func() error {
			_, err := m.call("WebDriver:NewSession", map[string]any{"acceptInsecureCerts": true})
			return err
		},
		func() error {
			_, err := m.call("WebDriver:SetTimeouts", map[string]any{"script": patience.Milliseconds()})
			return err
		},
		func() error { return m.await("chrome", netmonitorJS+"return open();", &opened) },
		func() error {
			if _, err := m.call("Marionette:SetContext", map[string]any{"value": "content"}); err != nil {
				return err
			}
			_, err := m.call("WebDriver:Navigate", map[string]any{"url": pageOrigin + "/"})
			return err
		},
		func() error {
			return m.await("content", "return each();", &v.did)
		},
		func() error {
			time.Sleep(time.Second) // the browser's messages about the last request come after it
			return m.await("chrome", netmonitorJS+"return everything("+firefoxFilters.json()+");", &v.view)
		},
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return v, nil
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
