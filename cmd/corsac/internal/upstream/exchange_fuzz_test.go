package upstream

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

// reading is how one reader reads what a server has sent.
type reading struct {
	interim  []int
	status   int
	body     string
	trailers http.Header
	err      error
}

// same reports whether two readers agree. Two errors agree.
func (a *reading) same(b *reading) bool {
	if a.err != nil || b.err != nil {
		return a.err != nil && b.err != nil
	}
	return slices.Equal(a.interim, b.interim) && a.status == b.status && a.body == b.body && reflect.DeepEqual(a.trailers, b.trailers)
}

// readByOwn makes a request with a client.
func readByOwn(c *Client, method string) *reading {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	got := &reading{trailers: http.Header{}}
	r := request(method)
	r.Interim = func(status int, _ []http1.Field) error {
		got.interim = append(got.interim, status)
		return nil
	}
	res, err := c.Do(ctx, r)
	if err != nil {
		return &reading{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	got.status, got.body, got.err = res.Status, string(body), err
	for _, f := range res.Body.Trailers() {
		got.trailers[f.Name] = append(got.trailers[f.Name], f.Value)
	}
	return got
}

// readByTheirs reads what a server has sent with net/http.
func readByTheirs(b []byte, method string) *reading {
	got := &reading{trailers: http.Header{}}
	in := bufio.NewReader(bytes.NewReader(b))
	for {
		res, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return &reading{err: err}
		}
		if res.StatusCode < 200 {
			got.interim = append(got.interim, res.StatusCode)
			continue
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		got.status, got.body, got.err = res.StatusCode, string(body), err
		if res.Trailer != nil {
			got.trailers = res.Trailer
		}
		for name, values := range got.trailers {
			if values == nil { // announced, and not sent
				delete(got.trailers, name)
			}
		}
		return got
	}
}

// script is what a server sends, to each request on a connection the next turn, in
// pieces. It closes a connection on which there is no next request soon.
type script struct {
	turns [][]byte
	step  int
}

func (s *script) play(_ int32, conn net.Conn, in *bufio.Reader) {
	for _, turn := range s.turns {
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		for piece := range slices.Chunk(turn, s.step) {
			if _, err := conn.Write(piece); err != nil {
				return
			}
		}
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	}
}

// exchangeSeeds are responses in one or several messages.
var exchangeSeeds = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2;a\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n1\r\nx\r\n000\r\nX-A: \r\nX-A: b\r\n\r\n",
	"HTTP/1.0 200 OK\r\n\r\nuntil the end", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
	"HTTP/1.1 101 x\r\nUpgrade: y\r\nConnection: Upgrade\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "",
}

// FuzzExchange checks that what is accepted from a server is what net/http reads in
// the same bytes, in whatever pieces they come, and that the response to the second
// request on a connection has nothing of what came with the first.
func FuzzExchange(f *testing.F) {
	for i, s := range exchangeSeeds {
		f.Add([]byte(s), []byte(exchangeSeeds[(i+1)%len(exchangeSeeds)]), "GET", i%3+1)
		f.Add([]byte(s), []byte(s), "HEAD", 1000)
	}
	var current atomic.Pointer[script]
	s := listen(f, func(n int32, conn net.Conn, in *bufio.Reader) { current.Load().play(n, conn, in) })
	f.Fuzz(func(t *testing.T, first, second []byte, method string, step int) {
		if len(first)+len(second) > 2000 { // more would not arrive at once
			return
		}
		if method != http.MethodHead {
			method = http.MethodGet
		}
		ask := func(c *script) *reading {
			current.Store(c)
			defer s.client.CloseIdle()
			return readByOwn(s.client, method)
		}
		whole, pieces := ask(&script{[][]byte{first}, len(first) + 1}), ask(&script{[][]byte{first}, min(max(step, 1), 100)})
		if !whole.same(pieces) {
			t.Errorf("%q: at once %+v, in pieces %+v", first, whole, pieces)
		}
		theirs := readByTheirs(first, method)
		if whole.err == nil && !whole.same(theirs) && !isLimitOfTheirs(theirs.err) {
			t.Errorf("%q: %+v, net/http: %+v", first, whole, theirs)
		}
		both := &script{[][]byte{first, second}, len(first) + len(second) + 1}
		one := ask(&script{[][]byte{second}, len(second) + 1})
		current.Store(both)
		defer s.client.CloseIdle()
		before := readByOwn(s.client, method)
		after := readByOwn(s.client, method)
		if !before.same(whole) || !after.same(whole) && !after.same(one) {
			t.Errorf("%q, then %q: %+v, %+v; alone: %+v, %+v", first, second, before, after, whole, one)
		}
	})
}

// isLimitOfTheirs reports whether net/http refuses a response that is valid.
func isLimitOfTheirs(err error) bool {
	if err == nil {
		return false
	}
	return slices.ContainsFunc([]string{"suspiciously long trailer", "bad trailer key", "malformed MIME header"}, func(text string) bool { return strings.Contains(err.Error(), text) })
}
