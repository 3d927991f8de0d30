package probe_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
)

// encode compresses text.
func encode(t *testing.T, text string, open func(io.Writer) (io.WriteCloser, error)) string {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReceived reads bodies over sockets. The codes are those that Chromium 156
// reported for the same bytes.
func TestReceived(t *testing.T) {
	const text = "hello hello hello hello hello hello"
	gz := encode(t, text, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
	zl := encode(t, text, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })
	raw := encode(t, text, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) })
	br := encode(t, text, func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil })
	zs := encode(t, text, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
	twice := encode(t, zl, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
	wrongSum := []byte(gz)
	wrongSum[len(wrongSum)-6] ^= 0xff
	chunk := fmt.Sprintf("%x\r\n%s\r\n", len(text), text)
	encoded := func(encoding, body string) string {
		return fmt.Sprintf("Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", encoding, len(body), body)
	}
	const chunked = "Transfer-Encoding: chunked\r\n\r\n"
	for _, test := range []struct {
		name, rest string
		want       fetch.Code
	}{
		{"whole", "Content-Length: 35\r\n\r\n" + text, ""},
		{"to the end", "\r\n" + text, ""},
		{"short", "Content-Length: 35\r\n\r\nhello", fetch.CodeLengthMismatch},
		{"nothing", "Content-Length: 35\r\n\r\n", fetch.CodeLengthMismatch},
		{"long", "Content-Length: 5\r\n\r\n" + text, ""},
		{"no number", "Content-Length: abc\r\n\r\n" + text, ""},
		{"negative", "Content-Length: -5\r\n\r\n" + text, ""},
		{"signed", "Content-Length: +5\r\n\r\n" + text, ""},
		{"equal lengths", "Content-Length: 35, 35\r\n\r\n" + text, ""},
		{"chunks", chunked + chunk + "0\r\n\r\n", ""},
		{"chunks with trailers", chunked + chunk + "0;a=b\r\nX-A: 1\r\n\r\n", ""},
		{"chunks and a length", "Content-Length: 3\r\n" + chunked + chunk + "0\r\n\r\n", ""},
		{"chunks without the last", chunked + chunk, fetch.CodeChunksIncomplete},
		{"chunks cut", chunked + "23\r\nhello", fetch.CodeChunksIncomplete},
		{"chunks without the last line", chunked + chunk + "0\r\n", fetch.CodeChunksIncomplete},
		{"no chunk", chunked, fetch.CodeChunksIncomplete},
		{"no size", chunked + "zz\r\n" + text, fetch.CodeChunksInvalid},
		{"no second size", chunked + chunk + "zz\r\n" + text, fetch.CodeChunksInvalid},
		{"a chunk too long", chunked + "5\r\nhelloXX5\r\nhello\r\n0\r\n\r\n", fetch.CodeChunksInvalid},
		{"gzip", encoded("gzip", gz), ""},
		{"x-gzip", encoded("X-GZIP", gz), ""},
		{"not gzip", encoded("gzip", text), fetch.CodeDecodingFailed},
		{"too short for gzip", encoded("gzip", "ab"), fetch.CodeDecodingFailed},
		{"gzip cut", encoded("gzip", gz[:len(gz)/2]), ""},
		{"gzip's head", encoded("gzip", gz[:5]), ""},
		{"no gzip", encoded("gzip", ""), ""},
		{"gzip with a wrong checksum", encoded("gzip", string(wrongSum)), ""},
		{"gzip and more", encoded("gzip", gz+"garbage"), ""},
		{"deflate", encoded("deflate", zl), ""},
		{"deflate without zlib", encoded("deflate", raw), ""},
		{"deflate cut", encoded("deflate", zl[:len(zl)/2]), ""},
		{"not deflate", encoded("deflate", "\xff\xff\xff"+text), fetch.CodeDecodingFailed},
		{"br", encoded("br", br), ""},
		{"not br", encoded("br", text), fetch.CodeDecodingFailed},
		{"zstd", encoded("zstd", zs), ""},
		{"zstd cut", encoded("zstd", zs[:5]), ""},
		{"not zstd", encoded("zstd", text), fetch.CodeDecodingFailed},
		{"two encodings", encoded("deflate, gzip", twice), ""},
		{"two in the wrong order", encoded("gzip, deflate", twice), fetch.CodeDecodingFailed},
		{"an unknown encoding", encoded("foo", text), ""},
		{"an unknown one among others", encoded("foo, gzip", text), ""},
		{"an empty encoding", encoded("", text), ""},
		{"short and encoded", "Content-Encoding: gzip\r\nContent-Length: 99\r\n\r\n" + gz, fetch.CodeLengthMismatch},
	} {
		r, _ := receive(t, "HTTP/1.1 200 OK\r\n"+test.rest, false)
		switch {
		case r == nil:
			t.Errorf("%s: nothing is known of the body", test.name)
		case codeOf(r.Err) != test.want:
			t.Errorf("%s: %v, want %q", test.name, r.Err, test.want)
		case test.want == "" && !strings.HasPrefix(text, string(r.Start)):
			t.Errorf("%s: begins with %q", test.name, r.Start)
		}
	}
}

func codeOf(err error) fetch.Code {
	var n *fetch.NetError
	if errors.As(err, &n) {
		return n.Code
	}
	return ""
}

// answering returns the URL of a server that handles one connection.
func answering(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		handle(c)
	}()
	return "http://" + l.Addr().String() + "/"
}

