package record_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// exchange sends a request with some headers through a recorder whose handler
// responds with them.
func exchange(ring *record.Ring, h http.Header) {
	r := &http.Request{Method: "GET", Proto: "HTTP/1.1", Host: "api.example", RequestURI: "/", Header: h}
	record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, lines := range h {
			w.Header()[name] = lines
		}
		w.WriteHeader(http.StatusOK)
	}), ring, "").ServeHTTP(&sink{http.Header{}}, r)
}

// sink is a ResponseWriter that keeps nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header       { return s.header }
func (*sink) Write(b []byte) (int, error) { return len(b), nil }
func (*sink) WriteHeader(int)             {}

// heap returns the number of bytes in use.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestFlood checks that a ring never uses more memory than allowed.
func TestFlood(t *testing.T) {
	testenv.OneGoroutine(t)
	const most = 4 << 20
	before := heap()
	ring := record.NewRing(1000, most)
	mebibyte := strings.Repeat("x", 1<<20)
	for range 100_000 {
		exchange(ring, http.Header{"X-A": {mebibyte}})
	}
	checkFlooded(t, ring.Snapshot())
	for range 20 { // removed exchanges do not stay in memory either
		for range 20 {
			exchange(ring, http.Header{"X-A": {mebibyte}})
		}
		if used := heap() - before - len(mebibyte); used > most+most/4 {
			t.Fatalf("after a flood, %d bytes are in use", used)
		}
	}

	// What is cut off does not stay in memory.
	ring = record.NewRing(1000, most)
	for i := range 200 {
		exchange(ring, http.Header{
			"X-A": {strings.Repeat("a", 1<<20)}, "Cookie": {"a=" + strings.Repeat("b", i)}, strings.Repeat("n", 1<<20): {""},
		})
	}
	if used := heap() - before - len(mebibyte); used > 4*most {
		t.Errorf("after 200 distinct headers of 1 MiB, %d bytes are in use", used)
	}
	runtime.KeepAlive(ring)
	runtime.KeepAlive(mebibyte)
}

func checkFlooded(t *testing.T, got []record.Exchange) {
	t.Helper()
	if len(got) < 100 || len(got) > 300 || got[len(got)-1].ID != 100_000 || !got[0].Cut {
		t.Errorf("%d exchanges", len(got))
	}
}

// TestBounds checks that each message is truncated to its bounds and marked.
func TestBounds(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	many := http.Header{"Origin": {"https://app.example"}}
	for i := range 2 * record.MaxLines {
		many[fmt.Sprintf("A-%d", i)] = []string{"1"}
	}
	big := http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"PUT"}, "Z": {"z"}}
	for i := range 20 {
		big[fmt.Sprintf("A-%d", i)] = []string{long(record.MaxLineBytes)}
	}
	for _, c := range []struct {
		name   string
		header http.Header
		cut    bool
	}{
		{"as long as may be", http.Header{"A": {long(record.MaxLineBytes)}}, false},
		{"a byte longer", http.Header{"A": {long(record.MaxLineBytes + 1)}}, true},
		{"a long name", http.Header{"A" + long(1024): {""}}, true},
		{"many lines", many, true},
		{"many bytes", big, true},
	} {
		ring := record.NewRing(1, record.MaxExchangeBytes)
		exchange(ring, c.header)
		x := ring.Snapshot()[0]
		size := 0
		for _, h := range x.Headers {
			size += len(h.Name) + len(h.Value)
			if len(h.Value) > record.MaxLineBytes || c.cut && len(h.Value) == record.MaxLineBytes && c.name == "a byte longer" && !strings.HasSuffix(h.Value, "...") {
				t.Errorf("%s: %s has %d bytes", c.name, h.Name, len(h.Value))
			}
		}
		if x.Cut != c.cut || len(x.Headers) > record.MaxLines || size > record.MaxMessageBytes {
			t.Errorf("%s: cut is %t, %d lines, %d bytes", c.name, x.Cut, len(x.Headers), size)
		}
		for _, name := range []string{"Origin", "Access-Control-Request-Method"} {
			if c.header.Get(name) != "" && !x.Headers.Has(name) {
				t.Errorf("%s: %s is lost", c.name, name)
			}
		}
	}
}

// TestLongest checks that all parts of a request are truncated, and that no
// exchange is larger than documented.
func TestLongest(t *testing.T) {
	long := func(s string) string { return strings.Repeat(s, 1<<20) }
	for _, c := range []struct{ host, target, want string }{
		{"api.example", "/?token=" + long("s"), "http://api.example/?token=ssssss..."},
		{"api.example", "/" + long("\""), "http://api.example/" + strings.Repeat("%22", record.MaxLineBytes-4) + "..."},
		{long("h"), "/", "http://" + strings.Repeat("h", 1021) + ".../"},
		{long("%"), "/", "http://" + strings.Repeat("%", 1021) + ".../"},
	} {
		ring := record.NewRing(1, record.MaxExchangeBytes)
		h := http.Header{}
		for i := range record.MaxLines - 1 {
			h[fmt.Sprintf("X-%d", i)] = []string{strings.Repeat("x", record.MaxMessageBytes/record.MaxLines-8)}
		}
		r := &http.Request{Method: long("M"), Host: c.host, RequestURI: c.target, Header: h}
		record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			maps.Copy(w.Header(), h)
		}), ring, "").ServeHTTP(httptest.NewRecorder(), r)
		got := ring.Snapshot()
		if len(got) != 1 {
			t.Fatalf("%.20s: larger than MaxExchangeBytes", c.host)
		}
		if x := got[0]; !x.Cut || len(x.Method) != 1024 || x.URL != c.want || len(x.Headers) != record.MaxLines {
			t.Errorf("%.20s: %d bytes of method, %d lines, %.80s (%d bytes)", c.host, len(x.Method), len(x.Headers), x.URL, len(x.URL))
		}
	}
}

// TestRing checks that the latest exchanges stay, and that updates of removed
// ones do nothing.
func TestRing(t *testing.T) {
	ring := record.NewRing(2, 1<<20)
	if got := ring.Snapshot(); len(got) != 0 {
		t.Errorf("an empty ring has %v", got)
	}
	inner := func(n string) { exchange(ring, http.Header{"N": {n}}) }
	record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		for _, n := range []string{"1", "2", "3"} {
			inner(n)
		}
	}), ring, "").ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	got := ring.Snapshot()
	if len(got) != 2 || got[0].ID != 3 || got[1].ID != 4 || got[1].Headers.Get("N") != "3" || got[0].Status != 200 || !got[0].Done {
		t.Errorf("%+v", got)
	}
	got[0].Status = 0
	if again := ring.Snapshot(); again[0].Status != 200 {
		t.Error("a snapshot is not a copy")
	}

	small := record.NewRing(10, 100)
	exchange(small, http.Header{})
	if got := small.Snapshot(); len(got) != 0 {
		t.Errorf("what is larger than the ring is kept: %+v", got)
	}
}
