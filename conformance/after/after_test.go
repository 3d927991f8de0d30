package after_test

import (
	"flag"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/conformance/after"
	"github.com/corsac-dev/corsac/conformance/internal/seed"
	"github.com/corsac-dev/corsac/fetch"
)

var (
	seedFlag = flag.Uint64("seed", 0, "seed of the cases; 0 means CORSAC_SEED, or a new one")
	count    = flag.Int("cases", 48, "how many cases; make record plays more")
	write    = flag.Bool("write", false, "write the recordings")
	patience = flag.Duration("patience", 5*time.Minute, "how long a browser may take")
)

// browsers are those that are recorded.
var browsers = []struct {
	profile fetch.Profile
	file    string
	record  func(testing.TB, *after.Site, []*after.Case, time.Duration) []after.Recorded
}{
	{fetch.Chromium, "../testdata/after-chromium.json.gz", after.Chromium},
	{fetch.Firefox, "../testdata/after-firefox.json.gz", after.Firefox},
}

// TestRecorded compares the recordings with the engine.
func TestRecorded(t *testing.T) {
	for _, b := range browsers {
		list, err := after.Load(b.file)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) < 800 {
			t.Errorf("%s: %d cases", b.file, len(list))
		}
		compare(t, b.profile, list)
	}
}

// TestLive makes up cases, and compares what live browsers do with the engine.
func TestLive(t *testing.T) {
	s := seed.Of(t, *seedFlag)
	for _, b := range browsers {
		t.Run(b.profile.String(), func(t *testing.T) {
			site, err := after.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer site.Close()
			list := b.record(t, site, after.Generate(s, *count), *patience)
			if *write {
				if err := after.Save(b.file, list); err != nil {
					t.Fatal(err)
				}
			}
			compare(t, b.profile, list)
		})
	}
}

// tolerated is the share of Firefox's cases that may differ.
var tolerated = map[fetch.Profile]float64{fetch.Firefox: .001}

// compare reports the differences, and logs the agreement by family.
func compare(t *testing.T, p fetch.Profile, list []after.Recorded) {
	t.Helper()
	a, err := after.Measure(list, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range a.Differences {
		t.Log(d)
	}
	if differ := a.All.Of - a.All.Agree; float64(differ) > tolerated[p]*float64(a.All.Of) {
		t.Errorf("%d of %d cases differ", differ, a.All.Of)
	}
	for family, c := range a.Families {
		if after.Families[family] == "" {
			t.Errorf("nothing says what the family %s is about", family)
		}
		t.Logf("%s agrees in %d of %d cases of the family %s", p, c.Agree, c.Of, family)
	}
}
