package record

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestChanges compares what followers get with a search through the whole ring, after
// random changes, and checks that the list of changes is bounded.
func TestChanges(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	r := NewRing(50, 1<<20)
	for range 5000 {
		switch n := random.IntN(100); {
		case n == 0 && random.IntN(10) == 0:
			r.Clear()
		case n < 30:
			r.add(Exchange{})
		default:
			r.update(r.first()+random.Uint64N(60), func(x *Exchange) { x.ResponseBytes++ })
		}
		if most := 2*len(r.exchanges) + 67; len(r.changes) > most {
			t.Fatalf("%d changes are kept of %d exchanges", len(r.changes), len(r.exchanges))
		}
		if last := r.Since(^uint64(0), 0); last.Next != r.version || last.More {
			t.Fatalf("the latest version is %d, not %d", last.Next, r.version)
		}
		after, limit := r.version-min(r.version, random.Uint64N(200)), 1+random.IntN(20)
		want := slices.DeleteFunc(r.Snapshot(), func(x Exchange) bool { return x.version <= after })
		slices.SortFunc(want, func(a, b Exchange) int { return cmp.Compare(a.version, b.version) })
		got := r.Since(after, limit)
		next := r.version
		if len(want) > limit {
			want, next = want[:limit], want[limit-1].version
		}
		if got.Next != next || !slices.EqualFunc(got.Exchanges, want, func(a, b Exchange) bool { return a.ID == b.ID && a.version == b.version }) {
			t.Fatalf("after %d, at most %d: %d exchanges and next %d, want %d and %d", after, limit, len(got.Exchanges), got.Next, len(want), next)
		}
	}
}
