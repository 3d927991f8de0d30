package gateway_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

const (
	good   = "HTTP/1.1 200 OK\r\n"
	length = "Content-Length: 2\r\n"
	coding = "Transfer-Encoding: chunked\r\n"
	second = good + "Content-Length: 6\r\n\r\nsecond"
)

// beside are answers of upstreams, and what a client gets then: from the gateway,
// and from a httputil.ReverseProxy in its place if that is something else, and why
// it is. EOF is the end of the connection.
var beside = []struct {
	name, answer, gateway, reverseProxy, why string
}{
	{"sized", good + length + "\r\nok", "200 ok", "", ""},
	{"in chunks", good + coding + "\r\n2\r\nok\r\n0\r\n\r\n", "200 ok", "", ""},
	{"until the end", good + "\r\nokEOF", "200 ok", "", ""},
	{"HTTP/1.0", "HTTP/1.0 200 OK\r\n" + length + "\r\nok", "200 ok", "", ""},
	{"204", "HTTP/1.1 204 x\r\n\r\n", "204", "", ""},
	{"204 with a body", "HTTP/1.1 204 x\r\n" + length + "\r\nok", "204", "", ""},
	{"204 in chunks", "HTTP/1.1 204 x\r\n" + coding + "\r\n2\r\nok\r\n0\r\n\r\n", "204", "", ""},
	{"304 with a body", "HTTP/1.1 304 x\r\n" + length + "\r\nok", "304", "", ""},
	{"bytes after a length", good + length + "\r\nok" + poison, "200 ok", "", ""},
	{"bytes after chunks", good + coding + "\r\n2\r\nok\r\n0\r\n\r\n" + poison, "200 ok", "", ""},
	{"two responses after 204", "HTTP/1.1 204 x\r\n\r\n" + poison, "204", "", ""},
	{"two equal lengths", good + length + length + "\r\nok", "502", "200 ok", "some readers use the first, some refuse it"},
	{"two lengths", good + length + "Content-Length: 1\r\n\r\nok", "502", "", ""},
	{"a list of lengths", good + "Content-Length: 2, 2\r\n\r\nok", "502", "", ""},
	{"a length with a sign", good + "Content-Length: +2\r\n\r\nok", "502", "", ""},
	{"an empty length", good + "Content-Length:\r\n\r\nokEOF", "502", "", ""},
	{"a length and chunks", good + length + coding + "\r\n2\r\nok\r\n0\r\n\r\n", "502", "200 ok", "RFC 9112 §6.3 allows to ignore the length; some do not"},
	{"chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\n" + coding + "\r\n2\r\nok\r\n0\r\n\r\nEOF", "502", "200 2\r\nok\r\n0", "RFC 9112 §6.1: its framing is faulty"},
	{"a coding before chunked", good + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "502", "", ""},
	{"identity", good + "Transfer-Encoding: identity\r\n" + length + "\r\nok", "502", "", ""},
	{"chunked twice", good + coding + coding + "\r\n2\r\nok\r\n0\r\n\r\n", "502", "", ""},
	{"a coding with a control character", good + "Transfer-Encoding: \vchunked\r\n\r\n2\r\nok\r\n0\r\n\r\nEOF", "502", "", ""},
	{"a continued line", good + "A: b\r\n c\r\n" + length + "\r\nok", "502", "200 ok", "RFC 9112 §5.2 allows to refuse it; some read it as a field of its own"},
	{"a length in a continued line", good + "A: b\r\n " + length + "\r\nokEOF", "502", "200 ok", "the same"},
	{"a length that is continued", good + "Content-Length:\r\n 2\r\n\r\nok", "502", "200 ok", "the same"},
	{"lines that end with LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "502", "200 ok", "RFC 9112 §2.2 allows it; some do not see these ends"},
	{"a CR in a value", good + "A: b\rContent-Length: 5\r\n" + length + "\r\nok", "502", "", ""},
	{"a NUL in a value", good + "A: \x00\r\n" + length + "\r\nok", "502", "", ""},
	{"a space before the colon", good + "Content-Length : 2\r\n\r\nokEOF", "502", "200 ok", "RFC 9112 §5.1: a proxy removes it; some read a field of that name"},
	{"a line without a colon", good + "A\r\n" + length + "\r\nok", "502", "", ""},
	{"a name that is not a token", good + "A/b: c\r\n" + length + "\r\nok", "502", "", ""},
	{"an empty line first", "\r\n" + good + length + "\r\nok", "502", "", ""},
	{"another protocol", "SSH-2.0-x\r\nEOF", "502", "", ""},
	{"HTTP/2.0", "HTTP/2.0 200 OK\r\n" + length + "\r\nok", "502", "200 ok", "it is not a version of this syntax"},
	{"a status of two digits", "HTTP/1.1 20 x\r\n" + length + "\r\nok", "502", "", ""},
	{"status 099", "HTTP/1.1 099 x\r\n" + length + "\r\nok", "502", brokenOff, "net/http panics"},
	{"no response", "EOF", "502", "", ""},
	{"half a status line", "HTTP/1.1 2EOF", "502", "", ""},
	{"half a header", good + "A: EOF", "502", "", ""},
	{"a short body", good + "Content-Length: 3\r\n\r\nokEOF", brokenOff, "", ""},
	{"chunks without an end", good + coding + "\r\n2\r\nok\r\nEOF", brokenOff, "", ""},
	{"chunks without the last empty line", good + coding + "\r\n2\r\nok\r\n0\r\nEOF", brokenOff, "", ""},
	{"a chunk extension", good + coding + "\r\n2;a=b\r\nok\r\n0\r\n\r\n", "200 ok", "", ""},
	{"a chunk extension with LF", good + coding + "\r\n2;\nok\r\n0\r\n\r\nEOF", brokenOff, "", ""},
	{"a chunk longer than it says", good + coding + "\r\n2\r\nokay\r\n0\r\n\r\nEOF", brokenOff, "", ""},
	{"a chunk size of 17 digits", good + coding + "\r\n10000000000000002\r\nok\r\n0\r\n\r\nEOF", brokenOff, "", ""},
	{"a negative chunk size", good + coding + "\r\n-2\r\nok\r\n0\r\n\r\nEOF", brokenOff, "", ""},
	{"chunk lines that end with LF", good + coding + "\r\n2\nok\n0\n\nEOF", brokenOff, "", ""},
	{"a trailer without a colon", good + coding + "\r\n2\r\nok\r\n0\r\nA\r\n\r\nEOF", brokenOff, "", ""},
	{"a switch that nobody asked for", "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nEOF", "502", "", ""},
	{"101 interim responses", strings.Repeat("HTTP/1.1 103 x\r\n\r\n", 101) + good + length + "\r\nok", "502", "200 ok", "the gateway has a bound"},
	{"an interim response", "HTTP/1.1 103 x\r\n\r\n" + good + length + "\r\nok", "200 ok", "", ""},
	{"an interim response with a length", "HTTP/1.1 103 x\r\n" + length + "\r\n" + good + length + "\r\nok", "200 ok", "", ""},
}

// answering serves the first request with an answer, and all others with second.
// The first connection closes after the answer if closes is set.
func answering(answer string, closes bool) func(context.Context, net.Conn) {
	first := make(chan struct{}, 1)
	first <- struct{}{}
	return func(_ context.Context, conn net.Conn) {
		for in := bufio.NewReader(conn); ; {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			select {
			case <-first:
				_, _ = io.WriteString(conn, answer)
				if closes {
					return
				}
			default:
				_, _ = io.WriteString(conn, second)
			}
		}
	}
}

// outcome is what a client gets that sends a request.
func outcome(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		return brokenOff
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return brokenOff
	case res.StatusCode >= 500:
		return strconv.Itoa(res.StatusCode)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", res.StatusCode, body))
}

// brokenOff is the outcome of a connection that ends too early, before or after
// the header of the response: ReverseProxy flushes it at other times.
const brokenOff = "broken off"

// outcomes is the outcome of a request, together with that of the next if it is
// not second.
func outcomes(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	first := outcome(t, client, url)
	time.Sleep(5 * time.Millisecond) // for what has arrived after the response
	if next := outcome(t, client, url); next != "200 second" {
		return first + "; then " + next
	}
	return first
}

// TestBesideReverseProxy shows where the gateway differs from net/http.
func TestBesideReverseProxy(t *testing.T) {
	quiet := log.New(io.Discard, "", 0)
	for _, c := range beside {
		answer, closes := strings.CutSuffix(c.answer, "EOF")
		upstream := func() string {
			return startHostile(t, t.Context(), behaviour{"h1", answering(answer, closes)})
		}
		if got := outcomes(t, start(t, one(t, upstream()), gateway.Options{}).URL); got != c.gateway {
			t.Errorf("%s: %q, want %q", c.name, got, c.gateway)
		}
		behind := parseURL(t, upstream())
		proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{
			Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(behind) },
			ErrorLog: quiet,
		})
		proxy.Config.ErrorLog = quiet
		proxy.Start()
		if got := outcomes(t, proxy.URL); got != cmp.Or(c.reverseProxy, c.gateway) {
			t.Errorf("%s: ReverseProxy: %q, want %q", c.name, got, cmp.Or(c.reverseProxy, c.gateway))
		}
		proxy.Close()
	}
}
