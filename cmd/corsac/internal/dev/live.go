package dev

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Live prints a line per request, when its response is complete, or begins if it has
// no end.
type Live struct {
	// Inspector says what CORS decides.
	Inspector *inspector.Inspector

	printed map[uint64]bool
}

// Follow calls show for each exchange of a ring, until ctx is done.
func (l *Live) Follow(ctx context.Context, ring *record.Ring, show func(*record.Exchange)) {
	l.printed = map[uint64]bool{}
	var next uint64
	for {
		batch := ring.Since(next, 256)
		next = batch.Next
		for i := range batch.Exchanges {
			x := &batch.Exchanges[i]
			if !l.printed[x.ID] && (x.Done || isEndless(x)) {
				l.printed[x.ID] = true
				show(x)
			}
		}
		for id := range l.printed {
			if id < batch.First {
				delete(l.printed, id)
			}
		}
		if batch.More {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-batch.Changed:
		}
	}
}

// isEndless reports whether a response goes on for as long as its page.
func isEndless(x *record.Exchange) bool {
	return x.Hijacked || strings.HasPrefix(x.ResponseHeaders.Get("Content-Type"), "text/event-stream")
}

// Text returns a function that prints exchanges for people.
func (l *Live) Text(w io.Writer, p terminal.Palette) func(*record.Exchange) {
	return func(x *record.Exchange) {
		status := fmt.Sprint(x.Status)
		switch {
		case x.Hijacked && x.Status == 0:
			status = "101"
		case x.Status == 0:
			status = p.Bad("---")
		case x.Status >= 500:
			status = p.Bad(status)
		case x.Status >= 400:
			status = p.Notice(status)
		}
		state, why := l.Inspector.Summary(x)
		words := ""
		switch state {
		case inspector.Blocked:
			words = "  " + p.Bad("CORS blocks it: ") + verdict.Printable(why)
		case inspector.Unknown, inspector.Allowed:
			words = "  " + p.Faint("CORS: "+string(state))
		}
		fmt.Fprintf(w, "%s  %-7s %s %7s  %s%s\n", p.Faint(x.Start.Format(time.TimeOnly)), verdict.Printable(x.Method), status, took(x), verdict.Printable(targetOf(x)), words)
	}
}

// Log returns a function that logs exchanges.
func (l *Live) Log(log *slog.Logger) func(*record.Exchange) {
	return func(x *record.Exchange) {
		attrs := []slog.Attr{
			slog.String("method", x.Method), slog.String("target", targetOf(x)), slog.Int("status", x.Status),
			slog.Duration("took", x.Duration), slog.String("origin", x.Headers.Get("Origin")), slog.String("mode", x.Proxied.Mode),
		}
		state, why := l.Inspector.Summary(x)
		attrs = append(attrs, slog.String("cors", string(state)), slog.String("why", why))
		log.LogAttrs(context.Background(), slog.LevelInfo, "request", attrs...)
	}
}

// targetOf returns the path and query of an exchange.
func targetOf(x *record.Exchange) string {
	u, err := url.Parse(x.URL)
	if err != nil {
		return x.URL
	}
	return u.RequestURI()
}

// took returns how long an exchange took, or "open" if it goes on.
func took(x *record.Exchange) string {
	switch {
	case !x.Done:
		return "open"
	case x.Duration < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(x.Duration.Microseconds())/1000)
	case x.Duration < 10*time.Second:
		return fmt.Sprintf("%d ms", x.Duration.Milliseconds())
	}
	return fmt.Sprintf("%d s", int(x.Duration.Seconds()))
}
