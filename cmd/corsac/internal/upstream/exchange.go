package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

// ErrRequest is the error of a request that cannot be sent, because a server
// might read another request in it, or several.
var ErrRequest = errors.New("the request cannot be sent")

// ErrBody is the error of a request whose body cannot be read, or ends too early.
var ErrBody = errors.New("the body of the request cannot be read")

var errEarlySwitch = errors.New("it switches to another protocol before it has the whole request")

var errSwitch = errors.New("it switches to another protocol, and none was asked for")

var errNoResponse = errors.New("it closed the connection without a response")

// exchange is one request and its response on a connection.
type exchange struct {
	ctx     context.Context
	client  *Client
	conn    *conn
	request *Request
	unhold  func() bool // nil with a [Life]
	sender  *sender     // nil without a body

	begun    bool // the body has been read in part
	sent     bool // a part of the request has been sent
	received bool // a byte of the response has been received
	reusable bool

	head     http1.Response
	response Response
	body     body
}

// exchange sends a request and reads the head of its response. The connection is
// closed if there is an error.
func (c *Client) exchange(ctx context.Context, cn *conn, r *Request) (*exchange, error) {
	ex := &exchange{ctx: ctx, client: c, conn: cn, request: r}
	ex.head.Fields = r.Room[:0]
	ex.hold()
	err := ex.send()
	if err == nil {
		err = ex.receive()
	}
	if err != nil {
		ex.stop()
		return ex, ex.explain(err)
	}
	return ex, nil
}

// explain returns why a connection failed, if it is because the exchange has
// closed it, or else err.
func (ex *exchange) explain(err error) error {
	if ex.sender != nil {
		if failure := ex.sender.failure.Load(); failure != nil {
			err = *failure
		}
	}
	return causeOr(ex.ctx, err)
}

// send sends the head, and begins to send the body.
func (ex *exchange) send() error {
	r := ex.request
	h := http1.Request{Method: r.Method, Target: r.URL.RequestURI(), Host: r.Host, Fields: r.Fields, Close: r.Close, Length: r.Length}
	if r.Body == nil {
		h.Length = 0
	}
	if h.Length < 0 {
		for name := range r.Trailer {
			h.Trailers = append(h.Trailers, name)
		}
	}
	out, err := h.Append(ex.conn.out[:0])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRequest, err)
	}
	out, left, err := ex.appendReady(out)
	ex.conn.out = out
	if err != nil {
		return err
	}
	if r.Body == nil && ex.conn.used && ex.conn.asks() {
		ex.sent, err = ex.conn.ask(out)
		return ex.answered(err)
	}
	n, err := ex.conn.Write(out)
	ex.sent = n > 0
	if err != nil {
		return err
	}
	if r.Body != nil && left != 0 {
		ex.sender = newSender(ex.conn, r, left)
		go ex.sender.run()
	}
	return nil
}

// maxReady bounds what is sent of a body together with the header.
const maxReady = 16 << 10

// appendReady appends the part of the body that can be read without waiting, and
// returns the length of the rest, which is negative if it is unknown.
func (ex *exchange) appendReady(out []byte) (all []byte, left int64, err error) {
	r := ex.request
	n := min(int64(r.Ready), r.Length, maxReady)
	if r.Body == nil || r.Continue || n <= 0 {
		return out, r.Length, nil
	}
	ex.begun = true
	head := len(out)
	out = slices.Grow(out, int(n))[:head+int(n)]
	if _, err = io.ReadFull(r.Body, out[head:]); err != nil {
		err = fmt.Errorf("%w: %w", ErrBody, unexpected(err))
	}
	return out, r.Length - n, err
}

// receive reads responses up to the final one (RFC 9110 §15.2).
func (ex *exchange) receive() error {
	for range maxInterim + 1 {
		if err := ex.readHead(); err != nil {
			return err
		}
		switch status := ex.head.Status; {
		case status == http.StatusSwitchingProtocols && ex.request.Upgrade:
			if !ex.sender.finished() { // what is left of the body would be in the tunnel
				return errEarlySwitch
			}
			ex.respond()
			ex.response.Tunnel = &Tunnel{ex: ex}
			return nil
		case status == http.StatusSwitchingProtocols:
			return errSwitch
		case status >= 200:
			return ex.final()
		case status == http.StatusContinue && ex.sender != nil:
			ex.sender.start()
		}
		if ex.request.Interim == nil {
			continue
		}
		if err := ex.request.Interim(ex.head.Status, ex.head.Fields); err != nil {
			return err
		}
	}
	return errTooMany1xx
}

