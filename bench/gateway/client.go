//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// page is the origin of the page that sends the requests.
const page = "https://app.example.com"

// request returns what a browser would send.
func (s scenario) request() []byte {
	fields := "Accept: */*\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\nOrigin: " + page +
		"\r\nReferer: " + page + "/\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: cross-site\r\nUser-Agent: Mozilla/5.0\r\n"
	if s.method == http.MethodOptions {
		fields += "Access-Control-Request-Method: GET\r\n"
	} else {
		fields += "Cookie: session=0123456789abcdef\r\n"
	}
	return []byte(s.method + " " + s.path + " HTTP/1.1\r\nHost: api.example.com\r\n" + fields + "\r\n")
}

// check checks that a proxy does what a gateway must for the page, before it is
// measured.
func check(ctx context.Context, address string, s scenario) error {
	r, err := http.NewRequestWithContext(ctx, s.method, "http://"+address+s.path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Origin", page)
	if s.method == http.MethodOptions {
		r.Header.Set("Access-Control-Request-Method", "GET")
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if allowed := res.Header["Access-Control-Allow-Origin"]; res.StatusCode >= 300 || len(allowed) != 1 || allowed[0] != page {
		return fmt.Errorf("status %d, and %q is allowed", res.StatusCode, allowed)
	}
	return nil
}

// load sends requests for some time, and returns how many microseconds each took.
func load(ctx context.Context, address string, s scenario, chunk time.Duration) ([]float64, error) {
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		all   []float64
		fails error
	)
	end := time.Now().Add(chunk)
	for range s.clients {
		wait.Go(func() {
			times, err := send(ctx, address, s.request(), end)
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
