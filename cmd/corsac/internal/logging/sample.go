package logging

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Of lines with one message and about one subject, the first few in each
// interval are written, and then how many there were besides. A page can cause
// any number of refusals, under one origin; other clients can send a new origin
// each time. So only a few subjects of a message are counted one by one in an
// interval, and all others together. At most (maxSubjects+1)*(maxLines+1)
// lines with one message are written in an interval. Messages are constants of
// this program.
const (
	interval    = 10 * time.Second
	maxLines    = 10
	maxSubjects = 16
)

// subjects are the attributes of which one says whom a line is about.
var subjects = []string{"origin", "upstream", "limit"}

// handler samples the lines of one logger.
type handler struct {
	slog.Handler

	sampler *sampler
	subject slog.Attr // if it is an attribute of the logger
}

// Handle implements [slog.Handler].
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	about := h.subject
	r.Attrs(func(a slog.Attr) bool {
		if slices.Contains(subjects, a.Key) {
			about = bounded(nil, a)
		}
		return about.Key == ""
	})
	if r.Level >= slog.LevelInfo && !h.sampler.admit(r.Level, r.Message, about) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := &handler{h.Handler.WithAttrs(attrs), h.sampler, h.subject}
	for _, a := range attrs {
		if slices.Contains(subjects, a.Key) {
			with.subject = bounded(nil, a)
		}
	}
	return with
}

// WithGroup implements [slog.Handler].
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{h.Handler.WithGroup(name), h.sampler, h.subject}
}

// sampler counts the lines of a log. It has one timer, which runs only while
// there is something to count.
type sampler struct {
	lines slog.Handler

	mu      sync.Mutex
	timer   *time.Timer // the end of the interval; nil outside of one
	samples []*sample   // in the order of their first lines
	named   map[string]int
}

// sample counts lines that are alike.
type sample struct {
	level   slog.Level
	message string
	subject slog.Attr // empty for those of all other subjects
	others  bool
	count   int
}

func newSampler(lines slog.Handler) *sampler {
	return &sampler{lines: lines, named: map[string]int{}}
}

// admit counts a line, and reports whether it is one of the first.
func (s *sampler) admit(level slog.Level, message string, subject slog.Attr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer == nil {
		s.timer = time.AfterFunc(interval, s.flush)
	}
	found := s.find(level, message, subject)
	found.count++
	return found.count <= maxLines
}

func (s *sampler) find(level slog.Level, message string, subject slog.Attr) *sample {
	var others *sample
	for _, each := range s.samples {
		if each.level != level || each.message != message {
			continue
		}
		if each.others {
			others = each
		} else if each.subject.Equal(subject) {
			return each
		}
	}
	if others != nil {
		return others
	}
	found := &sample{level: level, message: message, subject: subject}
	if s.named[message] == maxSubjects {
		found.subject, found.others = slog.String(subject.Key, "(others)"), true
	}
	s.named[message]++
	s.samples = append(s.samples, found)
	return found
}

// flush ends the interval: it writes how many lines have been left out.
func (s *sampler) flush() {
	s.mu.Lock()
	if s.timer != nil {
		s.timer.Stop()
	}
	samples := s.samples
	s.timer, s.samples = nil, nil
	clear(s.named)
	s.mu.Unlock()
	for _, each := range samples {
		if each.count <= maxLines {
			continue
		}
		r := slog.NewRecord(time.Now(), each.level, "similar lines left out", 0)
		r.AddAttrs(slog.Int("count", each.count-maxLines), slog.String("message", each.message))
		if each.subject.Key != "" {
			r.AddAttrs(each.subject)
		}
		_ = s.lines.Handle(context.Background(), r) // as slog itself does
	}
}
