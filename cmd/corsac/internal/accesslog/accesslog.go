// Package accesslog writes a line of JSON for each request that a server answers.
//
//   - Requests never wait for it. Lines are collected in memory and written each
//     second, or when there are many, by a goroutine of its own. If the disk is full or
//     a reader too slow, lines are dropped, and counted.
//   - A file that was moved or removed is opened again under its name, so that tools
//     that rotate logs need to do nothing else.
//   - Whatever a client sends, a line is one line, is short, and has no byte that
//     controls a terminal.
package accesslog

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// Entry is a request that has been answered.
type Entry struct {
	Time     time.Time
	Client   string // its address
	Method   string
	Host     string
	Target   string // path and query
	Route    string
	Policy   string
	Status   int // 0 if there was none
	Bytes    int64
	Duration time.Duration
	Upstream time.Duration // until the header of its response; 0 without one
	Protocol string
	Origin   string
	Kind     string // of the request for CORS
	Judged   bool   // whether a policy has decided; the two below say what
	Allowed  bool
	Reason   string
	Answer   string // the code of an answer of the gateway itself
	Aborted  bool   // the response broke off
	Left     bool   // because the client left
}

// refused reports whether a policy, or an option about origins, has refused a request.
func (e *Entry) refused() bool { return e.Judged && !e.Allowed }

// failed reports whether it is a server's fault that there is no proper response.
func (e *Entry) failed() bool {
	return e.Aborted && !e.Left || e.Status >= http.StatusInternalServerError
}

// Log is an access log. It is off until [Log.Use], and safe for concurrent use.
type Log struct {
	stdout, stderr io.Writer
	log            *slog.Logger

	current atomic.Pointer[sink]
	dropped atomic.Uint64
	begun   atomic.Int64 // requests that have no line yet
}

// New returns a log that is off. It writes to the streams if the configuration says
// so, and reports to log that it cannot write.
func New(stdout, stderr io.Writer, log *slog.Logger) *Log {
	return &Log{stdout: stdout, stderr: stderr, log: log}
}

// Use makes the log write where c says; nil switches it off. If there is an error,
// nothing changes. It must not be called concurrently.
func (l *Log) Use(c *config.AccessLog) error {
	var next *sink
	if c != nil {
		var err error
		if next, err = l.open(c); err != nil {
			return err
		}
	}
	if before := l.current.Swap(next); before != nil {
		before.end()
	}
	return nil
}

// Close waits for requests that have begun and have just been aborted, and writes what is
// left, unless that takes too long.
func (l *Log) Close() {
	for end := time.Now().Add(aborting); l.On() && l.begun.Load() > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	_ = l.Use(nil) // nothing is opened
}

// Begin says that a request has begun, for which [Log.Close] waits until [Log.End].
func (l *Log) Begin() {
	if l != nil {
		l.begun.Add(1)
	}
}

// End says that the line of a request has been added, if it was to have one.
func (l *Log) End() {
	if l != nil {
		l.begun.Add(-1)
	}
}

// On reports whether requests have lines.
func (l *Log) On() bool { return l != nil && l.current.Load() != nil }

// Dropped returns how many lines could not be written.
func (l *Log) Dropped() uint64 { return l.dropped.Load() }

// Add adds the line of a request, if it is to have one.
func (l *Log) Add(e *Entry) {
	s := l.current.Load()
	if s == nil || !s.wants(e) {
		return
	}
	ok := s.add(e)
	if next := l.current.Load(); !ok && next != s && next != nil { // Use has replaced it
		ok = next.add(e)
	}
	if !ok {
		l.dropped.Add(1)
	}
}

// wants reports whether a request has a line.
func (s *sink) wants(e *Entry) bool {
	refused, failed := e.refused(), e.failed()
	if len(s.settings.Only) > 0 {
		return refused && slices.Contains(s.settings.Only, config.OnlyRefused) ||
			failed && slices.Contains(s.settings.Only, config.OnlyErrors)
	}
	share := s.settings.Sample
	return refused || failed || share.In == 0 || rand.Uint32N(share.In) < share.Of //nolint:gosec // anybody may guess which requests have lines
}
