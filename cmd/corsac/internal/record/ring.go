package record

import (
	"slices"
	"sort"
	"sync"
)

// Ring keeps the latest exchanges, up to a number of exchanges and of bytes. It
// is safe for concurrent use.
type Ring struct {
	maxExchanges, maxBytes int
	maxContent             int64 // bytes of a body that is kept
	vault                  vault

	mu        sync.Mutex
	exchanges []*Exchange // oldest first, with consecutive IDs
	bytes     int         // total size
	last      uint64      // latest ID
	version   uint64      // counts the changes
	changes   []change    // of exchanges, in their order; only the latest of each counts
	changed   chan struct{}
}

// change says that an exchange has that version.
type change struct{ version, id uint64 }

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
	all := make([]Exchange, 0, len(r.exchanges))
	for _, x := range r.exchanges {
		all = append(all, *x)
	}
	return all
}

// Get returns a copy of the exchange with that ID, or false if it is not in the
// ring.
func (r *Ring) Get(id uint64) (Exchange, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.first(); id >= first && id <= r.last {
		return *r.exchanges[id-first], true
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

// Since returns at most limit exchanges that are new or have changed since the call
// that returned after as [Batch].Next; 0 means from the beginning. Whoever calls it
// again each time that Changed is closed misses nothing but what was removed in the
// meantime.
func (r *Ring) Since(after uint64, limit int) Batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := Batch{First: r.first(), Next: r.version}
	begin := sort.Search(len(r.changes), func(i int) bool { return r.changes[i].version > after })
	if n := min(limit, len(r.changes)-begin); n > 0 {
		b.Exchanges = make([]Exchange, 0, n)
	}
	for _, c := range r.changes[begin:] {
		x := r.changedBy(c)
		if x == nil {
			continue
		}
		if b.More = len(b.Exchanges) == limit; b.More {
			b.Next = after
			break
		}
		b.Exchanges = append(b.Exchanges, *x)
		after = c.version
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
	r.exchanges, r.changes, r.bytes = nil, nil, 0
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

// note gives x, which is new or has changed, its version.
func (r *Ring) note(x *Exchange) {
	r.announce()
	x.version = r.version
	if len(r.changes) > 2*len(r.exchanges)+64 {
		r.changes = slices.DeleteFunc(r.changes, func(c change) bool { return r.changedBy(c) == nil })
	}
	r.changes = append(r.changes, change{x.version, x.ID})
}

// changedBy returns the exchange that has changed, or nil if it has changed again or
// is not in the ring.
func (r *Ring) changedBy(c change) *Exchange {
	first := r.first()
	if c.id < first || c.id > r.last || r.exchanges[c.id-first].version != c.version {
		return nil
	}
	return r.exchanges[c.id-first]
}

// add gives x its ID and adds it, removing the oldest exchanges if necessary.
func (r *Ring) add(x Exchange) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	x.ID = r.last
	r.exchanges = append(r.exchanges, &x)
	r.note(&x)
	r.bytes += x.size()
	r.trim()
	return x.ID
}

// trim removes the oldest exchanges if there are too many.
func (r *Ring) trim() {
	gone := 0
	for len(r.exchanges)-gone > r.maxExchanges || r.bytes > r.maxBytes && gone < len(r.exchanges) {
		r.bytes -= r.exchanges[gone].size()
		r.exchanges[gone] = nil // otherwise the array would keep it
		gone++
	}
	r.exchanges = r.exchanges[gone:]
	r.vault.forget(r.first())
}

// update changes the exchange with that ID if it is still there.
func (r *Ring) update(id uint64, change func(*Exchange)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.first(); id >= first && id <= r.last {
		x := r.exchanges[id-first]
		r.bytes -= x.size()
		change(x)
		r.note(x)
		r.bytes += x.size()
		r.trim()
	}
}
