package testenv

import (
	"bytes"
	"regexp"
	"sync"
	"testing"
	"time"
)

// Log is a log, or another output, that can be read while it is written. Its zero
// value is empty.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements [io.Writer].
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what has been written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Take returns what has been written since it was last called.
func (l *Log) Take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// Wait waits until the log matches an expression, and returns the match and its
// submatches.
func (l *Log) Wait(t testing.TB, expression string) []string {
	t.Helper()
	re := regexp.MustCompile(expression)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if found := re.FindStringSubmatch(l.String()); found != nil {
			return found
		}
	}
	t.Fatalf("no %s in:\n%s", expression, l)
	return nil
}
