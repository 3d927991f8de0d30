//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
)

// event is the first event of the stream.
const event = "data: 1\n\n"

// recorder is an upstream that keeps the requests that it gets, byte for byte, which
// net/http would not.
type recorder struct {
	address string
	left    chan struct{} // gets a value when the client of a stream has left

	l     net.Listener
	mu    sync.Mutex
	heads []string
	conns map[net.Conn]bool // nil once it is closed
}

func newRecorder(ctx context.Context) (*recorder, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &recorder{address: l.Addr().String(), left: make(chan struct{}, 100), l: l, conns: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if r.open(conn) {
				go r.serve(conn)
			}
		}
	}()
	return r, nil
}

// open keeps a connection, or closes it if the recorder is closed.
func (r *recorder) open(conn net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conns == nil {
		_ = conn.Close()
		return false
	}
	r.conns[conn] = true
	return true
}

// close ends the recorder and its connections.
func (r *recorder) close() {
	_ = r.l.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns {
		_ = conn.Close()
	}
	r.conns = nil
}

// take returns the heads of the requests since it was last called.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	heads := r.heads
	r.heads = nil
	return heads
}

// forget forgets the clients that have left.
func (r *recorder) forget() {
	for len(r.left) > 0 {
		<-r.left
	}
}

func (r *recorder) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		head, err := readHead(in)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.heads = append(r.heads, head)
		r.mu.Unlock()
		if readBody(in, head) != nil || r.answer(conn, in, head) != nil {
			return
		}
	}
}

func readHead(in *bufio.Reader) (string, error) {
	var head strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		head.WriteString(line)
		if strings.TrimRight(line, "\r\n") == "" {
			return head.String(), nil
		}
	}
}

// readBody reads over the body of a request.
func readBody(in *bufio.Reader, head string) error {
	for line := range strings.SplitSeq(head, "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch strings.ToLower(name) {
		case "transfer-encoding":
			for {
				line, err := in.ReadString('\n')
				n, bad := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
				if err != nil || bad != nil {
					return io.ErrUnexpectedEOF
				}
				if _, err := in.Discard(int(n) + 2); err != nil || n == 0 {
					return err
				}
			}
		case "content-length":
			n, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil {
				return err
			}
			_, err = in.Discard(n)
			return err
		}
	}
	return nil
}

// wrongCORS are headers that no gateway should pass on.
const wrongCORS = "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Methods: TRACE\r\nVary: Accept-Encoding, Origin\r\n"

func (r *recorder) answer(conn net.Conn, in *bufio.Reader, head string) error {
	_, target, _ := strings.Cut(head, " ")
	path, _, _ := strings.Cut(target, " ")
	var err error
	switch path {
	case "/500":
		_, err = io.WriteString(conn, "HTTP/1.1 500 Internal Server Error\r\n"+wrongCORS+"Content-Length: 0\r\n\r\n")
	case "/early":
		_, err = io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"+
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n1\r\na\r\n0\r\nX-Trailer: yes\r\n\r\n")
	case "/events":
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(event), event)
		_, err = in.ReadByte() // which waits for the end of the connection
		r.left <- struct{}{}
	case "/socket":
		_, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n") // of the key in the check
		if err == nil {
			_, err = io.CopyN(conn, in, 5)
		}
		if err == nil {
			err = io.EOF // what follows is not HTTP
		}
	default:
		_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+wrongCORS+"X-Request-Id: 1\r\nContent-Length: 0\r\n\r\n")
	}
	return err
}
