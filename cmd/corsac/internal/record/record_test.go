package record_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/fetch"
)

// serve starts a server with a recorded handler.
func serve(t *testing.T, h http.HandlerFunc) (*httptest.Server, *record.Ring) {
	t.Helper()
	ring := record.NewRing(100, 1<<20)
	srv := httptest.NewUnstartedServer(record.Handler(h, ring, "api"))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, ring
}

// get makes a request and returns the response with its body read. headers are
// name, value, name, value.
func get(t *testing.T, method, url string, headers ...string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	return w, string(body), err
}

// wait returns the only exchange of a ring once as reports true.
func wait(t *testing.T, ring *record.Ring, as func(x *record.Exchange) bool) record.Exchange {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		all := ring.Snapshot()
		if len(all) == 1 && as(&all[0]) {
			return all[0]
		}
		if time.Now().After(deadline) {
			t.Fatalf("recorded: %+v", all)
		}
	}
}

func done(x *record.Exchange) bool { return x.Done }

// lines returns headers as text.
func lines(headers fetch.Headers) string {
	var b strings.Builder
	for _, h := range headers {
		b.WriteString(h.Name + ": " + h.Value + "\n")
	}
	return b.String()
}

// TestHandler checks that an exchange is what the server saw.
func TestHandler(t *testing.T) {
	srv, ring := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		h.Add("Access-Control-Allow-Origin", "https://b.example")
		h.Add("Access-Control-Allow-Origin", "https://a.example")
		h.Add("X-B", " two\r\nlines ")
		h.Add("A B", "not a name")
		h["Date"] = nil
		w.WriteHeader(http.StatusTeapot)
		h.Add("X-Late", "1")
		_, _ = io.WriteString(w, "hello")
	})
	before := time.Now()
	if _, _, err := get(t, "GET", srv.URL+"/a?b#c", "Origin", "https://app.example", "X-Z", "1", "X-Z", "0", "User-Agent", "test"); err != nil {
		t.Fatal(err)
	}
	x := wait(t, ring, done)
	if x.ID != 1 || x.Server != "api" || x.Protocol != "HTTP/1.1" || x.Method != "GET" || x.URL != srv.URL+"/a?b" || x.Status != 418 {
		t.Errorf("%+v", x)
	}
	host := strings.TrimPrefix(srv.URL, "http://")
	if want := "Host: " + host + "\nOrigin: https://app.example\nAccept-Encoding: gzip\nUser-Agent: test\nX-Z: 1\nX-Z: 0\n"; lines(x.Headers) != want {
		t.Errorf("request:\n%swant\n%s", lines(x.Headers), want)
	}
	if want := "Access-Control-Allow-Origin: https://b.example\nAccess-Control-Allow-Origin: https://a.example\nVary: Origin\nX-B: two  lines\n"; lines(x.ResponseHeaders) != want {
		t.Errorf("answer:\n%swant\n%s", lines(x.ResponseHeaders), want)
	}
	if x.Start.Before(before) || x.Wait <= 0 || x.Duration < x.Wait || x.RequestBytes != 0 || x.ResponseBytes != 5 || x.Panicked || x.Gone || x.Hijacked || x.Cut || x.Err != nil {
		t.Errorf("%+v", x)
	}
}

