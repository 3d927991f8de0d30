package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/corsac-dev/corsac/fetch"
)

// status200 is a header block with a status.
func status200() []byte {
	var b bytes.Buffer
	_ = hpack.NewEncoder(&b).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	return b.Bytes()
}

// hostile are the steps that a server repeats after a request, over HTTP/2.
var hostile = map[string]func(f *http2.Framer, stream uint32) error{
	"REFUSED_STREAM": func(f *http2.Framer, stream uint32) error {
		return f.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
	},
	"GOAWAY(0)":     func(f *http2.Framer, _ uint32) error { return f.WriteGoAway(0, http2.ErrCodeNo, nil) },
	"PING":          func(f *http2.Framer, _ uint32) error { return f.WritePing(false, [8]byte{}) },
	"SETTINGS":      func(f *http2.Framer, _ uint32) error { return f.WriteSettings() },
	"WINDOW_UPDATE": func(f *http2.Framer, _ uint32) error { return f.WriteWindowUpdate(0, 1) },
	// net/http, as of Go 1.26, waits for a lock that it has.
	"WINDOW_UPDATE that overflows": func(f *http2.Framer, stream uint32) error { return f.WriteWindowUpdate(stream, 1<<31-1) },
	"CONTINUATION": func(f *http2.Framer, stream uint32) error {
		return errors.Join(f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: status200()}), f.WriteContinuation(stream, false, nil))
	},
	"nothing": func(*http2.Framer, uint32) error { return nil },
}

// serveHostile serves connections of l with a step, and counts requests.
func serveHostile(l net.Listener, step func(f *http2.Framer, stream uint32) error, requests *atomic.Int64) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			if _, err := io.CopyN(io.Discard, conn, int64(len(http2.ClientPreface))); err != nil {
				return
			}
			f := http2.NewFramer(conn, conn)
			_ = f.WriteSettings()
			for {
				frame, err := f.ReadFrame()
				if err != nil {
					return
				}
				if h, ok := frame.(*http2.HeadersFrame); ok {
					requests.Add(1)
					go func() {
						for step(f, h.StreamID) == nil {
							time.Sleep(5 * time.Millisecond)
						}
					}()
				}
			}
		}()
	}
}

// TestHostileHTTP2 checks that a request ends in time, whatever the server does,
// and that it is sent once.
func TestHostileHTTP2(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	for name, step := range hostile {
		t.Run(name, func(t *testing.T) {
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: server.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var requests atomic.Int64
			go serveHostile(l, step, &requests)
			p := &Probe{Network: &Network{TLS: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, Timeout: 1500 * time.Millisecond}, KeepBody: 100}
			begin := time.Now()
			_, err = p.Exchange(t.Context(), &fetch.WireRequest{Kind: fetch.KindActual, Method: "GET", URL: "https://" + l.Addr().String() + "/"})
			if name == "REFUSED_STREAM" && codeOf(err) != CodeHTTP2 {
				t.Errorf("%s: %v", codeOf(err), err)
			}
			if err == nil || time.Since(begin) > 10*time.Second || errors.Is(err, context.Canceled) {
				t.Errorf("after %v: %v", time.Since(begin), err)
			}
			if n := requests.Load(); n != 1 {
				t.Errorf("it was sent %d times", n)
			}
		})
	}
}

// TestResetInBody checks that a stream that the server resets in the body is an
// error of the body, not of the request.
func TestResetInBody(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: server.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var requests atomic.Int64
	go serveHostile(l, func(f *http2.Framer, stream uint32) error {
		return errors.Join(f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: status200(), EndHeaders: true}),
			f.WriteData(stream, false, []byte("hello")), f.WriteRSTStream(stream, http2.ErrCodeInternal), errDone)
	}, &requests)
	p := &Probe{Network: &Network{TLS: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, Timeout: 5 * time.Second}, WholeBody: true}
	r, err := p.Exchange(t.Context(), &fetch.WireRequest{Kind: fetch.KindActual, Method: "GET", URL: "https://" + l.Addr().String() + "/"})
	if err != nil {
		t.Fatal(err)
	}
	var e *fetch.NetError
	if r.Status != 200 || r.Body == nil || r.Body.Empty || !errors.As(r.Body.Err, &e) || e.Code != fetch.CodeHTTP2 {
		t.Errorf("status %d, body %+v", r.Status, r.Body)
	}
}

// errDone ends the steps of a server.
var errDone = errors.New("done")
