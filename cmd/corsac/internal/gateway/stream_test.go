package gateway_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// get sends a GET from the page and returns the response once its headers
// arrive.
func get(ctx context.Context, t *testing.T, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", app)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// TestEventsAreNotHeldBack sends the second event only after the first has been
// read, so a gateway that buffers would never finish. It does so with and
// without chunks.
func TestEventsAreNotHeldBack(t *testing.T) {
	for _, length := range []string{"", "18"} {
		read := make(chan struct{})
		g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			if length != "" {
				w.Header().Set("Content-Length", length)
			}
			for i := range 2 {
				fmt.Fprintf(w, "data: %d\n\n", i)
				_ = http.NewResponseController(w).Flush()
				select {
				case <-read:
				case <-r.Context().Done():
					return
				}
			}
		}))
		res := get(t.Context(), t, g.URL)
		checkOne(t, res.Header)
		lines := bufio.NewScanner(res.Body)
		for i := range 2 {
			if !lines.Scan() || lines.Text() != fmt.Sprintf("data: %d", i) || !lines.Scan() {
				t.Fatalf("event %d: %q, %v", i, lines.Text(), lines.Err())
			}
			read <- struct{}{}
		}
	}
}

func TestWebSocket(t *testing.T) {
	g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			kind, message, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			if conn.Write(r.Context(), kind, message) != nil {
				return
			}
		}
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, g.URL, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {app}}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	checkOne(t, res.Header)
	for _, message := range []string{"one", strings.Repeat("x", 30<<10)} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.Read(ctx); err != nil || string(got) != message {
			t.Fatalf("echo %d bytes, %v, want %d", len(got), err, len(message))
		}
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

// noise returns an endless body that is always the same.
func noise() io.Reader { return rand.NewChaCha8([32]byte{}) }

// TestLargeBodies sends a large body in both directions at once: the upstream
// echoes it, and the client reads the response while it sends.
func TestLargeBodies(t *testing.T) {
	size := int64(testenv.Rounds(64<<20, 8<<20))
	g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.Copy(w, r.Body)
	}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, g.URL, io.LimitReader(noise(), size))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", app)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	checkOne(t, res.Header)
	got, want := sha256.New(), sha256.New()
	n, err := io.Copy(got, res.Body)
	if err != nil || n != size {
		t.Fatalf("%d bytes, %v", n, err)
	}
	_, _ = io.CopyN(want, noise(), size)
	if string(got.Sum(nil)) != string(want.Sum(nil)) {
		t.Error("the body has changed")
	}
}

// TestClientLeaves checks that the upstream notices a client that disconnects,
// before the response and during it.
func TestClientLeaves(t *testing.T) {
	for _, path := range []string{"/before", "/during"} {
		arrived, left := make(chan struct{}), make(chan struct{})
		g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/during" {
				_, _ = io.WriteString(w, "begin\n")
				_ = http.NewResponseController(w).Flush()
			}
			close(arrived)
			<-r.Context().Done()
			close(left)
		}))
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.URL+path, nil)
			if err != nil {
				t.Error(err)
				return
			}
			if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
		}()
		<-arrived
		leave()
		select {
		case <-left:
		case <-time.After(30 * time.Second):
			t.Errorf("%s: the upstream still works for a client that has left", path)
		}
		<-done
	}
}

// TestUpstreamBreaksOff checks that a truncated response is not forwarded as a
// complete one.
func TestUpstreamBreaksOff(t *testing.T) {
	upstream := startRaw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n")
	g := start(t, one(t, upstream.url), gateway.Options{})
	res := get(t.Context(), t, g.URL)
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("the response ends well, with %q", body)
	}
}
