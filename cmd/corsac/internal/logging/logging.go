// Package logging writes the log of a server that strangers can reach.
//
//   - Whatever a value contains, a line is short, and no byte of it controls a
//     terminal.
//   - Whoever causes lines, there are few of them: lines that are alike are
//     sampled, and the log says how many were left out. Lines at level debug
//     are not sampled: they are about each request.
//   - The lines of Go's own packages, which know only package log, go the same
//     way.
package logging

import (
	"io"
	"log/slog"

	"github.com/corsac-dev/corsac/internal/visible"
)

// Options are the settings of a log.
type Options struct {
	Level slog.Level // the lowest level that is written
	JSON  bool       // one JSON object per line, instead of text
}

// Log is a log. Close it at the end.
type Log struct {
	*slog.Logger

	sampler *sampler
}

// Open returns a log for words of users: a level as slog names it, and "text"
// or "json".
func Open(w io.Writer, level, format string) (*Log, error) {
	o := Options{JSON: format == "json"}
	if err := o.Level.UnmarshalText([]byte(level)); err != nil {
		return nil, err
	}
	return New(w, o), nil
}

// New returns a log that writes to w, one line per call.
func New(w io.Writer, o Options) *Log {
	w = visible.JSON(w)
	options := &slog.HandlerOptions{Level: o.Level, ReplaceAttr: bounded}
	var lines slog.Handler = slog.NewTextHandler(w, options)
	if o.JSON {
		lines = slog.NewJSONHandler(w, options)
	}
	s := newSampler(lines)
	return &Log{slog.New(&handler{Handler: lines, sampler: s}), s}
}

// Close writes how many lines have been left out. The log can still be used.
func (l *Log) Close() { l.sampler.flush() }
