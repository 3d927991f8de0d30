package conformance

import (
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

func TestDev(t *testing.T) {
	c, f, err := Load("testdata/chromium.jsonl.gz", "testdata/firefox.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	recs, prof := c, fetch.Chromium
	if os.Getenv("P") == "firefox" {
		recs, prof = f, fetch.Firefox
	}
	n, d := map[string][aspects]int{}, map[string][aspects]int{}
	shown := map[string]int{}
	for _, r := range recs {
		out, wire, err := Replay(r.Case, prof)
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Steps {
			cmp := Compare(r.Case.ID, i, &r.Case.Steps[i].Request, &r.Steps[i], out[i], wire[i])
			for _, k := range []string{r.Case.Family, "ALL"} {
				x := n[k]
				for a := range aspects {
					if cmp.Compared[a] {
						x[a]++
					}
				}
				n[k] = x
				y := d[k]
				for _, df := range cmp.Diffs {
					y[df.Aspect]++
				}
				d[k] = y
			}
			for _, df := range cmp.Diffs {
				if a := os.Getenv("A"); a != "" && df.Aspect.String() != a {
					continue
				}
				k := r.Case.Family + df.Aspect.String()
				if shown[k]++; shown[k] <= 40 {
					fmt.Printf("--- %s step %d %s\n  want %.600q\n  got  %.600q\n", df.ID, df.Step, df.Aspect, df.Want, df.Got)
				}
			}
		}
	}
	var ks []string
	for k := range n {
		ks = append(ks, k)
	}
	sort.Strings(ks)
	for _, k := range ks {
		var b strings.Builder
		for a := range aspects {
			fmt.Fprintf(&b, " %s %d/%d", a, n[k][a]-d[k][a], n[k][a])
		}
		fmt.Printf("%-14s%s\n", k, b.String())
	}
}
