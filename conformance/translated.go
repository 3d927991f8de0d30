package conformance

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/conformance/wpt"
	"github.com/corsac-dev/corsac/fetch"
)

// Translated is how the cases of package wpt come out.
type Translated struct {
	Rows        []*wpt.Row
	Differences []*wpt.Difference
}

const translatedText = `
## Tests of web-platform-tests

Package ` + "`conformance/wpt`" + ` has %d tests of web-platform-tests in our own words: what a page does,
what servers answer, and what the test asserts. A test runs them with three profiles. Where a
profile differs, its browser does, too.

| file | cases | Standard | Chromium | Firefox |
|---|--:|--:|--:|--:|
`

// write writes the section of docs/conformance.md.
func (t *Translated) write(b *strings.Builder) {
	all := wpt.Row{File: "all", Agrees: map[fetch.Profile]int{}}
	for _, r := range t.Rows {
		all.Cases += r.Cases
		for p, n := range r.Agrees {
			all.Agrees[p] += n
		}
	}
	fmt.Fprintf(b, translatedText, all.Cases)
	for _, r := range append(t.Rows, &all) {
		fmt.Fprintf(b, "| %s | %d |", escaped(r.File), r.Cases)
		for _, p := range wpt.Profiles {
			fmt.Fprintf(b, " %d |", r.Agrees[p])
		}
		b.WriteString("\n")
	}
	b.WriteString("\nWhat differs, and why:\n\n")
	for _, d := range t.Differences {
		listItem(b, fmt.Sprintf("%s, %s, %d: %s.", profileTitle(d.Profile), escaped(d.File), d.Cases, d.Why))
	}
}

// escaped returns the path of a file without meaning in Markdown.
func escaped(file string) string { return strings.ReplaceAll(file, "*", `\*`) }

func profileTitle(p fetch.Profile) string {
	return map[fetch.Profile]string{fetch.Standard: "Standard", fetch.Chromium: "Chromium", fetch.Firefox: "Firefox"}[p]
}
