package conformance

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/conformance/after"
	"github.com/corsac-dev/corsac/conformance/wpt"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/cases"
)

var (
	update = flag.Bool("update", false, "write docs/conformance.md")
	show   = flag.Int("show", 3, "differences to log of each aspect")
)

const docs = "../docs/conformance.md"

// promised has the least agreement for fetch and XMLHttpRequest, in percent.
var promised = map[fetch.Profile]map[Aspect]float64{
	fetch.Chromium: {
		AspectResult: 100, AspectWire: 100, AspectError: 99.5, AspectHeaders: 100, AspectConsole: 99,
		AspectWireHeaders: 99, AspectRequest: 100,
	},
	fetch.Firefox:  {AspectResult: 99.5, AspectWire: 99.5, AspectError: 99, AspectHeaders: 99.5, AspectRequest: 100},
	fetch.Standard: {AspectResult: 93},
}

func TestAgreement(t *testing.T) {
	chromium, firefox, err := Load("testdata/chromium.jsonl.gz", "testdata/firefox.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	c := measure(t, chromium, fetch.Chromium)
	f := measure(t, firefox, fetch.Firefox)
	s := measure(t, chromium, fetch.Standard)
	measure(t, chromium, fetch.Safari)
	requests := 0
	for _, r := range chromium {
		requests += len(r.Steps)
	}
	simple, err := Measure(Simple(chromium), fetch.Chromium)
	if err != nil {
		t.Fatal(err)
	}
	engines, err := ReadEngines("testdata/engines.json")
	if err != nil {
		t.Fatal(err)
	}
	want := Markdown(c, f, s, simple.All.Counts[AspectResult], engines, drawn(t), loaded(t), translated(t, chromium), len(chromium), requests)
	if *update {
		if err := os.MkdirAll(filepath.Dir(docs), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(docs, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the replay says: run go test -update . in conformance", docs)
	}
}

// drawn measures what the project's own recorder wrote.
func drawn(t *testing.T) Drawn {
	t.Helper()
	chromium, firefox := loadDrawn(t)
	c, err := Measure(chromium, fetch.Chromium)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Measure(firefox, fetch.Firefox)
	if err != nil {
		t.Fatal(err)
	}
	return Drawn{Chromium: c, Firefox: f}
}

// translated measures the cases of package wpt. The recordings that show a
// difference must be there.
func translated(t *testing.T, recorded []Recorded) *Translated {
	t.Helper()
	rows, differences, _, err := wpt.Measure()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range differences {
		id, ok := strings.CutPrefix(d.Shown, "recording ")
		if ok && !slices.ContainsFunc(recorded, func(r Recorded) bool { return r.Case.ID == id }) {
			t.Errorf("%s, %s: there is no %s", d.Profile, d.File, d.Shown)
		}
	}
	return &Translated{rows, differences}
}

// loaded measures what package after wrote.
func loaded(t *testing.T) (list []Loaded) {
	t.Helper()
	measured := map[fetch.Profile]*after.Agreement{}
	for p, file := range map[fetch.Profile]string{fetch.Chromium: "after-chromium.json.gz", fetch.Firefox: "after-firefox.json.gz"} {
		recorded, err := after.Load(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if measured[p], err = after.Measure(recorded, p); err != nil {
			t.Fatal(err)
		}
	}
	c, f := measured[fetch.Chromium], measured[fetch.Firefox]
	for _, family := range slices.Sorted(maps.Keys(after.Families)) {
		list = append(list, Loaded{family, after.Families[family], Count(c.Families[family]), Count(f.Families[family])})
	}
	return append(list, Loaded{"all", "", Count(c.All), Count(f.All)})
}

func loadDrawn(t *testing.T) (chromium, firefox []Recorded) {
	t.Helper()
	chromium, firefox, err := Load(filepath.Join("testdata", "generated.jsonl.gz"), filepath.Join("testdata", "generated-firefox.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return chromium, firefox
}

// TestWiderRecording checks a newer or wider recording, if there is one.
func TestWiderRecording(t *testing.T) {
	dir, ok := cases.Beside("oracle")
	if !ok {
		t.Skip("there is no wider set of cases here")
	}
	chromium, firefox, err := Load(filepath.Join(dir, "corpus_visible.jsonl"), filepath.Join(dir, "firefox_visible.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	measure(t, chromium, fetch.Chromium)
	measure(t, firefox, fetch.Firefox)
}

func measure(t *testing.T, recorded []Recorded, profile fetch.Profile) *Agreement {
	t.Helper()
	a, err := Measure(recorded, profile)
	if err != nil {
		t.Fatal(err)
	}
	failed := false
	for aspect, least := range promised[profile] {
		count := a.All.Counts[aspect]
		t.Logf("%s %s: %d of %d", profile, aspect, count.Agree, count.Of)
		if count.Of == 0 || count.Percent() < least {
			t.Errorf("%s: %s agrees in %d of %d, %.2f %%, want at least %.2f %%", profile, aspect, count.Agree, count.Of, count.Percent(), least)
			failed = true
		}
	}
	shown := map[Aspect]int{}
	for _, d := range a.Diffs {
		if shown[d.Aspect]++; (failed || testing.Verbose()) && shown[d.Aspect] <= *show && promised[profile][d.Aspect] > 0 {
			t.Logf("%s %s step %d, %s:\n  browser: %.300q\n  fetch:   %.300q", profile, d.ID, d.Step, d.Aspect, d.Want, d.Got)
		}
	}
	return a
}

// TestComparisonFails checks that Compare can find a difference at all.
func TestComparisonFails(t *testing.T) {
	chromium, _, err := Load("testdata/chromium.jsonl.gz", "testdata/firefox.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	a, err := Measure(chromium, fetch.Firefox)
	if err != nil {
		t.Fatal(err)
	}
	for _, aspect := range []Aspect{AspectResult, AspectWire, AspectConsole} {
		if c := a.All.Counts[aspect]; c.Agree == c.Of {
			t.Errorf("%s: profile Firefox agrees with Chromium in all of %d", aspect, c.Of)
		}
	}
}

// TestGenerated replays what the project's own recorder wrote (make record).
// Chromium agrees in everything, Firefox in 99.9 % of what it reports in the same
// way every time.
func TestGenerated(t *testing.T) {
	d := drawn(t)
	for _, g := range []struct {
		profile fetch.Profile
		a       *Agreement
		least   float64
	}{{fetch.Chromium, d.Chromium, 100}, {fetch.Firefox, d.Firefox, 99.9}} {
		if g.a.All.Steps < 500 {
			t.Errorf("%s: only %d requests", g.profile, g.a.All.Steps)
		}
		for aspect := range aspects {
			if g.profile == fetch.Firefox && !aspect.Firm() {
				continue
			}
			if c := g.a.All.Counts[aspect]; c.Percent() < g.least {
				t.Errorf("%s: %s agrees in %d of %d, want at least %.2f %%", g.profile, aspect, c.Agree, c.Of, g.least)
			}
		}
		for _, diff := range g.a.Diffs {
			t.Logf("%s: %s step %d, %s:\n  browser: %.400q\n  fetch:   %.400q", g.profile, diff.ID, diff.Step, diff.Aspect, diff.Want, diff.Got)
		}
	}
}