// final prepares the body of a final response.
func (ex *exchange) final() error {
	framing, err := ex.head.Framing(ex.request.Method)
	if err != nil {
		return err
	}
	ex.respond()
	// A body after the response to HEAD, which must not be there (RFC 9110
	// §9.3.2), might arrive later, and any page can send HEAD.
	ex.reusable = framing.Reusable && !ex.request.Close && !ex.request.Upgrade && ex.request.Method != http.MethodHead
	ex.body = body{ex: ex, kind: framing.Kind, left: framing.Length}
	ex.response.Body, ex.response.Length = &ex.body, framing.Length
	if framing.Kind == http1.Chunked {
		ex.response.Announced = slices.Collect(http1.Elements(ex.head.Fields, "Trailer"))
	}
	if framing.Kind == http1.None {
		ex.response.Length = 0
		ex.body.end(io.EOF)
	}
	return nil
}

func (ex *exchange) respond() {
	ex.response.Status, ex.response.Fields = ex.head.Status, ex.head.Fields
}

// readHead reads the head of the next response.
func (ex *exchange) readHead() error {
	cn := ex.conn
	var scanner http1.Scanner
	for {
		length, err := 0, error(nil)
		if cn.r < cn.w {
			ex.received = true
			if length, err = scanner.Scan(cn.in[cn.r:cn.w]); err != nil {
				return err
			}
		}
		if length > 0 {
			err = ex.head.Parse(cn.in[cn.r : cn.r+length])
			cn.r += length
			return err
		}
		if err = ex.answered(cn.fill(nil)); err != nil {
			return err
		}
	}
}

// answered says what an error means while a head is read.
func (ex *exchange) answered(err error) error {
	switch {
	case !errors.Is(err, io.EOF):
		return err
	case ex.received:
		return io.ErrUnexpectedEOF
	}
	return errNoResponse
}

// repeatable reports whether the request, which has failed, may be sent on
// another connection: nothing of a response has come, and the server cannot have
// acted on it, or may act on it twice (RFC 9110 §9.2.2).
func (ex *exchange) repeatable() bool {
	if ex.received || ex.begun || ex.sender != nil {
		return false
	}
	return !ex.sent || ex.request.Body == nil && isSafe(ex.request.Method)
}

func isSafe(method string) bool {
	return slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace}, method)
}

// stop ends the exchange and closes the connection.
func (ex *exchange) stop() {
	ex.release()
	ex.conn.abort()
	ex.sender.stop()
}

// finish ends the exchange after a whole response. Another may use the
// connection if the whole request has been sent, and nothing follows the
// response.
func (ex *exchange) finish() {
	cn := ex.conn
	if ex.reusable && cn.r == cn.w && ex.sender.finished() && ex.release() {
		cn.rest()
		ex.client.idle.put(cn, keepFor(ex.response.Fields))
		return
	}
	ex.stop()
}

// Tunnel is a connection after a response with status 101.
type Tunnel struct{ ex *exchange }

// Read implements [io.Reader].
func (t *Tunnel) Read(p []byte) (int, error) {
	cn := t.ex.conn
	if cn.r < cn.w {
		n := copy(p, cn.in[cn.r:cn.w])
		cn.r += n
		return n, nil
	}
	return cn.Read(p)
}

// Write implements [io.Writer].
func (t *Tunnel) Write(p []byte) (int, error) { return t.ex.conn.Write(p) }

// CloseWrite says to the upstream that nothing more is written.
func (t *Tunnel) CloseWrite() error {
	if half, ok := t.ex.conn.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements [io.Closer].
func (t *Tunnel) Close() error {
	t.ex.stop()
	return nil
}
