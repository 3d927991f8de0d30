package record_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
)

// ids returns the IDs of exchanges.
func ids(exchanges []record.Exchange) (list []uint64) {
	for i := range exchanges {
		list = append(list, exchanges[i].ID)
	}
	return list
}

// TestSince follows a ring: new and updated exchanges come once, in the order of
// their changes, and what is removed is known by the first ID.
func TestSince(t *testing.T) {
	ring := record.NewRing(3, 1<<20)
	exchange(ring, http.Header{})
	b := ring.Since(0, 10)
	if !slices.Equal(ids(b.Exchanges), []uint64{1}) || !b.Exchanges[0].Done || b.First != 1 {
		t.Fatalf("%+v", b)
	}
	select {
	case <-b.Changed:
		t.Error("changed without a change")
	default:
	}
	if again := ring.Since(b.Next, 10); len(again.Exchanges) != 0 || again.Next != b.Next {
		t.Errorf("again: %+v", again)
	}
	for range 3 {
		exchange(ring, http.Header{})
	}
	<-b.Changed
	part := ring.Since(b.Next, 2)
	if !slices.Equal(ids(part.Exchanges), []uint64{2, 3}) || part.First != 2 || !part.More {
		t.Errorf("part: %+v", part)
	}
	if rest := ring.Since(part.Next, 2); !slices.Equal(ids(rest.Exchanges), []uint64{4}) || rest.More {
		t.Errorf("rest: %+v", rest)
	}
	ring.Clear()
	if got := ring.Since(part.Next, 2); len(got.Exchanges) != 0 || got.First != 5 {
		t.Errorf("cleared: %+v", got)
	}
	if _, ok := ring.Get(4); ok {
		t.Error("what is cleared is still there")
	}
	exchange(ring, http.Header{})
	if x, ok := ring.Get(5); !ok || x.ID != 5 {
		t.Errorf("%+v, %v", x, ok)
	}
}

// TestFollowers checks that followers see every exchange while others are recorded.
func TestFollowers(t *testing.T) {
	const n = 500
	ring := record.NewRing(n, 1<<30)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			seen, after := map[uint64]bool{}, uint64(0)
			for len(seen) < n {
				b := ring.Since(after, 7)
				for i := range b.Exchanges {
					if x := &b.Exchanges[i]; x.Done {
						seen[x.ID] = true
					}
				}
				if after = b.Next; !b.More && len(seen) < n {
					<-b.Changed
				}
			}
		})
	}
	for range 5 {
		all.Go(func() {
			for range n / 5 {
				exchange(ring, http.Header{})
			}
		})
	}
	all.Wait()
}

// TestNote checks that what a proxy did is recorded, masked and within bounds, both
// before and after the response is final.
func TestNote(t *testing.T) {
	ring := record.NewRing(10, 1<<20)
	h := record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w = struct{ http.ResponseWriter }{w}
		record.Note(w, record.Proxied{Route: "lost"}) // it does not unwrap
	}), ring, "")
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	h = record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		record.Note(w, record.Proxied{Route: "/api", Mode: "same-origin", Sent: "http://a.example/?token=" + secret, Changes: []rewrite.Change{
			{Header: "Cookie", Before: "corsac__Host-a=" + secret, After: "__Host-a=" + secret, Why: "why"},
		}})
		w.WriteHeader(204)
		record.Note(w, record.Proxied{Changes: make([]rewrite.Change, 100)})
		record.Note(w, record.Proxied{Changes: []rewrite.Change{{Before: strings.Repeat("x", 1<<20)}}})
	}), ring, "")
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	all := ring.Snapshot()
	if all[0].Proxied.Route != "" {
		t.Errorf("%+v", all[0].Proxied)
	}
	got := all[1].Proxied
	if got.Route != "/api" || got.Mode != "same-origin" || got.Sent != "http://a.example/?token=012345..." || len(got.Changes) != 64 || !all[1].Cut {
		t.Errorf("%+v, %d changes", got.Route, len(got.Changes))
	}
	if c := got.Changes[0]; c.Before != "corsac__Host-a=012345..." || c.After != "__Host-a=012345..." || c.Why != "why" {
		t.Errorf("%+v", c)
	}
}

// TestReveal checks that masked values can be revealed one by one if the ring keeps
// them, that they are nowhere else, and that the latest are kept.
func TestReveal(t *testing.T) {
	send := func(ring *record.Ring) {
		r := httptest.NewRequest("GET", "/?token="+secret, nil)
		r.Header.Set("Authorization", "Bearer "+secret)
		record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "a="+secret)
		}), ring, "").ServeHTTP(httptest.NewRecorder(), r)
	}
	ring := record.NewRing(3, 1<<20)
	send(ring)
	if value, ok := ring.Reveal(1, record.PartRequest, 1); ok {
		t.Errorf("nobody wanted to keep %q", value)
	}
	ring = record.NewRing(3, 1<<20)
	ring.KeepSecrets(1 << 10)
	for range 5 {
		send(ring)
	}
	for _, c := range []struct {
		id    uint64
		part  record.Part
		index int
		want  string
	}{
		{5, record.PartRequest, 1, "Bearer " + secret},
		{5, record.PartResponse, 0, "a=" + secret},
		{5, record.PartURL, 0, "http://example.com/?token=" + secret},
		{5, record.PartRequest, 0, ""},
		{5, record.PartRequest, -1, ""},
		{1, record.PartRequest, 1, ""},
		{99, record.PartURL, 0, ""},
	} {
		if got, ok := ring.Reveal(c.id, c.part, c.index); got != c.want || ok != (c.want != "") {
			t.Errorf("%v: %q", c, got)
		}
	}
	var file bytes.Buffer
	if err := record.WriteHAR(&file, "", ring.Snapshot()); err != nil || strings.Contains(file.String(), secret) {
		t.Errorf("the file has secrets, or %v", err)
	}
	ring.Clear()
	if got, ok := ring.Reveal(5, record.PartURL, 0); ok {
		t.Errorf("after Clear: %q", got)
	}
	small := record.NewRing(100, 1<<20)
	small.KeepSecrets(1000)
	for range 20 {
		send(small)
	}
	if _, ok := small.Reveal(1, record.PartURL, 0); ok {
		t.Error("more secrets are kept than allowed")
	}
	if _, ok := small.Reveal(20, record.PartURL, 0); !ok {
		t.Error("the latest secrets are not kept")
	}
}
