package cli

import (
	"io"

	"github.com/spf13/cobra"
)

// Root returns the command tree.
func Root() *cobra.Command {
	none := func(string) string { return "" }
	return newRoot(&app{IO: IO{Out: io.Discard, Err: io.Discard, Getenv: none}}, nil)
}
