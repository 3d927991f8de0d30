package conformance

import (
	"fmt"
	"maps"
	"slices"
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
what servers answer, and what the test asserts. Each was translated from its file. The table says
which copy of the file was read, at which commit of that repository; web-platform-tests may have
changed since. The scripts of the tests' servers were read there, too, or in Servo's copy, as far as
they are stored.

%s
A test runs all of them with three profiles. It does not run them in browsers.

| file | read in | cases | Standard | Chromium | Firefox |
|---|---|--:|--:|--:|--:|
`

// write writes the section of docs/conformance.md.
func (t *Translated) write(b *strings.Builder) {
	var copies strings.Builder
	for _, name := range slices.Sorted(maps.Keys(wpt.Copies)) {
		listItem(&copies, name+": "+wpt.Copies[name])
	}
	all := wpt.Row{Source: &wpt.Source{File: "all"}, Agrees: map[fetch.Profile]int{}}
	for _, r := range t.Rows {
		all.Cases += r.Cases
		for p, n := range r.Agrees {
			all.Agrees[p] += n
		}
	}
	fmt.Fprintf(b, translatedText, all.Cases, copies.String())
	for _, r := range append(t.Rows, &all) {
		fmt.Fprintf(b, "| %s | %s | %d |", escaped(r.Source.File), strings.TrimSpace(r.Source.Copy+" "+r.Source.At), r.Cases)
		for _, p := range wpt.Profiles {
			fmt.Fprintf(b, " %d |", r.Agrees[p])
		}
		b.WriteString("\n")
	}
	b.WriteString("\nWhat differs, why, and in brackets what shows that the browser or the standard does, too:\n\n")
	for _, d := range t.Differences {
		listItem(b, fmt.Sprintf("%s, %s, %d: %s (%s).", profileTitle(d.Profile), escaped(d.File), d.Cases, d.Why, d.Shown))
	}
	b.WriteString("\nLeft out of these files:\n\n")
	for _, text := range wpt.LeftOut {
		listItem(b, escaped(text))
	}
}

// escaped returns the path of a file without meaning in Markdown.
func escaped(file string) string { return strings.ReplaceAll(file, "*", `\*`) }

func profileTitle(p fetch.Profile) string {
	return map[fetch.Profile]string{fetch.Standard: "Standard", fetch.Chromium: "Chromium", fetch.Firefox: "Firefox"}[p]
}
