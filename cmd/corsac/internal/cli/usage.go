package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/internal/similar"
)

// groupKey is the annotation of a flag with the title that help lists it under.
const groupKey = "corsac_group"

// groupFlags makes help list flags under a title of their own.
func groupFlags(flags *pflag.FlagSet, title string, names ...string) {
	for _, name := range names {
		if err := flags.SetAnnotation(name, groupKey, []string{title}); err != nil {
			panic(err) // a flag that does not exist
		}
	}
}

// printUsage writes the usage of a command, its flags by group and in lines of at
// most width columns; 0 means unbounded.
func printUsage(w io.Writer, cmd *cobra.Command, width int) error {
	var b strings.Builder
	b.WriteString("Usage:")
	if cmd.Runnable() && !cmd.HasAvailableSubCommands() {
		b.WriteString("\n  " + cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n  " + cmd.CommandPath() + " [command]")
	}
	if cmd.HasExample() {
		b.WriteString("\n\nExamples:\n" + cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n\nAvailable Commands:")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				fmt.Fprintf(&b, "\n  %-*s %s", cmd.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	for _, g := range flagGroups(cmd) {
		b.WriteString("\n\n" + g.title + ":\n" + strings.TrimRight(g.flags.FlagUsagesWrapped(width), "\n"))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n\nUse \"%s [command] --help\" for more information about a command.", cmd.CommandPath())
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

// flagGroup are flags under a title.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// flagGroups returns the flags of a command: those with a group in the order of
// the groups, and then the rest.
func flagGroups(cmd *cobra.Command) (groups []flagGroup) {
	rest := flagGroup{title: "Flags", flags: pflag.NewFlagSet("", pflag.ContinueOnError)}
	rest.flags.SortFlags = cmd.Flags().SortFlags
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		title := f.Annotations[groupKey]
		if len(title) == 0 {
			rest.flags.AddFlag(f)
			return
		}
		i := slices.IndexFunc(groups, func(g flagGroup) bool { return g.title == title[0] })
		if i < 0 {
			i = len(groups)
			groups = append(groups, flagGroup{title[0], pflag.NewFlagSet("", pflag.ContinueOnError)})
			groups[i].flags.SortFlags = false
		}
		groups[i].flags.AddFlag(f)
	})
	if len(groups) > 0 {
		rest.title = "Other flags"
	}
	if rest.flags.HasAvailableFlags() {
		groups = append(groups, rest)
	}
	return groups
}

// setUsage makes the commands below root print their usage with printUsage.
func (a *app) setUsage(root *cobra.Command) {
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		return printUsage(cmd.OutOrStderr(), cmd, terminal.Columns(a.Out, a.Getenv))
	})
}

// unquoteFlags takes the quotes off the names of values in the descriptions of
// flags. Help does so itself, and shells show descriptions as they are.
func unquoteFlags(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	for _, sub := range cmd.Commands() {
		unquoteFlags(sub)
	}
}

// flagProblem returns the problem of flags that cannot be parsed. For a flag that
// does not exist, it names the one that was probably meant.
func flagProblem(cmd *cobra.Command, err error) error {
	hint := seeHelp(cmd)
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if name := similar.Nearest(unknown.GetSpecifiedName(), names, nil); name != "" {
			hint = "did you mean --" + name + "? " + hint
		}
	}
	return &problem{status: ExitUsage, err: err, hint: hint}
}

// noArgs refuses arguments that are not flags.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := seeHelp(cmd)
	if ext := filepath.Ext(args[0]); cmd.Flags().Lookup("config") != nil && (ext == ".yaml" || ext == ".yml") {
		hint = "if it is the file: " + cmd.CommandPath() + " -c " + args[0]
	}
	return &problem{status: ExitUsage, err: fmt.Errorf("%s takes only flags, and %q is not one", cmd.CommandPath(), args[0]), hint: hint}
}
