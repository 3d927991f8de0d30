package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// problem is why a command ends with a status other than ExitOK.
type problem struct {
	status int
	err    error  // what failed and why; nil if that has been printed
	hint   string // what to do next
}

// Error returns the text of the cause.
func (p *problem) Error() string {
	if p.err == nil {
		return fmt.Sprintf("exit status %d", p.status)
	}
	return p.err.Error()
}

// Unwrap returns the cause.
func (p *problem) Unwrap() error { return p.err }

// reported returns the problem of a command that has printed what is wrong.
func reported(status int) error { return &problem{status: status} }

// usage returns the problem of a command line with mistakes.
func usage(err error) error { return &problem{status: ExitUsage, err: err} }

// interrupted returns the problem of a command that Ctrl-C ended.
func interrupted(hint string) error {
	return &problem{status: ExitBroken, err: errors.New("interrupted"), hint: hint}
}

// cannotListen returns the problem of an address on which nothing can listen. where is
// how to write another one, such as "with --listen".
func cannotListen(e *gateway.ListenError, where string) error {
	return &problem{status: ExitBroken, err: fmt.Errorf("cannot listen on %s: %w", e.Address, e), hint: e.Fix() + " " + where}
}

// asProblem returns err as a problem. An error that is neither a problem nor a
// mistake in a check means that corsac could not do its work.
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

// print prints what is wrong, unless that has been printed.
func (p *problem) print(w *terminal.Writer) {
	if p.err == nil {
		return
	}
	for _, line := range finding.Lines(p.err) {
		w.Paragraph(w.Bad("corsac:")+" ", verdict.Printable(line))
	}
	if p.hint != "" {
		for line := range strings.SplitSeq(p.hint, "\n") {
			w.Paragraph("  ", verdict.Printable(line))
		}
	}
}
