package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// Document is what a command found, for forms that other programs read.
type Document struct {
	// Command is the command, such as "corsac verify", and Version that of
	// corsac.
	Command, Version string
	// Cases are what it looked at, in order.
	Cases []finding.Case
	// Notes are what a person should know besides; only Markdown has them.
	Notes []string
	// ByRule says that findings are named by the rule of their case, not by their
	// cause.
	ByRule bool
}

// name returns the stable name of a finding.
func (d *Document) name(c *finding.Case, f *finding.Finding) string {
	if d.ByRule {
		return c.Rule
	}
	return f.Cause
}

// forms are the forms of a document, by name.
var forms = map[string]func(io.Writer, *Document) error{
	"sarif": sarifForm, "junit": junitForm, "markdown": markdownForm, "github": githubForm,
}

// Forms returns the names of the forms of a document.
func Forms() []string {
	names := make([]string, 0, len(forms))
	for name := range forms {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Write writes d in a form.
func (d *Document) Write(w io.Writer, form string) error {
	write := forms[form]
	if write == nil {
		return fmt.Errorf("unknown format %q; use one of %v", form, Forms())
	}
	return write(w, d)
}

// all yields every finding with its case.
func (d *Document) all(yield func(*finding.Case, *finding.Finding) bool) {
	for i := range d.Cases {
		c := &d.Cases[i]
		for j := range c.Findings {
			if !yield(c, &c.Findings[j]) {
				return
			}
		}
	}
}

// prose returns a finding in plain text: what is wrong, why, what to do, and the
// command that checks it.
func prose(f *finding.Finding) string {
	text := f.Title
	if f.Why != "" {
		text += "\n\n" + f.Why
	}
	for _, line := range f.Evidence {
		text += "\n- " + line
	}
	if f.Fix.Text != "" {
		text += "\n\nFix: " + f.Fix.Text
	}
	if f.Fix.Check != "" {
		text += "\n\nTo see whether it works" + realValue(f.Fix.Check) + ":\n" + f.Fix.Check
	}
	return text
}
