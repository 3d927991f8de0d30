package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestRequest checks the bytes of requests.
func TestRequest(t *testing.T) {
	for want, r := range map[string]Request{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n":                               {Method: "GET", Target: "/", Host: "a"},
		"GET /%zz?a#\xff HTTP/1.1\r\nHost: \r\n\r\n":                      {Method: "GET", Target: "/%zz?a#\xff"},
		"OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n":                    {Method: "OPTIONS", Target: "*", Host: "[::1]:80"},
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n":         {Method: "POST", Target: "/", Host: "a"},
		"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n":                            {Method: "DELETE", Target: "/", Host: "a"},
		"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n":          {Method: "GET", Target: "/", Host: "a", Length: 5},
		"x! / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":           {Method: "x!", Target: "/", Host: "a", Close: true},
		"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nA: \r\nc: d\te\r\n\r\n":     {Method: "GET", Target: "/", Host: "a", Fields: []Field{{"A", "b"}, {"A", ""}, {"c", "d\te"}}},
		"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n": {Method: "PUT", Target: "/", Host: "a", Length: -1},
		"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\nTrailer: B\r\n\r\n": {
			Method: "PUT", Target: "/", Host: "a", Length: -1, Trailers: []string{"A", "B"},
		},
	} {
		if b, err := r.Append([]byte("before")); err != nil || string(b) != "before"+want {
			t.Errorf("%q, %v, want %q", b, err, want)
		}
	}
}

// TestRequestRefuses checks requests in which servers may find another request,
// or another body.
func TestRequestRefuses(t *testing.T) {
	field := func(name, value string) Request {
		return Request{Method: "GET", Target: "/", Host: "a", Fields: []Field{{name, value}}}
	}
	for _, c := range []struct {
		r    Request
		want error
	}{
		{Request{Target: "/"}, errMethod},
		{Request{Method: "GE T", Target: "/"}, errMethod},
		{Request{Method: "G\r\n", Target: "/"}, errMethod},
		{Request{Method: "GET"}, errTarget},
		{Request{Method: "GET", Target: "/ HTTP/1.0"}, errTarget},
		{Request{Method: "GET", Target: "/\t"}, errTarget},
		{Request{Method: "GET", Target: "/\n"}, errTarget},
		{Request{Method: "GET", Target: "/\x00"}, errTarget},
		{Request{Method: "GET", Target: "/\x7f"}, errTarget},
		{Request{Method: "GET", Target: "/", Host: "a b"}, errHost},
		{Request{Method: "GET", Target: "/", Host: "a\r\nb: c"}, errHost},
		{Request{Method: "GET", Target: "/", Host: "a", Length: -1, Trailers: []string{"A\r\nB"}}, errName},
		{Request{Method: "GET", Target: "/", Host: "a", Length: -1, Trailers: []string{""}}, errName},
		{field("", "a"), errName},
		{field("A ", "a"), errName},
		{field("A:", "a"), errName},
		{field("A\r\nB", "a"), errName},
		{field("A", "a\rb"), errValue},
		{field("A", "a\nb"), errValue},
		{field("A", "a\x00"), errValue},
		{field("Host", "b"), errFrames},
		{field("host", "b"), errFrames},
		{field("CONTENT-LENGTH", "5"), errFrames},
		{field("transfer-Encoding", "chunked"), errFrames},
		{field("trailer", "A"), errFrames},
	} {
		if b, err := c.r.Append(nil); !errors.Is(err, c.want) {
			t.Errorf("%+v: %q, %v, want %v", c.r, b, err, c.want)
		}
	}
}

// FuzzRequest checks that net/http reads one request in what is appended, with
// the fields that it was made of.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/", "a", "A", "b", int64(0))
	f.Add("POST", "/?a=b", "[::1]", "X-Y", "", int64(-1))
	f.Add("PUT", "/a", "a", "Content-length", "3", int64(5))
	f.Add("PUT", "/a\r\n", "a\n", "A\x00", "3\r", int64(5))
	f.Fuzz(func(t *testing.T, method, target, host, name, value string, length int64) {
		length = max(min(length, 100), -1)
		r := Request{Method: method, Target: "/" + target, Host: host, Fields: []Field{{name, value}}, Length: length}
		b, err := r.Append(nil)
		if err != nil {
			return
		}
		body := strings.Repeat("x", int(max(length, 0)))
		if length < 0 {
			b, _ = AppendLastChunk(append(AppendChunkHead(b, 2), "ok\r\n"...), nil)
			body = "ok"
		}
		const next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
		in := bufio.NewReader(bytes.NewReader(append(append(b, strings.TrimPrefix(body, "ok")...), next...)))
		got, err := http.ReadRequest(in)
		if err != nil {
			return // net/http refuses some targets and hosts, whatever surrounds them
		}
		content, err := io.ReadAll(got.Body)
		if err != nil || got.Method != method || got.RequestURI != "/"+target || string(content) != body {
			t.Errorf("%q: %+v with %q, %v", b, got, content, err)
		}
		if rest, _ := io.ReadAll(in); string(rest) != next {
			t.Errorf("%q: %q follows", b, rest)
		}
	})
}
