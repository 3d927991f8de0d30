package testenv

import (
	"io"
	"testing"
)

// TestLog reads a log while it is written.
func TestLog(t *testing.T) {
	var log Log
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, part := range []string{"address=", "127.0.0.1:80\n", "ready\n"} {
			_, _ = io.WriteString(&log, part)
		}
	}()
	if found := log.Wait(t, `address=(\S+)\n`); len(found) != 2 || found[1] != "127.0.0.1:80" {
		t.Errorf("%q", found)
	}
	<-done
	const all = "address=127.0.0.1:80\nready\n"
	if text := log.String(); text != all {
		t.Errorf("%q", text)
	}
	if text := log.Take(); text != all || log.String() != "" {
		t.Errorf("%q, and then %q", text, log.String())
	}
}
