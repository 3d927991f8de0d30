package report

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Lint writes what is wrong in files, each with the name of its rule.
func (t *Text) Lint(cases []finding.Case) {
	for i := range cases {
		c := &cases[i]
		for j := range c.Findings {
			f := c.Findings[j]
			f.Fix = finding.Fix{} // it has its own line
			t.inFile(&f)
			t.fix(&c.Findings[j].Fix)
			rule := "rule " + c.Rule
			if cause := c.Findings[j].Cause; cause != c.Rule {
				rule += ", cause " + cause
			}
			t.Paragraph("  ", t.Faint(verdict.Printable(rule)))
		}
	}
}
