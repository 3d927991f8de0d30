package record_test

import (
	"encoding/json"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/conformance"
	"github.com/corsac-dev/corsac/conformance/internal/seed"
	"github.com/corsac-dev/corsac/conformance/record"
	"github.com/corsac-dev/corsac/fetch"
)

var (
	seedFlag = flag.Uint64("seed", 0, "seed of the cases; 0 means CORSAC_SEED, or a new one")
	count    = flag.Int("cases", 320, "how many cases")
	only     = flag.Int("case", -1, "only the case of that number")
	write    = flag.String("write", "", "the file to write the recording to, compressed")
	patience = flag.Duration("patience", 5*time.Minute, "how long the browser may take")
)

// TestLive makes up cases, plays them to Chromium and to the engine, and
// compares all aspects.
func TestLive(t *testing.T) {
	s := seed.Of(t, *seedFlag)
	r := record.Open(t, *patience)
	cases := record.Generate(s, *count)
	if *only >= 0 {
		cases = []*conformance.Case{record.One(s, *only)}
	}
	recorded, err := r.Record(cases)
	if err != nil {
		t.Fatal(err)
	}
	if *write != "" {
		if err := conformance.Save(*write, recorded); err != nil {
			t.Fatal(err)
		}
	}
	differ := 0
	results := map[string]int{}
	for _, c := range recorded {
		for _, s := range c.Steps {
			results[c.Case.Family+" "+s.Result]++
		}
		diffs, err := conformance.Judge(&c, fetch.Chromium)
		if err != nil {
			t.Fatal(err)
		}
		if len(diffs) == 0 {
			continue
		}
		differ++
		report(t, r, s, &c, diffs, differ <= 3)
	}
	t.Logf("%d cases, %d disagree, %d tried again; %v", len(recorded), differ, r.Retried, results)
}

// report prints how a case differs, how to replay it and, on request, the
// smallest case that still differs.
func report(t *testing.T, r *record.Recorder, seed uint64, c *conformance.Recorded, diffs []conformance.Difference, shrink bool) {
	t.Helper()
	number := c.Case.ID[strings.LastIndexByte(c.Case.ID, '-')+1:]
	t.Errorf("replay with: cd conformance && GOWORK=off go test -run %s ./record -seed %d -case %s", t.Name(), seed, number)
	for _, d := range diffs {
		t.Errorf("%s step %d, %s:\n  browser: %.600q\n  fetch:   %.600q", d.ID, d.Step, d.Aspect, d.Want, d.Got)
	}
	least := c.Case
	if shrink {
		smaller, err := r.Shrink(c.Case, func(c *conformance.Recorded) bool {
			now, err := conformance.Judge(c, fetch.Chromium)
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
