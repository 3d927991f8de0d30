package serve_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestQuietWebSocket checks that a WebSocket goes on after nothing has been sent for longer
// than response_timeout, which bounds what a client does not take.
func TestQuietWebSocket(t *testing.T) {
	const timeout = 100 * time.Millisecond
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		if _, _, err = c.Read(r.Context()); err == nil {
			_ = c.Write(r.Context(), websocket.MessageText, []byte("late"))
		}
	}))
	defer upstream.Close()
	text := within(fileFor(upstream.URL, first, "127.0.0.1:0"), "  limits: {response_timeout: 100ms}\n", "timeout: 5s")
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), text, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, s.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	time.Sleep(3 * timeout)
	if err := c.Write(ctx, websocket.MessageText, []byte("early")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(ctx); string(got) != "late" {
		t.Errorf("%q, %v", got, err)
	}
}
