package record

import "sync"

// Ring keeps the latest exchanges, within a bound on their number and on their
// bytes. It is safe for concurrent use.
type Ring struct {
	maxExchanges, maxBytes int

	mu        sync.Mutex
	exchanges []Exchange // oldest first, their IDs without a gap
	bytes     int        // the sum of their sizes
	last      uint64     // the latest ID
}

// NewRing returns a ring that keeps at most maxExchanges exchanges of together
// at most maxBytes bytes. An exchange larger than maxBytes is not kept; none is
// larger than [MaxExchangeBytes].
func NewRing(maxExchanges, maxBytes int) *Ring {
	return &Ring{maxExchanges: maxExchanges, maxBytes: maxBytes}
}

// Snapshot returns the exchanges that the ring has, oldest first. They are
// copies; only their headers are shared, which nobody may change.
func (r *Ring) Snapshot() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Exchange(nil), r.exchanges...)
}

// add gives x its ID and keeps it, in place of the oldest if need be.
func (r *Ring) add(x Exchange) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	x.ID = r.last
	r.exchanges = append(r.exchanges, x)
	r.bytes += x.size()
	gone := 0
	for len(r.exchanges)-gone > r.maxExchanges || r.bytes > r.maxBytes && gone < len(r.exchanges) {
		r.bytes -= r.exchanges[gone].size()
		r.exchanges[gone] = Exchange{} // or the array would keep its strings
		gone++
	}
	r.exchanges = r.exchanges[gone:]
	return x.ID
}

// update changes the exchange with an ID, if it is still there. change must not
// make it larger.
func (r *Ring) update(id uint64, change func(*Exchange)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.last - uint64(len(r.exchanges)) + 1
	if id >= first && id <= r.last {
		change(&r.exchanges[id-first])
	}
}
