package statusline_test

import (
	"testing"

	"github.com/corsac-dev/corsac/internal/statusline"
)

// TestRecorded has lines that both browsers were given, and what they did.
func TestRecorded(t *testing.T) {
	const (
		refused = -1 // a network error
		old     = -2 // HTTP/0.9
	)
	for _, tt := range []struct {
		line              string
		chromium, firefox int
	}{
		{"HTTP/1.1 200 OK", 200, 200},
		{"HTTP/1.1 200", 200, 200},
		{"HTTP/1.1 ", 200, refused},
		{"HTTP/1.1", 200, 200},
		{"HTTP/1.1  404 OK", 404, 404},
		{"HTTP/1.1\t200 OK", 200, refused},
		{"HTTP/1.1 \t 9 OK", 200, 9},
		{"HTTP/1.1 000 OK", 0, 0},
		{"HTTP/1.1 0\tOK", 0, 0},
		{"HTTP/1.1 099 OK", 99, 99},
		{"HTTP/1.1 0200 OK", 200, refused},
		{"HTTP/1.1 200-OK", 200, refused},
		{"HTTP/1.1 200.5 OK", 200, refused},
		{"HTTP/1.1 2OO OK", 2, refused},
		{"HTTP/1.1 -200 OK", 200, refused},
		{"HTTP/1.1 C8 OK", 200, refused},
		{"HTTP/1.1 999 OK", 999, 999},
		{"HTTP/1.1 1000 OK", 1000, refused},
		{"HTTP/1.1 99999 OK", 34463, refused},
		{"HTTP/1.1 2147483648 OK", 65535, refused},
		{"HTTP/1.1 99999999999999999999999 OK", 65535, refused},
		{"HTTP/2.0 600 \u00e9", 600, 600},
		{"HTTP/3.7 204  OK", 204, 204},
		{"HTTP/0.9 204 404", 204, old},
		{"HTTP/1 200 OK", 200, old},
		{"HTTP/11.1 200 ", 200, old},
		{"HTTP 404 OK", 404, old},
		{"http/1.1 600", 600, old},
		{"HTTPS/1.1 99 OK", 99, old},
		{"ICY 200 OK", old, 200},
		{"Status: 099", refused, old},
		{"220 ready", refused, old},
		{"HTTP /1.1 600\tOK", 200, old},
	} {
		for _, b := range []struct {
			name string
			read func(string) (int, bool, bool)
			want int
		}{{"Chromium", statusline.Chromium, tt.chromium}, {"Firefox", statusline.Firefox, tt.firefox}} {
			got, head, ok := b.read(tt.line)
			switch {
			case !ok:
				got = refused
			case !head:
				got = old
			}
			if got != b.want {
				t.Errorf("%s(%q) = %d, want %d", b.name, tt.line, got, b.want)
			}
		}
	}
}

// FuzzBounds checks that every line has a status in range, or none.
func FuzzBounds(f *testing.F) {
	f.Add("HTTP/1.1 200 OK")
	f.Add("HTTP/1.1 99999999999999999999 ")
	f.Fuzz(func(t *testing.T, line string) {
		if s, _, _ := statusline.Chromium(line); s < 0 || s > 65535 {
			t.Errorf("Chromium(%q) = %d", line, s)
		}
		if s, _, ok := statusline.Firefox(line); s < 0 || s > 999 || !ok && s != 0 {
			t.Errorf("Firefox(%q) = %d", line, s)
		}
	})
}
