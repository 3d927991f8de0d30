package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// problem is why a command ends with another status than ExitOK.
type problem struct {
	status int
	err    error  // what failed and why; nil if it has been told already
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

// told is the problem of a command that has said itself what is wrong.
func told(status int) error { return &problem{status: status} }

// asProblem returns err as it is if it is a problem; anything else is something
// that corsac could not do.
func asProblem(err error) error {
	var p *problem
	if err == nil || errors.As(err, &p) {
		return err
	}
	return &problem{status: ExitBroken, err: err}
}

// print says what is wrong, unless that was done.
func (p *problem) print(w io.Writer, c palette) {
	if p.err == nil {
		return
	}
	for line := range strings.SplitSeq(p.err.Error(), "\n") {
		fmt.Fprintf(w, "%s %s\n", c.bad("corsac:"), line)
	}
	if p.hint != "" {
		fmt.Fprintf(w, "  %s\n", p.hint)
	}
}
