package dev

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// startCost starts corsac dev as the command does, with its recording, and returns
// its address.
func startCost(tb testing.TB) (*Runner, string) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	go answerAll(l)
	s, err := Combine(Flags{APIs: []string{"/api=http://" + l.Addr().String()}, Listen: "127.0.0.1:0"}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	r := &Runner{Settings: s, Log: slog.New(slog.DiscardHandler)}
	if err := r.Open(ctx); err != nil {
		tb.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx) }()
	tb.Cleanup(func() {
		cancel()
		_ = l.Close()
		<-served
	})
	return r, strings.TrimPrefix(r.URL(), "http://")
}

// answerAll answers every request with the same kilobyte.
func answerAll(l net.Listener) {
	answer := []byte("HTTP/1.1 200 OK\r\nServer: x\r\nDate: y\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nX-Request-Id: 1\r\nContent-Length: 1024\r\n\r\n" +
		strings.Repeat("x", 1024))
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for b := make([]byte, 8192); ; {
				if _, err := conn.Read(b); err != nil {
					return
				}
				if _, err := conn.Write(answer); err != nil {
					return
				}
			}
		}()
	}
}

// costRequest is what a page on the origin of the proxy sends.
func costRequest(address string) []byte {
	return fmt.Appendf(nil, "GET /api/users?page=2 HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\n"+
		"Cookie: session=0123456789abcdef\r\nReferer: http://%s/\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\n"+
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n\r\n", address, address)
}

// exchange sends a request and reads the answer.
func exchange(tb testing.TB, conn net.Conn, in *bufio.Reader, request []byte) {
	if _, err := conn.Write(request); err != nil {
		tb.Fatal(err)
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			tb.Fatal(err)
		}
		if len(line) == 2 {
			break
		}
	}
	if _, err := in.Discard(1024); err != nil {
		tb.Fatal(err)
	}
}

// TestAllocations bounds what a request through corsac dev allocates, with its
// recording and net/http's server, but without its log, which has a line for a few
// requests only if there are many.
func TestAllocations(t *testing.T) {
	testenv.NoRace(t, "sync.Pool drops values at random under the race detector")
	_, address := startCost(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in, request := bufio.NewReaderSize(conn, 8192), costRequest(address)
	got := testing.AllocsPerRun(500, func() { exchange(t, conn, in, request) })
	t.Logf("%v allocations", got)
	const most = 92
	if got > most {
		t.Errorf("%v allocations, at most %d", got, most)
	}
}

// BenchmarkRequest measures a request through corsac dev, with its log, with the
// client and the server in one process.
func BenchmarkRequest(b *testing.B) {
	r, address := startCost(b)
	live := &Live{Inspector: r.Inspector()}
	go live.Follow(b.Context(), r.Ring(), live.Text(io.Discard, terminal.Palette{}))
	request := costRequest(address)
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", address)
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		in := bufio.NewReaderSize(conn, 8192)
		for pb.Next() {
			exchange(b, conn, in, request)
		}
	})
}
