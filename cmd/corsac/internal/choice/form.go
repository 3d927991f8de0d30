package choice

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
)

// Form are the flags that say in which form a command prints what it found: as
// text, unless a flag says otherwise.
type Form struct {
	// Format is the value of --format, and Quiet is --quiet.
	Format string
	Quiet  bool

	given map[string]*bool // --json and so on
}

// FormNames are the names of the flags.
var FormNames = []string{"json", "junit", "sarif", "markdown", "format", "quiet"}

// Register registers the flags. json says what the command prints as JSON.
func (f *Form) Register(cmd *cobra.Command, json string) {
	f.given = map[string]*bool{}
	for _, form := range []struct{ name, title string }{
		{"json", json}, {"junit", "JUnit XML"}, {"sarif", "SARIF 2.1.0"}, {"markdown", "Markdown"},
	} {
		f.given[form.name] = cmd.Flags().Bool(form.name, false, "print "+form.title)
	}
	words := f.words()
	cmd.Flags().StringVar(&f.Format, "format", "", "print a `FORM`: "+strings.Join(words, ", ")+" (annotations of GitHub Actions: github)")
	Complete(cmd, "format", words)
	cmd.Flags().BoolVar(&f.Quiet, "quiet", false, "print nothing; the exit status says it all")
}

func (f *Form) words() []string {
	words := append(report.Forms(), "json", "text")
	slices.Sort(words)
	return words
}

// Name returns the form; "" for text.
func (f *Form) Name() string {
	for name, given := range f.given {
		if *given {
			return name
		}
	}
	if f.Format == "text" {
		return ""
	}
	return f.Format
}

// IsText reports whether to print for people.
func (f *Form) IsText() bool { return !f.Quiet && f.Name() == "" }

// IsJSON reports whether to print JSON.
func (f *Form) IsJSON() bool { return f.Name() == "json" }

// IsDocument reports whether to print a form of [report.Document].
func (f *Form) IsDocument() bool { return slices.Contains(report.Forms(), f.Name()) }

// Check reports a form that does not exist, and flags that contradict each other.
func (f *Form) Check() error {
	forms := map[string]string{} // flags, by what they ask for
	for name, given := range f.given {
		if *given {
			forms[name] = "--" + name
		}
	}
	if f.Format != "" && forms[f.Format] == "" {
		forms[f.Format] = "--format " + f.Format
	}
	if f.Quiet {
		forms["nothing"] = "--quiet"
	}
	switch {
	case f.Format != "" && !slices.Contains(f.words(), f.Format):
		return fmt.Errorf("--format %q is not one of %s", f.Format, strings.Join(f.words(), ", "))
	case len(forms) > 1:
		chosen := slices.Sorted(maps.Values(forms))
		return fmt.Errorf("%s cannot be used together: each prints something else; use only one, such as %s", strings.Join(chosen, " and "), chosen[0])
	}
	return nil
}

// Write writes a document.
func (f *Form) Write(w io.Writer, d *report.Document) error { return d.Write(w, f.Name()) }
