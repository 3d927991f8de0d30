package logging_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestGoLibraries provokes lines of Go's own packages. Each must be an object
// with a level, a message and the text.
func TestGoLibraries(t *testing.T) {
	var w testenv.Log
	l := logging.New(&w, logging.Options{JSON: true})
	defer logging.TakeOver(l.Logger)()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		if r.URL.Path == "/panic" {
			panic("boom\ngoroutine 1\nlevel=ERROR msg=forged \x1b[2J")
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = logging.Standard(l.Logger)
	server.StartTLS()
	defer server.Close()

	unfinished(t, server.Listener.Addr().String(), "\x16\x03\x01hello\r\n\r\n")
	for _, path := range []string{"/twice", "/panic"} {
		for _, protocol := range []string{"h2", "http/1.1"} {
			conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protocol}}}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if protocol == "h2" {
				conn.Close()
				get(t, server.Client(), server.URL+path)
				continue
			}
			_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			_, _ = io.Copy(io.Discard, conn)
			conn.Close()
		}
	}
	unsolicited(t)
	dataFirst(t, server.TLS.Certificates)
	log.Print("something else")

	awaitLines(t, &w, map[string]string{
		"TLS handshake failed": "INFO", "panic while answering a request": "ERROR",
		"an upstream sent a response without a request": "WARN", "Go's own libraries log": "WARN", "an upstream broke HTTP/2": "WARN",
	})
}

// unfinished sends bytes to a server and waits until it closes the connection.
func unfinished(t *testing.T, address, text string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, text)
	_, _ = io.Copy(io.Discard, conn)
}

func get(t *testing.T, c *http.Client, url string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := c.Do(r); err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
}

// unsolicited makes a transport get two responses to one request.
func unsolicited(t *testing.T) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	next := make(chan struct{})
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		<-next
		_, _ = io.WriteString(conn, "HTTP/1.1 200 \x1b]0;x\x07\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn)
	}()
	get(t, &http.Client{Transport: new(http.Transport)}, "http://"+l.Addr().String())
	time.Sleep(50 * time.Millisecond) // until the connection is idle
	close(next)
}

// dataFirst makes a transport get the body of an HTTP/2 response before its
// header.
func dataFirst(t *testing.T, certificates []tls.Certificate) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.CopyN(io.Discard, conn, int64(len(http2.ClientPreface)))
		f := http2.NewFramer(conn, conn)
		_ = f.WriteSettings()
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			if frame.Header().Type == http2.FrameHeaders {
				_ = f.WriteData(frame.Header().StreamID, true, []byte("x"))
			}
		}
	}()
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	get(t, &http.Client{Transport: transport}, "https://"+l.Addr().String())
}

// awaitLines waits for a line with each message, and checks all lines.
func awaitLines(t *testing.T, w *testenv.Log, want map[string]string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); len(want) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("missing: %v", want)
		}
		for text := range strings.SplitSeq(strings.TrimSpace(w.Take()), "\n") {
			if text == "" {
				continue
			}
			t.Logf("%.300s", text)
			var line struct{ Level, Msg, Reason, Stack, Client string }
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			panicked := strings.HasPrefix(line.Msg, "panic")
			if level, ok := want[line.Msg]; ok && level != line.Level || line.Reason == "" || panicked != strings.HasPrefix(line.Stack, "goroutine ") {
				t.Errorf("%s", text)
			}
			if handshake := strings.HasPrefix(line.Msg, "TLS"); handshake && (strings.HasPrefix(line.Reason, "http:") || !strings.HasPrefix(line.Client, "127.0.0.1:")) {
				t.Errorf("it is in Go's words: %s", text)
			}
			delete(want, line.Msg)
		}
	}
}
