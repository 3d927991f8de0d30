package serve_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// overHTTP2 sends the header of a request without an end, on a connection of its own,
// and returns the status of the answer, whether pages can read it, or how the stream
// ends.
func (s *running) overHTTP2(fields ...string) string {
	s.t.Helper()
	conn := tls.Client(s.dial(s.address()), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	_, _ = io.WriteString(conn, http2.ClientPreface)
	f := http2.NewFramer(conn, conn)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := f.WriteSettings(); err != nil {
		s.t.Fatal(err)
	}
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	for _, field := range slices.Concat([]string{":method: POST", ":scheme: https", ":authority: a.example"}, fields, []string{"origin: " + first}) {
		i := strings.LastIndex(field, ": ")
		_ = e.WriteField(hpack.HeaderField{Name: field[:i], Value: field[i+2:]})
	}
	rest := block.Bytes()
	part := rest[:min(len(rest), 16<<10)]
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: part, EndHeaders: len(part) == len(rest)})
	if rest = rest[len(part):]; len(rest) > 0 {
		_ = f.WriteContinuation(1, true, rest)
	}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return err.Error()
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			readable := ""
			for _, field := range frame.RegularFields() {
				if field.Name == "access-control-allow-origin" && field.Value == first {
					readable = ", readable"
				}
			}
			return frame.PseudoValue("status") + readable
		case *http2.RSTStreamFrame:
			return fmt.Sprint(frame.ErrCode)
		case *http2.GoAwayFrame:
			return "GOAWAY"
		}
	}
}

// TestOwnAnswersHTTP2 checks which of the answers to requests that reach no server have
// CORS headers over HTTP/2. The guide lists those that have none.
func TestOwnAnswersHTTP2(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	text := within(secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), "  limits: {header_bytes: 8KiB, body_timeout: 300ms}\n", "max_body: 10B")
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
	for _, c := range []struct {
		name, want string
		fields     []string
	}{
		{"body that stops", "408, readable", []string{":path: /x", "content-length: 5"}},
		{"body without length that stops", "408, readable", []string{":path: /x"}},
		{"length", "413, readable", []string{":path: /x", "content-length: 11"}},
		{"header", "431, readable", []string{":path: /x", "cookie: " + strings.Repeat("c", 15<<10)}},
		{"small headers", "431, readable", append([]string{":path: /x"}, strings.Split(strings.TrimSuffix(strings.Repeat("a: b,", 450), ","), ",")...)},
		{"URL", "414, readable", []string{":path: /" + strings.Repeat("u", 15<<10)}},
		{"path that is read in two ways", "200, readable", []string{":path: /a//b", "content-length: 0"}},
		// What remains.
		{"headers of twice the size", "431", []string{":path: /x", "cookie: " + strings.Repeat("c", 9<<10), "cookie: " + strings.Repeat("c", 9<<10)}},
		{"header of twice the size", "GOAWAY", []string{":path: /x", "cookie: " + strings.Repeat("c", 17<<10)}},
		{"header for a connection", "400", []string{":path: /x", "connection: close"}},
		{"percent sign", "PROTOCOL_ERROR", []string{":path: /100%"}},
		{"no path", "PROTOCOL_ERROR", nil},
		{"name in upper case", "PROTOCOL_ERROR", []string{":path: /x", "Cookie: a"}},
	} {
		if got := s.overHTTP2(c.fields...); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
