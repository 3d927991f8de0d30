// Corsac is CORS from end to end: a gateway that handles it for a server, and
// tools that explain, test and deploy it.
package main

import (
	"context"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func main() {
	ctx := onSignal(context.Background())
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

// onSignal returns a context that the first signal ends; a second one kills.
// SIGHUP, which Windows never sends, is ignored if whoever started the program
// asked for that, as nohup does.
func onSignal(ctx context.Context) context.Context {
	ctx, stop := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		var cause error
		if <-signals == syscall.SIGHUP {
			cause = gateway.ErrHangup
		}
		signal.Stop(signals)
		stop(cause)
	}()
	return ctx
}
