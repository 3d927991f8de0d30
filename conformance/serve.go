package conformance

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/conformance/internal/rawhttp"
	"github.com/corsac-dev/corsac/fetch"
)

// Host answers cases over connections as the recording's server did. It reads
// and writes HTTP/1.1 byte by byte, keeps lines in order and duplicates apart,
// and records what it saw. It is safe for concurrent use.
type Host struct {
	names Names

	mu    sync.Mutex
	cases map[string]*player
	// static has documents by path.
	static map[string]*Resp
}

// Names translates between the addresses in cases, which are fixed, and those
// that a host really has.
type Names interface {
	// Real replaces fixed addresses in a text with real ones, and Fixed does
	// the reverse.
	Real(text string) string
	Fixed(text string) string
}

// maxBody bounds the body of a request.
const maxBody = 1 << 20

// NewHost returns a host without cases. If names is nil, the addresses in cases
// are real.
func NewHost(names Names) *Host {
	return &Host{names: names, cases: map[string]*player{}, static: map[string]*Resp{}}
}

// Serve adds a document at a path.
func (h *Host) Serve(path string, doc *Resp) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.static[path] = doc
}

// Add adds a case, at its first step.
func (h *Host) Add(c *Case) {
	h.mu.Lock()
	h.cases[c.ID] = &player{c: c, hops: c.Hops, full: full(c), log: make([][]Wire, len(c.Steps))}
	h.mu.Unlock()
	h.Begin(c.ID, 0)
}

// Begin says that the requests from now on belong to a step.
func (h *Host) Begin(id string, step int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin(id, step)
}

func (h *Host) begin(id string, step int) {
	p := h.cases[id]
	if p == nil || step < 0 || step >= len(p.c.Steps) {
		return
	}
	p.log[p.step] = p.seen
	p.step = step
	p.begin(&p.c.Steps[step])
}

// Seen returns the requests of a case so far, by step.
func (h *Host) Seen(id string) [][]Wire {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.cases[id]
	if p == nil {
		return nil
	}
	p.log[p.step] = p.seen
	return append([][]Wire(nil), p.log...)
}

// Drop removes a case.
func (h *Host) Drop(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.cases, id)
}

// ServeListener serves the origin at on the connections of a listener, until
// the listener is closed.
func (h *Host) ServeListener(l net.Listener, at string) {
	rawhttp.Accept(l, func(c net.Conn) { h.ServeConn(c, at) })
}

// ServeConn serves the origin at on a connection, until it is closed.
func (h *Host) ServeConn(c net.Conn, at string) {
	defer c.Close()
	br := bufio.NewReaderSize(c, 16<<10)
	for {
		w, err := h.read(br)
		if err != nil {
			return
		}
		u, err := url.ParseRequestURI(w.URL)
		if err != nil {
			return
		}
		resp := h.answer(u, at, w)
		if resp.Abort {
			rawhttp.Reset(c) // because the case asks for it
			return
		}
		text := rawResponse(resp, w.Method)
		if h.names != nil {
			text = h.names.Real(text)
		}
		if _, err := io.WriteString(c, text); err != nil || resp.Status < 200 || resp.Line != "" {
			return // a browser that takes it for an interim response waits for more
		}
	}
}

// answer records an immediate repeat of an aborted request only once. Like
// browsers, net/http tries again if a kept connection is closed.
func (h *Host) answer(u *url.URL, at string, w *fetch.WireRequest) *Resp {
	h.mu.Lock()
	defer h.mu.Unlock()
	if doc := h.static[u.Path]; doc != nil {
		return doc
	}
	m := hopPath.FindStringSubmatch(u.Path)
	if m == nil {
		return h.step(u.Path)
	}
	if h.cases[m[1]] == nil {
		return &Resp{Status: 404}
	}
	p := h.cases[m[1]]
	n := len(p.seen)
	resp := p.answer(u, at, w)
	if resp.Abort && n > 0 && len(p.seen) == n+1 {
		if last, now := p.seen[n-1], p.seen[n]; last.Hop == now.Hop && last.Kind == now.Kind && last.Method == now.Method {
			p.seen = p.seen[:n]
		}
	}
	return resp
}

// step answers /step/<id>/<n>, with which a page says that a step begins.
func (h *Host) step(path string) *Resp {
	if parts := strings.Split(path, "/"); len(parts) == 4 && parts[1] == "step" {
		if n, err := strconv.Atoi(parts[3]); err == nil {
			h.begin(parts[2], n)
			return &Resp{Status: 204}
		}
	}
	return &Resp{Status: 404}
}

// read reads a request, which may have any bytes. Its body must have a length.
func (h *Host) read(br *bufio.Reader) (*fetch.WireRequest, error) {
	head, err := rawhttp.ReadHead(br)
	if err != nil {
		return nil, err
	}
	w := &fetch.WireRequest{Kind: fetch.KindActual, Method: head.Method, URL: head.Target}
	length := int64(0)
	for _, line := range head.Headers {
		value := line.Value
		switch lower := strings.ToLower(line.Name); {
		case lower == "cookie":
			w.Credentials = w.Credentials || strings.Contains(value, "oracle=1")
			continue
		case lower == "content-length":
			if length, err = strconv.ParseInt(value, 10, 64); err != nil || length < 0 || length > maxBody {
				return nil, rawhttp.ErrRequest
			}
			continue
		case lower == "user-agent" && strings.HasPrefix(value, "Mozilla/"): // the browser's own
			continue
		case lower == "host", lower == "accept-encoding", lower == "connection", strings.HasPrefix(lower, "sec-ch-"):
			continue
		case lower == "access-control-request-method" && w.Method == "OPTIONS":
			w.Kind = fetch.KindPreflight
		}
		if h.names != nil {
			value = h.names.Fixed(value)
		}
		w.Headers = append(w.Headers, fetch.Header{Name: line.Name, Value: value})
	}
	_, err = io.CopyN(io.Discard, br, length)
	return w, err
}

func rawResponse(r *Resp, method string) string {
	var b strings.Builder
	b.WriteString(latin1(cmp.Or(r.Line, fmt.Sprintf("HTTP/1.1 %d X", r.Status))) + "\r\n")
	body, length := latin1(r.Body), false
	for _, h := range r.Headers {
		length = length || strings.EqualFold(h[0], "content-length")
		b.WriteString(latin1(h[0]) + ": " + latin1(h[1]) + "\r\n")
	}
	none := r.Status == 204 || r.Status == 304 || r.Status < 200 && r.Status != 101
	if !none && !length && r.Status != 101 {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	if !none && method != "HEAD" {
		b.WriteString(body)
	}
	return b.String()
}
