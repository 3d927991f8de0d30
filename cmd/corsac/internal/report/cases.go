package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Speaker says in a sentence what a rule means, and what the cases that break it
// are about.
type Speaker func(rule string, broken []*finding.Case) string

// Cases writes what was checked: a line for each rule, and then what is wrong. A
// rule that several cases break is explained once; what fails only because of
// another rule is named there, and what the user knows is not explained.
func (t *Text) Cases(cases []finding.Case, say Speaker) {
	rules := groupByRule(cases)
	for _, r := range rules {
		t.ruleLine(r, say)
	}
	for _, r := range rules {
		if len(r.broken) == 0 {
			continue
		}
		f := r.broken[0].Findings[0]
		f.Evidence = slices.Clone(f.Evidence)
		if others := named(r.broken[1:], r.broken[0]); others != "" {
			f.Evidence = append(f.Evidence, "the same for: "+others)
		}
		for _, other := range rules {
			if n := len(other.caused[r.rule]); n > 0 {
				f.Evidence = append(f.Evidence, "because of it: "+say(other.rule, nil)+": "+failed(n, other.all))
			}
		}
		t.finding(t.severity(&f), &f)
	}
}

// rule are the cases of one rule.
type rule struct {
	rule                   string
	all                    int
	broken, known, skipped []*finding.Case
	caused                 map[string][]*finding.Case // by the rule that they fail because of
}

func groupByRule(cases []finding.Case) (rules []*rule) {
	byName := map[string]*rule{}
	for i := range cases {
		c := &cases[i]
		r := byName[c.Rule]
		if r == nil {
			r = &rule{rule: c.Rule, caused: map[string][]*finding.Case{}}
			byName[c.Rule] = r
			rules = append(rules, r)
		}
		r.all++
		switch {
		case c.Skipped != "":
			r.skipped = append(r.skipped, c)
		case c.Known:
			r.known = append(r.known, c)
		case c.Because != "":
			r.caused[c.Because] = append(r.caused[c.Because], c)
		case len(c.Findings) > 0:
			r.broken = append(r.broken, c)
		}
	}
	return rules
}

// ruleLine writes whether a rule holds.
func (t *Text) ruleLine(r *rule, say Speaker) {
	mark, rest := t.Good("✓ "), ""
	switch {
	case len(r.broken) > 0:
		mark = t.Bad("✗ ")
		if f := r.broken[0].Findings[0]; f.Severity != finding.Error {
			mark = t.Notice("! ")
		}
		if r.all > 1 {
			rest = " (" + failed(len(r.broken), r.all) + ")"
		}
	case len(r.caused) > 0:
		mark = t.Bad("✗ ")
		for _, because := range slices.Sorted(maps.Keys(r.caused)) {
			rest = ": fails because of another: " + say(because, nil)
		}
	case len(r.known) > 0:
		mark, rest = t.Notice("! "), ": known not to be so ("+failed(len(r.known), r.all)+")"
	case len(r.skipped) > 0:
		mark = t.Notice("? ")
		rest = ": " + verdict.Printable(r.skipped[0].Skipped)
		if r.all > 1 {
			rest += fmt.Sprintf(" (%d of %d checks)", len(r.skipped), r.all)
		}
	case r.all > 1:
		rest = t.Faint(fmt.Sprintf(" (%d checks)", r.all))
	}
	t.Paragraph(mark, verdict.Printable(say(r.rule, r.broken))+rest)
}

// failed says how many checks of a rule fail.
func failed(n, all int) string {
	if all == 1 {
		return "its check fails"
	}
	return fmt.Sprintf("%d of %d checks fail", n, all)
}

// maxNamed bounds how many cases are named.
const maxNamed = 8

// named lists what cases are about, without what the first is about.
func named(cases []*finding.Case, first *finding.Case) string {
	var list []string
	for _, c := range cases {
		if name := verdict.Printable(cmp.Or(c.Subject, c.Name)); !slices.Contains(list, name) && name != verdict.Printable(first.Subject) {
			list = append(list, name)
		}
	}
	if more := len(list) - maxNamed; more > 0 {
		list = append(list[:maxNamed], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(list, "; ")
}
