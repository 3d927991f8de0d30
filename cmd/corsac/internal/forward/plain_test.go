package forward

import (
	"bufio"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
)

// FuzzPlainGet checks that what is taken for a plain GET is one request for net/http,
// with nothing after it, and that both read the same in it.
func FuzzPlainGet(f *testing.F) {
	for _, head := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /a/b.c?d=%20e;f#g HTTP/1.1\r\nhost: x.example:80\r\nOrigin: https://app.example.com\r\nX_a: b\r\nConnection: keep-alive\r\n\r\n",
		"GET /?? HTTP/1.1\r\nHost: 1.2.3.4\r\nPragma: no-cache\r\nCache-Control: x\r\nCookie: a=b; c=\"d\"\r\n\r\n",
		"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		"GET /a HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /a/./../b HTTP/1.1\r\nHost: x\r\nx: y\r\nX: z\r\n\r\n",
	} {
		f.Add(head)
	}
	memory := &plainGet{header: http.Header{}} // of all of them
	f.Fuzz(func(t *testing.T, head string) {
		got, ok := memory.parse(t.Context(), head)
		if !ok {
			return
		}
		in := bufio.NewReader(strings.NewReader(head))
		want, err := http.ReadRequest(in)
		if err != nil || in.Buffered() > 0 {
			t.Fatalf("%q: %v, %d bytes after it", head, err, in.Buffered())
		}
		if !httpguts.ValidHostHeader(want.Host) || want.Close || want.ContentLength != 0 || len(want.TransferEncoding)+len(want.Trailer) > 0 || want.Body != http.NoBody {
			t.Errorf("%q is not plain: %+v", head, want)
		}
		for name, values := range want.Header {
			if !httpguts.ValidHeaderFieldName(name) || len(values) != 1 || !httpguts.ValidHeaderFieldValue(values[0]) {
				t.Errorf("%q: net/http refuses %q: %q", head, name, values)
			}
		}
		if want = want.WithContext(got.Context()); !reflect.DeepEqual(got, want) {
			t.Errorf("%q:\n%+v, want\n%+v", head, got, want)
		}
	})
}
