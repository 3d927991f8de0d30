package after

import (
	"fmt"
	"slices"

	"github.com/corsac-dev/corsac/fetch"
)

// Families says what the families of cases are about.
var Families = map[string]string{
	"body":     "bodies that are short, cut off, reset, or not in the encoding that they name",
	"type":     "MIME types of every kind, with and without nosniff",
	"sniffed":  "scripts and stylesheets without CORS that may be data (opaque response blocking)",
	"embedder": "pages with Cross-Origin-Embedder-Policy",
}

// Tally counts cases, and those in which the engine agrees.
type Tally struct{ Agree, Of int }

// Agreement is the result of comparing a profile with a recording.
type Agreement struct {
	Families map[string]Tally
	All      Tally
	// LeftOut is the number of cases with which the browser does not do the same
	// every time. They are not in the tallies.
	LeftOut int
	// Differences has a text for each case that differs.
	Differences []string
}

// Measure compares every case of a recording with what the engine decides.
func Measure(list []Recorded, p fetch.Profile) (*Agreement, error) {
	a := &Agreement{Families: map[string]Tally{}}
	for i := range list {
		r := &list[i]
		if !r.Case.isFirm(p) {
			a.LeftOut++
			continue
		}
		differences, err := Judge(r, p)
		if err != nil {
			return nil, fmt.Errorf("case %s: %w", r.Case.ID, err)
		}
		family := a.Families[r.Case.Family]
		family.Of++
		a.All.Of++
		if len(differences) == 0 {
			family.Agree++
			a.All.Agree++
		} else {
			a.Differences = append(a.Differences, fmt.Sprintf("%s %s: %s of a page with %q\n %q\n %.60q\n %q",
				p, r.Case.ID, r.Case.Destination, r.Case.Page, r.Case.Headers, r.Case.Body, differences))
		}
		a.Families[r.Case.Family] = family
	}
	slices.Sort(a.Differences)
	return a, nil
}
