package probe

import (
	"bufio"
	"errors"
	"strings"
	"testing"
)

// TestHead reads heads that are not as they should be as Chromium 156
// does. Where the allowed origin is * there, script can read the response.
func TestHead(t *testing.T) {
	const star = "Access-Control-Allow-Origin: *\r\n"
	for _, c := range []struct {
		head   string
		status int
		star   bool
		err    error
	}{
		{"HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n" + star + "\r\n", 200, true, nil},
		{strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 40) + "HTTP/1.1 200 OK\r\n" + star + "\r\n", 200, true, nil},
		{"HTTP/1.1 OK\r\n" + star + "\r\n", 200, true, nil},
		{"HTTP\r\n" + star + "\r\n", 200, true, nil},
		{"HTTP/1.1 404x\r\n" + star + "\r\n", 404, true, nil},
		{"HTTPX 404\r\n" + star + "\r\n", 404, true, nil},
		{"\r\n\r\nHTTP/1.1 200 OK\r\n" + star + "\r\n", 200, true, nil},
		{"HTTP/1.1 200 OK\rX: y\r" + star + "\r\n", 200, true, nil},
		{"HTTP/1.1 200 OK\r\n" + star + "junk\r\n x\r\n\r\n", 200, true, nil},
		{"HTTP/1.1 200 OK\r\n: y\r\n" + star + "\r\n", 200, true, nil},
		{"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin:\r\n *\r\n\r\n", 200, true, nil},
		{"HTTP/1.1 200 OK\r\n x\r\n" + star + "\r\n", 200, true, nil},
		{"HTTP/1.1 200 OK\r\n" + star + " x\r\n\r\n", 200, false, nil},
		{"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *", 200, true, errTruncated},
		{"HTTP/1.1 200 OK\r\nX: y\r\n\r\n" + star + "\r\n", 200, false, nil},
		{"\r\n\r\n\nHTTP/1.1 200 OK\r\n" + star + "\r\n", 0, false, errNotHTTP},
		{"junk, and no end of the line", 0, false, errNotHTTP},
	} {
		response, err := readFinal(bufio.NewReader(strings.NewReader(c.head)), false, false)
		switch {
		case !errors.Is(err, c.err):
			t.Errorf("%.80q: %v", c.head, err)
		case response != nil && (response.Status != c.status || (response.Headers.Get("Access-Control-Allow-Origin") == "*") != c.star):
			t.Errorf("%.80q: %+v", c.head, response)
		}
	}
	const upgrade = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
	if response, err := readFinal(bufio.NewReader(strings.NewReader(upgrade)), true, false); err != nil || response.Status != 101 {
		t.Errorf("with an upgrade: %+v, %v", response, err)
	}
}