// TestAnswers checks that the status is that of the final response, however it
// is sent.
func TestAnswers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 2000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		method string
		handle http.HandlerFunc
		status int
		bytes  int64
	}{
		{"nothing", "GET", func(http.ResponseWriter, *http.Request) {}, 200, 0},
		{"body alone", "GET", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) }, 200, 1},
		{"no body allowed", "GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204); _, _ = w.Write([]byte("x")) }, 204, 0},
		{"HEAD", "HEAD", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) }, 200, 0},
		{"interim", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</x>")
			w.WriteHeader(103)
			w.WriteHeader(404)
		}, 404, 0},
		{"twice", "GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.WriteHeader(500) }, 404, 0},
		{"flushed", "GET", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); w.WriteHeader(404) }, 200, 0},
		{"copied from nothing", "GET", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader(""))
			w.WriteHeader(404)
		}, 404, 0},
		{"copied from little", "GET", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, struct{ io.Reader }{strings.NewReader("x")})
		}, 200, 1},
		{"a file", "GET", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) }, 200, 2000},
	} {
		srv, ring := serve(t, c.handle)
		w, body, err := get(t, c.method, srv.URL)
		if err != nil || w.StatusCode != c.status || int64(len(body)) != c.bytes {
			t.Errorf("%s: the client has %v, %q, %v", c.name, w, body, err)
		}
		if x := wait(t, ring, done); x.Status != c.status || x.ResponseBytes != c.bytes {
			t.Errorf("%s: recorded %d, %d bytes", c.name, x.Status, x.ResponseBytes)
		}
	}
}

// TestInvalidStatus checks that a status that net/http refuses to write is not
// recorded.
func TestInvalidStatus(t *testing.T) {
	srv, ring := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(42) })
	if _, _, err := get(t, "GET", srv.URL); err == nil {
		t.Error("there is an answer")
	}
	if x := wait(t, ring, done); x.Status != 0 || !x.Panicked {
		t.Errorf("%+v", x)
	}
}

// TestBeforeTheBrowser checks that what a client gets has already been
// recorded, even if the handler continues.
func TestBeforeTheBrowser(t *testing.T) {
	goOn := make(chan struct{})
	srv, ring := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(202)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-goOn
		_, _ = io.WriteString(w, "x")
	})
	r, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if all := ring.Snapshot(); len(all) != 1 || all[0].Status != 202 || all[0].Done || all[0].Duration != 0 {
		t.Errorf("while it is answered: %+v", all)
	}
	close(goOn)
	if x := wait(t, ring, done); x.ID != 1 || x.ResponseBytes != 1 {
		t.Errorf("afterwards: %+v", x)
	}
}

// TestPanics checks that a panic of a handler reaches the server, and that what
// the client gets is recorded.
func TestPanics(t *testing.T) {
	srv, ring := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if _, _, err := get(t, "GET", srv.URL); err == nil {
		t.Error("there is an answer")
	}
	x := wait(t, ring, done)
	failure := (*fetch.NetError)(nil)
	if x.Status != 0 || !x.Panicked || !errors.As(x.Err, &failure) || failure.Code != fetch.CodeEmptyResponse {
		t.Errorf("%+v", x)
	}

	ring = record.NewRing(1, 1<<20)
	srv = httptest.NewUnstartedServer(record.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), ring, ""))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	if w, err := srv.Client().Get(srv.URL); err == nil {
		_ = w.Body.Close()
		t.Error("there is an answer over HTTP/2")
	}
	if x := wait(t, ring, done); x.Protocol != "HTTP/2.0" || !errors.As(x.Err, &failure) || failure.Code != "net::ERR_HTTP2_PROTOCOL_ERROR" || x.URL != srv.URL+"/" {
		t.Errorf("%+v", x)
	}

	srv, ring = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic("in the middle")
	})
	if _, _, err := get(t, "GET", srv.URL); err == nil {
		t.Error("the answer is whole")
	}
	if x := wait(t, ring, done); x.Status != 200 || !x.Panicked || x.Err != nil || x.ResponseBytes != 4 {
		t.Errorf("%+v", x)
	}
}

// TestGone checks that a client that disconnects is recorded as gone.
func TestGone(t *testing.T) {
	came := make(chan struct{})
	srv, ring := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(came)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-came
		cancel()
	}()
	r, err := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w, err := http.DefaultTransport.RoundTrip(r); err == nil {
		_ = w.Body.Close()
		t.Error("there is an answer")
	}
	if x := wait(t, ring, done); x.Status != 0 || !x.Gone || x.Panicked || x.Err != nil {
		t.Errorf("%+v", x)
	}
}

