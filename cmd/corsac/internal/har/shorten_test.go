package har

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestMemory checks that no single value makes reading cost more than a few
// times maxString, wherever it is.
func TestMemory(t *testing.T) {
	testenv.OneGoroutine(t)
	const n = 12 << 20
	long := strings.Repeat("a", n)
	for name, file := range map[string]string{
		"body":           `{"log":{"entries":[{"response":{"content":{"text":"` + long + `"}}}]}}`,
		"escapes":        `{"log":{"entries":[{"response":{"content":{"text":"` + strings.Repeat(`\u00e9`, n/6) + `"}}}]}}`,
		"url":            `{"log":{"entries":[{"request":{"url":"data:,` + long + `"}}]}}`,
		"key":            `{"log":{"` + long + `":1,"entries":[]}}`,
		"key of a value": `{"log":{"entries":[{"cache":{"` + long + `":1}}]}}`,
		"comment":        `{"log":{"entries":[{"request":{"headers":[{"name":"a","value":"b","comment":"` + long + `"}]}}]}}`,
		"title":          `{"log":{"entries":[],"pages":[{"id":"1","other":"` + long + `"}]}}`,
		"writer":         `{"log":{"creator":{"version":"` + long + `"},"entries":[]}}`,
		"status":         `{"log":{"entries":[{"response":{"status":"` + long + `"}}]}}`,
		"list":           `{"log":{"entries":[{"cache":[` + strings.Repeat("1,", n/64) + `1]}]}}`,
		"blanks":         `{"log":{"entries":[` + strings.Repeat(" ", n) + `]}}`,
		"top":            `{"other":"` + long + `","log":{"entries":[]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if peak := peakOf(t, file); peak > 10<<20 {
				t.Errorf("%d MiB in use", peak>>20)
			}
		})
	}
}

// peakOf returns how much memory is in use at most while a file is read.
func peakOf(t *testing.T, file string) int64 {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	in := &sampler{Reader: strings.NewReader(file)}
	runtime.GC()
	before := in.inUse()
	if _, err := Read(in); err != nil {
		t.Fatal(err)
	}
	return in.peak - before
}

// sampler measures the memory in use while it is read.
type sampler struct {
	io.Reader

	unmeasured int
	peak       int64
}

func (s *sampler) Read(b []byte) (int, error) {
	if s.unmeasured += len(b); s.unmeasured >= 2<<20 {
		s.unmeasured = 0
		s.peak = max(s.peak, s.inUse())
	}
	return s.Reader.Read(b)
}

func (s *sampler) inUse() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}

func TestLimits(t *testing.T) {
	testenv.OneGoroutine(t)
	header := `{"name":"a","value":"` + strings.Repeat("a", 400<<10) + `"},`
	many := `{"log":{"entries":[` + strings.Repeat(`{"request":{"headers":[`+strings.TrimSuffix(header, ",")+`]}},`, 330) + `{}]}}`
	for name, c := range map[string]struct{ file, want string }{
		"number": {`{"log":{"entries":[{"time":` + strings.Repeat("1", 1<<20) + `}]}}`, errLongLiteral.Error()},
		"depth":  {`{"log":{"entries":[{"cache":` + strings.Repeat("[", 1<<20), "deeper than"},
		"text":   {many, "bytes of URLs and headers"},
	} {
		if _, err := Read(strings.NewReader(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestOffset checks that the place of an error is that in the file.
func TestOffset(t *testing.T) {
	file := `{"log":` + strings.Repeat(" ", 3*maxBlanks) + `{"x":"` + strings.Repeat("a", 2*maxString) + `",` + strings.Repeat("\n", 2*maxBlanks) + `!`
	_, err := Read(strings.NewReader(file))
	if want := "at byte " + itoa(len(file)-1); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// FuzzShortener checks that JSON with short strings has the same value, however
// it is read, and that JSON stays valid.
func FuzzShortener(f *testing.F) {
	f.Add([]byte(`{"a\u00e9\\\"": [1, "b", null,   true]}`), uint8(3))
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		if !json.Valid(text) {
			return
		}
		long := bytes.ReplaceAll(text, []byte(`x`), bytes.Repeat([]byte(`x\\\u00e9\"`), maxString/8))
		for _, in := range [][]byte{text, long} {
			out, err := io.ReadAll(small{&shortener{Reader: bytes.NewReader(in)}, int(size) + 1})
			if errors.Is(err, errLongLiteral) {
				return
			}
			if err != nil || !json.Valid(out) && json.Valid(in) {
				t.Fatalf("%v: %.100q of %.100q", err, out, in)
			}
			if len(in) <= maxBlanks && !bytes.Equal(in, out) {
				t.Fatalf("%q, want %q", out, in)
			}
		}
	})
}

// small reads a few bytes at a time.
type small struct {
	io.Reader
	most int
}

func (s small) Read(b []byte) (int, error) { return s.Reader.Read(b[:min(len(b), s.most)]) }
