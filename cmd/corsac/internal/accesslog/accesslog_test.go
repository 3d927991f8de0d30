package accesslog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/accesslog"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/internal/visible"
)

// entry is a request with all that an entry can have.
var entry = accesslog.Entry{
	Time: time.Date(2026, 11, 29, 12, 0, 0, 123_000_000, time.UTC), Client: "192.0.2.1", Method: "GET", Host: "api.example.com",
	Target: "/items/1?token=secret", Route: "/items/", Policy: "app", Status: 200, Bytes: 1024,
	Duration: 12345 * time.Microsecond, Upstream: 10 * time.Millisecond, Protocol: "HTTP/2.0",
	Origin: "https://app.example.com", Kind: "actual", Judged: true, Allowed: true, Reason: "permitted",
}

// written returns the lines of a log with some settings after entries.
func written(t *testing.T, c config.AccessLog, entries ...accesslog.Entry) string {
	t.Helper()
	var out testenv.Log
	l := accesslog.New(&out, io.Discard, slog.New(slog.DiscardHandler))
	c.To = config.ToStdout
	if err := l.Use(&c); err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		l.Add(&entries[i])
	}
	l.Close()
	return out.String()
}

func TestLine(t *testing.T) {
	const want = `{"time":"2026-11-29T12:00:00.123Z","client":"192.0.2.1","method":"GET","host":"api.example.com","path":"/items/1",` +
		`"route":"/items/","policy":"app","status":200,"bytes":1024,"duration":0.012345,"upstream":0.010000,"protocol":"HTTP/2.0",` +
		`"origin":"https://app.example.com","kind":"actual","allowed":true,"reason":"permitted"}` + "\n"
	if got := written(t, config.AccessLog{}, entry); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := written(t, config.AccessLog{Query: true}, entry); !strings.Contains(got, `"path":"/items/1?token=secret"`) {
		t.Error(got)
	}
}

// TestWants checks which requests have lines.
func TestWants(t *testing.T) {
	fine, refused, failed, left := entry, entry, entry, entry
	refused.Allowed = false
	failed.Status = 502
	left.Aborted, left.Left = true, true
	broken := left
	broken.Left = false
	all := []accesslog.Entry{fine, refused, failed, left, broken}
	for _, c := range []struct {
		only   []string
		sample config.Share
		lines  int
	}{
		{nil, config.Share{}, 5},
		{nil, config.Share{Of: 1, In: 1 << 31}, 3},
		{nil, config.Share{Of: 1, In: 1}, 5},
		{[]string{config.OnlyRefused}, config.Share{}, 1},
		{[]string{config.OnlyErrors}, config.Share{}, 2},
		{[]string{config.OnlyErrors, config.OnlyRefused}, config.Share{}, 3},
	} {
		if got := strings.Count(written(t, config.AccessLog{Only: c.only, Sample: c.sample}, all...), "\n"); got != c.lines {
			t.Errorf("%v %v: %d lines, want %d", c.only, c.sample, got, c.lines)
		}
	}
}

// TestSample checks the share of the lines.
func TestSample(t *testing.T) {
	entries := make([]accesslog.Entry, 4000)
	for i := range entries {
		entries[i] = entry
	}
	if got := strings.Count(written(t, config.AccessLog{Sample: config.Share{Of: 1, In: 4}}, entries...), "\n"); got < 800 || got > 1200 {
		t.Errorf("%d of 4000 lines, want about 1000", got)
	}
}

// FuzzLine checks that whatever a client sends, there is one line of JSON with the same
// text, which is short and has nothing hidden.
func FuzzLine(f *testing.F) {
	f.Add("/a\x1b[2J\n\u202e\x9b\u2028", "https://ev\"il\\.example", "\U000e0041\xff")
	f.Add(strings.Repeat("/é", 3000), strings.Repeat("\x00", 5000), "GET")
	f.Fuzz(func(t *testing.T, target, origin, method string) {
		e := accesslog.Entry{Target: target, Origin: origin, Method: method}
		got := written(t, config.AccessLog{Query: true}, e)
		if strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "\n") || len(got) > 20_000 || !utf8.ValidString(got) {
			t.Fatalf("%q", got)
		}
		if strings.ContainsFunc(strings.TrimSuffix(got, "\n"), visible.Hidden) {
			t.Errorf("hidden characters in %q", got)
		}
		var read struct{ Path, Origin, Method string }
		if err := json.Unmarshal([]byte(got), &read); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		for _, pair := range [][2]string{{read.Path, target}, {read.Origin, origin}, {read.Method, method}} {
			want := strings.Join(strings.Split(pair[1], ""), "") // one U+FFFD for each wrong byte, as range has it
			want = string([]rune(want))
			if got, cut := strings.CutSuffix(pair[0], "…"); !strings.HasPrefix(want, strings.TrimRight(got, "\ufffd")) || !cut && got != want {
				t.Errorf("%q of %q", pair[0], pair[1])
			}
		}
	})
}

// TestRotation moves the file away, as logrotate does, and removes its successor.
func TestRotation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "access.log")
	l := accesslog.New(io.Discard, io.Discard, slog.New(slog.DiscardHandler))
	if err := l.Use(&config.AccessLog{To: file}); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	lines := func(name string) func() bool {
		return func() bool {
			text, err := os.ReadFile(name)
			return err == nil && bytes.Count(text, []byte("\n")) == 1
		}
	}
	l.Add(&entry)
	await(t, lines(file))
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	l.Add(&entry)
	await(t, lines(file))
	if !lines(file + ".1")() {
		t.Error("the old file has more than its line")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	l.Add(&entry)
	await(t, lines(file))
	if l.Dropped() != 0 {
		t.Errorf("%d dropped", l.Dropped())
	}
}

