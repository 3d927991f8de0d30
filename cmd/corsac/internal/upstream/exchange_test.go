package upstream

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
)

// soon is a context that ends long after an exchange should have ended by itself.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// TestUnreadableBody checks that an exchange ends if the body of the request
// cannot be read, or is too short: the server waits for the rest of it.
func TestUnreadableBody(t *testing.T) {
	bad := errors.New("bad")
	for _, c := range []struct {
		first  string // what the server answers before it waits for the body
		length int64
		ready  int
		body   io.Reader
		want   error
	}{
		{"", 5, 0, strings.NewReader("hi"), io.ErrUnexpectedEOF},
		{"", 5, 5, strings.NewReader("hi"), io.ErrUnexpectedEOF},
		{"", 5, 0, iotest.ErrReader(bad), bad},
		{"", -1, 0, io.MultiReader(strings.NewReader("hi"), iotest.ErrReader(bad)), bad},
		{"HTTP/1.1 200 OK\r\n\r\nbegin", -1, 0, io.MultiReader(strings.NewReader("hi"), iotest.ErrReader(bad)), bad},
	} {
		s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
			_, _ = io.WriteString(conn, c.first)
			_, _ = io.Copy(io.Discard, in)
		})
		r := with("POST", "", c.length)
		r.Body, r.Ready = &upload{Reader: c.body}, c.ready
		res, err := s.client.Do(soon(t), r)
		if err == nil {
			_, err = io.ReadAll(res.Body)
		}
		if !errors.Is(err, ErrBody) || !errors.Is(err, c.want) {
			t.Errorf("%d bytes, %d ready, after %q: %v, want %v", c.length, c.ready, c.first, err, c.want)
		}
	}
}

// TestSwitch checks that a tunnel begins only after the whole request, with what
// came together with the response, and that each direction can end by itself.
func TestSwitch(t *testing.T) {
	s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
		_, _ = http.ReadRequest(in)
		_, _ = io.WriteString(conn, "HTTP/1.1 101 x\r\nUpgrade: y\r\nConnection: Upgrade\r\n\r\nfirst, ")
		all, _ := io.ReadAll(in)
		_, _ = conn.Write(all)
	})
	r := request("GET")
	r.Upgrade = true
	res, err := s.client.Do(soon(t), r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Tunnel.Close()
	_, _ = io.WriteString(res.Tunnel, "echo")
	if err := res.Tunnel.CloseWrite(); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(res.Tunnel); string(got) != "first, echo" || err != nil {
		t.Errorf("%q, %v", got, err)
	}

	for _, waits := range []bool{false, true} {
		in, out := io.Pipe()
		defer out.Close()
		r = with("POST", "", 5)
		r.Body, r.Upgrade, r.Continue = in, true, waits
		if res, err := s.client.Do(soon(t), r); !errors.Is(err, errEarlySwitch) {
			t.Errorf("before the body has been sent: %+v, %v", res, err)
		}
	}
}

// TestEarlyResponse checks that a response is read while the body of its request
// is still being sent, and that the connection is used again only if the rest of
// it has been sent by then.
func TestEarlyResponse(t *testing.T) {
	for _, whole := range []bool{true, false} {
		s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
			for {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				_, _ = io.WriteString(conn, strings.TrimSuffix(ok, "k"))
				if whole {
					_, _ = io.Copy(io.Discard, r.Body)
				}
				_, _ = io.WriteString(conn, "k")
				_, _ = io.Copy(io.Discard, r.Body)
			}
		})
		for range 2 {
			in, out := io.Pipe()
			r := with("POST", "", 5)
			r.Body = in
			res, err := s.client.Do(soon(t), r)
			if err != nil {
				t.Fatal(err)
			}
			if whole {
				_, _ = io.WriteString(out, "hello")
			}
			if body, err := io.ReadAll(res.Body); string(body) != "ok" || err != nil {
				t.Errorf("%q, %v", body, err)
			}
			out.Close()
		}
		if n := s.connections.Load(); n == 1 != whole {
			t.Errorf("the whole body: %t, %d connections", whole, n)
		}
	}
}

