package probe

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

// FuzzHead reads heads of responses. It checks that reading is bounded and does
// not panic, and that where net/http accepts a head too, status and values are
// the same.
func FuzzHead(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin : *\r\n\r\n",
		"HTTP/1.0 404\n\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nno colon\r\n\r\n", "http/2 999 x\r\nA:\r\n\r\n", "garbage", "HTTP/1.1 200 OK\r\n", "\xf9\xf9HTTP",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		strict := len(s)%2 == 0
		got, err := readFinal(bufio.NewReader(strings.NewReader(s)), true, strict)
		if err != nil {
			return
		}
		if got.Status/100 == 1 && got.Status != 101 || got.Status < 0 || got.Status > 65535 {
			t.Fatalf("status %d", got.Status)
		}
		if strict && got.Headers == nil {
			return // perhaps HTTP/0.9, which net/http does not know
		}
		theirs, err := http.ReadResponse(bufio.NewReader(strings.NewReader(s)), nil)
		if err != nil || theirs.StatusCode < 200 && theirs.StatusCode != 101 {
			return
		}
		if theirs.StatusCode != got.Status {
			t.Fatalf("%q: status %d, net/http says %d", s, got.Status, theirs.StatusCode)
		}
	})
}

// FuzzBody reads bodies. It checks that the result is never longer than what was
// sent, and that every error is one that browsers name.
func FuzzBody(f *testing.F) {
	f.Add("3\r\nabc\r\n0\r\n\r\n", "chunked", "")
	f.Add("abc", "", "2")
	f.Add("abc", "", "-1")
	f.Fuzz(func(t *testing.T, s, encoding, length string) {
		headers := []fetch.Header{{Name: "Transfer-Encoding", Value: encoding}, {Name: "Content-Length", Value: length}}
		body := framed(bufio.NewReader(strings.NewReader(s)), headers)
		got, err := io.ReadAll(body)
		if len(got) > len(s) || err != nil && !slices.Contains([]fetch.Code{fetch.CodeLengthMismatch, fetch.CodeChunksIncomplete, fetch.CodeChunksInvalid}, codeOfBody(err)) {
			t.Fatalf("%q: %d bytes, %v", s, len(got), err)
		}
	})
}
