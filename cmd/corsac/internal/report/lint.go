package report

import (
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lint"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Lint writes what is wrong in files, each with the name of its rule, and at the end
// how much it is. safe is how much of it can be corrected.
func (t *Text) Lint(cases []finding.Case, safe int) {
	files := map[string]bool{}
	for i := range cases {
		c := &cases[i]
		files[c.Group] = true
		for j := range c.Findings {
			t.broken(c.Rule, &c.Findings[j])
		}
	}
	if len(files) == 0 {
		t.Line("no CORS settings were found")
		return
	}
	where := Count(len(files), "file", "files") + " with CORS settings"
	n := lint.Count(cases)
	if n == (lint.Summary{}) {
		t.Line("nothing is wrong in " + where)
		return
	}
	line := fmt.Sprintf("%s: %s, %s, %s", where, Count(n.Errors, "error", "errors"), Count(n.Warnings, "warning", "warnings"), Count(n.Notes, "note", "notes"))
	if safe > 0 {
		line += fmt.Sprintf("; --fix corrects %d of them", safe)
	}
	t.Line(line)
}

// broken writes a finding of a rule.
func (t *Text) broken(id string, f *finding.Finding) {
	without := *f
	without.Fix = finding.Fix{} // it has its own line
	t.inFile(&without)
	t.fix(&f.Fix)
	name := "rule " + id
	if f.Cause != id {
		name += ", cause " + f.Cause
	}
	t.Paragraph("  ", t.Faint(verdict.Printable(name)))
}

// Rules writes the rules of lint, one per line.
func (t *Text) Rules(rules []lint.Rule) {
	longest := 0
	for i := range rules {
		longest = max(longest, len(rules[i].ID))
	}
	for i := range rules {
		t.Paragraph(fmt.Sprintf("%-*s  %-7s  ", longest, rules[i].ID, rules[i].Severity), rules[i].Title)
	}
}
