// Package choice has flags whose value is one of a few words: it checks the value,
// and shells complete it. Among them are the flags that say in which form a command
// prints what it found ([Form]).
package choice

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/flaghelp"
)

// List are the flags of one command with such values.
type List []*pflag.Flag

// Add registers a flag of cmd, its completion, and its check.
func (c *List) Add(cmd *cobra.Command, value *string, name, initial, usage string, words ...string) {
	cmd.Flags().StringVar(value, name, initial, usage)
	Complete(cmd, name, words)
	flaghelp.Words(cmd.Flags(), name, words...)
	*c = append(*c, cmd.Flags().Lookup(name))
}

// Complete makes shells offer the words of a flag instead of file names.
func Complete(cmd *cobra.Command, name string, words []string) {
	fn := cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(name, fn); err != nil {
		panic(err) // a flag that does not exist
	}
}

// Check reports every flag with another value. An empty value is unset.
func (c List) Check() (errs []error) {
	for _, f := range c {
		if err := flaghelp.OtherWord(f); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}