func await(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it has not happened")
		}
	}
}

// TestSlowReader checks that a pipe that nobody reads delays neither requests nor the
// end, and that what is lost is counted.
func TestSlowReader(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	l := accesslog.New(out, io.Discard, slog.New(slog.DiscardHandler))
	if err := l.Use(&config.AccessLog{To: config.ToStdout}); err != nil {
		t.Fatal(err)
	}
	const n = 20_000 // 6 MB
	for range n {
		l.Add(&entry)
	}
	l.Close()
	before := l.Dropped()
	if before < n/2 || before >= n {
		t.Errorf("%d of %d dropped", before, n)
	}
	l.Add(&entry)
	if l.On() || l.Dropped() != before {
		t.Error("a closed log takes lines")
	}
}

// full is a disk on which there is room for some bytes.
type full struct {
	room int
	text []byte
}

func (f *full) Write(p []byte) (int, error) {
	n := min(f.room, len(p))
	f.room -= n
	f.text = append(f.text, p[:n]...)
	if n < len(p) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

// TestFullDisk checks that lines which could not be written are counted, and that the
// log says why.
func TestFullDisk(t *testing.T) {
	disk, log := &full{room: 500}, new(testenv.Log)
	l := accesslog.New(disk, io.Discard, slog.New(slog.NewTextHandler(log, nil)))
	if err := l.Use(&config.AccessLog{To: config.ToStdout}); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		l.Add(&entry)
	}
	l.Close()
	if l.Dropped() != 3 || !strings.Contains(log.String(), "no space left on device") {
		t.Errorf("%d dropped; %s", l.Dropped(), log)
	}
}

// TestCut checks that a line which was written in part does not spoil the next one.
func TestCut(t *testing.T) {
	disk := &full{room: 500}
	l := accesslog.New(disk, io.Discard, slog.New(slog.DiscardHandler))
	if err := l.Use(&config.AccessLog{To: config.ToStdout}); err != nil {
		t.Fatal(err)
	}
	big := entry
	big.Target = "/" + strings.Repeat("x", 1000)
	for range 60 { // as much as is written at once
		l.Add(&big)
	}
	await(t, func() bool { return l.Dropped() == 60 })
	disk.room = 1 << 20
	l.Add(&entry)
	l.Close()
	lines := strings.Split(string(disk.text), "\n")
	if len(lines) != 3 || !json.Valid([]byte(lines[1])) || json.Valid([]byte(lines[0])) {
		t.Errorf("%q", lines)
	}
}

func TestMistakes(t *testing.T) {
	l := accesslog.New(io.Discard, io.Discard, slog.New(slog.DiscardHandler))
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{dir, filepath.Join(dir, "no", "such", "folder"), filepath.Join(file, "below")} {
		c := &config.AccessLog{To: to}
		if err := l.Use(c); err == nil || l.On() || accesslog.Check(c) == nil {
			t.Errorf("%s: %v", to, err)
		}
	}
	if err := accesslog.Check(&config.AccessLog{To: filepath.Join(dir, "no", "log")}); err == nil || !strings.Contains(err.Error(), "its folder is not there; make it") {
		t.Error(err)
	}
	for _, to := range []string{config.ToStdout, file, filepath.Join(dir, "new")} {
		if err := accesslog.Check(&config.AccessLog{To: to}); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a check creates the file")
	}
	if (*accesslog.Log)(nil).On() {
		t.Error("no log is on")
	}
}

// TestConcurrent adds lines while the log moves.
func TestConcurrent(t *testing.T) {
	out := [2]*testenv.Log{{}, {}}
	l := accesslog.New(out[0], out[1], slog.New(slog.DiscardHandler))
	stdout := config.AccessLog{To: config.ToStdout}
	if err := l.Use(&stdout); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 500 {
				l.Add(&entry)
			}
		})
	}
	for i := range 10 {
		if err := l.Use(&config.AccessLog{To: []string{config.ToStdout, config.ToStderr}[i%2]}); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
	l.Close()
	if got := strings.Count(out[0].String()+out[1].String(), "\n") + int(l.Dropped()); got != 2000 {
		t.Errorf("%d lines of 2000", got)
	}
}

// TestAllocations bounds what a line costs.
func TestAllocations(t *testing.T) {
	testenv.NoRace(t, "it counts allocations")
	l := accesslog.New(io.Discard, io.Discard, slog.New(slog.DiscardHandler))
	if err := l.Use(&config.AccessLog{To: config.ToStdout}); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 3000 { // until the buffers have their size
		l.Add(&entry)
	}
	if got := testing.AllocsPerRun(1000, func() { l.Add(&entry) }); got > 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkAdd(b *testing.B) {
	l := accesslog.New(io.Discard, io.Discard, slog.New(slog.DiscardHandler))
	if err := l.Use(&config.AccessLog{To: config.ToStdout}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		l.Add(&entry)
	}
	l.Close()
}

func Example() {
	var out bytes.Buffer
	l := accesslog.New(&out, io.Discard, slog.New(slog.DiscardHandler))
	if err := l.Use(&config.AccessLog{To: config.ToStdout}); err != nil {
		panic(err)
	}
	l.Add(&accesslog.Entry{Method: "GET", Target: "/", Status: 200})
	l.Close()
	fmt.Print(out.String())
	// Output: {"time":"0001-01-01T00:00:00.000Z","method":"GET","path":"/","status":200,"bytes":0,"duration":0.000000}
}
