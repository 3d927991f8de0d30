package forward

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
)

// forwarding is a request on its way to an upstream, and its response on the
// way back.
type forwarding struct {
	server  *Server
	in      *Incoming
	w       http.ResponseWriter // the client's; the proxy may have headers of its own in it
	request *http.Request       // the client's, as the proxy has left it
	life    upstream.Life       // of the request to the upstream
	unsent  bool                // something has been written and not been flushed
	pending pending
	out     upstream.Request
	url     url.URL
	*scratch
}

// scratch is what requests use one after the other.
type scratch struct {
	clock     clock
	sent, got [24]http1.Field // most requests and responses have no more
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// putAway lets another request have the memory, unless something may still use it.
func (f *forwarding) putAway() {
	if f.out.Body == nil && f.clock.rests() {
		clear(f.sent[:])
		clear(f.got[:])
		scratches.Put(f.scratch)
	}
}

// run forwards the request. That to the upstream ends when the client leaves,
// but not when the gateway stops reading its body, which net/http takes for the
// same.
func (f *forwarding) run() {
	f.scratch = scratches.Get().(*scratch)
	leaving := f.request.Context()
	f.life.Begin(leaving)
	defer f.life.End(context.Canceled)
	defer afterFunc(leaving, func() {
		if !f.in.body.explains() {
			f.life.End(errClientLeft)
		}
	})()
	ctx := &f.life
	if f.request.ContentLength != 0 {
		f.in.body.waiting, f.in.body.failed = f.clock.pause, f.life.End
		defer func() { _ = f.in.body.Close() }()
	}
	f.prepare()
	res, err := f.exchange(ctx)
	switch {
	case err != nil:
		f.fail(ctx, err)
	case res.Tunnel != nil:
		f.tunnel(ctx, res)
	default:
		f.respond(ctx, res)
	}
	f.putAway()
}

// exchange returns the response of the upstream. The time until its header is
// there is bounded, whatever the upstream does.
func (f *forwarding) exchange(ctx context.Context) (*upstream.Response, error) {
	begun := time.Now()
	f.clock.start(f.server.o.Timeout, f.expire)
	res, err := f.server.client.Do(ctx, &f.out)
	inTime := f.clock.stop()
	switch {
	case err != nil:
		return nil, err
	case !inTime:
		err = ErrSlow
	case res.Tunnel == nil && (res.Status < 200 || res.Status > 999): // net/http would panic
		err = fmt.Errorf("the status is %d", res.Status)
	default:
		f.in.Waited = time.Since(begun)
		return res, nil
	}
	if res.Tunnel != nil {
		_ = res.Tunnel.Close()
	} else {
		_ = res.Body.Close()
	}
	return nil, err
}

// expire ends the wait for a response.
func (f *forwarding) expire() {
	f.life.End(ErrSlow)
	_ = f.in.body.Close()
}
