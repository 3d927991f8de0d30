// Corsac is CORS from end to end: a gateway that handles it for a server, and
// tools that explain, test and deploy it.
package main

import (
	"context"
	"log"
	"os"
	"os/exec"
	"runtime"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/signals"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func main() {
	ctx := signals.Context(context.Background())
	errs := terminal.NewDoor(os.Stderr)
	log.SetOutput(errs) // of net/http, which quotes what servers send
	shell.WriteFor(started().Reader())
	os.Exit(cli.Run(ctx, os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: errs, Getenv: os.Getenv}))
}

// started returns what this process knows about how it was started.
func started() shell.Process {
	p := shell.Process{
		System: runtime.GOOS, Typed: os.Args[0], Version: cli.Version(), Getenv: os.Getenv,
		IsFile: func(name string) bool {
			info, err := os.Stat(name)
			return err == nil && info.Mode().IsRegular()
		},
		Find: func(name string) string {
			path, _ := exec.LookPath(name) // not found is ""
			return path
		},
	}
	p.Executable, _ = os.Executable() // unknown is ""
	return p
}