// TestHijack checks that a WebSocket works through a recorder, and is recorded
// while it is open.
func TestHijack(t *testing.T) {
	srv, ring := serve(t, func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		kind, message, err := c.Read(r.Context())
		if err == nil {
			err = c.Write(r.Context(), kind, append(message, '!'))
		}
		if err != nil {
			t.Error(err)
		}
		_ = c.CloseNow()
	})
	c, w, err := websocket.Dial(t.Context(), srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w.Body != nil {
		_ = w.Body.Close()
	}
	defer func() { _ = c.CloseNow() }()
	wait(t, ring, func(x *record.Exchange) bool { return x.Hijacked && !x.Done && x.Status == 101 })
	if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, message, err := c.Read(t.Context()); err != nil || string(message) != "hello!" {
		t.Errorf("%s, %v", message, err)
	}
	if x := wait(t, ring, done); !x.Hijacked || x.Panicked {
		t.Errorf("%+v", x)
	}
}

// TestHijackFirst checks that a response that bypasses the recorder is not
// recorded.
func TestHijackFirst(t *testing.T) {
	srv, ring := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
		_ = conn.Close()
	})
	if w, _, err := get(t, "GET", srv.URL); err != nil || w.StatusCode != 204 {
		t.Errorf("%v, %v", w, err)
	}
	if x := wait(t, ring, done); x.Status != 0 || !x.Hijacked || x.Err != nil {
		t.Errorf("%+v", x)
	}
}

// TestTrailers checks that trailers are sent and not recorded as headers.
func TestTrailers(t *testing.T) {
	srv, ring := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		w.Header().Set(http.TrailerPrefix+"X-Other", "2")
		_, _ = io.WriteString(w, "x")
		w.Header().Set("X-Sum", "1")
	})
	w, _, err := get(t, "GET", srv.URL)
	if err != nil || w.Trailer.Get("X-Sum") != "1" || w.Trailer.Get("X-Other") != "2" {
		t.Errorf("%v, %v", w, err)
	}
	if x := wait(t, ring, done); lines(x.ResponseHeaders) != "Trailer: X-Sum\n" {
		t.Errorf("%q", lines(x.ResponseHeaders))
	}
}

// all is a ResponseWriter with everything that the recorder supports.
type all struct {
	*httptest.ResponseRecorder

	calls []string
}

func (a *all) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(a.ResponseRecorder, r)
	a.calls = append(a.calls, "ReadFrom", strconv.FormatInt(n, 10))
	return n, err
}

func (a *all) SetReadDeadline(time.Time) error {
	a.calls = append(a.calls, "SetReadDeadline")
	return nil
}

func (a *all) EnableFullDuplex() error {
	a.calls = append(a.calls, "EnableFullDuplex")
	return nil
}

func (a *all) FlushError() error {
	a.calls = append(a.calls, "FlushError")
	return errors.New("broken pipe")
}

func (a *all) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.calls = append(a.calls, "Hijack")
	return nil, nil, errors.New("no")
}

// TestPassesOn checks that a handler can use everything that the server's
// writer can do.
func TestPassesOn(t *testing.T) {
	under := &all{ResponseRecorder: httptest.NewRecorder()}
	ring := record.NewRing(1, 1<<20)
	record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		if err := errors.Join(c.SetReadDeadline(time.Time{}), c.EnableFullDuplex()); err != nil {
			t.Error(err)
		}
		if _, _, err := c.Hijack(); err == nil || err.Error() != "no" {
			t.Error(err)
		}
		if n, err := io.Copy(w, struct{ io.Reader }{strings.NewReader(strings.Repeat("x", 2000))}); n != 2000 || err != nil {
			t.Error(n, err)
		}
		if err := c.Flush(); err == nil || err.Error() != "broken pipe" {
			t.Error(err)
		}
	}), ring, "").ServeHTTP(under, httptest.NewRequest("GET", "/", nil))
	if got := strings.Join(under.calls, " "); got != "SetReadDeadline EnableFullDuplex Hijack ReadFrom 1488 FlushError" {
		t.Error(got)
	}
	if x := ring.Snapshot()[0]; x.Hijacked || x.ResponseBytes != 2000 || under.Body.Len() != 2000 {
		t.Errorf("%+v, %d bytes", x, under.Body.Len())
	}
	record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); !errors.Is(err, http.ErrNotSupported) {
			t.Error(err)
		}
	}), ring, "").ServeHTTP(under, httptest.NewRequest("GET", "/", nil))
}

