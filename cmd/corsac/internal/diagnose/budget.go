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

// pending is an answer that is there once done is closed.
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
// says whether this call sent it. Without an answer, the budget is used up.
func (h *host) once(ctx context.Context, key string, ask func() *reply) (r *reply, ours bool) {
	h.mu.Lock()
	p, known := h.answers[key]
	if !known {
		if h.left <= 0 {
			h.mu.Unlock()
			return nil, false
		}
		h.left--
		p = &pending{done: make(chan struct{})}
		h.answers[key] = p
	}
	h.mu.Unlock()
	if !known {
		defer close(p.done)
		select {
		case h.free <- struct{}{}:
			defer func() { <-h.free }()
			p.answer = ask()
		case <-ctx.Done():
		}
		return p.answer, true
	}
	select {
	case <-p.done:
		return p.answer, false
	case <-ctx.Done():
		return nil, false
	}
}
