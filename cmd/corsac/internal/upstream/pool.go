package upstream

import (
	"slices"
	"sync"
	"time"
)

const (
	maxIdle     = 256              // connections
	idleTimeout = 90 * time.Second // of a connection
	sweepEvery  = time.Second
)

// pool keeps connections between two exchanges. No goroutine waits for them:
// before a connection is used, and every second, it is checked.
type pool struct {
	mu    sync.Mutex
	idle  []*conn // the one used last is at the end
	sweep *time.Timer
}

// take returns a connection on which nothing has arrived, or nil. There is never
// one for upgrades: these would use up those that others need.
func (p *pool) take(upgrade bool) *conn {
	if upgrade {
		return nil
	}
	for {
		cn := p.last()
		if cn == nil || cn.quiet() {
			return cn
		}
		cn.abort()
	}
}

func (p *pool) last() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle) - 1
	if n < 0 {
		return nil
	}
	cn := p.idle[n]
	p.idle[n] = nil
	p.idle = p.idle[:n]
	return cn
}

// empty closes all connections.
func (p *pool) empty() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, cn := range p.idle {
		cn.abort()
	}
	clear(p.idle)
	p.idle = p.idle[:0]
}

// put takes a connection whose exchange is over.
func (p *pool) put(cn *conn) {
	cn.reused, cn.since = true, time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == maxIdle {
		p.idle[0].abort()
		p.idle = slices.Delete(p.idle, 0, 1)
	}
	p.idle = append(p.idle, cn)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(sweepEvery, p.clean)
	}
}

// clean closes connections that have been idle for too long, or whose other end
// has closed them or sent something.
func (p *pool) clean() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = slices.DeleteFunc(p.idle, func(cn *conn) bool {
		remove := time.Since(cn.since) > idleTimeout || cn.peek() == arrived
		if remove {
			cn.abort()
		}
		return remove
	})
	if p.sweep = nil; len(p.idle) > 0 {
		p.sweep = time.AfterFunc(sweepEvery, p.clean)
	}
}
