package serve

import (
	"errors"
	"io/fs"
	"syscall"
	"time"
)

// The bounds of how long a file that could not be read is left alone.
const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// retry reads a file again that could not be read though it is there, such as for
// want of descriptors. No event says when that is over.
type retry struct {
	timer *time.Timer
	delay time.Duration
}

// after is called after each attempt, with its error. If it could not read the file,
// another one follows.
func (t *retry) after(err error, again func()) {
	t.end()
	if !errors.As(err, new(syscall.Errno)) || errors.Is(err, fs.ErrNotExist) {
		t.delay = 0
		return
	}
	t.delay = min(max(2*t.delay, firstRetry), lastRetry)
	t.timer = time.AfterFunc(t.delay, again)
}

// end leaves out the attempt that would follow.
func (t *retry) end() {
	if t.timer != nil {
		t.timer.Stop()
	}
}
