package forward

import (
	"sync"
	"time"
)

// clock measures how long the gateway waits for an upstream, and stands still
// while it waits for the client instead.
type clock struct {
	mu      sync.Mutex
	timer   *time.Timer
	left    time.Duration
	since   time.Time // when it began to run
	expired bool
	stopped bool
}

// start starts the clock. If it is not stopped within d, it calls expire. 0 is for
// ever.
func (c *clock) start(d time.Duration, expire func()) {
	if d == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.since = d, time.Now()
	c.timer = time.AfterFunc(d, func() {
		if c.expires() {
			expire()
		}
	})
}

func (c *clock) expires() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired = !c.stopped
	return c.expired
}

// pause halts the clock, or lets it continue.
func (c *clock) pause(halt bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.timer == nil, c.stopped, c.expired:
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
	c.stopped = true
	if c.timer != nil {
		c.timer.Stop()
	}
	return !c.expired
}
