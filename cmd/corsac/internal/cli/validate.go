package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func init() { register(newValidate) }

// validation is the output of validate --json.
type validation struct {
	File     string            `json:"file"`
	OK       bool              `json:"ok"`
	Findings []finding.Finding `json:"findings"` // mistakes or, if there are none, notes
}

func newValidate(a *app) *cobra.Command {
	var form choice.Form
	cmd := &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Check a configuration file and report every mistake in it",
		Long: `validate checks a configuration file and reports every mistake in it: where it
is, why it is a mistake, and what to write instead. It also notes settings that
are not mistakes but change nothing, such as a method that browsers always allow.
Without FILE or -c, it checks corsac.yaml or corsac.yml in the working folder.

The exit status is 0 if there is no mistake, 1 if there is one, and 3 if the
file cannot be read.`,
		Example: `  corsac validate
  corsac validate deploy/corsac.yaml
  corsac validate deploy/corsac.yaml --json | jq '.findings[].cause'
  corsac validate deploy/corsac.yaml --format github
  generate-policy | corsac validate -`,
		Args:              func(_ *cobra.Command, args []string) error { return a.config.Argument(args) },
		ValidArgsFunction: completeYAML,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := form.Check(); err != nil {
				return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
			}
			return validate(cmd.Context(), a, &form, a.config.Named())
		},
	}
	a.configFlag(cmd)
	form.Register(cmd, "JSON")
	return cmd
}

func validate(ctx context.Context, a *app, form *choice.Form, named bool) error {
	c, err := a.loadConfig(ctx)
	if ctx.Err() != nil {
		return interrupted("")
	}
	var mistakes finding.Mistakes
	if err != nil && !errors.As(err, &mistakes) {
		return unreadable(err, named)
	}
	v := validation{File: a.config.DisplayName(), OK: err == nil, Findings: mistakes}
	if v.OK {
		v.Findings = append([]finding.Finding{}, c.Notes()...)
	}
	if err := v.print(a, form, c); err != nil {
		return err
	}
	if !v.OK {
		return reported(ExitFailed)
	}
	return nil
}

// print writes the validation in the form that was asked for. c is the configuration
// of a file without mistakes.
func (v *validation) print(a *app, form *choice.Form, c *config.Config) error {
	text := &report.Text{Writer: terminal.NewWriter(a.Out, a.Getenv)}
	switch {
	case form.Quiet:
		return nil
	case form.IsJSON():
		return report.JSON(a.Out, v)
	case form.IsDocument():
		for i := range v.Findings {
			v.Findings[i].Fix.Check = shell.Command([]string{"corsac", "validate", "-c", a.config.String()})
		}
		return form.Write(a.Out, document("corsac validate", []finding.Case{{Group: v.File, Name: "the file has no mistakes", Findings: v.Findings}}))
	case v.OK:
		text.Findings(v.Findings)
		text.Line(fmt.Sprintf("%s %s: %s, %s", text.Good("ok"), verdict.Printable(v.File),
			report.Count(len(c.Policies), "policy", "policies"), report.Count(len(c.Gateway.Routes), "route", "routes")))
	default:
		printMistakes(text, v.Findings)
	}
	return text.Err()
}

// unreadable returns the problem of a configuration file that cannot be read. named
// says that the user named it.
func unreadable(err error, named bool) error {
	hint := "name the file with -c FILE, or see the example in corsac serve --help"
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		hint = ""
	case named:
		hint = "correct the path, or see the example of a file in corsac serve --help"
	}
	return &problem{status: ExitBroken, err: err, hint: hint}
}

// printMistakes prints the mistakes in a file, each with its line.
func printMistakes(text *report.Text, mistakes finding.Mistakes) {
	text.Findings(mistakes)
	text.Line(text.Bad("corsac:") + " " + report.Count(len(mistakes), "mistake", "mistakes") + " in " + verdict.Printable(mistakes[0].Place.File))
}
