package diagnose

import (
	"context"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/origin"
)

// The defaults of [Options], and how many requests are sent to one host at a time.
const (
	DefaultTime = 10 * time.Second

	nearProbes, farProbes = 40, 12
	nearAtOnce, farAtOnce = 4, 2

	// probeTime bounds one request.
	probeTime = 3 * time.Second
)

// host is what all diagnoses of one command know about a host.
type host struct {
	free chan struct{} // a place for each request at a time

	mu      sync.Mutex
	left    int
	answers map[string]*pending // by request
}

// pending is an answer that is there once done is closed; nil if whoever asked was
// cancelled.
type pending struct {
	done   chan struct{}
	answer *reply
}

func newHost(near bool, most int) *host {
	left, atOnce := farProbes, farAtOnce
	if near {
		left, atOnce = nearProbes, nearAtOnce
	}
	if most > 0 {
		left = most
	}
	return &host{free: make(chan struct{}, atOnce), left: left, answers: map[string]*pending{}}
}

// isNear reports whether an address space is the machine's own or its network's.
func isNear(space origin.AddressSpace) bool {
	return space == origin.SpaceLoopback || space == origin.SpaceLocal
}

// once returns the answer to a request, which is asked for at most once. ours
// says whether this call sent it. Without an answer, the budget is used up or ctx
// is done. What comes back after ctx is done is kept for nobody: it is the end of
// this diagnosis, and not what the server does.
func (h *host) once(ctx context.Context, key string, ask func() *reply) (r *reply, ours bool) {
	for ctx.Err() == nil {
		p, first := h.claim(key)
		switch {
		case p == nil:
			return nil, false
		case first:
			return h.answer(ctx, key, p, ask)
		}
		select {
		case <-p.done:
			if p.answer != nil {
				return p.answer, false
			}
		case <-ctx.Done():
		}
	}
	return nil, false
}

// claim returns the answer of a key, which the first caller has to get; nil if the
// budget is used up.
func (h *host) claim(key string) (p *pending, first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.answers[key]; p != nil {
		return p, false
	}
	if h.left <= 0 {
		return nil, false
	}
	h.left--
	p = &pending{done: make(chan struct{})}
	h.answers[key] = p
	return p, true
}

// answer gets the answer of a key when a place is free.
func (h *host) answer(ctx context.Context, key string, p *pending, ask func() *reply) (r *reply, sent bool) {
	defer close(p.done)
	select {
	case h.free <- struct{}{}:
		r, sent = ask(), true
		<-h.free
	case <-ctx.Done():
	}
	if ctx.Err() == nil {
		p.answer = r
		return r, sent
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.answers, key)
	if !sent {
		h.left++
	}
	return r, sent
}