// receive returns what came of the body of an answer, and the record.
func receive(t *testing.T, answer string, reset bool) (*fetch.Received, *probe.Record) {
	t.Helper()
	url := answering(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, answer)
		if tcp, ok := c.(*net.TCPConn); ok && reset {
			time.Sleep(50 * time.Millisecond)
			_ = tcp.SetLinger(0)
		}
	})
	var s probe.Settings
	n, err := s.Network(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	p := &probe.Probe{Network: n, WholeBody: true, BodyTime: time.Second}
	w := &fetch.WireRequest{Kind: fetch.KindActual, Method: "GET", URL: url}
	response, err := p.Exchange(context.Background(), w)
	if err != nil {
		t.Fatal(err)
	}
	return response.Body, &p.Records[0]
}

func TestReceivedReset(t *testing.T) {
	r, _ := receive(t, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhello", true)
	if r == nil || codeOf(r.Err) != fetch.CodeConnectionReset || r.Empty {
		t.Errorf("%+v", r)
	}
}

// TestLargeBetween checks that a body may not become large between two encodings:
// here, of the empty blocks of deflate.
func TestLargeBetween(t *testing.T) {
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	for range 14 {
		_, _ = z.Write(bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 1<<20))
	}
	_ = z.Close()
	r, record := receive(t, "HTTP/1.1 200 OK\r\nContent-Encoding: deflate, gzip\r\n\r\n"+body.String(), false)
	if r != nil || !record.Unfinished {
		t.Errorf("%+v", r)
	}
}

// TestUnfinished checks that corsac waits only so long for a body, and then
// claims nothing about it.
func TestUnfinished(t *testing.T) {
	url := answering(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhello")
		_, _ = io.Copy(io.Discard, c) // until the probe gives up
	})
	var s probe.Settings
	n, err := s.Network(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	p := &probe.Probe{Network: n, WholeBody: true, KeepBody: 3, BodyTime: 50 * time.Millisecond}
	response, err := p.Exchange(t.Context(), &fetch.WireRequest{Kind: fetch.KindActual, Method: "GET", URL: url})
	if err != nil || response.Body != nil || !p.Records[0].Unfinished || string(p.Records[0].Body) != "hel" {
		t.Errorf("%v %+v %+v", err, response, p.Records)
	}
}
