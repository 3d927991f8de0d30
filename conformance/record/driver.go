package record

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/conformance"
	"github.com/corsac-dev/corsac/fetch"
)

// The browsers that cases can be played to.
const (
	Chromium = "chromium"
	Firefox  = "firefox"
)

// Profile returns the profile of package fetch for a browser.
func Profile(browser string) fetch.Profile {
	if browser == Firefox {
		return fetch.Firefox
	}
	return fetch.Chromium
}

// Steady reports whether a browser does the same with a case every time, and
// comes to an end. Firefox does not in two kinds of cases. If a status line has
// no version, it sometimes reads the head twice, and XMLHttpRequest then has the
// status 0. And a HEAD request never ends if its response has status 421.
func Steady(browser string, c *conformance.Case) bool {
	if browser != Firefox {
		return true
	}
	head := slices.ContainsFunc(c.Steps, func(s conformance.Step) bool {
		return s.Request.Method != nil && strings.EqualFold(*s.Request.Method, "HEAD")
	})
	odd := func(r *resp) bool {
		return r != nil && (strings.HasPrefix(r.Line, "HTTP") && !strings.HasPrefix(r.Line, "HTTP/") || head && r.Status == 421)
	}
	return !slices.ContainsFunc(c.Hops, func(h hop) bool { return odd(h.Preflight) || odd(h.Actual) })
}

// driver runs documents in a live browser.
type driver interface {
	// play opens a document in a tab of its own and evaluates script there. It
	// returns the value of the script's promise as JSON, and what the browser
	// reported meanwhile, which the caller must close.
	play(ctx context.Context, document, script string) ([]byte, reports, error)
	// tabs is how many documents run at the same time, and sequences how many
	// cases with several steps a document plays at once.
	tabs() int
	sequences() int
}

// reports are what a browser reported about the requests of a tab.
type reports interface {
	// complete sets the errors and console lines of a case's steps. It returns
	// false if some have not arrived yet.
	complete(c *conformance.Case, steps []conformance.StepOutcome) bool
	// describe returns what is known about an incomplete case.
	describe(id string, steps []conformance.StepOutcome) string
	close()
}

// newDriver starts a browser, for as long as the test lasts.
func newDriver(t testing.TB, browser string, s *site, patience time.Duration) driver {
	t.Helper()
	switch browser {
	case Chromium:
		return newChromiumDriver(t, s, patience)
	case Firefox:
		return newFirefoxDriver(t, s, patience)
	}
	t.Fatalf("there is no browser %q; use %s or %s", browser, Chromium, Firefox)
	return nil
}

// summary returns the results of steps, for errors.
func summary(steps []conformance.StepOutcome) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%s %s; ", s.Result, s.CORSError)
	}
	return b.String()
}
