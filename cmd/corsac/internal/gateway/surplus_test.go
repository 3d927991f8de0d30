package gateway_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// poison is what an upstream sends after a response, though it must not.
const poison = "HTTP/1.1 200 OK\r\nX-Poison: 1\r\nContent-Length: 0\r\n\r\n"

// complete are responses that are complete, so that what follows is surplus.
var complete = []string{
	"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 60\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
}

// surplusUpstream sends surplus after every response, at once or when it gets
// a signal, which it answers.
func surplusUpstream(signals chan chan struct{}) func(context.Context, net.Conn) {
	var n atomic.Int64
	return func(_ context.Context, conn net.Conn) {
		in := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			response := complete[n.Add(1)%int64(len(complete))]
			if signals == nil {
				response += poison
			}
			if _, err := io.WriteString(conn, response); err != nil {
				return
			}
			if signals != nil {
				done := <-signals
				_, _ = io.WriteString(conn, poison)
				close(done)
			}
		}
	}
}

// checkSurplus sends a request, checks that its response is its own, and reports
// whether the upstream has responded.
func checkSurplus(t *testing.T, g served, client *http.Client, method string) bool {
	body := ""
	if method == http.MethodPost {
		body = "hello"
	}
	r, err := http.NewRequestWithContext(t.Context(), method, g.URL, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return false
	}
	res, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return false
	}
	defer res.Body.Close()
	if res.Header.Get("X-Poison") != "" {
		t.Errorf("%s got the surplus of another response", method)
	}
	// A body cannot be sent again on another connection.
	if res.StatusCode >= 500 && method != http.MethodPost {
		t.Errorf("%s: status %d", method, res.StatusCode)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode < 500
}

// TestSurplus checks that bytes after a response, which belong to none, are not
// taken for the response to another request, if they arrive before that request
// is sent: with the response, or at the last moment.
func TestSurplus(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this system does not say in time that bytes have arrived")
	}
	t.Run("with the response", func(t *testing.T) {
		g := start(t, one(t, startHostile(t, t.Context(), behaviour{"h1", surplusUpstream(nil)})), gateway.Options{})
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				client := &http.Client{Transport: &http.Transport{}}
				defer client.CloseIdleConnections()
				for round := range testenv.Rounds(150, 50) {
					checkSurplus(t, g, client, []string{"GET", "POST", "DELETE", "OPTIONS"}[(i+round)%4])
				}
			})
		}
		wait.Wait()
	})
	t.Run("at the last moment", func(t *testing.T) {
		signals := make(chan chan struct{})
		g := start(t, one(t, startHostile(t, t.Context(), behaviour{"h1", surplusUpstream(signals)})), gateway.Options{})
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		for round := range testenv.Rounds(1000, 300) {
			if checkSurplus(t, g, client, []string{"GET", "POST", "DELETE"}[round%3]) {
				done := make(chan struct{})
				signals <- done
				<-done
			}
		}
	})
}
