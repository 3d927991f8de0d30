// Corsac-extproc gives Envoy the policies of corsac.yaml: it is a server of Envoy's
// external processing API (ext_proc), which answers preflights and sets the headers of
// responses, in Envoy itself, in Istio and in Envoy Gateway.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/signals"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func main() {
	os.Exit(run(signals.Context(context.Background()), os.Args[1:], os.Stdout, terminal.NewDoor(os.Stderr)))
}

// The statuses with which the program exits, as corsac's.
const (
	exitMistakes = 1
	exitUsage    = 2
	exitBroken   = 3
)

// run is the program. It returns its status.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	c := &command{out: out, errs: errs}
	cmd := c.cobra()
	cmd.SetArgs(args)
	cmd.SetOut(out)
	cmd.SetErr(errs)
	err := cmd.ExecuteContext(ctx)
	var mistakes finding.Mistakes
	var listen *gateway.ListenError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &mistakes):
		for i := range mistakes {
			fmt.Fprintln(errs, finding.Line(&mistakes[i]))
		}
		return exitMistakes
	case errors.As(err, &listen):
		fmt.Fprintf(errs, "corsac-extproc: cannot listen on %s: %s; %s\n", listen.Address, listen.Error(), listen.Fix())
		return exitBroken
	case c.began:
		fmt.Fprintf(errs, "corsac-extproc: %v\n", err)
		return exitBroken
	default:
		fmt.Fprintf(errs, "corsac-extproc: %v; see corsac-extproc --help\n", err)
		return exitUsage
	}
}
