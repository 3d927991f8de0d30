// Package flaghelp prints how commands are used: their flags in groups, and what was
// meant by one that does not exist.
package flaghelp

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

// groupKey is the annotation of a flag with the title that help lists it under.
const groupKey = "corsac_group"

// Group makes help list flags under a title of their own.
func Group(flags *pflag.FlagSet, title string, names ...string) {
	for _, name := range names {
		if err := flags.SetAnnotation(name, groupKey, []string{title}); err != nil {
			panic(err) // a flag that does not exist
		}
	}
}

// aliasKey is the annotation of a flag with its second name.
const aliasKey = "corsac_alias"

// Alias gives a flag a second name, of which there can be one among flags.
func Alias(flags *pflag.FlagSet, name, alias string) {
	if err := flags.SetAnnotation(name, aliasKey, []string{alias}); err != nil {
		panic(err) // a flag that does not exist
	}
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, s string) pflag.NormalizedName {
		if s == alias {
			s = name
		}
		return pflag.NormalizedName(s)
	})
}

// Print writes the usage of a command, its flags by group and in lines of at
// most width columns; 0 means unbounded.
func Print(w io.Writer, cmd *cobra.Command, width int) error {
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
		b.WriteString("\n\nAvailable Commands:\n" + commands(cmd, width))
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

// commands lists the commands below a command.
func commands(cmd *cobra.Command, width int) string {
	var b strings.Builder
	w := &terminal.Writer{Out: &b, Width: width}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			w.Paragraph(fmt.Sprintf("  %-*s ", cmd.NamePadding(), sub.Name()), sub.Short)
		}
	}
	return strings.TrimRight(b.String(), "\n")
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

// Unquote takes the quotes off the names of values in the descriptions of
// flags. Help does so itself, and shells show descriptions as they are.
func Unquote(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	for _, sub := range cmd.Commands() {
		Unquote(sub)
	}
}
