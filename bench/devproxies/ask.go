//go:build linux

package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// answer is what a client gets.
type answer struct {
	status  int
	header  http.Header
	trailer http.Header
	body    string
	interim []int
	closed  bool  // the connection ends with it
	err     error // of the connection, or of the message
}

// dial connects to a proxy. All reads and writes have to be done within patience.
func (t *trial) dial() (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(t.bed.ctx, "tcp", t.address)
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(patience))
	}
	return conn, err
}

// send sends bytes to the proxy, and returns the answer.
func (t *trial) send(method, raw string) answer {
	conn, err := t.dial()
	if err != nil {
		return answer{err: err}
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, raw); err != nil {
		return answer{err: err}
	}
	in := bufio.NewReader(conn)
	a := read(in, method)
	if a.err == nil && a.closed {
		_, err := in.ReadByte()
		a.closed = errors.Is(err, io.EOF)
	}
	return a
}

// read reads an answer to its end.
func read(in *bufio.Reader, method string) (a answer) {
	for {
		res, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			a.err = err
			return a
		}
		if res.StatusCode < 200 && res.StatusCode != http.StatusSwitchingProtocols {
			a.interim = append(a.interim, res.StatusCode)
			continue
		}
		a.status, a.header, a.closed = res.StatusCode, res.Header, res.Close
		if res.StatusCode != http.StatusSwitchingProtocols {
			var body []byte
			body, a.err = io.ReadAll(res.Body)
			a.body, a.trailer = string(body), res.Trailer
		}
		_ = res.Body.Close()
		return a
	}
}

// head returns the head of a request for what the proxy has as /api and rest, with a
// Host of its own unless fields have one.
func (t *trial) head(method, rest string, fields ...string) string {
	head := method + " " + t.pathTo(rest) + " HTTP/1.1\r\n"
	if len(fields) == 0 || !strings.HasPrefix(fields[0], "Host:") {
		head += "Host: " + t.address + "\r\n"
	}
	for _, f := range fields {
		head += f + "\r\n"
	}
	return head + "\r\n"
}

// ask sends a request, and returns the answer.
func (t *trial) ask(method, rest string, fields ...string) answer {
	return t.send(method, t.head(method, rest, fields...))
}

// get asks as a page on the origin of the proxy does.
func (t *trial) get(rest string) answer { return t.ask(http.MethodGet, rest, t.fromOwnPage()...) }

func (t *trial) fromOwnPage() []string {
	return []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Referer: http://" + t.address + "/"}
}

// fromPage returns the fields of a request by the page of an origin.
func fromPage(origin string) []string {
	return []string{"Origin: " + origin, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Cookie: session=1"}
}
