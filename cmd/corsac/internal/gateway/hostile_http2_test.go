package gateway_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// frames is a connection on which an HTTP/2 upstream misbehaves.
type frames struct {
	*http2.Framer

	conn net.Conn
	mu   sync.Mutex // for writing
}

// write calls f, which writes, alone.
func (s *frames) write(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f()
}

// block returns a header block. A name that is not in lower case is malformed.
func block(fields ...string) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for i := 0; i < len(fields); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return b.Bytes()
}

// headers writes a header block.
func (s *frames) headers(stream uint32, end bool, fields ...string) error {
	return s.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(fields...), EndHeaders: true, EndStream: end})
}

// large writes a header block in several frames.
func (s *frames) large(stream uint32, end bool, fields ...string) error {
	return s.write(func() error {
		rest := block(fields...)
		part := rest[:min(len(rest), 16<<10)]
		rest = rest[len(part):]
		err := s.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: part, EndHeaders: len(rest) == 0, EndStream: end})
		for err == nil && len(rest) > 0 {
			part, rest = rest[:min(len(rest), 16<<10)], rest[min(len(rest), 16<<10):]
			err = s.WriteContinuation(stream, len(rest) == 0, part)
		}
		return err
	})
}

// flood repeats a step, with pauses, for longer than a request may take.
func (s *frames) flood(pause time.Duration, step func() error) {
	for begin := time.Now(); time.Since(begin) < 2*hostileTimeout && s.write(step) == nil; {
		time.Sleep(pause)
	}
}

// onStream is what an HTTP/2 upstream does when a request arrives.
type onStream func(s *frames, stream uint32)

// serveFrames serves HTTP/2 with begin before the first request and on for each.
// If reads is false, it does not read after the first request.
func serveFrames(config *tls.Config, settings []http2.Setting, reads bool, on onStream) func(context.Context, net.Conn) {
	return func(ctx context.Context, conn net.Conn) {
		secure := tls.Server(conn, config)
		if secure.HandshakeContext(ctx) != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, secure, int64(len(http2.ClientPreface))); err != nil {
			return
		}
		s := &frames{Framer: http2.NewFramer(secure, secure), conn: secure}
		if s.write(func() error { return s.WriteSettings(settings...) }) != nil {
			return
		}
		var streams sync.WaitGroup
		defer streams.Wait()
		defer secure.Close()
		for {
			frame, err := s.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					_ = s.write(s.WriteSettingsAck)
				}
			case *http2.HeadersFrame:
				stream := frame.StreamID
				streams.Go(func() { on(s, stream) })
				if !reads {
					deaf(ctx, conn)
					return
				}
			}
		}
	}
}

// http2Floods are frames to send again and again.
var http2Floods = map[string]func(s *frames, stream uint32) error{
	"PING":     func(s *frames, _ uint32) error { return s.WritePing(false, [8]byte{1}) },
	"PING ACK": func(s *frames, _ uint32) error { return s.WritePing(true, [8]byte{1}) },
	"SETTINGS": func(s *frames, _ uint32) error { return s.WriteSettings() },
	"SETTINGS that vary": func(s *frames, _ uint32) error {
		return s.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20}, http2.Setting{ID: http2.SettingHeaderTableSize, Val: 1})
	},
	"SETTINGS ACK":                func(s *frames, _ uint32) error { return s.WriteSettingsAck() },
	"WINDOW_UPDATE":               func(s *frames, _ uint32) error { return s.WriteWindowUpdate(0, 1) },
	"WINDOW_UPDATE of the stream": func(s *frames, stream uint32) error { return s.WriteWindowUpdate(stream, 1) },
	"PRIORITY":                    func(s *frames, stream uint32) error { return s.WritePriority(stream, http2.PriorityParam{Weight: 1}) },
	"RST_STREAM of others":        func(s *frames, stream uint32) error { return s.WriteRSTStream(stream+2, http2.ErrCodeCancel) },
	"unknown":                     func(s *frames, stream uint32) error { return s.WriteRawFrame(0xfa, 0, stream, []byte("x")) },
	"102":                         func(s *frames, stream uint32) error { return s.headers(stream, false, ":status", "102", "x-a", "b") },
	"103 with fields": func(s *frames, stream uint32) error {
		return s.headers(stream, false, ":status", "103", "link", strings.Repeat("a", 1000), "access-control-allow-origin", "*")
	},
	"GOAWAY without end": func(s *frames, stream uint32) error { return s.WriteGoAway(stream, http2.ErrCodeNo, nil) },
	"DATA of nothing":    func(s *frames, stream uint32) error { return s.WriteData(stream+2, false, nil) },
}

