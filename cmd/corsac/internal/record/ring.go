package record

import "sync"

// Ring keeps the latest exchanges, up to a number of exchanges and of bytes. It
// is safe for concurrent use.
type Ring struct {
	maxExchanges, maxBytes int

	mu        sync.Mutex
	exchanges []Exchange // oldest first, with consecutive IDs
	bytes     int        // total size
	last      uint64     // latest ID
}

// NewRing returns a ring that keeps at most maxExchanges exchanges with at most
// maxBytes bytes in total. It does not keep an exchange larger than maxBytes;
// no exchange is larger than [MaxExchangeBytes].
func NewRing(maxExchanges, maxBytes int) *Ring {
	return &Ring{maxExchanges: maxExchanges, maxBytes: maxBytes}
}

// Snapshot returns copies of the exchanges in the ring, oldest first. They
// share their headers with the ring, so callers must not change headers.
func (r *Ring) Snapshot() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Exchange(nil), r.exchanges...)
}

// add gives x its ID and adds it, removing the oldest exchanges if necessary.
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
		r.exchanges[gone] = Exchange{} // otherwise the array would keep its strings
		gone++
	}
	r.exchanges = r.exchanges[gone:]
	return x.ID
}

// update changes the exchange with that ID if it is still there. change must
// not make it larger.
func (r *Ring) update(id uint64, change func(*Exchange)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.last - uint64(len(r.exchanges)) + 1
	if id >= first && id <= r.last {
		change(&r.exchanges[id-first])
	}
}
