package logging

import (
	"context"
	"log"
	"log/slog"
	"strings"
	"time"
)

// Standard returns a logger for packages that know only package log, such as
// for the ErrorLog of an [http.Server]. Its lines go to l. Each gets a level
// and a message by what it is about, so that they can be sampled; its text is
// the reason.
func Standard(l *slog.Logger) *log.Logger { return log.New(standard{l}, "", 0) }

// TakeOver makes l get also the lines of those that use the logger of package
// log itself, as the transports of net/http do. It returns a function that
// undoes this.
func TakeOver(l *slog.Logger) (undo func()) {
	w, flags := log.Writer(), log.Flags()
	log.SetFlags(0)
	log.SetOutput(standard{l})
	return func() {
		log.SetFlags(flags)
		log.SetOutput(w)
	}
}

// kind is what a line of Go's own packages is about.
type kind struct {
	part    string // of the text
	level   slog.Level
	message string
}

// handshakeError begins what net/http says of a failed handshake: then there are the
// client's address and the reason.
const handshakeError = "http: TLS handshake error from "

// kinds are tried in order; the last one is for everything else.
var kinds = []kind{
	{"panic serving", slog.LevelError, "panic while answering a request"},
	{"Accept error", slog.LevelError, "cannot accept connections"},
	{handshakeError, slog.LevelInfo, "TLS handshake failed"},
	{"Unsolicited response", slog.LevelWarn, "an upstream sent a response without a request"},
	{"buffer size (was", slog.LevelWarn, "HTTP/3 may be slow: the system limits the buffers of UDP sockets; raise net.core.rmem_max and net.core.wmem_max to 7500000"},
	{"http2: server", slog.LevelDebug, "HTTP/2 connection of a client failed"},
	{"protocol error: received", slog.LevelWarn, "an upstream broke HTTP/2"},
	{"http2: Transport", slog.LevelWarn, "an upstream broke HTTP/2"},
	{"", slog.LevelWarn, "Go's own libraries log"},
}

// standard is the output of a [log.Logger], which writes one line per call.
type standard struct{ to *slog.Logger }

// Write logs a line.
func (s standard) Write(p []byte) (int, error) {
	text := strings.TrimRight(string(p), "\n")
	i := 0
	for !strings.Contains(text, kinds[i].part) {
		i++
	}
	ctx, k := context.Background(), kinds[i]
	if !s.to.Enabled(ctx, k.level) {
		return len(p), nil
	}
	r := slog.NewRecord(time.Now(), k.level, k.message, 0)
	if rest, ok := strings.CutPrefix(text, handshakeError); ok {
		client, reason, _ := strings.Cut(rest, ": ")
		r.AddAttrs(slog.String("client", client), slog.String("reason", reason))
		return len(p), s.to.Handler().Handle(ctx, r)
	}
	// The last one: what a handler panics with may contain the first.
	if i := strings.LastIndex(text, "\ngoroutine "); i >= 0 {
		r.AddAttrs(slog.String("reason", text[:i]), slog.Any("stack", stack(text[i+1:])))
	} else {
		r.AddAttrs(slog.String("reason", text))
	}
	return len(p), s.to.Handler().Handle(ctx, r)
}