// http2Once are what to do once for each request.
func http2Once() map[string]onStream {
	once := map[string]onStream{
		"nothing":   func(*frames, uint32) {},
		"closes":    func(s *frames, _ uint32) { s.conn.Close() },
		"GOAWAY(0)": func(s *frames, _ uint32) { _ = s.write(func() error { return s.WriteGoAway(0, http2.ErrCodeNo, nil) }) },
		"GOAWAY(0), and closes": func(s *frames, _ uint32) {
			_ = s.write(func() error { return s.WriteGoAway(0, http2.ErrCodeNo, nil) })
			s.conn.Close()
		},
		"GOAWAY, and waits": func(s *frames, _ uint32) {
			_ = s.write(func() error { return s.WriteGoAway(1<<31-1, http2.ErrCodeNo, []byte("bye")) })
		},
		"ENHANCE_YOUR_CALM": func(s *frames, _ uint32) {
			_ = s.write(func() error { return s.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("too_many_pings")) })
		},
		"a frame that is too large": func(s *frames, stream uint32) {
			_ = s.write(func() error { return s.WriteRawFrame(http2.FrameData, 0, stream, make([]byte, 1<<20)) })
		},
		"half a frame": func(s *frames, _ uint32) {
			_ = s.write(func() error { _, err := s.conn.Write([]byte{0, 0, 9, 1}); return err })
		},
		"garbage": func(s *frames, _ uint32) {
			_ = s.write(func() error { _, err := io.WriteString(s.conn, "HTTP/1.1 200 OK\r\n\r\n"); return err })
		},
		"DATA first": func(s *frames, stream uint32) {
			_ = s.write(func() error { return s.WriteData(stream, true, []byte("x")) })
		},
		"PUSH_PROMISE": func(s *frames, stream uint32) {
			_ = s.write(func() error {
				return s.WritePushPromise(http2.PushPromiseParam{StreamID: stream, PromiseID: 2, BlockFragment: block(":method", "GET"), EndHeaders: true})
			})
		},
		"a broken block": func(s *frames, stream uint32) {
			_ = s.write(func() error {
				return s.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, EndHeaders: true})
			})
		},
		"headers without end": func(s *frames, stream uint32) {
			_ = s.write(func() error {
				return s.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(":status", "200")})
			})
		},
		"a response without a body that ends": func(s *frames, stream uint32) {
			_ = s.write(func() error { return s.headers(stream, false, ":status", "200") })
		},
		"a response and RST_STREAM": func(s *frames, stream uint32) {
			_ = s.write(func() error { return s.headers(stream, false, ":status", "200") })
			_ = s.write(func() error { return s.WriteRSTStream(stream, http2.ErrCodeNo) })
		},
		// net/http, as of Go 1.26, waits for a lock that it has.
		"a window that overflows": func(s *frames, stream uint32) {
			for range 2 {
				_ = s.write(func() error { return s.WriteWindowUpdate(stream, 1<<31-1) })
			}
		},
		"the window of the connection overflows": func(s *frames, _ uint32) {
			for range 2 {
				_ = s.write(func() error { return s.WriteWindowUpdate(0, 1<<31-1) })
			}
		},
		"no window update": func(s *frames, stream uint32) {
			_ = s.write(func() error { return s.WriteRawFrame(http2.FrameWindowUpdate, 0, stream, make([]byte, 4)) })
		},
		"an early 413": func(s *frames, stream uint32) {
			_ = s.write(func() error { return s.headers(stream, true, ":status", "413") })
		},
	}
	for code := http2.ErrCodeNo; code <= http2.ErrCodeHTTP11Required; code++ {
		once["RST_STREAM "+code.String()] = func(s *frames, stream uint32) {
			_ = s.write(func() error { return s.WriteRSTStream(stream, code) })
		}
	}
	for _, status := range []string{"", "1", "99", "101", "1000", "200 OK", "-200"} {
		once[fmt.Sprintf("status %q", status)] = func(s *frames, stream uint32) {
			_ = s.write(func() error { return s.headers(stream, true, ":status", status) })
		}
	}
	for _, pause := range []time.Duration{0, 20 * time.Millisecond} {
		for name, fragment := range map[string][]byte{"nothing": nil, "fields": block("x-a", strings.Repeat("a", 4000))} {
			once[fmt.Sprintf("CONTINUATION of %s every %v", name, pause)] = func(s *frames, stream uint32) {
				_ = s.write(func() error {
					return s.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(":status", "200")})
				})
				s.flood(pause, func() error { return s.WriteContinuation(stream, false, fragment) })
			}
		}
	}
	return once
}

// http2Behaviours are the ways in which an HTTP/2 upstream misbehaves.
func http2Behaviours(t *testing.T) []behaviour {
	t.Helper()
	config := serverTLS(t, "h2")
	list := []behaviour{{"h2 silent after the handshake", func(ctx context.Context, conn net.Conn) {
		secure := tls.Server(conn, config)
		if secure.HandshakeContext(ctx) == nil {
			silent(ctx, secure)
		}
	}}}
	for name, step := range http2Floods {
		for _, reads := range []bool{true, false} {
			list = append(list, behaviour{fmt.Sprintf("h2 flood of %s, reads: %t", name, reads), serveFrames(config, nil, reads, func(s *frames, stream uint32) {
				s.flood(time.Millisecond, func() error { return step(s, stream) })
			})})
		}
	}
	for name, on := range http2Once() {
		list = append(list, behaviour{"h2 " + name, serveFrames(config, nil, true, on)})
	}
	for name, settings := range map[string][]http2.Setting{
		"no window": {{ID: http2.SettingInitialWindowSize, Val: 0}}, "no streams": {{ID: http2.SettingMaxConcurrentStreams, Val: 0}},
		"one stream": {{ID: http2.SettingMaxConcurrentStreams, Val: 1}}, "a small header list": {{ID: http2.SettingMaxHeaderListSize, Val: 1}},
		"a window that is too large": {{ID: http2.SettingInitialWindowSize, Val: 1 << 31}}, "small frames": {{ID: http2.SettingMaxFrameSize, Val: 1}},
	} {
		list = append(list, behaviour{"h2 " + name, serveFrames(config, settings, true, func(*frames, uint32) {})})
	}
	return list
}
