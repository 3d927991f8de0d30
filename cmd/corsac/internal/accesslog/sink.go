package accesslog

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

const (
	maxPending = 1 << 20         // bytes of lines that wait
	many       = 64 << 10        // so many are written at once
	interval   = time.Second     // how long a line may wait
	patience   = 2 * time.Second // for what is left at the end
	warnEvery  = time.Minute     // that lines cannot be written; a metric counts them
	aborting   = time.Second / 2 // for requests that have been aborted
)

// sink collects lines and writes them.
type sink struct {
	of       *Log
	settings config.AccessLog

	mu      sync.Mutex
	pending []byte
	times   stamps
	ended   bool

	wake, stop, done chan struct{}

	// For the goroutine that writes.
	out   io.Writer
	file  *os.File // nil for a stream
	spare []byte
	cut   bool // what was written last ends within a line

	warned time.Time

	failed time.Time // when the file could not be opened again
}

// open returns a sink, which runs.
func (l *Log) open(c *config.AccessLog) (*sink, error) {
	s := &sink{of: l, settings: *c, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	switch c.To {
	case config.ToStdout:
		s.out = l.stdout
	case config.ToStderr:
		s.out = l.stderr
	default:
		if err := s.reopen(); err != nil {
			return nil, err
		}
	}
	go s.run()
	return s, nil
}

var errNoFolder = errors.New("its folder is not there; make it, so that the user of the service can write to it")

var errPipe = errors.New(`it is a pipe, whose reader may be gone; write "stdout", and connect that with the pipe`)

// Check returns why the file cannot be opened, as far as that shows without opening
// it, which may create it.
func Check(c *config.AccessLog) error {
	if c == nil || c.IsStream() {
		return nil
	}
	info, err := os.Stat(c.To)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = checkFolder(filepath.Dir(c.To))
	case err != nil:
		return err
	case info.IsDir():
		err = syscall.EISDIR
	case info.Mode()&fs.ModeNamedPipe != 0:
		err = errPipe
	default:
		err = writable(c.To, "it", false)
	}
	if err != nil {
		return &fs.PathError{Op: "open", Path: c.To, Err: err}
	}
	return nil
}

// checkFolder returns why no file can be created in a folder.
func checkFolder(dir string) error {
	_, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNoFolder
	case err != nil:
		return err
	}
	return writable(dir, "its folder", true)
}

// reopen opens the file.
func (s *sink) reopen() error {
	if err := Check(&s.settings); err != nil { // opening a pipe may take for ever
		return err
	}
	f, err := os.OpenFile(s.settings.To, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640) //nolint:gosec // a group may read logs
	if err != nil {
		return err
	}
	if s.file != nil {
		_ = s.file.Close() // all that was written has been handed to the system
	}
	s.file, s.out, s.cut = f, f, false
	return nil
}

// moved reports whether another file, or none, has the name of the one that is open.
func (s *sink) moved() bool {
	is, err := s.file.Stat()
	if err != nil {
		return true
	}
	named, err := os.Stat(s.settings.To)
	return err != nil || !os.SameFile(is, named)
}

// add adds a line. It reports whether there was room.
func (s *sink) add(e *Entry) bool {
	s.mu.Lock()
	if s.ended || len(s.pending) >= maxPending {
		s.mu.Unlock()
		return false
	}
	s.pending = appendLine(s.pending, e, s.settings.Query, &s.times)
	n := len(s.pending)
	s.mu.Unlock()
	if n >= many {
		select {
		case s.wake <- struct{}{}:
		default: // it will be
		}
	}
	return true
}

// run writes until the sink ends.
func (s *sink) run() {
	defer close(s.done)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.wake:
		case <-s.stop:
			s.write()
			if s.file != nil {
				_ = s.file.Close() // as in reopen
			}
			return
		}
		s.write()
	}
}

// write writes what is pending.
func (s *sink) write() {
	s.mu.Lock()
	chunk := s.pending
	s.pending = s.spare[:0]
	s.mu.Unlock()
	s.spare = chunk
	if len(chunk) == 0 {
		return
	}
	if s.file != nil && s.moved() {
		if time.Since(s.failed) < interval { // and has been logged
			s.of.dropped.Add(count(chunk))
			return
		}
		if err := s.reopen(); err != nil {
			s.failed = time.Now()
			s.drop(chunk, err)
			return
		}
	}
	if s.cut {
		if _, err := s.out.Write([]byte("\n")); err != nil {
			s.drop(chunk, err)
			return
		}
		s.cut = false
	}
	if n, err := s.out.Write(chunk); err != nil {
		n = min(max(n, 0), len(chunk))
		s.cut = n > 0 && chunk[n-1] != '\n'
		s.drop(chunk[n:], err)
	}
}

// drop counts lines that could not be written.
func (s *sink) drop(lines []byte, err error) {
	s.of.dropped.Add(count(lines))
	if time.Since(s.warned) < warnEvery {
		return
	}
	s.warned = time.Now()
	s.of.log.Warn("the access log cannot be written", "to", s.settings.To, "reason", err)
}

func count(lines []byte) uint64 {
	return uint64(bytes.Count(lines, []byte("\n")))
}

// end writes what is left, and waits for that for a while.
func (s *sink) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	close(s.stop)
	select {
	case <-s.done:
	case <-time.After(patience):
		s.mu.Lock()
		left := s.pending
		s.pending = nil
		s.mu.Unlock()
		s.of.dropped.Add(count(left))
	}
}
