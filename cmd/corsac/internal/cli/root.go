package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/flaghelp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func newRoot(a *app, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "corsac",
		Short: "CORS, end to end: one policy, the gateway that applies it, and tools that check it",
		Long: `corsac is CORS, end to end: one policy, the gateway that applies it, and tools
that check it.

The policy is written in a file, corsac.yaml unless -c names another.`,
		Example: `  corsac demo
  corsac check https://api.example.com/items --origin http://localhost:3000
  corsac need http://localhost:3000 http://localhost:8080
  corsac serve --upstream http://127.0.0.1:9000 --allow-origin http://localhost:3000
  corsac validate`,
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
	}
	root.Version = versionLine()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if i := slices.IndexFunc(args, func(s string) bool { return !strings.HasPrefix(s, "-") }); cmd == root && i >= 0 {
			return unknownCommand(root, args[i])
		}
		return &problem{status: ExitUsage, err: flaghelp.Mistakes(cmd, args, err), hint: seeHelp(cmd)}
	})
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		return flaghelp.Print(cmd.OutOrStderr(), cmd, terminal.Columns(a.Out, a.Getenv))
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		_ = flaghelp.Help(cmd.OutOrStdout(), cmd, terminal.Columns(a.Out, a.Getenv)) // whoever closes the pipe has read enough
	})
	for _, command := range commands {
		root.AddCommand(command(a))
	}
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultCompletionCmd()
	guard(root)
	return root
}

// yamlNames are what shells complete as files with policies.
var yamlNames = []string{"yaml", "yml"}

func completeYAML(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return yamlNames, cobra.ShellCompDirectiveFilterFileExt
}

// configFlag registers --config.
func (a *app) configFlag(cmd *cobra.Command) {
	cmd.Flags().VarP(&a.config, "config", "c", "the `FILE` with policies and routes; - is standard input")
	if err := cmd.MarkFlagFilename("config", yamlNames...); err != nil {
		panic(err) // a flag that does not exist
	}
}

// newHelp is cobra's help command, and also refuses commands that do not exist.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(root, args[0])
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			for _, cmd := range root.Commands() {
				names = append(names, cobra.CompletionWithDesc(cmd.Name(), cmd.Short))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// guard turns every error of a command into a problem; the others are cobra's,
// about arguments. A command that only has subcommands prints its help.
func guard(cmd *cobra.Command) {
	if !cmd.Runnable() {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		}
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error { return asProblem(run(cmd, args)) }
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			if _, ok := err.(*problem); err == nil || ok { //nolint:errorlint // our own type, never wrapped here
				return err
			}
			return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
		}
	}
	for _, sub := range cmd.Commands() {
		guard(sub)
	}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	hint := seeHelp(cmd)
	if similar := cmd.SuggestionsFor(name); len(similar) > 0 {
		hint = fmt.Sprintf("did you mean %q? %s", strings.Join(similar, `" or "`), hint)
	}
	return &problem{status: ExitUsage, err: fmt.Errorf("there is no command %q", name), hint: hint}
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

// atMostOne refuses more than one argument.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < 2 {
			return nil
		}
		return fmt.Errorf("%s takes one %s, and there is also %q", cmd.CommandPath(), what, args[1])
	}
}

func seeHelp(cmd *cobra.Command) string { return "run " + cmd.CommandPath() + " --help" }
