package report

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/fix"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Change writes what is proposed for a project, as a diff or lines to copy. What to
// know about it goes to about; wrote says that the files were to be written.
func (t *Text) Change(r *fix.Report, about *terminal.Writer, wrote bool) {
	t.Diffs(r.Files)
	for line := range strings.Lines(r.Snippet) {
		t.Line(code(strings.TrimRight(line, "\r\n")))
	}
	for _, note := range r.Notes {
		about.Paragraph(about.Notice("note:")+" ", verdict.Printable(note))
	}
	if r.Nothing() {
		t.Line("nothing to change: " + r.Title() + " does this already")
		return
	}
	if r.Snippet != "" {
		about.Paragraph("place: ", verdict.Printable(r.Where)+"; corsac cannot write that itself")
	}
	Written(about, r.Files)
	// Commands are not wrapped: what people copy must be one line.
	if r.Install != "" {
		for _, line := range shell.Lines(r.Install) {
			about.Line("install: " + verdict.Printable(line))
		}
	}
	about.Line("check: " + verdict.Printable(r.Check))
	if r.Verify != "" {
		about.Line("verify: " + verdict.Printable(r.Verify))
	}
	switch {
	case !wrote && len(r.Files) > 0:
		about.Line("Nothing is written yet; add --write to write it.")
	case slices.ContainsFunc(r.Files, func(f fix.FileReport) bool { return f.Written }):
		about.Line(r.Next() + ", then run the check.")
	}
}

// Diffs writes the diffs of files.
func (t *Text) Diffs(files []fix.FileReport) {
	for i := range files {
		t.diff(files[i].Diff)
	}
}

// Written says which files were written, and which were to be but were not.
func Written(w *terminal.Writer, files []fix.FileReport) {
	for i := range files {
		f := &files[i]
		name := verdict.Printable(f.Name)
		switch {
		case f.Refused != "":
			w.Paragraph(w.Bad("not written: "), name+": "+verdict.Printable(f.Refused))
		case f.Backup != "":
			w.Paragraph(w.Good("written: "), name+"; the old text is in "+verdict.Printable(f.Backup))
		case f.Written:
			w.Paragraph(w.Good("written: "), name)
		}
	}
}

// diff writes a diff in the unified form: lines that go in red, those that come in
// green. A carriage return at the end of a line stays, so that git apply can read
// it.
func (t *Text) diff(unified string) {
	for line := range strings.Lines(unified) {
		line = strings.TrimSuffix(line, "\n")
		text, returns := strings.CutSuffix(line, "\r")
		line = code(text)
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
			line = t.Strong(line)
		case strings.HasPrefix(line, "@@"):
			line = t.Faint(line)
		case strings.HasPrefix(line, "-"):
			line = t.Bad(line)
		case strings.HasPrefix(line, "+"):
			line = t.Good(line)
		}
		if returns {
			line += t.Return()
		}
		t.Line(line)
	}
}
