package conformance

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/fetch"
)

// Count is the number of comparisons of an aspect, and of those that agreed.
type Count struct{ Agree, Of int }

// Percent returns the share that agreed. If nothing was compared, it is 100.
func (c Count) Percent() float64 {
	if c.Of == 0 {
		return 100
	}
	return 100 * float64(c.Agree) / float64(c.Of)
}

// Tally has the counts of each aspect.
type Tally struct {
	Steps  int
	Counts [aspects]Count
}

func (t *Tally) add(c Comparison) {
	t.Steps++
	for a := range aspects {
		if c.Compared[a] {
			t.Counts[a].Of++
			t.Counts[a].Agree++
		}
	}
	for _, d := range c.Diffs {
		t.Counts[d.Aspect].Agree--
	}
}

// Agreement is the result of comparing a profile with a recording: by family
// and in total for fetch and XMLHttpRequest, and separately for elements.
type Agreement struct {
	Families map[string]*Tally
	All      Tally
	Elements Tally
	// LeftOut counts what was not compared, by family and reason.
	LeftOut map[string]int
	Diffs   []Difference
}

// Measure replays every recorded case with the profile.
func Measure(recorded []Recorded, profile fetch.Profile) (*Agreement, error) {
	a := &Agreement{Families: map[string]*Tally{}, LeftOut: map[string]int{}}
	for _, r := range recorded {
		out, wire, err := Replay(r.Case, profile)
		if err != nil {
			return nil, fmt.Errorf("case %s: %w", r.Case.ID, err)
		}
		for i := range r.Steps {
			req, want := &r.Case.Steps[i].Request, &r.Steps[i]
			element := req.API != "fetch" && req.API != "xhr"
			if req.API == "font" && want.CORSError == "" {
				a.LeftOut["element: the body is not a font, so decoding fails after the request has passed"]++
				continue
			}
			c := Compare(r.Case.ID, i, req, want, out[i], wire[i])
			if profile == fetch.Firefox && len(r.Steps) > 1 {
				if c.Compared[AspectError] {
					a.LeftOut[r.Case.Family+": error and console; the recording assigns the console lines of several steps to the blocked ones only by order"]++
				}
				c.drop(AspectError)
				c.drop(AspectConsole)
			}
			if element {
				a.Elements.add(c)
			} else {
				f := a.Families[r.Case.Family]
				if f == nil {
					f = &Tally{}
					a.Families[r.Case.Family] = f
				}
				f.add(c)
				a.All.add(c)
			}
			a.Diffs = append(a.Diffs, c.Diffs...)
		}
	}
	return a, nil
}

func (c *Comparison) drop(a Aspect) {
	c.Compared[a] = false
	c.Diffs = slices.DeleteFunc(c.Diffs, func(d Difference) bool { return d.Aspect == a })
}

const preamble = `# Conformance

<!-- Written by a test. Change conformance/report.go and run: make golden -->

How often does package ` + "`fetch`" + ` decide as real browsers do? For fetch() and XMLHttpRequest, its
result is that of Chromium 156 in %s %% of requests, and that of Firefox ESR 153 in %s %%.

Both browsers ran the same %d cases (%d requests), and what they did was recorded. A case is a
page, servers and one or more requests of script. The recordings are in ` + "`conformance/testdata`" + `. A
test replays them with ` + "`fetch`" + `, compares, writes these tables, and fails if less agrees than is
promised. It compares five things:

- **result**: script gets the response, the browser blocks it, or the call throws an exception.
- **wire**: the requests that the servers saw, in order: hop, kind, method, Origin,
  Access-Control-Request-Method, Access-Control-Request-Headers, query, and whether they had
  credentials.
- **error**: for blocked requests, Chromium's CORS error and its parameter, or the network error;
  for Firefox, its console category.
- **headers**: for all others, the response's type, status and URL, and every header that script can
  read.
- **console**: the text on the console, exactly.

The tables are about decisions alone, without a network. The same recording is also replayed to
` + "`fetch.Transport`" + ` over sockets (TestOverSockets). There, the only differences are responses that
net/http rejects altogether: those with control bytes or a space before a colon.

If several headers are missing from Access-Control-Allow-Headers, Chromium names the first in the
order of a hash map, so any of the missing ones counts as equal. Firefox prints several lines; the
first reason is compared.

## fetch and XMLHttpRequest
`

const familyNames = `
## Families of cases

The name of a case begins with its family. acac, acah, acam, acao and aceh are about the response
header with these initials, such as Access-Control-Allow-Origin; pf is about preflights, corp about
Cross-Origin-Resource-Policy, and orb about opaque response blocking. Cases with rand are generated.
Among the differences below, scheme-0039#0 is the first request of the case scheme-0039.
`

