package dev

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// Live prints a line per request, when its response is complete, or begins if it has
// no end. If there are too many to read, it prints how many more there were.
type Live struct {
	// Inspector says what CORS decides.
	Inspector *inspector.Inspector
	// Failures leaves out what corsac did not have to answer itself.
	Failures bool

	printed map[uint64]bool // by ID, of the exchanges that the ring still has
	oldest  uint64          // ID in printed
	second  time.Time       // begin of the second in which lines are counted
	lines   int             // that have been printed in it
	omitted int             // that have not
}

// Sink prints the lines.
type Sink struct {
	// Exchange prints an exchange.
	Exchange func(*record.Exchange)
	// Omitted prints how many exchanges have not been printed.
	Omitted func(n int)
}

const (
	// maxLines bounds the lines per second: nobody reads more, and a line takes longer
	// than the request.
	maxLines = 100
	// gathering is how long changes of the recording are waited for after the first.
	gathering = 20 * time.Millisecond
)

// Follow prints the exchanges of a ring, until ctx is done.
func (l *Live) Follow(ctx context.Context, ring *record.Ring, to Sink) {
	l.printed = map[uint64]bool{}
	var next uint64
	for ended := false; ; {
		batch := ring.Since(next, 256)
		next = batch.Next
		for i := range batch.Exchanges {
			l.print(&batch.Exchanges[i], to)
		}
		for ; l.oldest < batch.First; l.oldest++ {
			delete(l.printed, l.oldest)
		}
		switch {
		case batch.More:
		case ended:
			l.begin(to)
			return
		default: // what comes until the end is printed, too
			ended = !l.wait(ctx, batch.Changed, to)
		}
	}
}

// print prints an exchange, once.
func (l *Live) print(x *record.Exchange, to Sink) {
	if l.printed[x.ID] || !x.Done && !isEndless(x) {
		return
	}
	l.printed[x.ID] = true
	if l.Failures && x.Proxied.Failure == "" {
		return
	}
	if time.Since(l.second) >= time.Second {
		l.begin(to)
	}
	if l.lines == maxLines {
		l.omitted++
		return
	}
	l.lines++
	to.Exchange(x)
}

// begin begins to count the lines of another second.
func (l *Live) begin(to Sink) {
	if l.omitted > 0 {
		to.Omitted(l.omitted)
	}
	l.second, l.lines, l.omitted = time.Now(), 0, 0
}

// wait waits until the recording has changed, or it is time to print how many lines
// were omitted. It returns false if ctx is done.
func (l *Live) wait(ctx context.Context, changed <-chan struct{}, to Sink) bool {
	var due <-chan time.Time
	if l.omitted > 0 {
		due = time.After(time.Until(l.second.Add(time.Second)))
	}
	select {
	case <-ctx.Done():
		return false
	case <-due:
		l.begin(to)
	case <-changed:
		time.Sleep(gathering)
	}
	return true
}

// isEndless reports whether a response goes on for as long as its page.
func isEndless(x *record.Exchange) bool {
	return x.Hijacked || strings.HasPrefix(x.ResponseHeaders.Get("Content-Type"), "text/event-stream")
}

// Text returns what prints exchanges for people.
func (l *Live) Text(w io.Writer, p terminal.Palette) Sink {
	return Sink{
		Exchange: func(x *record.Exchange) { l.text(w, p, x) },
		Omitted: func(n int) {
			fmt.Fprintln(w, p.Faint(fmt.Sprintf("… and %d more requests; the inspector has them", n)))
		},
	}
}

func (l *Live) text(w io.Writer, p terminal.Palette, x *record.Exchange) {
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
	switch failure := &x.Proxied; {
	case failure.Failure != "":
		words = "  " + p.Bad(verdict.Printable(failure.Failure)) + "; " + verdict.Printable(failure.Fix)
	case x.Proxied.Mode == string(devroute.Add) && state != inspector.Free:
		words = "  " + p.Faint("corsac added CORS; the server alone: ") + aloneWords(p, state, why)
	case state == inspector.Blocked:
		words = "  " + p.Bad("CORS blocks it: ") + verdict.Printable(why)
	case state == inspector.Unknown:
		words = "  " + p.Faint("CORS: unknown. "+verdict.Printable(why))
	case state == inspector.Allowed:
		words = "  " + p.Faint("CORS: allowed")
	}
	if x.Proxied.Fault != "" {
		words += "  " + p.Notice("on purpose: ") + x.Proxied.Fault
	}
	fmt.Fprintf(w, "%s  %-7s %s %7s  %s%s\n", p.Faint(x.Start.Format(time.TimeOnly)), verdict.Printable(x.Method), status, took(x), verdict.Printable(targetOf(x)), words)
}

// aloneWords says what would have happened without the CORS headers of the mode add.
func aloneWords(p terminal.Palette, state inspector.State, why string) string {
	if state == inspector.Blocked {
		return p.Notice("blocked: ") + verdict.Printable(why)
	}
	return p.Faint(string(state))
}

// Log returns what logs exchanges.
func (l *Live) Log(log *slog.Logger) Sink {
	return Sink{
		Exchange: func(x *record.Exchange) { l.log(log, x) },
		Omitted:  func(n int) { log.Info("more requests; the inspector has them", "requests", n) },
	}
}

func (l *Live) log(log *slog.Logger, x *record.Exchange) {
	attrs := []slog.Attr{
		slog.String("method", x.Method), slog.String("target", targetOf(x)), slog.Int("status", x.Status),
		slog.Duration("took", x.Duration), slog.String("origin", x.Headers.Get("Origin")), slog.String("mode", x.Proxied.Mode),
	}
	if x.Proxied.Fault != "" {
		attrs = append(attrs, slog.String("on_purpose", x.Proxied.Fault))
	}
	state, why := l.Inspector.Summary(x)
	attrs = append(attrs, slog.String("cors", string(state)), slog.String("why", why))
	if added := addedBy(x); added != "" {
		attrs = append(attrs, slog.String("corsac_added", added)) // cors is about the server alone
	}
	level := slog.LevelInfo
	if x.Proxied.Failure != "" {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", x.Proxied.Failure), slog.String("fix", x.Proxied.Fix))
	}
	log.LogAttrs(context.Background(), level, "request", attrs...)
}

// addedBy returns the names of the CORS headers of a response that are corsac's, in the
// mode add.
func addedBy(x *record.Exchange) string {
	if x.Proxied.Mode != string(devroute.Add) {
		return ""
	}
	var names []string
	for _, h := range x.ResponseHeaders {
		if strings.HasPrefix(h.Name, "Access-Control-") {
			names = append(names, h.Name)
		}
	}
	return strings.Join(names, ", ")
}

// targetOf returns the path and query of an exchange.
func targetOf(x *record.Exchange) string {
	u, err := weburl.Parse(x.URL, nil)
	if err != nil {
		return x.URL
	}
	return u.Target()
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
