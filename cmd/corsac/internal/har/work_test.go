package har

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// wire returns an entry of a HAR file.
func wire(method, url, page, more string) string {
	return fmt.Sprintf(`{"request": {"method": %q, "url": %q, "headers": [{"name": "Host", "value": "x"}, {"name": "Origin", "value": %q}%s]},
		"response": {"status": 200, "headers": [{"name": "Access-Control-Allow-Origin", "value": "*"}, {"name": "Location", "value": "/x"}]}}`, method, url, page, more)
}

func preflightOf(page, names string) string {
	return wire("OPTIONS", "https://api.example/x", page, `, {"name": "Access-Control-Request-Method", "value": "PUT"}, {"name": "Access-Control-Request-Headers", "value": "`+names+`"}`)
}

func linked(t *testing.T, entries []string) (*linker, []*Conversation) {
	t.Helper()
	log, err := Read(strings.NewReader(`{"log": {"entries": [` + strings.Join(entries, ",") + `]}}`))
	if err != nil {
		t.Fatal(err)
	}
	k := newLinker(log, "")
	found, _ := k.conversations()
	return k, found
}

// TestWork checks that the work is not quadratic in the size of the file.
func TestWork(t *testing.T) {
	testenv.OneGoroutine(t)
	const page = "https://app.example"
	put := wire("PUT", "https://api.example/x", page, "")
	for _, c := range []struct {
		name  string
		n     int
		of    func(i int) []string
		found int
	}{
		{"pairs", 5000, func(int) []string { return []string{put, preflightOf(page, "")} }, 5000},
		{"preflights of another page", 5000, func(int) []string { return []string{put, preflightOf("https://b.example", "")} }, 10_000},
		{"requests alone", 5000, func(int) []string { return []string{put} }, 5000},
		{"preflights alone", 5000, func(int) []string { return []string{preflightOf(page, "")} }, 5000},
	} {
		var entries []string
		for i := range c.n {
			entries = append(entries, c.of(i)...)
		}
		k, found := linked(t, entries)
		if len(found) != c.found || k.work > 1<<24 {
			t.Errorf("%s: %d conversations, %d pairs looked at", c.name, len(found), k.work)
		}
	}
}

// TestWorkOfRedirects checks that redirects that lead nowhere are looked up in
// only a few entries.
func TestWorkOfRedirects(t *testing.T) {
	testenv.OneGoroutine(t)
	var entries []string
	for range 5000 {
		entries = append(entries, strings.Replace(wire("GET", "https://api.example/y", "https://app.example", ""), "200", "302", 1))
	}
	for range 5000 {
		entries = append(entries, wire("POST", "https://api.example/x", "https://app.example", ""))
	}
	k, found := linked(t, entries)
	if len(found) != 10_000 || k.work > 2000*5000 {
		t.Errorf("%d conversations, %d entries looked at", len(found), k.work)
	}
}

// TestManyHeaders checks preflights that ask for many headers, each of which is
// added once. With a search among all others for each, this would not end.
func TestManyHeaders(t *testing.T) {
	testenv.OneGoroutine(t)
	var names []string
	for i := range MaxHeaders {
		names = append(names, fmt.Sprintf("x-%d", i))
	}
	list := strings.Join(names, ",")
	entries := []string{}
	for range 60 {
		entries = append(entries, wire("PUT", "https://api.example/x", "https://app.example", ""), preflightOf("https://app.example", list))
	}
	_, found := linked(t, entries)
	for _, conv := range found {
		if len(conv.Request.Headers) != MaxHeaders || len(conv.Recording.Exchanges) != 2 {
			t.Fatalf("%d headers, %d conversations", len(conv.Request.Headers), len(conv.Recording.Exchanges))
		}
	}
	if len(found) != 60 {
		t.Errorf("%d conversations", len(found))
	}
}

// endless is a text that repeats forever.
type endless struct {
	text string
	at   int
}

// Read implements io.Reader.
func (e *endless) Read(b []byte) (n int, err error) {
	for n < len(b) {
		copied := copy(b[n:], e.text[e.at:])
		n += copied
		e.at = (e.at + copied) % len(e.text)
	}
	return n, nil
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReadTooMuch checks that a file is not read beyond its bound, compressed
// or not. If all blanks were scanned again after each read, this would not end.
func TestReadTooMuch(t *testing.T) {
	testenv.OneGoroutine(t)
	blanks := strings.Repeat(" ", 1<<16)
	const most = 16 << 20
	for name, text := range map[string]string{"plain": blanks, "compressed": zipped(t, blanks), "empty parts": zipped(t, "")} {
		_, err := read(&endless{text: text}, most)
		if want := "the file has more than 16777216 bytes"; err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := `{"log": {"entries": []` // followed by as many blanks as are allowed
	r := io.MultiReader(strings.NewReader(whole), io.LimitReader(&endless{text: blanks}, int64(most-len(whole)-2)), strings.NewReader("}}"))
	if _, err := read(r, most); err != nil {
		t.Error(err)
	}
	if _, err := read(iotest.OneByteReader(&endless{text: blanks}), 1<<20); err == nil || err.Error() != "the file has more than 1048576 bytes" {
		t.Error(err)
	}
}
