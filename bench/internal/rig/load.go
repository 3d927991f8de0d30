//go:build linux

package rig

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Connection is a connection of a client.
type Connection struct {
	exchange func() error // sends the request and reads the response
	streams  int          // how many exchanges there may be at a time
	close    func()
}

// Dial opens a connection.
type Dial func() (*Connection, error)

// Plain opens connections on which a request is sent as it is.
func Plain(ctx context.Context, address string, request []byte) Dial {
	return func() (*Connection, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		return over(conn, request), err
	}
}

// TLS opens connections as Plain does, with TLS. Certificates are not checked.
func TLS(ctx context.Context, address string, request []byte) Dial {
	return func() (*Connection, error) {
		conn, err := (&tls.Dialer{Config: untrusting()}).DialContext(ctx, "tcp", address)
		return over(conn, request), err
	}
}

func over(conn net.Conn, request []byte) *Connection {
	if conn == nil {
		return nil
	}
	in := bufio.NewReaderSize(conn, 64<<10)
	exchange := func() error {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		return skip(in)
	}
	return &Connection{exchange, 1, func() { _ = conn.Close() }}
}

// HTTP2 opens connections that carry a request several times at once. Certificates
// are not checked.
func HTTP2(request *http.Request, streams int) Dial {
	return func() (*Connection, error) {
		protocols := new(http.Protocols)
		protocols.SetHTTP2(true)
		transport := &http.Transport{Protocols: protocols, TLSClientConfig: untrusting(), DisableCompression: true}
		exchange := func() error {
			res, err := transport.RoundTrip(request.Clone(request.Context()))
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, res.Body)
			if err == nil && (res.ProtoMajor != 2 || res.StatusCode >= 300) {
				err = fmt.Errorf("%s %s", res.Proto, res.Status)
			}
			return errors.Join(err, res.Body.Close())
		}
		return &Connection{exchange, streams, transport.CloseIdleConnections}, nil
	}
}

// untrusting returns settings for a server whose certificate is not checked.
func untrusting() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true} //nolint:gosec // it is on loopback, and our own
}

// Sample is what a process did under load.
type Sample struct {
	Times []float64 // microseconds that each request took
	CPU   float64   // microseconds that the process ran, per request
}

// Load lets clients send requests to the process for some time. What it takes to
// open the connections, with a first request on each, does not count.
func (c *Child) Load(dial Dial, clients int, chunk time.Duration) (Sample, error) {
	var open []*Connection
	defer func() {
		for _, conn := range open {
			conn.close()
		}
	}()
	for range clients {
		conn, err := dial()
		if err != nil {
			return Sample{}, err
		}
		open = append(open, conn)
		if err := conn.exchange(); err != nil {
			return Sample{}, err
		}
	}
	before := c.CPU()
	times, err := load(open, time.Now().Add(chunk))
	return Sample{times, float64(c.CPU()-before) / 1e3 / float64(len(times))}, err
}

// load uses connections until a time.
func load(open []*Connection, end time.Time) (all []float64, err error) {
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
	)
	for _, conn := range open {
		for range conn.streams {
			wait.Go(func() {
				times, failed := conn.use(end)
				mu.Lock()
				defer mu.Unlock()
				all, err = append(all, times...), errors.Join(err, failed)
			})
		}
	}
	wait.Wait()
	return all, err
}

// use sends one request after the other until a time.
func (c *Connection) use(end time.Time) (times []float64, err error) {
	for begin := time.Now(); begin.Before(end); {
		if err := c.exchange(); err != nil {
			return times, err
		}
		now := time.Now()
		times = append(times, float64(now.Sub(begin).Nanoseconds())/1e3)
		begin = now
	}
	return times, nil
}

// skip reads a response.
func skip(in *bufio.Reader) error {
	length := 0
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 2")) {
			return fmt.Errorf("%q", line)
		}
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	_, err := in.Discard(length)
	return err
}

// Quantile returns the quarter of a list that i counts: 2 is the median.
func Quantile(list []float64, i int) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, len(sorted)*i/4)]
}

// ServeSized answers every request with as many bytes as its path says, with status
// 200 and the fields given, each line of which ends in CRLF. It does as little as it
// can, until the listener fails.
func ServeSized(l net.Listener, fields string, sizes ...int) error {
	answers := map[string][]byte{}
	for _, n := range sizes {
		answers["/"+strconv.Itoa(n)] = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: x\r\nDate: Sun, 29 Nov 2026 00:00:00 GMT\r\nContent-Type: application/json\r\n"+
			"%sContent-Length: %d\r\n\r\n%s", fields, n, strings.Repeat("x", n))
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go answer(conn, answers)
	}
}

func answer(conn net.Conn, answers map[string][]byte) {
	defer conn.Close()
	path := ""
	for in := bufio.NewReaderSize(conn, 8<<10); ; {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		if parts := strings.Fields(string(line)); len(parts) == 3 && strings.HasPrefix(parts[1], "/") {
			if last := parts[1][strings.LastIndexByte(parts[1], '/'):]; answers[last] != nil {
				path = last
			}
		}
		if len(line) == len("\r\n") {
			if _, err := conn.Write(answers[path]); err != nil {
				return
			}
		}
	}
}
