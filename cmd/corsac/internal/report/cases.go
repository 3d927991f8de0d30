package report

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Cases writes what was checked: a line for each rule, and then what is wrong. A
// rule that several cases break is explained once. holds says what is right if a
// rule holds.
func (t *Text) Cases(cases []finding.Case, holds func(rule string) string) {
	rules := groupByRule(cases)
	for _, r := range rules {
		t.ruleLine(r, holds(r.rule))
	}
	for _, r := range rules {
		if len(r.broken) == 0 {
			continue
		}
		f := r.broken[0].Findings[0]
		t.finding(t.severity(&f), &f)
		if others := r.broken[1:]; len(others) > 0 {
			t.Paragraph("  "+t.Faint("also: "), names(others))
		}
	}
}

// rule are the cases of one rule.
type rule struct {
	rule            string
	all             int
	broken, skipped []*finding.Case
}

func groupByRule(cases []finding.Case) (rules []*rule) {
	byName := map[string]*rule{}
	for i := range cases {
		c := &cases[i]
		r := byName[c.Rule]
		if r == nil {
			r = &rule{rule: c.Rule}
			byName[c.Rule] = r
			rules = append(rules, r)
		}
		r.all++
		switch {
		case c.Skipped != "":
			r.skipped = append(r.skipped, c)
		case len(c.Findings) > 0:
			r.broken = append(r.broken, c)
		}
	}
	return rules
}

// ruleLine writes whether a rule holds.
func (t *Text) ruleLine(r *rule, holds string) {
	count := ""
	if r.all > 1 {
		count = t.Faint(fmt.Sprintf(" (%d checks)", r.all))
	}
	switch {
	case len(r.broken) > 0:
		if r.all > 1 {
			count = fmt.Sprintf(" (%d of %d checks fail)", len(r.broken), r.all)
		}
		mark := t.Bad("✗ ")
		if f := r.broken[0].Findings[0]; finding.Level(f.Severity) != finding.Error {
			mark = t.Notice("! ")
		}
		t.Paragraph(mark, holds+count)
	case len(r.skipped) > 0:
		t.Paragraph(t.Notice("? "), holds+": "+verdict.Printable(r.skipped[0].Skipped)+fmt.Sprintf(" (%d of %d checks)", len(r.skipped), r.all))
	default:
		t.Paragraph(t.Good("✓ "), holds+count)
	}
}

// maxNamed bounds how many cases are named.
const maxNamed = 8

func names(cases []*finding.Case) string {
	var list []string
	for _, c := range cases {
		if len(list) == maxNamed {
			list = append(list, fmt.Sprintf("and %d more", len(cases)-maxNamed))
			break
		}
		list = append(list, verdict.Printable(c.Name))
	}
	return strings.Join(list, "; ")
}