// Markdown returns docs/conformance.md. own is how often fetch agrees with
// Chromium on the cases of the engines; drawn is the agreement on drawn
// cases, and loaded that on what comes after the headers.
func Markdown(chromium, firefox, standard *Agreement, own Count, engines []Engine, drawn Drawn, loaded []Loaded, tests *Translated, cases, requests int) string {
	var b strings.Builder
	fmt.Fprintf(&b, preamble, percent(chromium.All.Counts[AspectResult]), percent(firefox.All.Counts[AspectResult]), cases, requests)
	shown := []Aspect{AspectResult, AspectWire, AspectError, AspectHeaders, AspectConsole}
	b.WriteString("\n| profile | against |")
	for _, a := range shown {
		fmt.Fprintf(&b, " %s |", a)
	}
	b.WriteString("\n|---|---|--:|--:|--:|--:|--:|\n")
	row := func(name, against string, t *Tally, list []Aspect) {
		fmt.Fprintf(&b, "| %s | %s |", name, against)
		for _, a := range list {
			c := t.Counts[a]
			fmt.Fprintf(&b, " %d/%d, %s %% |", c.Agree, c.Of, percent(c))
		}
		b.WriteString("\n")
	}
	row("Chromium", "Chromium 156", &chromium.All, shown)
	row("Firefox", "Firefox ESR 153", &firefox.All, shown)
	row("Standard", "Chromium 156", &standard.All, shown)
	b.WriteString("\nThe last row shows how far Chromium itself departs from the Fetch standard. Profile Safari follows\n" +
		"WebKit's source; there is no recording to compare it with.\n")
	b.WriteString("\nOther requests, for information: images, scripts, modules and stylesheets with and without\n" +
		"`crossorigin`, fonts, and event sources.\n\n")
	b.WriteString("| profile | result | wire | error | console |\n|---|--:|--:|--:|--:|\n")
	for _, e := range []struct {
		name string
		a    *Agreement
	}{{"Chromium", chromium}, {"Firefox", firefox}} {
		fmt.Fprintf(&b, "| %s |", e.name)
		for _, a := range []Aspect{AspectResult, AspectWire, AspectError, AspectConsole} {
			fmt.Fprintf(&b, " %s |", cell(e.a.Elements.Counts[a]))
		}
		b.WriteString("\n")
	}
	enginesTable(&b, own, engines)
	drawn.write(&b)
	writeLoaded(&b, loaded)
	tests.write(&b)
	b.WriteString(familyNames)
	families(&b, "Chromium", chromium, shown)
	families(&b, "Firefox", firefox, shown)
	leftOut(&b, chromium, firefox)
	differences(&b, "Chromium", chromium)
	differences(&b, "Firefox", firefox)
	return b.String()
}

// percent rounds down, so 100 means all.
func percent(c Count) string {
	return fmt.Sprintf("%.2f", float64(int(c.Percent()*100))/100)
}

func cell(c Count) string {
	if c.Of == 0 {
		return "–"
	}
	return fmt.Sprintf("%d/%d", c.Agree, c.Of)
}

func families(b *strings.Builder, browser string, a *Agreement, shown []Aspect) {
	fmt.Fprintf(b, "\n## %s, by family\n\n| family | requests |", browser)
	for _, s := range shown {
		fmt.Fprintf(b, " %s |", s)
	}
	b.WriteString("\n|---|--:|--:|--:|--:|--:|--:|\n")
	names := make([]string, 0, len(a.Families))
	for n := range a.Families {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		t := a.Families[n]
		fmt.Fprintf(b, "| %s | %d |", n, t.Steps)
		for _, s := range shown {
			fmt.Fprintf(b, " %s |", cell(t.Counts[s]))
		}
		b.WriteString("\n")
	}
}

func leftOut(b *strings.Builder, list ...*Agreement) {
	b.WriteString("\n## Left out\n\n")
	sum := map[string]int{}
	for _, a := range list {
		for k, n := range a.LeftOut {
			sum[k] += n
		}
	}
	keys := make([]string, 0, len(sum))
	for k := range sum {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		listItem(b, fmt.Sprintf("%s (%d).", k, sum[k]))
	}
	listItem(b, "all: the network, which the replay simulates: refused and reset connections, unknown hosts, no HTTP/2 "+
		"for stream bodies, a header line with a space before its colon.")
	listItem(b, "all: Accept-Language and User-Agent where they are the browser's own; the HTTP cache; service workers. Bodies, their "+
		"decoding and opaque response blocking are compared in the cases after the headers.")
	listItem(b, "Firefox: it forgets the preflights to a host when it looks up the host's address again, usually after a minute. Only "+
		"then is there a preflight more on the wire. The recorder makes it keep addresses.")
	listItem(b, "Firefox: status lines without a version, such as `HTTP00:OK`, with which it does not do the same every time, and "+
		"status 421 to HEAD, after which the request never ends.")
}

// maxShown bounds the list of differences.
const maxShown = 40

func differences(b *strings.Builder, browser string, a *Agreement) {
	fmt.Fprintf(b, "\n## Known differences, %s\n\n", browser)
	byAspect := map[Aspect][]string{}
	for _, d := range a.Diffs {
		if d.Aspect != AspectWireHeaders && d.Aspect != AspectRequest {
			byAspect[d.Aspect] = append(byAspect[d.Aspect], fmt.Sprintf("%s#%d", d.ID, d.Step))
		}
	}
	if len(byAspect) == 0 {
		b.WriteString("None.\n")
	}
	for s := range aspects {
		ids := byAspect[s]
		if len(ids) == 0 {
			continue
		}
		more := ""
		if len(ids) > maxShown {
			more = fmt.Sprintf(" and %d more", len(ids)-maxShown)
			ids = ids[:maxShown]
		}
		listItem(b, fmt.Sprintf("%s: %s%s", s, strings.Join(ids, ", "), more))
	}
}

// listItem writes a list item, wrapped like the pages.
func listItem(b *strings.Builder, text string) {
	const columns = 100
	line := "-"
	for word := range strings.FieldsSeq(text) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			b.WriteString(line + "\n")
			line = " "
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
