// Corsac is CORS from end to end: a gateway that handles it for a server, and
// tools that explain, test and deploy it.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills
	errs := terminal.NewDoor(os.Stderr)
	log.SetOutput(errs) // of net/http, which quotes what servers send
	os.Exit(cli.Run(ctx, os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: errs, Getenv: os.Getenv}))
}
