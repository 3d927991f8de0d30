package record

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/conformance"
	"github.com/corsac-dev/corsac/conformance/firefox"
)

// preferences make Firefox send third-party cookies, as the profile of Chromium
// does, and find the hosts of cases on this machine. It looks up an address
// only once, because each look-up makes it forget the preflights to that host.
const preferences = `user_pref("network.cookie.cookieBehavior", 0);
user_pref("network.dnsCacheExpiration", 86400);
user_pref("network.dns.localDomains", "%s");
user_pref("dom.security.https_first", false);
user_pref("dom.security.https_first_schemeless", false);
`

// settle is how long Firefox's messages about the last request may take.
const settle = 300 * time.Millisecond

// firefoxDriver has one window, in which it plays document after document.
type firefoxDriver struct {
	mu      sync.Mutex
	browser *firefox.Browser
	names   ports
}

func newFirefoxDriver(t testing.TB, s *site, patience time.Duration) *firefoxDriver {
	t.Helper()
	d := &firefoxDriver{
		names:   s.names,
		browser: firefox.Start(t, patience, fmt.Sprintf(preferences, strings.Join(namedHosts, ","))),
	}
	for _, o := range cookieOrigins {
		if err := d.browser.Navigate(s.names.Real(o + "/empty")); err != nil {
			t.Fatal(err)
		}
		if err := d.browser.SetCookie(cookieName, "1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.browser.Navigate(s.names.Real(pageOrigin + "/empty")); err != nil {
		t.Fatal(err)
	}
	if err := d.resolve(); err != nil {
		t.Fatal(err)
	}
	if err := d.browser.Listen(); err != nil {
		t.Fatal(err)
	}
	return d
}

// repeat is the body of a function that makes requests whose preflight is
// cached.
const repeat = `for (let i = 0; i < 5; i++) await fetch(%q, { method: "PUT" });
	return true;`

// resolve makes Firefox look up the IP address of the site for the current
// page. It does so, for several families one after another, when it finds a
// preflight to it in its cache, and then forgets the preflight
// (nsCORSListenerProxy, CheckDNSCache).
func (d *firefoxDriver) resolve() error {
	var done bool
	return d.browser.Await(firefox.Content, fmt.Sprintf(repeat, d.names.Real(api2Origin+"/open")), &done)
}

func (d *firefoxDriver) tabs() int { return 1 }

// sequences is small, because the preflight cache has a hundred entries.
func (d *firefoxDriver) sequences() int { return 8 }

func (d *firefoxDriver) play(ctx context.Context, document, script string) ([]byte, reports, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if err := d.browser.Navigate(document); err != nil {
		return nil, nil, err
	}
	if strings.Contains(document, sandboxPath) { // it shares no look-ups with other pages
		if err := d.resolve(); err != nil {
			return nil, nil, err
		}
	}
	var raw string
	if err := d.browser.Await(firefox.Content, "return JSON.stringify(await "+script+")", &raw); err != nil {
		return nil, nil, err
	}
	time.Sleep(settle)
	r := &messages{byCase: map[string][]firefox.Message{}}
	list, err := d.browser.Messages()
	if err != nil {
		return nil, nil, err
	}
	for _, m := range list {
		m.Text = d.names.Fixed(m.Text)
		if id := caseOf(m.Text); id != "" && m.Category != "" {
			r.byCase[id] = append(r.byCase[id], m)
		}
	}
	return []byte(raw), r, nil
}

// messages are the console's, by case.
type messages struct{ byCase map[string][]firefox.Message }

// complete assigns no messages to cases with several steps, because they do not
// name the step.
func (r *messages) complete(c *conformance.Case, steps []conformance.StepOutcome) bool {
	if len(steps) > 1 || steps[0].Result != "blocked" {
		return true
	}
	s := &steps[0]
	s.Console, s.CORSError = nil, ""
	const echo = "CORSDidNotSucceed2"
	for _, m := range r.byCase[c.ID] {
		s.Console = append(s.Console, m.Category+": "+m.Text)
		if strings.HasPrefix(m.Category, "CORS") && (s.CORSError == "" || s.CORSError == echo) {
			s.CORSError = m.Category
		}
	}
	return true
}

func (r *messages) describe(id string, steps []conformance.StepOutcome) string {
	return summary(steps) + fmt.Sprintf("console %q", r.byCase[id])
}

func (r *messages) close() {}
