// Package cli is the command line of corsac, as a library.
//
//   - Run does everything that the program does, and returns its exit status.
//     Arguments, streams and environment are passed in.
//   - Each command has its own file, which calls register from an init
//     function, so a new command needs no change elsewhere.
//   - Results go to Out; errors, hints and logs go to Err, both through a
//     [terminal.Door]. Colour is used only on a terminal, and never with NO_COLOR
//     or TERM=dumb.
//   - An error says what failed, why, and what to do next.
//   - The exit status is one of the Exit constants, for every command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/flaghelp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// The exit statuses.
const (
	ExitOK     = 0 // success
	ExitFailed = 1 // a request is blocked, a check failed, or there are mistakes
	ExitUsage  = 2 // the command line is wrong
	ExitBroken = 3 // corsac could not do its work
)

// IO is everything that a command gets from outside besides its arguments.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(name string) string
}

// app is shared by all commands.
type app struct {
	IO

	out, err terminal.Palette // for Out and Err
	config   config.File      // value of --config
}

var commands []func(*app) *cobra.Command

// register adds a command. It is called from init functions.
func register(command func(*app) *cobra.Command) { commands = append(commands, command) }

// Run executes the command in args and returns the exit status. It stops early
// when ctx is done.
func Run(ctx context.Context, args []string, streams IO) (status int) {
	out, errs := terminal.NewDoor(streams.Out), terminal.NewDoor(streams.Err)
	streams.Out, streams.Err = out, errs
	a := &app{IO: streams, out: terminal.NewPalette(out, streams.Getenv), err: terminal.NewPalette(errs, streams.Getenv)}
	defer func() {
		if v := recover(); v != nil { // the runtime would print it raw
			status = a.report(&problem{status: ExitBroken, err: fmt.Errorf("this is a fault of corsac: %v", v), hint: strings.ReplaceAll(string(debug.Stack()), "\t", "  ")})
		}
		_, _ = out.Close(), errs.Close() // a failure to print has been returned
	}()
	root := newRoot(a, args)
	if isCompletion(args) {
		flaghelp.Unquote(root)
	}
	root.SetArgs(forCobra(args))
	return a.report(root.ExecuteContext(ctx))
}

// forCobra makes the arguments of a request for completions printable, because
// cobra reports what is wrong with them on the standard error itself.
func forCobra(args []string) []string {
	if !isCompletion(args) {
		return args
	}
	printable := make([]string, len(args))
	for i, arg := range args {
		printable[i] = verdict.Printable(arg)
	}
	return printable
}

// isCompletion reports whether a shell asks for completions.
func isCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// report prints err for people and returns its exit status.
func (a *app) report(err error) int {
	if err == nil {
		return ExitOK
	}
	var p *problem
	if !errors.As(err, &p) {
		p = &problem{status: ExitUsage, err: err} // from cobra, about arguments
	}
	p.print(terminal.NewWriter(a.Err, a.Getenv))
	return p.status
}

// read reads a file of at most that many bytes, or standard input if its name is -. A terminal shows a
// prompt first. Ctrl-C ends the wait.
func (a *app) read(ctx context.Context, name, prompt string, most int64) ([]byte, error) {
	if name == "-" && terminal.Is(a.In) {
		a.ask(prompt)
	}
	text, err := orInterrupted(ctx, func() ([]byte, error) { return check.ReadFile(name, a.In, most) })
	if err != nil && ctx.Err() == nil {
		err = usage(err)
	}
	return text, err
}

// ask prints a prompt, which ends with what to press at the end of the input.
func (a *app) ask(prompt string) {
	fmt.Fprintln(a.Err, a.err.Faint(prompt+" "+terminal.EndOfInput+":"))
}

// orInterrupted returns what read does, unless ctx is done first. The read then
// goes on until the process ends. If it panics, so does orInterrupted.
func orInterrupted[T any](ctx context.Context, read func() (T, error)) (v T, err error) {
	done := make(chan struct{})
	var got T
	var failed error
	var panicked any
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		got, failed = read()
	}()
	select {
	case <-done:
		if panicked != nil {
			panic(panicked)
		}
		return got, failed
	case <-ctx.Done():
		return v, interrupted("")
	}
}

// open opens a file, or standard input if its name is -. A terminal shows a prompt
// first.
func (a *app) open(name, prompt string) (io.ReadCloser, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, usage(err)
		}
		return file, nil
	}
	if terminal.Is(a.In) {
		a.ask(prompt)
	}
	return io.NopCloser(a.In), nil
}

// readHAR reads a HAR file. Ctrl-C ends the wait.
func (a *app) readHAR(ctx context.Context, name string) (*har.Log, error) {
	in, err := a.open(name, "Paste the HAR file here, then press")
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	log, err := orInterrupted(ctx, func() (*har.Log, error) { return har.Read(in) })
	system := (*fs.PathError)(nil)
	switch {
	case ctx.Err() != nil:
		return nil, err
	case errors.As(err, &system):
		return nil, usage(err)
	case err != nil:
		return nil, &problem{
			status: ExitUsage, err: fmt.Errorf("%s is not a HAR file: %w", name, err), hint: `in the network panel of the browser, choose "Save all as HAR"`,
		}
	}
	return log, nil
}