// TestAnswerToNothing checks that a response that comes before any request is
// nobody else's.
func TestAnswerToNothing(t *testing.T) {
	s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
		_, _ = io.WriteString(conn, poison)
		for {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			_, _ = io.WriteString(conn, ok)
		}
	})
	for range 3 {
		_, _, _ = s.do(t, request("GET")) // its own server answers it, if too early
		time.Sleep(10 * time.Millisecond)
	}
	if n := s.connections.Load(); n != 3 {
		t.Errorf("%d connections for 3 requests", n)
	}
}

// TestCause checks that the error of an exchange that a context ends is the cause
// of the context.
func TestCause(t *testing.T) {
	why := errors.New("why")
	for _, first := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin"} {
		s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
			_, _ = http.ReadRequest(in)
			_, _ = io.WriteString(conn, first)
			_, _ = in.ReadByte()
		})
		ctx, cancel := context.WithCancelCause(t.Context())
		life := new(Life)
		life.Begin(t.Context())
		for _, c := range []struct {
			ctx context.Context //nolint:containedctx // what is tested
			end func(error)
		}{{ctx, cancel}, {life, life.End}} {
			time.AfterFunc(20*time.Millisecond, func() { c.end(why) })
			res, err := s.client.Do(c.ctx, request("GET"))
			if err == nil {
				_, err = io.ReadAll(res.Body)
			}
			if !errors.Is(err, why) {
				t.Errorf("%T, after %q: %v", c.ctx, first, err)
			}
			if _, err := s.client.Do(c.ctx, request("GET")); !errors.Is(err, why) {
				t.Errorf("%T, once it is done: %v", c.ctx, err)
			}
		}
	}
}

// TestLife checks what a life has of a context.
func TestLife(t *testing.T) {
	type key struct{}
	parent, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	life, why := new(Life), errors.New("why")
	life.Begin(parent)
	cancel()
	if life.Err() != nil || context.Cause(life) != nil || life.Value(key{}) != "value" {
		t.Errorf("%v, %v, %v", life.Err(), context.Cause(life), life.Value(key{}))
	}
	child, cancel := context.WithCancel(life)
	defer cancel()
	life.End(why)
	life.End(errors.New("later"))
	<-life.Done()
	<-child.Done()
	if !errors.Is(life.Err(), why) || !errors.Is(context.Cause(child), why) {
		t.Errorf("%v, %v", life.Err(), context.Cause(child))
	}
}

// TestEndWhileWaiting checks that an exchange can be ended by what is called while
// it waits.
func TestEndWhileWaiting(t *testing.T) {
	s := listen(t, func(_ int32, conn net.Conn, in *bufio.Reader) {
		_, _ = http.ReadRequest(in)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin")
		_, _ = in.ReadByte()
	})
	life, why := new(Life), errors.New("why")
	life.Begin(t.Context())
	r := request("GET")
	r.Waiting = func() { life.End(why) }
	done := make(chan error)
	go func() {
		res, err := s.client.Do(life, r)
		if err == nil {
			_, err = io.ReadAll(res.Body)
		}
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, why) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the exchange has not ended")
	}
}

