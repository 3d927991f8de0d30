//go:build unix

package accesslog_test

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/accesslog"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestFolderReturns removes the folder of a log that runs. Until it is there again, lines
// are dropped without trying for each of them.
func TestFolderReturns(t *testing.T) {
	dir, log := filepath.Join(t.TempDir(), "logs"), new(testenv.Log)
	makeFolder := func() {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	makeFolder()
	file := filepath.Join(dir, "access.log")
	l := accesslog.New(io.Discard, io.Discard, slog.New(slog.NewTextHandler(log, nil)))
	if err := l.Use(&config.AccessLog{To: file}); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	begun, big := time.Now(), entry
	big.Target = "/" + strings.Repeat("x", 1500)
	for range 20 {
		before := l.Dropped()
		for range 60 { // as much as is written at once
			l.Add(&big)
		}
		await(t, func() bool { return l.Dropped() == before+60 })
	}
	if tried, most := strings.Count(log.String(), "the access log cannot be written"), 2+int(time.Since(begun).Seconds()); tried < 1 || tried > most {
		t.Errorf("%d attempts, want at most %d", tried, most)
	}
	makeFolder()
	await(t, func() bool {
		l.Add(&entry)
		text, err := os.ReadFile(file)
		return err == nil && bytes.HasSuffix(text, []byte("\n"))
	})
}
