package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// markdownForm writes a table of the cases, and the findings below it, for a
// comment on a change or the summary of a job.
func markdownForm(w io.Writer, d *Document) error {
	var b bytes.Buffer
	failed, skipped := 0, 0
	var rows, details strings.Builder
	for i := range d.Cases {
		c := &d.Cases[i]
		result := "✓"
		switch {
		case c.Skipped != "":
			skipped++
			result = "? " + escapeMarkdown(c.Skipped)
		case c.Known:
			failed++
			result = "✗ known: " + escapeMarkdown(c.First().Title)
		case c.Because != "":
			failed++
			result = "✗ because of `" + c.Because + "`"
		case c.Failed():
			failed++
			result = "✗ " + escapeMarkdown(c.First().Title)
		case len(c.Findings) > 0:
			result = "✓, but " + escapeMarkdown(c.First().Title)
		}
		fmt.Fprintf(&rows, "| %s | %s | %s |\n", escapeMarkdown(c.Group), escapeMarkdown(c.Name), result)
	}
	markdownDetails(&details, d)
	fmt.Fprintf(&b, "## %s: %d of %d passed", d.Command, len(d.Cases)-failed-skipped, len(d.Cases))
	if skipped > 0 {
		fmt.Fprintf(&b, ", %d skipped", skipped)
	}
	b.WriteString("\n\n")
	if rows.Len() > 0 {
		b.WriteString("| what | check | result |\n|---|---|---|\n" + rows.String() + "\n")
	}
	b.WriteString(details.String())
	for _, note := range d.Notes {
		b.WriteString(escapeMarkdown(note) + "\n\n")
	}
	_, err := w.Write(bytes.TrimRight(b.Bytes(), "\n"))
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	return err
}

// markdownDetails writes each finding, those that differ only in their evidence
// once, with the names of all its cases. What the user knows, or what fails because
// of another case, is in the table only.
func markdownDetails(b *strings.Builder, d *Document) {
	type same struct{ cause, title, why string }
	sameAs := func(f *finding.Finding) same { return same{f.Cause, f.Title, f.Why} }
	others := map[same][]string{}
	seen := map[same]bool{}
	explained := func(yield func(*finding.Case, *finding.Finding) bool) {
		for c, f := range d.all {
			if !c.Known && c.Because == "" && !yield(c, f) {
				return
			}
		}
	}
	for c, f := range explained {
		if key := sameAs(f); seen[key] {
			others[key] = append(others[key], escapeMarkdown(c.Name))
		} else {
			seen[key] = true
		}
	}
	clear(seen)
	for _, f := range explained {
		key := sameAs(f)
		if seen[key] {
			continue
		}
		seen[key] = true
		b.WriteString(markdownOf(f))
		if len(others[key]) > 0 {
			b.WriteString("The same for: " + strings.Join(others[key], "; ") + "\n\n")
		}
	}
}

// markdownOf returns a finding as Markdown.
func markdownOf(f *finding.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s: %s (`%s`)\n\n", f.Severity, escapeMarkdown(f.Title), f.Cause)
	if f.Why != "" {
		b.WriteString(escapeMarkdown(f.Why) + "\n\n")
	}
	for _, line := range f.Evidence {
		b.WriteString("- " + escapeMarkdown(line) + "\n")
	}
	if len(f.Evidence) > 0 {
		b.WriteString("\n")
	}
	for i, part := range finding.Parts(f.Fix.Text) {
		switch {
		case part.Code:
			fence := fenceFor(part.Text)
			b.WriteString(fence + "\n" + clean(part.Text) + "\n" + fence + "\n\n")
		case i == 0:
			b.WriteString("**Fix:** " + escapeMarkdown(part.Text) + "\n\n")
		default:
			b.WriteString(escapeMarkdown(part.Text) + "\n\n")
		}
	}
	if f.Fix.Check != "" {
		fence := fenceFor(f.Fix.Check)
		b.WriteString("Then check it" + realValue(f.Fix.Check) + ":\n\n" + fence + "\n" + clean(f.Fix.Check) + "\n" + fence + "\n\n")
	}
	return b.String()
}

// fenceFor returns a fence that text cannot close.
func fenceFor(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`, "~", `\~`, "&", "&amp;", "@", "@\u2060",
)

// escapeMarkdown returns text in one line that Markdown shows as it is: it makes
// no links, mentions nobody, and cannot leave its cell of a table.
func escapeMarkdown(s string) string { return markdownEscapes.Replace(verdict.Printable(s)) }
