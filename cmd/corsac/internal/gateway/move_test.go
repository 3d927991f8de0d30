package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

const long = 8 << 20

// written returns how many bytes this process has written.
func written(t *testing.T) (n int) {
	t.Helper()
	data, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip(err)
	}
	if _, err := fmt.Fscanf(bytes.NewReader(data), "rchar: %d\nwchar: %d", new(int), &n); err != nil {
		t.Skip(err)
	}
	return n
}

// TestLongBodiesAreMoved checks that the system moves long bodies of a known
// length between plain sockets, and that they, and what follows, arrive as they
// are. The upstream writes them once; a proxy that copies writes them again.
func TestLongBodiesAreMoved(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems copy them")
	}
	all, _ := io.ReadAll(io.LimitReader(noise(), long))
	for _, chunks := range []bool{false, true} {
		var connections sync.Map
		g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			connections.Store(r.RemoteAddr, true)
			if !chunks {
				w.Header().Set("Content-Length", fmt.Sprint(long))
			}
			_, _ = w.Write(all)
		}))
		client := dial(t, g)
		before := written(t)
		for range 3 {
			client.write(nextHead)
			res := client.response()
			checkOne(t, res.Header)
			if body, err := io.ReadAll(res.Body); err != nil || sha256.Sum256(body) != sha256.Sum256(all) {
				t.Fatalf("%d bytes, %v", len(body), err)
			}
		}
		if n := (written(t) - before) / 3; n > long*3/2 != chunks {
			t.Errorf("in chunks: %t: %d bytes have been written for a body of %d", chunks, n, long)
		}
		n := 0
		connections.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d connections to the upstream", n)
		}
	}
}

// longer is an upstream that announces a long body and sends some of it.
func longer(sends int, then func(net.Conn)) behaviour {
	return behaviour{"h1", func(_ context.Context, conn net.Conn) {
		if _, err := conn.Read(make([]byte, 4096)); err != nil {
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", long, strings.Repeat("x", sends))
		then(conn)
	}}
}

// TestMovedBodyBreaksOff checks whose fault it is that the system cannot move all
// of a body.
func TestMovedBodyBreaksOff(t *testing.T) {
	for _, resets := range []bool{false, true} {
		g, logs := startDebug(t, one(t, startHostile(t, t.Context(), longer(long/2, func(conn net.Conn) {
			if resets {
				time.Sleep(50 * time.Millisecond) // a reset throws away what has not been read
				_ = conn.(*net.TCPConn).SetLinger(0)
			}
		}))))
		res := get(t.Context(), t, g.URL)
		if n, err := io.Copy(io.Discard, res.Body); err == nil || n != long/2 {
			t.Errorf("%d bytes, %v", n, err)
		}
		logs.Wait(t, "the upstream broke off its response")
	}
	left := make(chan struct{})
	g, logs := startDebug(t, one(t, startHostile(t, t.Context(), longer(long/2, func(conn net.Conn) {
		_, _ = io.Copy(io.Discard, conn)
		close(left)
	}))))
	client := dial(t, g)
	client.write(nextHead)
	if _, err := io.CopyN(io.Discard, client.r, long/4); err != nil {
		t.Fatal(err)
	}
	client.conn.Close()
	select {
	case <-left:
	case <-time.After(30 * time.Second):
		t.Error("the upstream still sends to a client that has left")
	}
	logs.Wait(t, "the client left during the response")
}

// startDebug is start, and returns the log of the gateway.
func startDebug(t *testing.T, c *config.Config) (served, *testenv.Log) {
	t.Helper()
	logs := new(testenv.Log)
	logger := slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return start(t, c, gateway.Options{Logger: logger}), logs
}
