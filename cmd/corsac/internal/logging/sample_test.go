package logging_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

func refuse(l *slog.Logger, origin string) {
	l.Info("preflight refused", "reason", "origin-not-allowed", "origin", origin)
}

// TestOneOrigin checks that one origin cannot flood the log, nor hide the lines
// about others, and that the log says how many lines it leaves out.
func TestOneOrigin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w testenv.Log
		l := logging.New(&w, logging.Options{})
		for range 100_000 {
			refuse(l.Logger, "https://evil.example")
		}
		refuse(l.Logger, "https://other.example")
		if text := w.Take(); strings.Count(text, "evil.example") != 10 || strings.Count(text, "other.example") != 1 {
			t.Errorf("at once:\n%s", text)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		const want = `level=INFO msg="similar lines left out" count=99990 message="preflight refused" origin=https://evil.example` + "\n"
		if text := w.Take(); !strings.HasSuffix(text, want) || strings.Count(text, "\n") != 1 {
			t.Errorf("after the interval: %q, want %q", text, want)
		}
		// The next interval begins with the next line.
		time.Sleep(time.Minute)
		for range 12 {
			refuse(l.Logger, "https://evil.example")
		}
		l.Close()
		if text := w.Take(); strings.Count(text, "evil.example") != 11 || !strings.Contains(text, "count=2 ") {
			t.Errorf("at the end:\n%s", text)
		}
		time.Sleep(time.Minute)
		if text := w.Take(); text != "" {
			t.Errorf("after the end:\n%s", text)
		}
	})
}

// TestManyOrigins checks that a client that sends another origin each time
// cannot flood the log or its memory.
func TestManyOrigins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w testenv.Log
		l := logging.New(&w, logging.Options{})
		for i := range 50_000 {
			refuse(l.With("host", i), fmt.Sprintf("https://%d.evil.example", i%25_000))
		}
		for range 20 {
			l.Warn("upstream failed", "upstream", "http://a")
		}
		text := w.Take()
		if n := strings.Count(text, "preflight refused"); n != 16*2+10 {
			t.Errorf("%d lines", n)
		}
		if n := strings.Count(text, "upstream failed"); n != 10 {
			t.Errorf("%d lines about the upstream", n)
		}
		l.Close()
		want := fmt.Sprintf(`count=%d message="preflight refused" origin=(others)`, 50_000-16*2-10)
		if text := w.Take(); !strings.Contains(text, want) || strings.Count(text, "\n") != 2 {
			t.Errorf("%s, want %s", text, want)
		}
	})
}

// TestLinesAreDistinguished checks what is sampled together: the subject may be an
// attribute of the logger, and lines at level debug are not sampled.
func TestLinesAreDistinguished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w testenv.Log
		l := logging.New(&w, logging.Options{Level: slog.LevelDebug})
		for range 30 {
			l.With("upstream", "a").Warn("one")
			l.With("upstream", "b").WithGroup("g").Warn("one", "x", "y")
			l.Info("two")
			l.Info("three")
			l.Debug("request")
		}
		l.Close()
		for part, want := range map[string]int{"upstream=a": 11, "upstream=b": 11, "msg=two": 10, "msg=three": 10, "msg=request": 30, "left out": 4} {
			if got := strings.Count(w.String(), part); got != want {
				t.Errorf("%s: %d lines, want %d", part, got, want)
			}
		}
	})
}
