package record_test

import (
	"encoding/json"
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/conformance"
	"github.com/corsac-dev/corsac/conformance/internal/seed"
	"github.com/corsac-dev/corsac/conformance/record"
)

var (
	seedFlag = flag.Uint64("seed", 0, "seed of the cases; 0 means CORSAC_SEED, or a new one")
	count    = flag.Int("cases", 96, "how many cases; make record plays more")
	only     = flag.Int("case", -1, "only the case of that number")
	family   = flag.String("family", "", "only cases of families with that prefix")
	browsers = flag.String("browser", "", "only that `name`: chromium or firefox")
	write    = flag.String("write", "", "the folder to write the recordings to, compressed")
	shrink   = flag.Bool("shrink", true, "make the first cases that disagree smaller")
	patience = flag.Duration("patience", 5*time.Minute, "how long the browser may take")
)

// TestLive makes up cases, plays them to browsers and to the engine, and
// compares all aspects.
func TestLive(t *testing.T) {
	s := seed.Of(t, *seedFlag)
	cases := record.Generate(s, *count)
	if *only >= 0 {
		cases = []*conformance.Case{record.One(s, *only)}
	}
	cases = slices.DeleteFunc(cases, func(c *conformance.Case) bool { return !strings.HasPrefix(c.Family, *family) })
	for _, browser := range []string{record.Chromium, record.Firefox} {
		if *browsers == "" || *browsers == browser {
			t.Run(browser, func(t *testing.T) { live(t, browser, s, cases) })
		}
	}
}

// live plays cases to one browser.
func live(t *testing.T, browser string, seed uint64, cases []*conformance.Case) {
	cases = slices.DeleteFunc(slices.Clone(cases), func(c *conformance.Case) bool { return !record.Steady(browser, c) })
	r := record.Open(t, browser, *patience)
	recorded, err := r.Record(cases)
	if err != nil {
		t.Fatal(err)
	}
	if *write != "" {
		name := map[string]string{record.Chromium: "generated.jsonl.gz", record.Firefox: "generated-firefox.jsonl.gz"}[browser]
		if err := conformance.Save(filepath.Join(*write, name), recorded, browser == record.Chromium); err != nil {
			t.Fatal(err)
		}
	}
	a, err := conformance.Measure(recorded, record.Profile(browser))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cases, %d tried again\n%s", len(recorded), r.Retried, a.Table())
	differ := 0
	for _, c := range recorded {
		diffs, err := judge(browser, &c)
		if err != nil {
			t.Fatal(err)
		}
		if len(diffs) == 0 {
			continue
		}
		differ++
		report(t, r, browser, seed, &c, diffs, *shrink && differ <= 3)
	}
	if float64(differ) > tolerated[browser]*float64(len(recorded)) {
		t.Errorf("%d of %d cases differ", differ, len(recorded))
	}
}

// tolerated is the share of cases that may differ.
var tolerated = map[string]float64{record.Chromium: 0, record.Firefox: .001}

// judge returns the differences that must not be. Of Firefox, the aspects that
// are not firm are only counted.
func judge(browser string, c *conformance.Recorded) ([]conformance.Difference, error) {
	diffs, err := conformance.Judge(c, record.Profile(browser))
	if browser == record.Firefox {
		diffs = slices.DeleteFunc(diffs, func(d conformance.Difference) bool { return !d.Aspect.Firm() })
	}
	return diffs, err
}

// report prints how a case differs, how to replay it and, on request, the
// smallest case that still differs.
func report(t *testing.T, r *record.Recorder, browser string, seed uint64, c *conformance.Recorded, diffs []conformance.Difference, shrink bool) {
	t.Helper()
	number := c.Case.ID[strings.LastIndexByte(c.Case.ID, '-')+1:]
	t.Logf("replay with: cd conformance && GOWORK=off go test -run TestLive ./record -browser %s -seed %d -case %s", browser, seed, number)
	for _, d := range diffs {
		t.Logf("%s step %d, %s:\n  browser: %.600q\n  fetch:   %.600q", d.ID, d.Step, d.Aspect, d.Want, d.Got)
	}
	least := c.Case
	if shrink {
		smaller, err := r.Shrink(c.Case, func(c *conformance.Recorded) bool {
			now, err := judge(browser, c)
			return err == nil && slices.ContainsFunc(now, func(d conformance.Difference) bool { return d.Aspect == diffs[0].Aspect })
		})
		if err != nil {
			t.Logf("it did not get smaller: %v", err)
		} else {
			least = smaller
		}
	}
	text, err := json.Marshal(least)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", text)
}
