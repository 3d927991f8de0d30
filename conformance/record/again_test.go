package record

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/conformance"
	"github.com/corsac-dev/corsac/fetch"
)

// TestTryAgain makes every first attempt fail after the browser has played it.
// The result of the second must not depend on what the browser remembers from
// the first.
func TestTryAgain(t *testing.T) {
	r := Open(t, Chromium, 2*time.Minute)
	r.spoil = func(try int) error {
		if try == 0 {
			return errors.New("spoilt")
		}
		return nil
	}
	var cases []*conformance.Case
	for i := range 40 {
		c := One(11, i)
		waits := slices.ContainsFunc(c.Steps, func(s conformance.Step) bool { return s.DelayMS > 0 })
		if !waits && (c.Family == "gen-cache" || i < 10) {
			cases = append(cases, c)
		}
	}
	recorded, err := r.Record(cases)
	if err != nil {
		t.Fatal(err)
	}
	if r.Retried < len(cases) {
		t.Errorf("%d of %d cases were tried again", r.Retried, len(cases))
	}
	for _, c := range recorded {
		diffs, err := conformance.Judge(&c, fetch.Chromium)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range diffs {
			t.Errorf("%s step %d, %s:\n  browser: %.400q\n  fetch:   %.400q", d.ID, d.Step, d.Aspect, d.Want, d.Got)
		}
	}
}
