package csp_test

import (
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/csp"
	"github.com/corsac-dev/corsac/fetch"
)

func TestCheck(t *testing.T) {
	const self = "https://app.example.com"
	for _, c := range []struct {
		policy, url string
		redirected  bool
		allowed     bool
	}{
		{"", "https://api.example.com/", false, true},
		{"connect-src 'none'", "https://api.example.com/", false, false},
		{"connect-src 'none'", "https://api.example.com/100%", false, false}, // a URL for browsers, if not for net/url
		{"connect-src 'none'", "https://api.example.com/a%zzb", false, false},
		{"connect-src 'none'", "not a URL", false, false},
		{"connect-src https://api.example.com/100%25", "https://api.example.com/100%", false, true},
		{"connect-src https://[::1]:8443", "https://[::1]:8443/x", false, true},
		{"connect-src", "https://api.example.com/", false, false},
		{"connect-src 'self'", "https://app.example.com/x", false, true},
		{"connect-src 'self'", "https://app.example.com:8443/x", false, false},
		{"connect-src 'self'", "http://app.example.com/x", false, false},
		{"connect-src 'self'", "wss://app.example.com/x", false, true},
		{"CONNECT-SRC 'SELF'", "https://app.example.com/x", false, true},
		{"connect-src *", "https://anything.example/", false, true},
		{"connect-src *", "wss://anything.example/", false, true},
		{"connect-src https:", "https://anything.example/", false, true},
		{"connect-src https:", "http://anything.example/", false, false},
		{"connect-src http:", "https://anything.example/", false, true},
		{"connect-src api.example.com", "https://api.example.com/x", false, true},
		{"connect-src api.example.com", "http://api.example.com/x", false, false},
		{"connect-src http://api.example.com", "https://api.example.com/x", false, true},
		{"connect-src *.example.com", "https://a.b.example.com/", false, true},
		{"connect-src *.example.com", "https://example.com/", false, false},
		{"connect-src *.example.com", "https://evilexample.com/", false, false},
		{"connect-src https://api.example.com:8443", "https://api.example.com:8443/", false, true},
		{"connect-src https://api.example.com", "https://api.example.com:8443/", false, false},
		{"connect-src https://api.example.com:*", "https://api.example.com:8443/", false, true},
		{"connect-src https://api.example.com/v1/", "https://api.example.com/v1/x", false, true},
		{"connect-src https://api.example.com/v1", "https://api.example.com/v1/x", false, false},
		{"connect-src https://api.example.com/v1", "https://api.example.com/v2", true, true},
		{"connect-src 'nonce-x' 'sha256-y'", "https://api.example.com/", false, false},
		{"default-src 'self'", "https://api.example.com/", false, false},
		{"default-src 'none'; connect-src api.example.com", "https://api.example.com/", false, true},
		{"script-src 'none'", "https://api.example.com/", false, true},
		{"connect-src 'self'; connect-src *", "https://api.example.com/", false, false},
		{"connect-src *, connect-src 'self'", "https://api.example.com/", false, false},
	} {
		v := csp.Parse([]string{c.policy}).Check(fetch.DestinationFetch, c.url, self, c.redirected)
		if (v == nil) != c.allowed {
			t.Errorf("%q and %s: %+v", c.policy, c.url, v)
		}
	}
}

func TestDestinations(t *testing.T) {
	p := csp.Parse([]string{"default-src 'none'; img-src *; script-src-elem *; style-src *"})
	for d, allowed := range map[fetch.Destination]bool{
		fetch.DestinationFetch: false, fetch.DestinationEventSource: false, fetch.DestinationWebSocket: false, fetch.DestinationFont: false,
		fetch.DestinationImage: true, fetch.DestinationScript: true, fetch.DestinationModule: true, fetch.DestinationStyle: true,
	} {
		if v := p.Check(d, "https://x.example/", "https://app.example.com", false); (v == nil) != allowed {
			t.Errorf("%s: %+v", d, v)
		}
	}
}

// TestMessage checks texts that Chromium 156 was seen to print.
func TestMessage(t *testing.T) {
	for _, c := range []struct {
		policy string
		d      fetch.Destination
		want   string
	}{
		{"default-src 'none'; connect-src 'self' https://api.example.com", fetch.DestinationFetch, `Connecting to 'http://localhost:9/x?y=1' violates the following Content Security Policy directive: "connect-src 'self' https://api.example.com". The action has been blocked.`},
		{"default-src 'self'; script-src 'unsafe-inline'", fetch.DestinationXHR, `Connecting to 'http://localhost:9/x?y=1' violates the following Content Security Policy directive: "default-src 'self'". Note that 'connect-src' was not explicitly set, so 'default-src' is used as a fallback. The action has been blocked.`},
		{"script-src 'unsafe-inline'", fetch.DestinationModule, `Loading the script 'http://localhost:9/x?y=1' violates the following Content Security Policy directive: "script-src 'unsafe-inline'". Note that 'script-src-elem' was not explicitly set, so 'script-src' is used as a fallback. The action has been blocked.`},
		{"default-src 'none'", fetch.DestinationStyle, `Loading the stylesheet 'http://localhost:9/x?y=1' violates the following Content Security Policy directive: "default-src 'none'". Note that 'style-src-elem' was not explicitly set, so 'default-src' is used as a fallback. The action has been blocked.`},
		{"default-src 'none'", fetch.DestinationImage, `Loading the image 'http://localhost:9/x?y=1' violates the following Content Security Policy directive: "default-src 'none'". Note that 'img-src' was not explicitly set, so 'default-src' is used as a fallback. The action has been blocked.`},
	} {
		const url = "http://localhost:9/x?y=1"
		v := csp.Parse([]string{c.policy}).Check(c.d, url, "http://127.0.0.1:8099", false)
		if v == nil {
			t.Errorf("%s: allowed", c.policy)
		} else if got := v.Message(c.d, url); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

func TestSandboxed(t *testing.T) {
	for policy, want := range map[string]bool{
		"": false, "sandbox": true, "sandbox allow-scripts": true, "sandbox allow-same-origin": false, "default-src 'self'": false,
	} {
		if got := csp.Parse([]string{policy}).Sandboxed(); got != want {
			t.Errorf("%q: %t", policy, got)
		}
	}
}

// FuzzCheck checks that nothing panics and that two policies allow only what
// both allow.
func FuzzCheck(f *testing.F) {
	f.Add("connect-src 'self' *.example.com:* https:", "default-src https://a/b", "https://a.example.com:1/b")
	f.Fuzz(func(t *testing.T, one, two, url string) {
		const self = "https://app.example.com"
		check := func(lines ...string) bool {
			return csp.Parse(lines).Check(fetch.DestinationFetch, url, self, false) == nil
		}
		if strings.Count(one+two, ",") > 20 {
			return
		}
		if both := check(one, two); both != (check(one) && check(two)) {
			t.Fatalf("%q and %q on %q: together %t", one, two, url, both)
		}
	})
}
