package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
)

// formFlags say in which form a command prints what it found: as text, unless a
// flag says otherwise.
type formFlags struct {
	format string
	quiet  bool
	given  map[string]*bool // --json and so on
}

// formNames are the names of the flags.
var formNames = []string{"json", "junit", "sarif", "markdown", "format", "quiet"}

// register registers the flags. json says what the command prints as JSON.
func (f *formFlags) register(cmd *cobra.Command, json string) {
	f.given = map[string]*bool{}
	for _, form := range []struct{ name, title string }{
		{"json", json}, {"junit", "JUnit XML"}, {"sarif", "SARIF 2.1.0"}, {"markdown", "Markdown"},
	} {
		f.given[form.name] = cmd.Flags().Bool(form.name, false, "print "+form.title)
	}
	words := f.words()
	cmd.Flags().StringVar(&f.format, "format", "", "print a `FORM`: "+strings.Join(words, ", ")+" (annotations of GitHub Actions: github)")
	complete(cmd, "format", words)
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "print nothing; the exit status says it all")
}

func (f *formFlags) words() []string {
	words := append(report.Forms(), "json", "text")
	slices.Sort(words)
	return words
}

// name returns the form; "" for text.
func (f *formFlags) name() string {
	for name, given := range f.given {
		if *given {
			return name
		}
	}
	if f.format == "text" {
		return ""
	}
	return f.format
}

// isText, isJSON and isDocument report what to print: with --quiet, nothing of it.
func (f *formFlags) isText() bool { return !f.quiet && f.name() == "" }

func (f *formFlags) isJSON() bool { return f.name() == "json" }

func (f *formFlags) isDocument() bool { return slices.Contains(report.Forms(), f.name()) }

// check reports a form that does not exist, and flags that contradict each other.
func (f *formFlags) check() error {
	forms := map[string]string{} // flags, by what they ask for
	for name, given := range f.given {
		if *given {
			forms[name] = "--" + name
		}
	}
	if f.format != "" && forms[f.format] == "" {
		forms[f.format] = "--format " + f.format
	}
	if f.quiet {
		forms["nothing"] = "--quiet"
	}
	switch {
	case f.format != "" && !slices.Contains(f.words(), f.format):
		return fmt.Errorf("--format %q is not one of %s", f.format, strings.Join(f.words(), ", "))
	case len(forms) > 1:
		chosen := slices.Sorted(maps.Values(forms))
		return fmt.Errorf("%s cannot be used together: each prints something else; use only one, such as %s", strings.Join(chosen, " and "), chosen[0])
	}
	return nil
}

// document writes cases in a form for other programs, and notes where it has a place
// for them.
func (f *formFlags) document(w io.Writer, command string, cases []finding.Case, notes ...string) error {
	d := report.Document{Command: command, Version: readBuildInfo().String(), Cases: cases, Notes: notes}
	return d.Write(w, f.name())
}
