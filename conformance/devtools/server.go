package main

import (
	"bufio"
	"context"
	"crypto/sha1" //nolint:gosec // the handshake of WebSocket requires it
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/conformance/internal/rawhttp"
	"github.com/corsac-dev/corsac/fetch"
)

// The origins of the requests. The ports are fixed, so the output is the same
// in every run, except for times and what browsers choose at random.
const (
	pageOrigin   = "http://localhost:48101"
	apiOrigin    = "http://127.0.0.1:48102"
	otherOrigin  = "http://127.0.0.1:48103"
	secureOrigin = "https://localhost:48104"
)

// arrived is a request as it was received, with header lines in order.
type arrived struct {
	Method  string
	URL     string
	Headers fetch.Headers
	Body    []byte
}

// preflight reports whether the request is a preflight.
func (a *arrived) preflight() bool {
	return a.Method == "OPTIONS" && a.Headers.Get("Access-Control-Request-Method") != ""
}

// site is the servers of the page and of its requests. It records every
// request.
type site struct {
	listeners []net.Listener

	mu   sync.Mutex
	seen []arrived
}

// openSite listens on all origins.
func openSite() (*site, error) {
	certified := httptest.NewTLSServer(nil)
	certificate := certified.TLS.Certificates[0]
	certified.Close()
	s := &site{}
	for _, origin := range []string{pageOrigin, apiOrigin, otherOrigin, secureOrigin} {
		scheme, host, _ := strings.Cut(origin, "://")
		_, port, _ := strings.Cut(host, ":")
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:"+port)
		if err != nil {
			s.close()
			return nil, err
		}
		if scheme == "https" {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
		}
		s.listeners = append(s.listeners, l)
		go rawhttp.Accept(l, func(c net.Conn) { s.converse(c, origin) })
	}
	return s, nil
}

func (s *site) close() {
	for _, l := range s.listeners {
		_ = l.Close()
	}
}

// converse answers one request after another on a connection.
func (s *site) converse(c net.Conn, origin string) {
	defer c.Close()
	br := bufio.NewReader(c)
	for {
		a, err := read(br, origin)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.seen = append(s.seen, *a)
		s.mu.Unlock()
		path, _, _ := strings.Cut(strings.TrimPrefix(a.URL, origin), "?")
		reply := answer(path, a)
		switch {
		case reply.abort:
			rawhttp.Reset(c)
			return
		case reply.socket:
			_ = greet(c, br, a)
			return
		}
		if _, err := c.Write(reply.bytes(a.Method)); err != nil || reply.last {
			return
		}
	}
}

// last returns the last request to a URL, either among the preflights or among
// the others.
func (s *site) last(url string, preflight bool) (arrived, bool) {
	url, _, _ = strings.Cut(url, "#")
	url = strings.Replace(url, "ws://", "http://", 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range slices.Backward(s.seen) {
		if a.preflight() == preflight && a.URL == url {
			return a, true
		}
	}
	return arrived{}, false
}

// maxBody bounds the body of a request.
const maxBody = 1 << 20

// read reads a request. Its body must have a length.
func read(br *bufio.Reader, origin string) (*arrived, error) {
	head, err := rawhttp.ReadHead(br)
	if err != nil {
		return nil, err
	}
	a := &arrived{Method: head.Method, URL: origin + head.Target, Headers: head.Headers}
	length, err := strconv.Atoi("0" + a.Headers.Get("Content-Length"))
	if err != nil || length > maxBody || a.Headers.Get("Transfer-Encoding") != "" {
		return nil, rawhttp.ErrRequest
	}
	a.Body = make([]byte, length)
	_, err = io.ReadFull(br, a.Body)
	return a, err
}

// greet opens a WebSocket, reads one message and sends one.
func greet(c net.Conn, br *bufio.Reader, a *arrived) error {
	sum := sha1.Sum([]byte(a.Headers.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455
	_, err := fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	const text = `{"hello":"fox"}`
	if _, err = br.Peek(2); err == nil {
		_, err = c.Write(append([]byte{0x81, byte(len(text))}, text...))
	}
	if err == nil {
		_, _ = io.Copy(io.Discard, br) // until the page closes it
	}
	return err
}
