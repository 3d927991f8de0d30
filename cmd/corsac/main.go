// Corsac is CORS from end to end: a gateway that handles it for a server, and
// tools that explain, test and deploy it.
package main

import (
	"context"
	"log"
	"os"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/signals"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func main() {
	ctx := signals.Context(context.Background())
	errs := terminal.NewDoor(os.Stderr)
	log.SetOutput(errs) // of net/http, which quotes what servers send
	os.Exit(cli.Run(ctx, os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: errs, Getenv: os.Getenv}))
}