// TestDial checks that connections come from Dial, and that its error is Do's.
func TestDial(t *testing.T) {
	s := listen(t, each(ok))
	refused := errors.New("refused")
	var asked []string
	client := New(&url.URL{Scheme: "http", Host: "bücher.example"}, Options{
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("connecting takes any time")
			}
			if asked = append(asked, address); len(asked) == 1 {
				return nil, refused
			}
			return new(net.Dialer).DialContext(ctx, network, s.client.dialer.address)
		},
	})
	if _, err := client.Do(soon(t), request("GET")); !errors.Is(err, refused) {
		t.Error(err)
	}
	for range 2 {
		res, err := client.Do(soon(t), request("GET"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(res.Body)
	}
	if want := "xn--bcher-kva.example:80"; len(asked) != 2 || asked[1] != want {
		t.Errorf("%q, want twice %q", asked, want)
	}
	client.CloseIdle()
	if _, err := client.Do(soon(t), request("GET")); err != nil || len(asked) != 3 {
		t.Errorf("%v, %d connections after CloseIdle", err, len(asked))
	}
}

// TestTLSOptions checks that a client can have roots of its own, none, and
// another name for the server.
func TestTLSOptions(t *testing.T) {
	names := make(chan string, 1)
	s := listenTLS(t, func(conn *tls.Conn, _ *held) {
		if conn.HandshakeContext(t.Context()) != nil {
			return
		}
		names <- conn.ConnectionState().ServerName
		each(ok)(0, conn, bufio.NewReader(conn))
	}, "http/1.1")
	_, port, _ := net.SplitHostPort(s.client.dialer.address)
	for _, c := range []struct {
		config *tls.Config
		want   string // the name that the server gets, or "" for an error
	}{
		{nil, ""},
		{&tls.Config{InsecureSkipVerify: true}, "localhost"},
		{&tls.Config{ServerName: "example.com", MinVersion: tls.VersionTLS13}, "example.com"},
	} {
		client := New(&url.URL{Scheme: "https", Host: "localhost:" + port}, Options{TLS: c.config})
		res, err := client.Do(soon(t), request("GET"))
		if err == nil != (c.want != "") {
			t.Fatalf("want the name %q: %v", c.want, err)
		}
		if c.want == "" {
			continue
		}
		body, _ := io.ReadAll(res.Body)
		if name := <-names; name != c.want || !bytes.Equal(body, []byte("ok")) {
			t.Errorf("name %q, want %q; body %q", name, c.want, body)
		}
	}
}

// TestNoHooks checks that a request need not have functions.
func TestNoHooks(t *testing.T) {
	s := listen(t, each("HTTP/1.1 103 x\r\n\r\n"+ok))
	r := request("GET")
	r.Interim, r.Waiting = nil, nil
	if _, body, err := s.do(t, r); body != "ok" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
}

// TestKeepAlive checks that a connection is not used again shortly before the
// server says that it closes it.
func TestKeepAlive(t *testing.T) {
	for field, reused := range map[string]bool{
		"timeout=1":                    false,
		"max=5, Timeout = \"1\"":       true, // a parameter has no spaces
		"max=5,TIMEOUT=1":              false,
		"timeout=0":                    false,
		"timeout=60":                   true,
		"timeout=-1":                   true,
		"timeout=99999999999999999999": true,
		"timeout=9223372036854775807":  true,
		"x=1":                          true,
		"":                             true,
	} {
		s := listen(t, each("HTTP/1.1 200 OK\r\nKeep-Alive: "+field+"\r\nContent-Length: 2\r\n\r\nok"))
		for range 2 {
			if _, _, err := s.do(t, request("POST")); err != nil {
				t.Fatal(err)
			}
		}
		if n := s.connections.Load(); n == 1 != reused {
			t.Errorf("%q: %d connections for 2 requests", field, n)
		}
	}
}

// counted counts what is read.
type counted struct {
	*net.TCPConn

	n atomic.Int64
}

// Read implements [net.Conn].
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// TestWrappedConnection checks that a connection of Dial is read with its own
// Read, whatever it has inside.
func TestWrappedConnection(t *testing.T) {
	s := listen(t, each(ok))
	var conn counted
	client := New(&url.URL{Scheme: "http", Host: s.client.dialer.address}, Options{
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			raw, err := new(net.Dialer).DialContext(ctx, network, address)
			if err == nil {
				conn.TCPConn = raw.(*net.TCPConn)
			}
			return &conn, err
		},
	})
	for range 3 {
		res, err := client.Do(soon(t), request("POST"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(res.Body)
	}
	if n := conn.n.Load(); n != 3*int64(len(ok)) || s.connections.Load() != 1 {
		t.Errorf("%d bytes have been read, want %d; %d connections", n, 3*len(ok), s.connections.Load())
	}
}
