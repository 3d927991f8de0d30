package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// isFile reports whether a stream is a file on a disk.
func isFile(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// read reads a file, or standard input if its name is -, for which a terminal gets a prompt. Ctrl-C ends
// it.
func (a *app) read(ctx context.Context, name, prompt string) ([]byte, error) {
	if name == "-" && isTerminal(a.In) {
		fmt.Fprintln(a.Err, a.err.faint(prompt))
	}
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := readFile(name, a.In)
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, &problem{status: ExitUsage, err: r.err}
		}
		return r.text, nil
	case <-ctx.Done(): // the read goes on until the process ends
		return nil, interrupted("")
	}
}

// interrupted is the problem of a command that Ctrl-C has ended.
func interrupted(hint string) error {
	return &problem{status: ExitBroken, err: errors.New("interrupted"), hint: hint}
}

// columns returns how wide a terminal is, and 0 for anything else.
func columns(w io.Writer, getenv func(string) string) int {
	if !isTerminal(w) {
		return 0
	}
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	n, _, err := term.GetSize(int(w.(*os.File).Fd())) //nolint:forcetypeassert // a terminal is a file
	if err != nil {
		return 80
	}
	return n
}
