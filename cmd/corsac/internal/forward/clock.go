package forward

import (
	"sync"
	"time"
)

// clock measures how long the gateway waits for an upstream, and stands still
// while it waits for the client instead. It can be used again when it rests.
type clock struct {
	mu      sync.Mutex
	timer   *time.Timer // nil before it is used
	expire  func()
	left    time.Duration
	since   time.Time // when it began to run
	expired bool
	stopped bool
	idle    bool // the timer has been stopped before it ended
}

// start starts the clock. If it is not stopped within d, it calls expire. 0 is for
// ever.
func (c *clock) start(d time.Duration, expire func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.expire, c.expired, c.stopped, c.idle = d, expire, false, d == 0, d == 0
	switch c.since = time.Now(); {
	case d == 0:
	case c.timer == nil:
		c.timer = time.AfterFunc(d, c.end)
	default:
		c.timer.Reset(d)
	}
}

// end is called by the timer.
func (c *clock) end() {
	c.mu.Lock()
	c.expired = !c.stopped
	expired, expire := c.expired, c.expire
	c.mu.Unlock()
	if expired {
		expire()
	}
}

// pause halts the clock, or lets it continue.
func (c *clock) pause(halt bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.stopped, c.expired:
	case halt:
		c.timer.Stop()
		c.left -= time.Since(c.since)
	default:
		c.since = time.Now()
		c.timer.Reset(max(c.left, 0))
	}
}

// stop stops the clock, and reports whether it was in time.
func (c *clock) stop() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		if c.stopped, c.idle = true, c.timer.Stop(); c.idle {
			c.expire = nil // whoever waits for the clock to be used again holds nothing
		}
	}
	return !c.expired
}

// rests reports whether the clock has been stopped, and will not call anything.
func (c *clock) rests() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idle
}
