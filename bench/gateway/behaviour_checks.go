//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// patience is how long a gateway may take for what it should do at once.
const patience = 10 * time.Second

const (
	stranger = "https://evil.example"
	own400   = "its own 400 has CORS"
)

// check is a row of the table.
type check struct {
	name string
	run  func(*trial) result
}

// checks are the rows. The last stops the upstream.
var checks = []check{
	{"an allowed origin, the server sends other CORS headers", func(t *trial) result { return t.ask("GET /items", "Origin: "+page).readable() }},
	{"another origin, the server allows all", func(t *trial) result { return t.ask("GET /items", "Origin: "+stranger).silent() }},
	{"Vary, if the server has it already", func(t *trial) result { return t.ask("GET /items", "Origin: "+page).varies() }},
	{"a refused preflight discloses nothing", func(t *trial) result {
		return t.ask("OPTIONS /items", "Origin: "+stranger, "Access-Control-Request-Method: PUT").silent()
	}},
	{"a preflight does not reach the server", func(t *trial) result {
		a := t.ask("OPTIONS /items", "Origin: "+page, "Access-Control-Request-Method: PUT")
		if readable := a.readable(); !readable.right {
			return readable
		}
		return oneOf(len(a.seen) == 0, "right", "it does")
	}},
	{"500 of the server has CORS", func(t *trial) result { return t.ask("GET /500", "Origin: "+page).has(500) }},
	{own400, func(t *trial) result { return t.ask("GET /items", "Origin: "+page, "Bad Name: x").has(400) }},
	{"plain OPTIONS reaches the server", func(t *trial) result { return t.ask("OPTIONS /items").arrives() }},
	{"OPTIONS with Origin that is not a preflight does", func(t *trial) result { return t.ask("OPTIONS /items", "Origin: "+page).arrives() }},
	{"Content-Length and Transfer-Encoding together", twoLengths},
	{"a folded header line", func(t *trial) result {
		a := t.ask("GET /items", "X-A: b\r\n c")
		return oneOf(a.status == 400 || a.status == 200 && !strings.Contains(a.head(), "\n c"), fmt.Sprint(a.status), fmt.Sprintf("%d, forwarded", a.status))
	}},
	{"`X-Forwarded-For` and `-Host` of clients", func(t *trial) result {
		a := t.ask("GET /items", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: forged.example")
		return oneOf(a.status == 200 && !strings.Contains(a.head(), "6.6.6.6") && !strings.Contains(a.head(), "forged.example"), "dropped", "trusted")
	}},
	{"a `Host` that no rule names", foreignHost},
	{"`?q=a;b`", func(t *trial) result { return t.ask("GET /items?q=a;b").keeps("/items?q=a;b") }},
	{"`/a//b`", func(t *trial) result { return t.ask("GET /a//b").keeps("/a//b") }},
	{"server-sent events arrive at once", events},
	{"between two events, the server notices that a client has left", leaves},
	{"WebSocket", socket},
	{"103 and trailers", func(t *trial) result {
		a := t.ask("GET /early", "TE: trailers")
		return result{yes(slices.Contains(a.interim, 103)) + " / " + yes(a.trailer["X-Trailer"] != nil), slices.Contains(a.interim, 103) && a.trailer["X-Trailer"] != nil}
	}},
	{"its own 502 has CORS", func(t *trial) result {
		t.up.close()
		a := t.ask("GET /items", "Origin: "+page)
		if a.status/100 != 5 {
			return result{fmt.Sprint(a.status), false}
		}
		return a.has(a.status)
	}},
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func oneOf(right bool, ifRight, ifWrong string) result {
	if right {
		return result{ifRight, true}
	}
	return result{ifWrong, false}
}

// trial is a gateway in front of an upstream.
type trial struct {
	ctx     context.Context
	address string
	up      *recorder
}

// answer is what a gateway answers, and what its upstream got.
type answer struct {
	err     error
	status  int
	header  http.Header
	trailer http.Header
	interim []int
	seen    []string // heads of requests
}

// ask sends a request and reads the answer.
func (t *trial) ask(request string, lines ...string) answer {
	return t.raw(request + " HTTP/1.1\r\nHost: " + host + "\r\n" + strings.Join(append(lines, "Connection: close"), "\r\n") + "\r\n\r\n")
}

func (t *trial) raw(text string) (a answer) {
	t.up.take()
	conn, in, err := t.open(text)
	if err != nil {
		return answer{err: err}
	}
	defer conn.Close()
	method, _, _ := strings.Cut(text, " ")
	for {
		r, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return answer{err: err, seen: t.up.take()}
		}
		if r.StatusCode >= 200 {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
			return answer{status: r.StatusCode, header: r.Header, trailer: r.Trailer, interim: a.interim, seen: t.up.take()}
		}
		a.interim = append(a.interim, r.StatusCode)
	}
}

// open sends a request on a connection of its own.
func (t *trial) open(text string) (net.Conn, *bufio.Reader, error) {
	conn, err := new(net.Dialer).DialContext(t.ctx, "tcp", t.address)
	if err != nil {
		return nil, nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, err = io.WriteString(conn, text)
	return conn, bufio.NewReader(conn), err
}

// head returns what the upstream got.
func (a answer) head() string { return strings.Join(a.seen, "") }

// allows reports whether the page may read it, with credentials.
func (a answer) allows() bool {
	return slices.Equal(a.header["Access-Control-Allow-Origin"], []string{page}) && slices.Equal(a.header["Access-Control-Allow-Credentials"], []string{"true"})
}

func (a answer) readable() result { return oneOf(a.allows(), "right", "wrong") }

func (a answer) has(status int) result {
	if a.status != status {
		return result{fmt.Sprintf("%d", a.status), false}
	}
	return oneOf(a.allows(), "yes", "no")
}

// silent is right if there is no CORS header.
func (a answer) silent() result {
	var all []string
	for name := range a.header {
		if short, ok := strings.CutPrefix(name, "Access-Control-"); ok {
			all = append(all, short)
		}
	}
	slices.Sort(all)
	return oneOf(a.status != 0 && len(all) == 0, "right", "has "+strings.Join(all, ", "))
}

// varies is right if Origin is there once.
func (a answer) varies() result {
	n := 0
	for name := range strings.SplitSeq(strings.Join(a.header["Vary"], ","), ",") {
		if strings.EqualFold(strings.TrimSpace(name), "Origin") {
			n++
		}
	}
	return oneOf(n == 1, "merged", fmt.Sprintf("%d times", n))
}

func (a answer) arrives() result {
	return oneOf(a.status == 200 && len(a.seen) == 1, "yes", "no")
}

// keeps is right if the upstream got the target.
func (a answer) keeps(target string) result {
	if len(a.seen) != 1 {
		return result{fmt.Sprint(a.status), false}
	}
	fields := strings.Fields(a.seen[0])
	if len(fields) < 2 {
		return result{"garbage", false}
	}
	return oneOf(fields[1] == target, "kept", "`"+fields[1]+"`")
}

// twoLengths is right if the request is refused, or the upstream gets one length.
func twoLengths(t *trial) result {
	a := t.raw("POST /items HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 30\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nX: ")
	head := strings.ToLower(a.head())
	if a.status == 400 {
		return result{"400", true}
	}
	single := len(a.seen) == 1 && strings.Contains(head, "content-length:") != strings.Contains(head, "transfer-encoding:")
	return oneOf(single, fmt.Sprintf("%d, one is dropped", a.status), "both are forwarded")
}

// foreignHost is right if the server gets the name, once: it alone knows that this is
// not one of its own, as it is after DNS rebinding.
func foreignHost(t *trial) result {
	const foreign = "evil.example"
	a := t.raw("GET /items HTTP/1.1\r\nHost: " + foreign + "\r\nConnection: close\r\n\r\n")
	var names []string
	for line := range strings.Lines(a.head()) {
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Host") {
			names = append(names, strings.TrimSpace(value))
		}
	}
	return oneOf(a.status == 200 && slices.Equal(names, []string{foreign}), "kept", "changed")
}

// stream opens the stream of events and reads the first.
func (t *trial) stream() (net.Conn, error) {
	conn, in, err := t.open("GET /events HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + page + "\r\n\r\n")
	if err != nil {
		return nil, err
	}
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		return conn, err
	}
	first := make([]byte, len(event))
	_, err = io.ReadFull(r.Body, first)
	return conn, err
}

func events(t *trial) result {
	conn, err := t.stream()
	if conn != nil {
		defer conn.Close()
	}
	return oneOf(err == nil, "yes", "no")
}

func leaves(t *trial) result {
	t.up.forget()
	conn, err := t.stream()
	if err != nil {
		return result{"–", false}
	}
	_ = conn.Close()
	select {
	case <-t.up.left:
		return result{"yes", true}
	case <-time.After(patience):
		return result{"no", false}
	}
}

func socket(t *trial) result {
	conn, in, err := t.open("GET /socket HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + page + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	if err != nil {
		return result{"no", false}
	}
	defer conn.Close()
	r, err := http.ReadResponse(in, nil)
	if err != nil || r.StatusCode != http.StatusSwitchingProtocols {
		return result{"no", false}
	}
	_, err = io.WriteString(conn, "hello")
	echo := make([]byte, 5)
	if err == nil {
		_, err = io.ReadFull(in, echo)
	}
	return oneOf(err == nil && string(echo) == "hello", "yes", "no")
}
