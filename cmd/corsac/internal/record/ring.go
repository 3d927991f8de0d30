package record

import (
	"cmp"
	"slices"
	"sync"
)

// Ring keeps the latest exchanges, up to a number of exchanges and of bytes. It
// is safe for concurrent use.
type Ring struct {
	maxExchanges, maxBytes int
	maxContent             int64 // bytes of a body that is kept
	vault                  vault

	mu        sync.Mutex
	exchanges []Exchange // oldest first, with consecutive IDs
	versions  []uint64   // of the ring, at the latest change of each exchange
	bytes     int        // total size
	last      uint64     // latest ID
	version   uint64     // counts the changes
	changed   chan struct{}
}

// NewRing returns a ring that keeps at most maxExchanges exchanges with at most
// maxBytes bytes in total. It does not keep an exchange larger than maxBytes;
// no exchange is larger than [MaxExchangeBytes].
func NewRing(maxExchanges, maxBytes int) *Ring {
	return &Ring{maxExchanges: maxExchanges, maxBytes: maxBytes}
}

// KeepContent makes the ring keep the bodies of responses that have at most that many
// bytes. They count to its bytes. Call it before the ring is used.
func (r *Ring) KeepContent(maxBytes int64) { r.maxContent = maxBytes }

// Snapshot returns copies of the exchanges in the ring, oldest first. They
// share their headers with the ring, so callers must not change headers.
func (r *Ring) Snapshot() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Exchange(nil), r.exchanges...)
}

// Get returns a copy of the exchange with that ID, or false if it is not in the
// ring.
func (r *Ring) Get(id uint64) (Exchange, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.first(); id >= first && id <= r.last {
		return r.exchanges[id-first], true
	}
	return Exchange{}, false
}

// Batch is what has changed in a ring.
type Batch struct {
	// Exchanges are new or have changed, in the order of their latest change.
	Exchanges []Exchange
	// First is the oldest ID that the ring still has; those below it are gone.
	First uint64
	// Next is what to pass to the next call of [Ring.Since].
	Next uint64
	// More says that there were more exchanges than asked for.
	More bool
	// Changed is closed at the next change.
	Changed <-chan struct{}
}

// Since returns at most limit exchanges, which must be at least one, that are new or have changed since the call
// that returned after as [Batch].Next; 0 means from the beginning. Whoever calls it
// again each time that Changed is closed misses nothing but what was removed in the
// meantime.
func (r *Ring) Since(after uint64, limit int) Batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := Batch{First: r.first(), Next: r.version}
	var found []int
	for i, version := range r.versions {
		if version > after {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(i, j int) int { return cmp.Compare(r.versions[i], r.versions[j]) })
	if b.More = len(found) > limit; b.More {
		found = found[:limit]
		b.Next = r.versions[found[limit-1]]
	}
	for _, i := range found {
		b.Exchanges = append(b.Exchanges, r.exchanges[i])
	}
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	b.Changed = r.changed
	return b
}

// Clear removes all exchanges. IDs continue to count.
func (r *Ring) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges, r.versions, r.bytes = nil, nil, 0
	r.vault.clear()
	r.announce()
}

// first is the oldest ID in the ring, or the next ID if it is empty.
func (r *Ring) first() uint64 { return r.last - uint64(len(r.exchanges)) + 1 }

// announce counts a change and wakes those who wait for one.
func (r *Ring) announce() {
	r.version++
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// add gives x its ID and adds it, removing the oldest exchanges if necessary.
func (r *Ring) add(x Exchange) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.announce()
	r.last++
	x.ID = r.last
	r.exchanges, r.versions = append(r.exchanges, x), append(r.versions, r.version)
	r.bytes += x.size()
	r.trim()
	return x.ID
}

// trim removes the oldest exchanges if there are too many.
func (r *Ring) trim() {
	gone := 0
	for len(r.exchanges)-gone > r.maxExchanges || r.bytes > r.maxBytes && gone < len(r.exchanges) {
		r.bytes -= r.exchanges[gone].size()
		r.exchanges[gone] = Exchange{} // otherwise the array would keep its strings
		gone++
	}
	r.exchanges, r.versions = r.exchanges[gone:], r.versions[gone:]
	r.vault.forget(r.first())
}

// update changes the exchange with that ID if it is still there.
func (r *Ring) update(id uint64, change func(*Exchange)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.first(); id >= first && id <= r.last {
		x := &r.exchanges[id-first]
		r.bytes -= x.size()
		change(x)
		r.announce()
		r.versions[id-first] = r.version
		r.bytes += x.size()
		r.trim()
	}
}
