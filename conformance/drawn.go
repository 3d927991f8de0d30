package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Drawn is the agreement on the cases that package record draws.
type Drawn struct{ Chromium, Firefox *Agreement }

// drawnFamilies says what the families of drawn cases are about.
var drawnFamilies = map[string]string{
	"gen-single":   "one request to one server",
	"gen-redirect": "redirects, with all spellings of Location",
	"gen-cache":    "sequences that use the preflight cache",
	"gen-status":   "rare statuses of preflights and responses, and those with a meaning of their own",
	"gen-line":     "status lines with odd versions, numbers and texts",
	"gen-referrer": "referrer policies of page, request and redirects",
	"gen-site":     "requests between sites and schemes, named hosts, IP addresses and localhost",
	"gen-throw":    "calls that throw, with their exception",
}

const drawnText = `
## Drawn cases

Package ` + "`conformance/record`" + ` draws cases from a seed and plays them to live browsers; ` + "`make record`" + `
does so for both and writes the recordings, which this table is about. All headers of the requests
are compared. Of Firefox, the error and the console are only counted: its lines may come late, and
do not name the request. At the end is what the recorder does not draw for it.

| family | about | Chromium: result | wire | headers sent | error | headers read | Firefox: result | wire | headers sent | error | headers read |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
`

// write writes the section of docs/conformance.md.
func (d Drawn) write(b *strings.Builder) {
	b.WriteString(drawnText)
	row := func(name, about string, tallies ...*Tally) {
		fmt.Fprintf(b, "| %s | %s |", name, about)
		for _, t := range tallies {
			for _, a := range []Aspect{AspectResult, AspectWire, AspectWireHeaders, AspectError, AspectHeaders} {
				fmt.Fprintf(b, " %s |", cell(t.Counts[a]))
			}
		}
		b.WriteString("\n")
	}
	for _, n := range slices.Sorted(maps.Keys(d.Chromium.Families)) {
		other := d.Firefox.Families[n]
		if other == nil {
			other = &Tally{}
		}
		row(n, drawnFamilies[n], d.Chromium.Families[n], other)
	}
	row("all", "", &d.Chromium.All, &d.Firefox.All)
}

// Loaded is the agreement on a family of the cases of package after.
type Loaded struct {
	Family, About     string
	Chromium, Firefox Count
}

const loadedText = `
## After the headers

Package ` + "`conformance/after`" + ` draws what comes after the headers, for everything that can load: fetch,
XMLHttpRequest, elements, modules, event streams and workers. A case agrees if its result, the
exception, Chromium's network error and the line on the console do. Images that break off are left
out for Firefox, which shows what it can decode of them. In new cases, nothing may differ in
Chromium, and 0.1 % in Firefox.

| family | about | Chromium | Firefox |
|---|---|--:|--:|
`

// writeLoaded writes the section about what comes after the headers.
func writeLoaded(b *strings.Builder, list []Loaded) {
	b.WriteString(loadedText)
	for _, l := range list {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", l.Family, l.About, cell(l.Chromium), cell(l.Firefox))
	}
}

// Table returns the agreement by family and aspect, as text.
func (a *Agreement) Table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "family\trequests")
	for s := range aspects {
		fmt.Fprintf(w, "\t%s", s)
	}
	row := func(name string, t *Tally) {
		fmt.Fprintf(w, "\n%s\t%d", name, t.Steps)
		for s := range aspects {
			fmt.Fprintf(w, "\t%s", cell(t.Counts[s]))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(a.Families)) {
		row(n, a.Families[n])
	}
	row("all", &a.All)
	fmt.Fprintln(w)
	_ = w.Flush() // to memory
	return b.String()
}
