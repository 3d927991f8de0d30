package topk_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/topk"
)

// TestTop compares lists with a map of all values: every frequent value is there, no
// count is too low, and none is higher than it may be.
func TestTop(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		size := 1 + random.IntN(20)
		list, exact := topk.New[int](size), map[int]uint64{}
		n := random.IntN(3000)
		for range n {
			value := int(random.ExpFloat64() * 8)
			if random.IntN(3) == 0 {
				value = random.IntN(1 << 20) // rare ones, which push others out
			}
			list.Add(value)
			exact[value]++
		}
		found := map[int]bool{}
		before := ^uint64(0)
		for _, e := range list.Top(n) {
			found[e.Value] = true
			if e.Count < exact[e.Value] || e.Count-e.Over > exact[e.Value] {
				t.Errorf("seed %d: %+v, exactly %d", seed, e, exact[e.Value])
			}
			if e.Count > before {
				t.Errorf("seed %d: %d after %d", seed, e.Count, before)
			}
			before = e.Count
		}
		for value, count := range exact {
			if count > uint64(n/size) && !found[value] {
				t.Errorf("seed %d: %d is not there, though it came %d times of %d, and there is room for %d", seed, value, count, n, size)
			}
		}
		if len(found) > size {
			t.Errorf("seed %d: %d values", seed, len(found))
		}
	}
}

// TestFlood checks that values which come once do not hide one that comes often.
func TestFlood(t *testing.T) {
	list := topk.New[int](200)
	var all sync.WaitGroup
	for part := range 4 {
		all.Go(func() {
			for i := range 10_000 {
				list.Add(1 + part*10_000 + i)
				if i%50 == 0 {
					list.Add(0)
				}
			}
		})
	}
	all.Wait()
	top := list.Top(1)
	if len(top) != 1 || top[0].Value != 0 || top[0].Count < 800 {
		t.Errorf("%+v", top)
	}
}

func BenchmarkAddNew(b *testing.B) {
	list := topk.New[int](200)
	for i := range b.N {
		list.Add(i)
	}
}
