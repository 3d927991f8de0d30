package forward_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// script is what a handler does, in two bytes each.
type script []byte

var (
	names  = []string{"X-A", "Content-Type", "Content-Length", "Connection", "Trailer", http.TrailerPrefix + "X-T", "X-T", "Vary", "bad name", "Content-Encoding", "Link"}
	values = []string{"a", "close", "keep-alive", "0", "5", "4096", "X-T", "text/plain", " b\r\nX-Evil: c ", "", "-1", "x", "gzip"}
	states = []int{200, 200, 204, 304, 404, 500, 103, 102, 299, 100, 999}
	sizes  = []int{0, 1, 5, 100, 2048, 2049, 4096, 16 << 10, 40000, 70000}
)

// ServeHTTP implements [http.Handler].
func (s script) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	begun, wrote, length := false, false, ""
	for i := 0; i+1 < len(s); i += 2 {
		n := int(s[i+1])
		switch s[i] % 8 {
		case 0, 1:
			w.Header().Add(names[n%len(names)], values[n/len(names)%len(values)])
		case 2:
			w.Header().Set(names[n%len(names)], values[n/len(names)%len(values)])
		case 3:
			w.WriteHeader(states[n%len(states)])
			if !begun && states[n%len(states)] >= 200 {
				begun, length = true, w.Header().Get("Content-Length")
			}
		case 4, 5:
			_, _ = w.Write(bytes.Repeat([]byte{'a' + byte(n%26)}, sizes[n%len(sizes)]))
			begun, wrote = true, true
		case 6:
			_ = http.NewResponseController(w).Flush()
			begun = true
		case 7:
			switch {
			case n%4 == 0:
				if begun { // as forward does it; how much else is sent depends on buffers
					_ = http.NewResponseController(w).Flush()
				}
				panic(http.ErrAbortHandler)
			case n%4 == 1 && length == "4096" && !wrote: // as forward uses it, neither more nor less
				_, _ = w.(io.ReaderFrom).ReadFrom(&io.LimitedReader{R: strings.NewReader(strings.Repeat("r", 4096)), N: 4096})
				wrote = true
			case n%4 == 2:
				w.Header()["Content-Type"] = nil
			}
		}
	}
}

// scripts are those that every run tries.
var scripts = []script{
	{},
	{4, 2},              // a short body
	{4, 9},              // a long one
	{4, 3, 6, 0, 4, 3},  // in chunks
	{0, 2 + 11*4, 4, 2}, // with its length
	{0, 2 + 11*4, 4, 3}, // longer than its length
	{0, 2 + 11*4, 4, 1}, // shorter
	{3, 2},
	{3, 3},
	{3, 3, 4, 2},                     // without a body
	{0, 3 + 11, 4, 2},                // the last of the connection
	{0, 10, 3, 6, 0, 0, 4, 2},        // after an interim response
	{0, 4 + 11*6, 4, 3, 6, 0, 1, 6},  // trailers that are announced
	{4, 3, 6, 0, 1, 5},               // and those that are not
	{0, 4 + 11*9, 4, 3, 1, 5},        // although no name is announced
	{1, 5, 4, 3},                     //
	{4, 3, 6, 0, 7, 0},               // breaks off
	{0, 2 + 11*5, 4, 4, 4, 4, 7, 0},  // after the whole body
	{7, 0},                           // at once
	{0, 8 + 11*8, 1, 0 + 11*8, 4, 2}, // what is not valid
	{7, 2, 4, 2},
	{0, 9 + 11*12, 4, 2}, // without a type
	{0, 2 + 11*5, 3, 0, 7, 1},
	{3, 0, 7, 1},
	{3, 10},
	{3, 8},
	{3, 9, 4, 1},
	{3, 0, 3, 4, 4, 2},
}

// ways are two servers with one handler, which runs a script. One of them may call it
// early.
type ways struct {
	now       atomic.Pointer[script]
	early     *early
	addresses [2]string
}

func newWays(t testing.TB) *ways {
	w := &ways{}
	w.early = &early{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.now.Load().ServeHTTP(rw, r) })}
	w.addresses[0], _ = listen(t, ordinary{w.early})
	w.addresses[1], _ = listen(t, w.early)
	return w
}

// run returns what a browser sees of the responses of a server to two requests on one
// connection.
func (w *ways) run(t testing.TB, i int) (seen string) {
	t.Helper()
	c, err := connect(w.addresses[i])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.Conn.(*net.TCPConn).SetLinger(0) // so that ports do not run out
	for range 2 {
		seen += c.get(t, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	return seen
}

// compare has a script run by both servers, and compares what browsers see.
func (w *ways) compare(t testing.TB, s script) {
	t.Helper()
	s = slices.Clone(s) // the fuzzer changes it for its next call, while a handler may still read it
	w.now.Store(&s)
	before := w.early.n.Load()
	one, other := w.run(t, 0), w.run(t, 1)
	if one != other {
		t.Errorf("%v\nnet/http:\n%.1000s\nearly:\n%.1000s", s, one, other)
	}
	if w.early.n.Load() == before {
		t.Errorf("%v: net/http read the requests", s)
	}
}

// TestEarlyResponses checks that responses are those of net/http.
func TestEarlyResponses(t *testing.T) {
	onLinux(t)
	w := newWays(t)
	for _, s := range scripts {
		w.compare(t, s)
	}
}

// FuzzEarlyResponses checks that responses are those of net/http.
func FuzzEarlyResponses(f *testing.F) {
	onLinux(f)
	for _, s := range scripts {
		f.Add([]byte(s))
	}
	w := newWays(f)
	f.Fuzz(func(t *testing.T, s []byte) {
		if len(s) <= 40 {
			w.compare(t, s)
		}
	})
}

// broken is a source that fails before it has anything.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestEarlyPieces checks responses that are written in several pieces, or break off, byte
// by byte: nothing may follow what has broken off.
func TestEarlyPieces(t *testing.T) {
	onLinux(t)
	for name, h := range map[string]http.HandlerFunc{
		"a type that the first piece does not tell": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<!DOC")
			_, _ = io.WriteString(w, "TYPE HTML><p>text")
		},
		"a source that fails": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Content-Length", "400")
			w.WriteHeader(http.StatusOK)
			_, _ = w.(io.ReaderFrom).ReadFrom(&io.LimitedReader{R: broken{}, N: 400})
		},
	} {
		handler := &early{Handler: h}
		seen := [2]string{}
		for i, served := range []http.Handler{ordinary{handler}, handler} {
			address, _ := listen(t, served)
			c := dial(t, address)
			_, _ = io.WriteString(c, plainGets[0])
			_ = c.Conn.(*net.TCPConn).CloseWrite()
			all, err := io.ReadAll(c.in)
			if err != nil {
				t.Error(err)
			}
			seen[i] = dateLine.ReplaceAllString(string(all), "")
		}
		if seen[0] != seen[1] {
			t.Errorf("%s\nnet/http:\n%s\nearly:\n%s", name, seen[0], seen[1])
		}
		if handler.n.Load() != 1 {
			t.Errorf("%s: %d requests were early, want 1", name, handler.n.Load())
		}
	}
}

var dateLine = regexp.MustCompile(`Date: .*\r\n`)
