// Package rawhttp is a server's end of HTTP/1.1 for callers that need every
// line as it was received: it reads heads with names and order unchanged, and
// leaves the rest to its callers.
package rawhttp

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// MaxHead bounds a head, in bytes. Each line must also fit into the reader's
// buffer.
const MaxHead = 1 << 20

// ErrRequest is the error for a request that no browser sends.
var ErrRequest = errors.New("bad request")

// Head is the head of a request.
type Head struct {
	// Method and Target are those of the request line.
	Method, Target string
	// Headers are the lines in order, without the blanks around values.
	Headers fetch.Headers
}

// ReadHead reads the head of a request.
func ReadHead(br *bufio.Reader) (*Head, error) {
	line, err := readLine(br)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(line, " ")
	if len(parts) != 3 {
		return nil, ErrRequest
	}
	h := &Head{Method: parts[0], Target: parts[1]}
	for total := 0; ; {
		if line, err = readLine(br); err != nil {
			return nil, err
		}
		if line == "" {
			return h, nil
		}
		if total += len(line); total > MaxHead {
			return nil, ErrRequest
		}
		name, value, _ := strings.Cut(line, ":")
		h.Headers = append(h.Headers, fetch.Header{Name: name, Value: strings.Trim(value, " \t")})
	}
}

// readLine reads a line that fits into br's buffer.
func readLine(br *bufio.Reader) (string, error) {
	line, err := br.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// Accept serves each connection of a listener in its own goroutine, until the
// listener is closed.
func Accept(l net.Listener, serve func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go serve(c)
	}
}

// Reset closes a connection with a reset instead of properly.
func Reset(c net.Conn) {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}
