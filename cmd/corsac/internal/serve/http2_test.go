package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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

// TestDepartureHTTP2 checks that a client that leaves while it sends a body is not taken
// for one that sends nonsense, and that neither is the fault of the server behind.
func TestDepartureHTTP2(t *testing.T) {
	arrived, left := make(chan struct{}), make(chan struct{})
	behind := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = r.Body.Read(make([]byte, 1))
		arrived <- struct{}{}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			left <- struct{}{}
		}
	}))
	defer behind.Close()
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	s := run(t, filepath.Join(dir, "corsac.yaml"), strings.Replace(secureFile(behind.URL, "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), "plain_listen", "admin", 1), nil)
	for name, leave := range map[string]func(io.Closer, context.CancelFunc){
		"reset": func(_ io.Closer, reset context.CancelFunc) { reset() },
		"close": func(conn io.Closer, _ context.CancelFunc) { _ = conn.Close() },
	} {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "http://"), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
		ctx, reset := context.WithCancel(t.Context())
		in, out := io.Pipe()
		go func() {
			_, _ = out.Write([]byte("some"))
			<-arrived
			leave(conn, reset)
		}()
		r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://a.example/", in)
		if res, err := client.RoundTrip(r); err == nil {
			t.Errorf("%s: %s for nobody", name, res.Status)
		}
		<-left
		_ = conn.Close()
		reset()
	}
	conn := tls.Client(s.dial(s.address()), &tls.Config{InsecureSkipVerify: true})
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\nzz\r\n")
	<-arrived
	<-left
	if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("a malformed body: %v, %v", res, err)
	}
	if n := strings.Count(s.log.String(), "not valid HTTP"); n != 1 {
		t.Errorf("%d of 1 malformed bodies in the log: %s", n, s.log)
	}
	if _, metrics := s.askAdmin("GET", "/metrics"); strings.Contains(metrics, "corsac_upstream_failures_total{") {
		t.Errorf("the server behind is blamed: %s", metrics)
	}
}
