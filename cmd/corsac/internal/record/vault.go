package record

import (
	"cmp"
	"slices"
	"sync"

	"github.com/corsac-dev/corsac/fetch"
)

// Part is a part of an exchange.
type Part string

// The parts in which values are masked.
const (
	PartURL      Part = "url"
	PartRequest  Part = "request"
	PartResponse Part = "response"
)

// secret is a value that is masked in an exchange: that of a header line, by its
// index, or the URL.
type secret struct {
	part  Part
	index int
	value string
}

// vault keeps the values that are masked in the exchanges of a ring, apart from
// them: no snapshot and no file has any. It keeps nothing unless it may have some
// bytes.
type vault struct {
	mu       sync.Mutex
	maxBytes int
	bytes    int
	held     []held // by ID
}

// held are the secrets of an exchange.
type held struct {
	id      uint64
	secrets []secret
}

func (h *held) size() int {
	n := 0
	for _, s := range h.secrets {
		n += 48 + len(s.value)
	}
	return n
}

// KeepSecrets makes the ring keep the values that it masks, up to a number of bytes
// in total, the latest ones. Only [Ring.Reveal] returns them. Call it before the
// ring is used.
func (r *Ring) KeepSecrets(maxBytes int) { r.vault.maxBytes = maxBytes }

// Reveal returns a value that is masked in the exchange with that ID: that of a
// header line, by its index, or the URL, whose index is 0. It returns false if the
// value is not masked, or not kept.
func (r *Ring) Reveal(id uint64, part Part, index int) (string, bool) {
	v := &r.vault
	v.mu.Lock()
	defer v.mu.Unlock()
	i, ok := slices.BinarySearchFunc(v.held, id, func(h held, id uint64) int { return cmp.Compare(h.id, id) })
	if !ok {
		return "", false
	}
	for _, s := range v.held[i].secrets {
		if s.part == part && s.index == index {
			return s.value, true
		}
	}
	return "", false
}

// Revealed returns an exchange of the ring with what was masked in its URL and header
// lines, as far as that is kept.
func (r *Ring) Revealed(x Exchange) Exchange {
	if u, ok := r.Reveal(x.ID, PartURL, 0); ok {
		x.URL = u
	}
	x.Headers, x.ResponseHeaders = slices.Clone(x.Headers), slices.Clone(x.ResponseHeaders)
	for part, lines := range map[Part]fetch.Headers{PartRequest: x.Headers, PartResponse: x.ResponseHeaders} {
		for i := range lines {
			if value, ok := r.Reveal(x.ID, part, i); ok {
				lines[i].Value = value
			}
		}
	}
	return x
}

// hide keeps a value that is masked, if the ring wants it.
func (r *recorder) hide(part Part, index int, plain, masked string) {
	if plain != masked && r.ring.vault.maxBytes > 0 {
		r.secrets = append(r.secrets, secret{part, index, plain})
	}
}

// put keeps the secrets of an exchange. Exchanges that end at the same time may
// come in any order.
func (v *vault) put(id uint64, secrets []secret) {
	if len(secrets) == 0 {
		return
	}
	h := held{id, secrets}
	v.mu.Lock()
	defer v.mu.Unlock()
	i, _ := slices.BinarySearchFunc(v.held, id, func(h held, id uint64) int { return cmp.Compare(h.id, id) })
	v.held = slices.Insert(v.held, i, h)
	v.bytes += h.size()
	gone := 0
	for ; v.bytes > v.maxBytes && gone < len(v.held); gone++ {
		v.remove(gone)
	}
	v.held = v.held[gone:]
}

// forget removes the secrets of exchanges below an ID.
func (v *vault) forget(first uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	gone := 0
	for ; gone < len(v.held) && v.held[gone].id < first; gone++ {
		v.remove(gone)
	}
	v.held = v.held[gone:]
}

// remove empties an entry, so that the array does not keep its strings.
func (v *vault) remove(i int) {
	v.bytes -= v.held[i].size()
	v.held[i] = held{}
}

func (v *vault) clear() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.held, v.bytes = nil, 0
}