// TestCannotFlush checks that a flush that cannot succeed does not make a
// response final.
func TestCannotFlush(t *testing.T) {
	for _, under := range []http.ResponseWriter{&sink{http.Header{}}, wrapper{&sink{http.Header{}}}} {
		ring := record.NewRing(1, 1<<20)
		record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrNotSupported) {
				t.Error(err)
			}
			w.WriteHeader(404)
		}), ring, "").ServeHTTP(under, httptest.NewRequest("GET", "/", nil))
		if x := ring.Snapshot()[0]; x.Status != 404 {
			t.Errorf("%+v", x)
		}
	}
	rec := httptest.NewRecorder() // it can flush, inside a wrapper
	ring := record.NewRing(1, 1<<20)
	record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		w.WriteHeader(404)
	}), ring, "").ServeHTTP(wrapper{rec}, httptest.NewRequest("GET", "/", nil))
	if x := ring.Snapshot()[0]; x.Status != 200 || rec.Code != 200 {
		t.Errorf("%+v, %d", x, rec.Code)
	}
}

// wrapper is a ResponseWriter of another middleware.
type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// TestURL checks that URLs are absolute, and in the form that browsers use.
func TestURL(t *testing.T) {
	for _, c := range []struct {
		target, host string
		tls          bool
		want         string
	}{
		{"/", "localhost:3000", false, "http://localhost:3000/"},
		{"/a/../b?c=%20d", "API.example:80", false, "http://api.example/b?c=%20d"},
		{"/", "api.example:443", true, "https://api.example/"},
		{"/", "[0:0::1]:8080", false, "http://[::1]:8080/"},
		{"*", "api.example", false, "http://api.example/"},
		{"http://api.example/x?y", "api.example", false, "http://api.example/x?y"},
		{"/x", "a b", false, "http://a b/x"},
		{"//evil.example/x", "api.example", false, "http://api.example//evil.example/x"},
	} {
		method := "GET"
		if c.target == "*" {
			method = "OPTIONS"
		}
		r := httptest.NewRequest(method, c.target, nil)
		if r.Host = c.host; c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		ring := record.NewRing(1, 1<<20)
		h := http.StripPrefix("/a", http.NotFoundHandler())
		record.Handler(h, ring, "").ServeHTTP(httptest.NewRecorder(), r)
		if got := ring.Snapshot()[0].URL; got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.target, c.host, got, c.want)
		}
	}
	ring := record.NewRing(1, 1<<20)
	h := http.StripPrefix("/a", record.Handler(http.NotFoundHandler(), ring, ""))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a/b", nil))
	if got := ring.Snapshot()[0].URL; got != "http://example.com/a/b" {
		t.Errorf("inside StripPrefix: %s", got)
	}
}

// TestConcurrent is for the race detector.
func TestConcurrent(t *testing.T) {
	ring := record.NewRing(5, 1<<20)
	h := record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }), ring, "")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
				ring.Snapshot()
			}
		})
	}
	all.Wait()
	got := ring.Snapshot()
	if len(got) != 5 || got[4].ID != 800 || got[0].ID != 796 {
		t.Errorf("%+v", got)
	}
	for _, x := range got {
		if !x.Done || x.ResponseBytes != 1 {
			t.Errorf("%+v", x)
		}
	}
}
