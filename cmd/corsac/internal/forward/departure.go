package forward

import (
	"context"
	"sync"
)

// departure is the context of a request that net/http has not seen. It ends when the
// client leaves, or when the request has been answered. One of package context needs
// more memory, and more time.
type departure struct {
	context.Context // of the connection

	mu    sync.Mutex
	ended bool
	done  chan struct{} // nil until somebody asks
	after []func()      // to be called at the end
}

// Done implements [context.Context].
func (d *departure) Done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done == nil {
		d.done = make(chan struct{})
		if d.ended {
			close(d.done)
		}
	}
	return d.done
}

// Err implements [context.Context].
func (d *departure) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return context.Canceled
	}
	return nil
}

// AfterFunc does what [context.AfterFunc] does, which calls it.
func (d *departure) AfterFunc(f func()) (stop func() bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		go f()
		return func() bool { return false }
	}
	i := len(d.after)
	d.after = append(d.after, f)
	return func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		stopped := !d.ended && d.after[i] != nil
		d.after[i] = nil
		return stopped
	}
}

// end ends the context.
func (d *departure) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return
	}
	if d.ended = true; d.done != nil {
		close(d.done)
	}
	for _, f := range d.after {
		if f != nil {
			go f()
		}
	}
}

// afterFunc is [context.AfterFunc], which makes a context of its own.
func afterFunc(ctx context.Context, f func()) (stop func() bool) {
	if d, ok := ctx.(*departure); ok {
		return d.AfterFunc(f)
	}
	return context.AfterFunc(ctx, f)
}
