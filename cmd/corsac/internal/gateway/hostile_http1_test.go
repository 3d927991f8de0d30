package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// silent does nothing until the other side has gone.
func silent(ctx context.Context, conn net.Conn) {
	_, _ = io.Copy(io.Discard, conn)
	_ = ctx
}

// deaf does not even read.
func deaf(ctx context.Context, _ net.Conn) {
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
	}
}

// repeat writes s again and again, with pauses.
func repeat(conn net.Conn, s string, pause time.Duration) {
	for {
		if _, err := io.WriteString(conn, s); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

// after reads the head of a request before the behaviour.
func after(serve func(ctx context.Context, conn net.Conn)) func(ctx context.Context, conn net.Conn) {
	return func(ctx context.Context, conn net.Conn) {
		in := bufio.NewReader(conn)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				break
			}
		}
		serve(ctx, conn)
	}
}

// answers are what upstreams send, and then wait.
var answers = []string{
	"", "H", "HTTP/1.1", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nX-A: ", "HTTP/1.1 100 Continue\r\n\r\n",
	"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", "HTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nsurplus",
	"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nX-Surplus: 1\r\n\r\n", "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "garbage\r\n\r\n", "\x00\x01\x02\x03\x04\x05\x06\x07\r\n\r\n",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 999999 X\r\n\r\n", "HTTP/1.1 -1 X\r\n\r\n",
	"HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: x\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
	"HTTP/1.1 200 OK\r\nX\x00Y: x\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "\r\n\r\n\r\n",
}

// http1Behaviours are the ways in which an HTTP/1.1 upstream misbehaves.
func http1Behaviours() []behaviour {
	list := []behaviour{{"h1 silent", silent}, {"h1 deaf", deaf}, {"h1 deaf after the head", after(deaf)}}
	for _, answer := range answers {
		list = append(list, behaviour{fmt.Sprintf("h1 %.40q and waits", answer), after(func(ctx context.Context, conn net.Conn) {
			_, _ = io.WriteString(conn, answer)
			silent(ctx, conn)
		})}, behaviour{fmt.Sprintf("h1 %.40q and closes", answer), after(func(_ context.Context, conn net.Conn) {
			_, _ = io.WriteString(conn, answer)
		})})
	}
	for _, pause := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond} {
		for name, s := range map[string]string{
			"100": "HTTP/1.1 100 Continue\r\n\r\n", "102": "HTTP/1.1 102 Processing\r\n" + wrong + "\r\n",
			"103": "HTTP/1.1 103 Early Hints\r\nLink: </" + strings.Repeat("a", 1000) + ">\r\n\r\n", "bytes": "x", "lines": "\r\n",
		} {
			list = append(list, behaviour{fmt.Sprintf("h1 flood of %s every %v", name, pause), after(func(_ context.Context, conn net.Conn) {
				repeat(conn, s, pause)
			})})
		}
		for name, s := range map[string]string{"fields": "X-A: " + strings.Repeat("a", 1000) + "\r\n", "one field": "a", "blanks": " \r\n"} {
			list = append(list, behaviour{fmt.Sprintf("h1 head of %s every %v", name, pause), after(func(_ context.Context, conn net.Conn) {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-B: ")
				repeat(conn, s, pause)
			})})
		}
	}
	return append(list, behaviour{"h1 resets", after(func(_ context.Context, conn net.Conn) {
		if c, ok := conn.(*net.TCPConn); ok {
			_ = c.SetLinger(0)
		}
	})}, behaviour{"h1 reads a byte at a time", func(_ context.Context, conn net.Conn) {
		for b := make([]byte, 1); ; time.Sleep(10 * time.Millisecond) {
			if _, err := conn.Read(b); err != nil {
				return
			}
		}
	}})
}

// serverTLS returns the TLS configuration of a server that is trusted.
func serverTLS(t *testing.T, protocols ...string) *tls.Config {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	trust(t, server)
	return &tls.Config{Certificates: server.TLS.Certificates, NextProtos: protocols, MinVersion: tls.VersionTLS12}
}

// tlsBehaviours are the ways in which a TLS server misbehaves.
func tlsBehaviours(t *testing.T) []behaviour {
	t.Helper()
	list := []behaviour{{"TLS silent", silent}, {"TLS deaf", deaf}, {"TLS closes", func(context.Context, net.Conn) {}}}
	for _, s := range []string{"H", "HTTP/1.1 400 Bad Request\r\n\r\n", "\x15\x03\x03\x00\x02\x02\x28", "\x16\x03\x03\xff\xff", "\x16\x03\x03\x00\x04\x02\x00\x00\x00"} {
		list = append(list, behaviour{fmt.Sprintf("TLS %q and waits", s), func(ctx context.Context, conn net.Conn) {
			_, _ = io.WriteString(conn, s)
			silent(ctx, conn)
		}}, behaviour{fmt.Sprintf("TLS flood of %q", s), func(_ context.Context, conn net.Conn) { repeat(conn, s, time.Millisecond) }})
	}
	config := serverTLS(t, "http/1.1")
	for _, b := range []behaviour{{"silent", silent}, {"deaf", deaf}, {"deaf after the head", after(deaf)}, {"closes", after(func(context.Context, net.Conn) {})}} {
		list = append(list, behaviour{"TLS, then " + b.name, func(ctx context.Context, conn net.Conn) {
			secure := tls.Server(conn, config)
			if secure.HandshakeContext(ctx) == nil {
				b.serve(ctx, secure)
			}
		}})
	}
	return list
}
