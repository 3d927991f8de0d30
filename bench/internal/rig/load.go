//go:build linux

package rig

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Load lets clients send a request again and again for some time, each over a
// connection of its own, and returns how many microseconds each took.
func Load(ctx context.Context, address string, request []byte, clients int, chunk time.Duration) ([]float64, error) {
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		all   []float64
		fails error
	)
	end := time.Now().Add(chunk)
	for range clients {
		wait.Go(func() {
			times, err := send(ctx, address, request, end)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, times...)
			if err != nil {
				fails = err
			}
		})
	}
	wait.Wait()
	return all, fails
}

// send sends requests on a connection, one after the other, until a time.
func send(ctx context.Context, address string, request []byte, end time.Time) (times []float64, err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	for begin := time.Now(); begin.Before(end); {
		if _, err := conn.Write(request); err != nil {
			return times, err
		}
		if err := skip(in); err != nil {
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
		if parts := strings.Fields(string(line)); len(parts) == 3 {
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
