package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
)

// formFlags say in which form findings are printed: as text, unless a flag says
// otherwise.
type formFlags struct {
	format string
	given  map[string]*bool // --json and so on
}

func (f *formFlags) register(cmd *cobra.Command) {
	f.given = map[string]*bool{}
	for _, form := range []struct{ name, title string }{
		{"json", "JSON"}, {"junit", "JUnit XML"}, {"sarif", "SARIF 2.1.0"}, {"markdown", "Markdown"},
	} {
		f.given[form.name] = cmd.Flags().Bool(form.name, false, "print "+form.title)
	}
	words := f.words()
	cmd.Flags().StringVar(&f.format, "format", "", "print a `FORM`: "+strings.Join(words, ", ")+" (annotations of GitHub Actions: github)")
	complete(cmd, "format", words)
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

func (f *formFlags) check() error {
	var chosen []string
	for name, given := range f.given {
		if *given {
			chosen = append(chosen, "--"+name)
		}
	}
	if f.format != "" {
		chosen = append(chosen, "--format")
	}
	slices.Sort(chosen)
	switch {
	case len(chosen) > 1:
		return errors.New(strings.Join(chosen, " and ") + " cannot be used together: there is one form")
	case f.format != "" && !slices.Contains(f.words(), f.format):
		return fmt.Errorf("--format %q is not one of %s", f.format, strings.Join(f.words(), ", "))
	}
	return nil
}

// document writes cases in a form for other programs.
func (f *formFlags) document(w io.Writer, command string, cases []finding.Case) error {
	d := report.Document{Command: command, Version: readBuildInfo().String(), Cases: cases}
	return d.Write(w, f.name())
}
