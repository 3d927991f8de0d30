package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// counts are what clients got, by route and outcome, and how long that took.
type counts struct {
	mu    sync.Mutex
	got   map[string]map[string]int
	times map[string]map[int]int // by route, and by powers of 1.05 in microseconds
}

func newCounts() *counts {
	return &counts{got: map[string]map[string]int{}, times: map[string]map[int]int{}}
}

// add counts an outcome.
func (c *counts) add(route, outcome string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.got[route] == nil {
		c.got[route], c.times[route] = map[string]int{}, map[int]int{}
	}
	c.got[route][outcome]++
	c.times[route][int(math.Log(max(1, float64(took.Microseconds())))/math.Log(1.05))]++
}

// of returns how often the outcomes of a route begin with a text.
func (c *counts) of(route, outcome string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for o, times := range c.got[route] {
		if strings.HasPrefix(o, outcome) {
			n += times
		}
	}
	return n
}

// all returns the number of outcomes.
func (c *counts) all() (n int) {
	c.mu.Lock()
	routes := slices.Collect(maps.Keys(c.got))
	c.mu.Unlock()
	for _, route := range routes {
		n += c.of(route, "")
	}
	return n
}

// log logs what has been counted of each route.
func (c *counts) log(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, route := range slices.Sorted(maps.Keys(c.got)) {
		t.Logf("%-16s %v, p50 %v, p99 %v", route, c.got[route], quantile(c.times[route], .5), quantile(c.times[route], .99))
	}
}

func quantile(times map[int]int, q float64) time.Duration {
	all := 0
	for _, n := range times {
		all += n
	}
	seen := 0
	for _, bucket := range slices.Sorted(maps.Keys(times)) {
		if seen += times[bucket]; float64(seen) >= q*float64(all) {
			return (time.Duration(math.Pow(1.05, float64(bucket))) * time.Microsecond).Round(10 * time.Microsecond)
		}
	}
	return 0
}

// soakClient sends requests over HTTP/1.1, one after the other on a connection. It
// repeats none.
type soakClient struct {
	*counts

	address string
	secure  bool
	pace    time.Duration // between the parts of a request, and of a response

	conn    net.Conn
	in      *bufio.Reader
	serials *sync.Map // of the certificates that clients got
}

func (c *soakClient) connect() error {
	conn, err := net.DialTimeout("tcp", c.address, 10*time.Second)
	if err != nil {
		return err
	}
	if c.secure {
		secure := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, ServerName: "localhost", NextProtos: []string{"http/1.1"}})
		_ = secure.SetDeadline(time.Now().Add(20 * time.Second))
		if err := secure.Handshake(); err != nil {
			_ = conn.Close()
			return err
		}
		c.serials.Store(secure.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), true)
		conn = secure
	}
	c.conn, c.in = conn, bufio.NewReader(conn)
	return nil
}

func (c *soakClient) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// soakRequest returns the text of a request.
func soakRequest(method, path, fields, body string) string {
	if body != "" {
		fields += "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
	}
	return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nOrigin: " + soakOrigin + "\r\n" + fields + "\r\n" + body
}

// preflight is a request whose outcomes are counted under a name of their own.
func preflight(path string) string {
	return soakRequest(http.MethodOptions, path, "Access-Control-Request-Method: PUT\r\n", "")
}

// send sends a request to a route and counts what becomes of it.
func (c *soakClient) send(route, request string) (outcome string) {
	begin := time.Now()
	outcome = c.exchange(request)
	c.add(route, outcome, time.Since(begin))
	return outcome
}

// exchange returns the status of the response, with "cut" if it breaks off, or why
// there is none.
func (c *soakClient) exchange(request string) string {
	if c.conn == nil {
		if err := c.connect(); err != nil {
			return "not connected: " + err.Error()
		}
	}
	_ = c.conn.SetDeadline(time.Now().Add(20 * time.Second))
	for part := range slices.Chunk([]byte(request), max(1, len(request)/c.parts())) {
		if _, err := c.conn.Write(part); err != nil {
			c.close()
			return "not sent"
		}
		time.Sleep(c.pace)
	}
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(c.in, &http.Request{Method: method})
	for err == nil && res.StatusCode < 200 {
		res, err = http.ReadResponse(c.in, &http.Request{Method: method})
	}
	if err != nil {
		c.close()
		return "no response"
	}
	status := strconv.Itoa(res.StatusCode)
	if got := res.Header["Access-Control-Allow-Origin"]; len(got) != 1 || got[0] != soakOrigin {
		status += fmt.Sprintf(" with Access-Control-Allow-Origin %q", got)
	}
	buffer := make([]byte, 16<<10)
	for err == nil {
		_, err = res.Body.Read(buffer)
		time.Sleep(c.pace)
	}
	if err != io.EOF {
		status += " cut"
	}
	if err != io.EOF || res.Close {
		c.close()
	}
	return status
}

func (c *soakClient) parts() int {
	if c.pace > 0 {
		return 5
	}
	return 1
}

// leave sends bytes of a request, reads some of the response, and leaves. It reports
// whether the bytes were sent.
func (c *soakClient) leave(request string, read int64) bool {
	if c.connect() != nil {
		return false
	}
	defer c.close()
	_ = c.conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, err := io.WriteString(c.conn, request)
	_, _ = io.CopyN(io.Discard, c.conn, read)
	return err == nil
}
