package forward

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

// pieces is a body that arrives in pieces. It waits before one that begins with
// a dot.
type pieces struct {
	list    []string
	waiting func()
	end     error
}

// Read implements [io.Reader].
func (p *pieces) Read(b []byte) (int, error) {
	if len(p.list) == 0 {
		return 0, p.end
	}
	if strings.HasPrefix(p.list[0], ".") {
		p.waiting()
	}
	n := copy(b, p.list[0])
	if p.list[0] = p.list[0][n:]; p.list[0] == "" {
		p.list = p.list[1:]
	}
	return n, nil
}

func (p *pieces) Close() error                { return nil }
func (p *pieces) Trailers() []http1.Field     { return nil }
func (p *pieces) Movable() bool               { return false }
func (p *pieces) Move(to io.ReaderFrom) error { return nil }

// writes are the lengths of what is written, and 0 for each flush.
type writes struct {
	*httptest.ResponseRecorder

	list []int
	all  strings.Builder
	fail error
}

// Write implements [io.Writer].
func (w *writes) Write(p []byte) (int, error) {
	w.list = append(w.list, len(p))
	w.all.Write(p)
	return len(p), w.fail
}

// Flush implements [net/http.Flusher].
func (w *writes) Flush() { w.list = append(w.list, 0) }

// TestCopyBody checks that what arrives together is written together, that
// nothing that has arrived is held back while the next is waited for, and that
// everything arrives as it was.
func TestCopyBody(t *testing.T) {
	piece, broken := strings.Repeat("x", 1000), errors.New("broken")
	for _, c := range []struct {
		list   []string
		length int64
		end    error
		fail   error
		want   []int
	}{
		{nil, 0, io.EOF, nil, nil},
		{[]string{piece, piece, piece}, 3000, io.EOF, nil, []int{3000}},
		{[]string{".a", "b", ".c", ".d"}, -1, io.EOF, nil, []int{0, 3, 0, 2, 0, 2}},
		{slices.Repeat([]string{piece}, 60), -1, io.EOF, nil, []int{29000, 29000, 2000}},
		{slices.Repeat([]string{piece}, 60), 60000, io.EOF, nil, []int{60000}},
		{[]string{strings.Repeat("y", 100_000)}, 100_000, io.EOF, nil, []int{65536, 34464}},
		{[]string{piece, "." + piece, piece}, -1, broken, nil, []int{1000, 0, 2001}},
		{[]string{piece, "." + piece}, -1, io.EOF, broken, []int{1000, 1001}},
	} {
		w := &writes{ResponseRecorder: httptest.NewRecorder(), fail: c.fail}
		f := &forwarding{w: w, in: &Incoming{body: new(requestBody)}, unsent: true}
		f.in.body.ended.Store(true)
		f.life.Begin(t.Context())
		all := strings.Join(c.list, "")
		body := &pieces{slices.Clone(c.list), f.flush, c.end}
		err := f.copyBody(body, c.length)
		switch {
		case c.fail != nil:
			if !errors.Is(err, errClientLeft) || !errors.Is(context.Cause(&f.life), errClientLeft) {
				t.Errorf("%.20q: %v", c.list, err)
			}
			continue
		case errors.Is(c.end, io.EOF) && err != nil, !errors.Is(c.end, io.EOF) && !errors.Is(err, c.end):
			t.Errorf("%.20q: %v, want %v", c.list, err, c.end)
		}
		if w.all.String() != all || !slices.Equal(w.list, c.want) {
			t.Errorf("%.20q: %d bytes in writes of %v, want %d in %v", c.list, w.all.Len(), w.list, len(all), c.want)
		}
	}
}
