package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func init() { register(newValidate) }

// validation is what validate --json prints.
type validation struct {
	File   string         `json:"file"`
	OK     bool           `json:"ok"`
	Errors config.Errors  `json:"errors"`
	Notes  []*config.Note `json:"notes"`
}

func newValidate(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check a configuration file and name every mistake in it",
		Long: `validate checks a configuration file and names every mistake in it: where it
is, why it is one, and what to write instead. It also notes what is no mistake
but changes nothing, such as a method that browsers allow without asking.

The exit status is 0 if there is no mistake, 1 if there is one, and 3 if the
file cannot be read.`,
		Example: `  corsac validate
  corsac validate -c deploy/corsac.yaml
  corsac validate -c deploy/corsac.yaml --json | jq '.errors[].code'
  generate-policy | corsac validate -c -`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return validate(a, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func validate(a *app, asJSON bool) error {
	c, err := config.Load(a.config, a.In)
	var mistakes config.Errors
	if err != nil && !errors.As(err, &mistakes) {
		return unreadable(err)
	}
	v := validation{File: config.DisplayName(a.config), OK: err == nil, Errors: mistakes, Notes: []*config.Note{}}
	if v.OK {
		v.Errors = config.Errors{}
		v.Notes = append(v.Notes, c.Notes()...)
	}
	switch {
	case asJSON:
		if err := report.JSON(a.Out, v); err != nil {
			return err
		}
	case v.OK:
		for _, n := range v.Notes {
			fmt.Fprintf(a.Out, "%s %v\n", a.out.Notice("note:"), n)
		}
		fmt.Fprintf(a.Out, "%s %s: %s, %s\n", a.out.Good("ok"), v.File,
			count(len(c.Policies), "policy", "policies"), count(len(c.Gateway.Routes), "route", "routes"))
	default:
		printMistakes(a.Out, a.out, mistakes)
	}
	if !v.OK {
		return reported(ExitFailed)
	}
	return nil
}

// unreadable is the problem of a configuration file that cannot be read.
func unreadable(err error) error {
	return &problem{
		status: ExitBroken, err: err,
		hint: "name the file with -c FILE, or see the example in corsac serve --help",
	}
}

// printMistakes prints mistakes, each with the line that it is in.
func printMistakes(w io.Writer, c terminal.Palette, mistakes config.Errors) {
	for _, e := range mistakes {
		fmt.Fprintf(w, "%s %s\n", c.Strong(e.Position()+":"), e.Message())
		if line, caret := e.Excerpt(); line != "" {
			fmt.Fprintf(w, "  %s %s\n  %s %s\n", c.Faint("|"), line, c.Faint("|"), c.Bad(caret))
		}
	}
	fmt.Fprintf(w, "%s %s\n", c.Bad("corsac:"), count(len(mistakes), "mistake", "mistakes")+" in "+strings.TrimSpace(mistakes[0].File))
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
