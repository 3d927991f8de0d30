package upstream

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

const (
	maxIdle     = 256              // connections
	idleTimeout = 90 * time.Second // of a connection
	sweepEvery  = time.Second

	// closing is how long before a server closes a connection nothing is sent any
	// more. A request that crosses the end is lost, and only some may be repeated.
	closing = time.Second
)

// pool keeps connections between two exchanges. No goroutine waits for them:
// before a connection is used, and every second, it is checked.
type pool struct {
	mu    sync.Mutex
	idle  []*conn // the one used last is at the end
	sweep *time.Timer
}

// take returns a connection for a request, or nil. Nothing has arrived on it, unless it
// is one that asks, if asks allows that. There is never one for upgrades: these would
// use up those that others need.
func (p *pool) take(upgrade, asks bool) *conn {
	if upgrade {
		return nil
	}
	for {
		cn := p.last()
		if cn == nil || time.Now().Before(cn.until) && (asks && cn.asks() || cn.quiet()) {
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

// put takes a connection whose exchange is over, for some time.
func (p *pool) put(cn *conn, keep time.Duration) {
	cn.until, cn.used = time.Now().Add(keep), true
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

// clean closes connections that have been idle for long enough, or whose other end
// has closed them or sent something.
func (p *pool) clean() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = slices.DeleteFunc(p.idle, func(cn *conn) bool {
		remove := time.Now().After(cn.until) || cn.peek() == arrived
		if remove {
			cn.abort()
		}
		return remove
	})
	if p.sweep = nil; len(p.idle) > 0 {
		p.sweep = time.AfterFunc(sweepEvery, p.clean)
	}
}

// keepFor returns how long a connection may be idle, by the field Keep-Alive,
// which Node.js and others send ("timeout=5", in seconds).
func keepFor(fields []http1.Field) time.Duration {
	for e := range http1.Elements(fields, "Keep-Alive") {
		name, value, _ := strings.Cut(e, "=")
		if n, err := strconv.ParseUint(value, 10, 31); err == nil && strings.EqualFold(name, "timeout") {
			return min(time.Duration(n)*time.Second-closing, idleTimeout)
		}
	}
	return idleTimeout
}
