package serve

import (
	"errors"
	"io/fs"
	"syscall"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/certs"
)

// The bounds of how long a file that could not be read is left alone.
const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// unreadable reports whether a file could not be read though it is there, such as for
// want of descriptors. No event says when that is over.
func unreadable(err error) bool {
	return errors.As(err, new(syscall.Errno)) && !errors.Is(err, fs.ErrNotExist)
}

// unfit reports whether a configuration could not run because of the files that it
// names, which are followed only once it runs.
func unfit(err error) bool {
	return errors.As(err, new(*certs.FileError)) || errors.As(err, new(*accessError))
}

// retry reads a file again after a while.
type retry struct {
	timer *time.Timer
	delay time.Duration
}

// after is called after each attempt, which another one follows if that makes sense.
func (t *retry) after(makesSense bool, again func()) {
	if t.timer != nil {
		t.timer.Stop()
	}
	if !makesSense {
		t.delay = 0
		return
	}
	t.delay = min(max(2*t.delay, firstRetry), lastRetry)
	t.timer = time.AfterFunc(t.delay, again)
}
