package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
)

// interim passes an interim response on, but for some: 100, because net/http
// sends it when the body is read; 101, which HTTP/2 does not have and HTTP/1
// would take for a switch of protocols; and all of them for HTTP/1.0 clients.
func (f *forwarding) interim(status int, fields []http1.Field) error {
	switch {
	case status < 100, status > 199: // net/http would panic
		return fmt.Errorf("the status is %d", status)
	case status == http.StatusContinue, status == http.StatusSwitchingProtocols, !f.request.ProtoAtLeast(1, 1):
		return nil
	}
	h := f.w.Header()
	own := h["Alt-Svc"]
	copyResponseFields(h, fields)
	f.revise(status, h)
	f.w.WriteHeader(status)
	restart(h, own) // what follows has fields of its own
	return nil
}

// restart clears a header, but for the Alt-Svc of the proxy.
func restart(h http.Header, own []string) {
	clear(h)
	if own != nil {
		h["Alt-Svc"] = own
	}
}

// respond passes a final response on.
func (f *forwarding) respond(ctx context.Context, res *upstream.Response) {
	defer res.Body.Close()
	h := f.w.Header()
	own := h["Alt-Svc"]
	connection := copyResponseFields(h, res.Fields)
	if announced := filterNames(res.Announced, connection); len(announced) > 0 {
		h["Trailer"] = []string{strings.Join(announced, ", ")}
		delete(h, "Content-Length") // HTTP/2 allows both, HTTP/1.1 does not
	}
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // otherwise net/http would guess a type
	}
	if answer := f.revise(res.Status, h); answer != nil {
		restart(h, own)
		answer.ServeHTTP(f.w, f.request)
		return
	}
	f.w.WriteHeader(res.Status)
	f.unsent = true
	if err := f.copyBody(res.Body, res.Length); err != nil {
		_ = res.Body.Close()
		f.flush() // otherwise net/http would send nothing of it
		f.broken(ctx, err)
	}
	f.addTrailers(res.Body.Trailers(), connection)
}

// revise lets the proxy change the header of a response, or answer instead.
func (f *forwarding) revise(status int, h http.Header) http.Handler {
	if f.server.o.Response == nil {
		return nil
	}
	return f.server.o.Response(f.in, status, h)
}

// copyResponseFields adds the fields of a response that are for the client, and
// returns the options of its connection.
func copyResponseFields(h http.Header, fields []http1.Field) options {
	var connection options
	for _, f := range fields {
		if f.Name == "Connection" {
			connection = append(connection, optionsOf([]string{f.Value})...)
		}
	}
	values := make([]string, len(fields)) // one for each, so that none is allocated
	_, alternative := h["Alt-Svc"]        // of the proxy, so that another server's would mislead
	for i, f := range fields {
		if isHopByHop(f.Name) || isHop(f.Name) || connection.has(f.Name) || alternative && f.Name == "Alt-Svc" {
			continue
		}
		if lines, ok := h[f.Name]; ok {
			h[f.Name] = append(lines, f.Value)
			continue
		}
		values[i] = f.Value
		h[f.Name] = values[i : i+1 : i+1]
	}
	return connection
}

// copyBody passes the body on. What has been read is written when there is
// nothing more to read yet, or no room, and not before, so that a response that
// arrives as a whole leaves as a whole.
func (f *forwarding) copyBody(body upstream.Body, length int64) error {
	pool := &buffers
	if length > bufferSize {
		pool = &longBuffers
	}
	buffer := pool.Get().(*[]byte)
	f.pending.b = *buffer
	defer func() {
		f.pending = pending{}
		pool.Put(buffer)
	}()
	for {
		if body.Movable() {
			if to := f.socket(); to != nil {
				return f.move(to, body)
			}
		}
		n, err := body.Read(f.pending.room())
		if f.pending.to += n; n > 0 {
			f.in.body.prolong()
		}
		if err == nil && !f.pending.full() {
			continue
		}
		if failed := f.pass(); failed != nil {
			return failed
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// pending is what has been read of a body and has not been written.
type pending struct {
	b        []byte
	from, to int // of it in b
}

// room returns where the next bytes are read to.
func (p *pending) room() []byte {
	if p.from == p.to {
		p.from, p.to = 0, 0
	}
	return p.b[p.to:]
}

// full reports whether there is too little room to read into it.
func (p *pending) full() bool { return len(p.b)-p.to < leastRoom }

// pass writes what is pending. It may be called while a read waits.
func (f *forwarding) pass() error {
	p := f.pending.b[f.pending.from:f.pending.to]
	if len(p) == 0 {
		return nil
	}
	f.pending.from, f.unsent = f.pending.to, true
	if _, err := f.w.Write(p); err != nil {
		err = fmt.Errorf("%w: %w", errClientLeft, err)
		f.life.End(err)
		return err
	}
	return nil
}

// socket returns what gives the rest of a body to the socket of the client, or
// nil if bytes have to be changed on the way, or the client be watched: for TLS,
// HTTP/2, chunks, and while the body of the request is being sent.
func (f *forwarding) socket() io.ReaderFrom {
	c := connOf(f.request)
	if c == nil || !f.in.body.ended.Load() || f.w.Header().Get("Content-Length") == "" {
		return nil
	}
	if socketOf(c.Conn) == nil {
		return nil
	}
	// The proxy has had the header, and needs nothing of the body.
	for w := f.in.ResponseWriter; ; {
		switch below := w.(type) {
		case io.ReaderFrom:
			return below
		case interface{ Unwrap() http.ResponseWriter }:
			w = below.Unwrap()
		default:
			return nil
		}
	}
}

// move lets the system move the rest of a body.
func (f *forwarding) move(to io.ReaderFrom, body upstream.Body) error {
	f.flush()
	err := body.Move(to)
	if errors.Is(err, upstream.ErrMove) {
		err = fmt.Errorf("%w: %w", errClientLeft, err)
	}
	return err
}

// flush sends what has been read to the client.
func (f *forwarding) flush() {
	if f.pass() == nil && f.unsent {
		f.unsent = false
		_ = http.NewResponseController(f.w).Flush() // a client that has left fails the next write
	}
}

// addTrailers adds the trailers of a response, announced or not.
func (f *forwarding) addTrailers(fields []http1.Field, connection options) {
	flushed := false
	for _, field := range fields {
		if !mayTrail(field.Name) || connection.has(field.Name) {
			continue
		}
		if !flushed { // otherwise net/http would find out the length, and leave no place for trailers
			f.unsent, flushed = true, true
			f.flush()
		}
		name := http.TrailerPrefix + field.Name
		f.w.Header()[name] = append(f.w.Header()[name], field.Value)
	}
}

// filterNames returns those of the names that may be trailers.
func filterNames(names []string, connection options) (kept []string) {
	for _, name := range names {
		if name = textproto.CanonicalMIMEHeaderKey(name); http1.IsToken(name) && mayTrail(name) && !connection.has(name) {
			kept = append(kept, name)
		}
	}
	return kept
}

const (
	bufferSize     = 32 << 10
	longBufferSize = 64 << 10 // for bodies that are known to be longer
	leastRoom      = 4 << 10
)

// The buffers are shared by all requests.
var (
	buffers     = sync.Pool{New: func() any { return newBuffer(bufferSize) }}
	longBuffers = sync.Pool{New: func() any { return newBuffer(longBufferSize) }}
)

func newBuffer(size int) *[]byte {
	b := make([]byte, size)
	return &b
}
