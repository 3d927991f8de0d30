package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

// problem is why a command ends with another status than ExitOK.
type problem struct {
	status int
	err    error  // what failed and why; nil if that is printed already
	hint   string // what to do next
}

// Error implements error.
func (p *problem) Error() string {
	if p.err == nil {
		return fmt.Sprintf("exit status %d", p.status)
	}
	return p.err.Error()
}

// Unwrap returns the cause.
func (p *problem) Unwrap() error { return p.err }

// reported is the problem of a command that has printed what is wrong itself.
func reported(status int) error { return &problem{status: status} }

// usage is the problem of a command line that is wrong.
func usage(err error) error { return &problem{status: ExitUsage, err: err} }

// interrupted is the problem of a command that Ctrl-C has ended.
func interrupted(hint string) error {
	return &problem{status: ExitBroken, err: errors.New("interrupted"), hint: hint}
}

// asProblem returns err as a problem. What is not one already, and not a mistake in
// a check, is something that corsac could not do.
func asProblem(err error) error {
	var p *problem
	if err == nil || errors.As(err, &p) {
		return err
	}
	var c *check.Error
	switch {
	case errors.As(err, &c) && c.Kind == check.Mistake:
		return &problem{status: ExitUsage, err: err, hint: c.Hint}
	case errors.As(err, &c):
		return &problem{status: ExitBroken, err: err, hint: c.Hint}
	}
	return &problem{status: ExitBroken, err: err}
}

// print says what is wrong, unless that was done.
func (p *problem) print(w io.Writer, c terminal.Palette) {
	if p.err == nil {
		return
	}
	for line := range strings.SplitSeq(p.err.Error(), "\n") {
		fmt.Fprintf(w, "%s %s\n", c.Bad("corsac:"), line)
	}
	if p.hint != "" {
		fmt.Fprintf(w, "  %s\n", p.hint)
	}
}
