// Package topk finds the most frequent of any number of values in bounded memory, by
// the space-saving algorithm (Metwally, Agrawal, El Abbadi: Efficient Computation of
// Frequent and Top-k Elements in Data Streams, 2005).
package topk

import (
	"cmp"
	"slices"
	"sync"
)

// List counts values. A value that comes more often than once in as many as the list
// is long is in it, whatever the others are. It is safe for concurrent use.
type List[K comparable] struct {
	size int

	mu      sync.Mutex
	at      map[K]int // index in entries
	entries []Entry[K]
}

// Entry is a value with its count, which is at most Over too high.
type Entry[K comparable] struct {
	Value       K
	Count, Over uint64
}

// New returns a list of at most size values.
func New[K comparable](size int) *List[K] {
	return &List[K]{size: size, at: make(map[K]int, size)}
}

// Add counts a value. If the list is full and does not have it, it takes the place of
// the rarest.
func (l *List[K]) Add(value K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i, ok := l.at[value]; ok {
		l.entries[i].Count++
		return
	}
	if len(l.entries) < l.size {
		l.at[value] = len(l.entries)
		l.entries = append(l.entries, Entry[K]{Value: value, Count: 1})
		return
	}
	rarest := 0
	for i := range l.entries {
		if l.entries[i].Count < l.entries[rarest].Count {
			rarest = i
		}
	}
	e := &l.entries[rarest]
	delete(l.at, e.Value)
	l.at[value] = rarest
	*e = Entry[K]{Value: value, Count: e.Count + 1, Over: e.Count}
}

// Top returns at most n values, the most frequent first.
func (l *List[K]) Top(n int) []Entry[K] {
	l.mu.Lock()
	all := slices.Clone(l.entries)
	l.mu.Unlock()
	// Of two with one count, the one that is surer.
	slices.SortStableFunc(all, func(a, b Entry[K]) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Over, b.Over))
	})
	return all[:min(n, len(all))]
}
