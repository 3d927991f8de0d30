package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// oneWithin is one, with a timeout.
func oneWithin(t *testing.T, upstream string, timeout time.Duration) *config.Config {
	t.Helper()
	c := one(t, upstream)
	c.Gateway.Routes[0].Timeout = timeout
	return c
}

// withhold sends a request without its body, and checks that the answer has this
// status and comes at once, and that the connection is closed soon afterwards.
func withhold(t *testing.T, g served, head string, status int) {
	t.Helper()
	client := dial(t, g)
	begin := time.Now()
	_ = client.conn.SetDeadline(begin.Add(8 * time.Second))
	client.write(head)
	res, err := http.ReadResponse(client.r, nil)
	if err != nil {
		t.Errorf("%q: after %v: %v", head, time.Since(begin), err)
		return
	}
	defer res.Body.Close()
	if res.StatusCode != status {
		t.Errorf("%q: status %d, want %d", head, res.StatusCode, status)
	}
	checkOne(t, res.Header)
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Errorf("%q: %v", head, err)
	}
	if _, err := client.r.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("%q: the connection ends with %v", head, err)
	}
}

// TestOwnAnswersDoNotWait checks that the gateway's own answers do not wait for
// a body that the client announces and does not send.
func TestOwnAnswersDoNotWait(t *testing.T) {
	c := one(t, "http://127.0.0.1:1")
	c.Gateway.Routes[0].Path = "/api"
	c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Path: "/api/open", Upstream: c.Gateway.Routes[0].Upstream, Policy: "open"})
	open := appPolicy
	open.AllowMethods = nil
	c.Policies["open"] = open
	g := start(t, c, gateway.Options{})
	for _, framing := range []string{"Content-Length: 1000000000\r\n", "Content-Length: 5\r\n", inChunks, inChunks + "Trailer: X-Sum\r\n"} {
		for _, request := range []struct {
			method, path, fields string
			status               int
		}{
			{"POST", "/none", "", 404},
			{"POST", "/api", "", 502},
			{"POST", "/api/x/..%2fopen", "", 400},
			{"POST", "*", "", 400},
			{"OPTIONS", "/api", "Access-Control-Request-Method: PUT\r\n", 204},
			{"TRACE", "/api", "", 501},
			{"GET", "/none", "", 404},
		} {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				withhold(t, g, headOf(request.method, request.path, request.fields+framing), request.status)
			})
		}
	}
}

// TestUpstreamFailsDuringUpload checks that a client that has stopped sending
// learns at once that the upstream has failed.
func TestUpstreamFailsDuringUpload(t *testing.T) {
	for name, b := range map[string]behaviour{
		"closes": {"h1", after(func(context.Context, net.Conn) { time.Sleep(50 * time.Millisecond) })},
		"garbage": {"h1", after(func(ctx context.Context, conn net.Conn) {
			_, _ = io.WriteString(conn, "garbage\r\n\r\n")
			silent(ctx, conn)
		})},
		"resets": {"h2", serveFrames(serverTLS(t, "h2"), nil, true, func(s *frames, stream uint32) {
			time.Sleep(50 * time.Millisecond)
			_ = s.write(func() error { return s.WriteRSTStream(stream, 2) })
		})},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, one(t, startHostile(t, t.Context(), b)), gateway.Options{})
			withhold(t, g, headOf("POST", "/", "Content-Length: 1000\r\n")+"x", 502)
		})
	}
}

// TestSlowUpload checks that the timeout does not count while the gateway waits
// for the client, and that it bounds how long the client may pause.
func TestSlowUpload(t *testing.T) {
	ended := make(chan error, 1)
	upstream := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		ended <- err
		_, _ = io.WriteString(w, "ok")
	}))
	c := oneWithin(t, upstream, 500*time.Millisecond)
	c.Gateway.Limits.BodyTimeout = 700 * time.Millisecond
	g := start(t, c, gateway.Options{})
	client := dial(t, g)
	client.write(headOf("POST", "/", "Content-Length: 12\r\n"))
	for range 12 {
		time.Sleep(100 * time.Millisecond)
		client.write("x")
	}
	if res := client.response(); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	client.write(headOf("POST", "/", "Content-Length: 12\r\n") + "x")
	begin := time.Now()
	res := client.response()
	checkOne(t, res.Header)
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 408 || !strings.Contains(string(body), "body-timeout") || time.Since(begin) < 600*time.Millisecond {
		t.Errorf("status %d after %v, %q", res.StatusCode, time.Since(begin), body)
	}
	client.ends()
	if err := <-ended; err == nil {
		t.Error("the upstream got a body that ends well")
	}
}

// TestStreamsOutliveTimeouts checks that after the header, a response may pause
// for longer than the timeouts, and so may the body of its request as long as
// the response goes on.
func TestStreamsOutliveTimeouts(t *testing.T) {
	const events = 10
	c := oneWithin(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.EnableFullDuplex()
		_ = control.Flush()
		for range events {
			time.Sleep(150 * time.Millisecond)
			_, _ = io.WriteString(w, "event\n")
			_ = control.Flush()
		}
		_, _ = io.Copy(io.Discard, r.Body)
	})), 100*time.Millisecond)
	c.Gateway.Limits.BodyTimeout = 700 * time.Millisecond
	g := start(t, c, gateway.Options{})
	for _, framing := range []string{"", inChunks} {
		client := dial(t, g)
		client.write(headOf("POST", "/", framing))
		res, err := http.ReadResponse(client.r, nil)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(res.Body)
		for i := range events {
			if line, err := lines.ReadString('\n'); err != nil || line != "event\n" {
				t.Fatalf("%q: event %d: %q, %v", framing, i, line, err)
			}
		}
		if framing != "" {
			client.write("0\r\n\r\n")
		}
		if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
			t.Errorf("%q: it ends with %q, %v", framing, rest, err)
		}
		res.Body.Close()
	}
}

// TestNamesHang checks that a resolver that does not answer does not delay the
// answer.
func TestNamesHang(t *testing.T) {
	resolver, asked := net.DefaultResolver, make(chan struct{})
	var once sync.Once
	t.Cleanup(func() {
		<-asked // whoever asks has read the variable
		net.DefaultResolver = resolver
	})
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		once.Do(func() { close(asked) })
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	g := start(t, oneWithin(t, "http://api.example", 100*time.Millisecond), gateway.Options{})
	begin := time.Now()
	res := do(t, http.MethodGet, g.URL, map[string]string{"Origin": app})
	checkOne(t, res.Header)
	if took := time.Since(begin); res.StatusCode != 504 || took > 5*time.Second {
		t.Errorf("status %d after %v", res.StatusCode, took)
	}
}

// TestClientLeavesAfterBody checks that a client that leaves is noticed after
// its body has been sent, too, and while it should send the body.
func TestClientLeavesAfterBody(t *testing.T) {
	for _, request := range []string{sized + "\r\n" + sizedBody, inChunks + "\r\n" + chunked, sized + "\r\nhe", inChunks + "\r\n5\r\nhe"} {
		arrived, left := make(chan struct{}), make(chan struct{})
		g := startBefore(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(arrived)
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			close(left)
		}))
		client := dial(t, g)
		client.write(postHead + request)
		<-arrived
		client.conn.Close()
		select {
		case <-left:
		case <-time.After(10 * time.Second):
			t.Errorf("%q: the upstream still works for a client that has left", request)
		}
	}
}

// TestLogIsBounded checks that what others send makes no log line long.
func TestLogIsBounded(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	for name, request := range map[string]string{
		"HTTP/1.1 200 OK\r\nno colon " + long + "\r\n\r\n":              headOf("GET", "/", ""),
		"HTTP/1.1 200 OK\r\nno colon " + long[:100<<10] + "\r\n\r\n":    headOf("GET", "/", ""),
		"HTTP/1.1 " + long[:100<<10] + "\r\n\r\n":                       headOf("GET", "/", ""),
		"HTTP/1.1 200 OK\r\nContent-Length: " + long[:100<<10] + "\r\n": headOf("GET", "/", ""),
		"": headOf(long[:100<<10], "/", ""),
		"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: " + long[:100<<10] + "\r\n\r\n": headOf("GET", "/", ""),
	} {
		out := new(testenv.Log)
		upstream := startRaw(t, name)
		g := start(t, one(t, upstream.url), gateway.Options{Logger: logging.New(out, logging.Options{JSON: true}).Logger})
		client := dial(t, g)
		client.write(request)
		if res := client.response(); res.StatusCode != 502 {
			t.Errorf("%.40q: status %d", name, res.StatusCode)
		}
		for line := range strings.Lines(out.String()) {
			if len(line) > 2000 {
				t.Errorf("%.40q: a line of %d bytes: %.200s", name, len(line), line)
			}
		}
		if out.String() == "" {
			t.Errorf("%.40q: nothing is logged", name)
		}
	}
}

// TestResponseHeaderIsBounded checks the bounds of what an upstream may send
// besides the body.
func TestResponseHeaderIsBounded(t *testing.T) {
	fields := func(n int) string { return strings.Repeat("X-A: "+strings.Repeat("a", 1017)+"\r\n", n) }
	for response, status := range map[string]int{
		"HTTP/1.1 200 OK\r\n" + fields(200) + "Content-Length: 0\r\n\r\n":                                       200,
		"HTTP/1.1 200 OK\r\n" + fields(300) + "Content-Length: 0\r\n\r\n":                                       502,
		"HTTP/1.1 103 Early Hints\r\n" + fields(300) + "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":       502,
		strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 100) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n": 200,
		strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 101) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n": 502,
	} {
		g := start(t, one(t, startRaw(t, response).url), gateway.Options{})
		res := do(t, http.MethodGet, g.URL, map[string]string{"Origin": app})
		checkOne(t, res.Header)
		if res.StatusCode != status {
			t.Errorf("%.60q (%d bytes): status %d, want %d", response, len(response), res.StatusCode, status)
		}
	}
	config := serverTLS(t, "h2")
	value := strings.Repeat("a", 1000)
	many := func(n int, fields ...string) []string {
		for range n {
			fields = append(fields, "x-a", value)
		}
		return fields
	}
	for name, c := range map[string]struct {
		on     onStream
		status int
	}{
		"a header":            {func(s *frames, stream uint32) { _ = s.large(stream, true, many(300, ":status", "200")...) }, 502},
		"an interim response": {func(s *frames, stream uint32) { _ = s.large(stream, false, many(300, ":status", "103")...) }, 502},
		"interim responses": {func(s *frames, stream uint32) {
			for range 101 {
				_ = s.write(func() error { return s.headers(stream, false, ":status", "103") })
			}
		}, 502},
		"trailers": {func(s *frames, stream uint32) {
			_ = s.write(func() error { return s.headers(stream, false, ":status", "200") })
			_ = s.large(stream, true, many(300)...)
		}, 0},
	} {
		g := start(t, oneWithin(t, startHostile(t, t.Context(), behaviour{"h2", serveFrames(config, nil, true, c.on)}), 10*time.Second), gateway.Options{})
		client := dial(t, g)
		client.write(headOf("GET", "/", "Connection: close\r\n"))
		answer, _ := io.ReadAll(client.r)
		final := answer[max(0, strings.LastIndex(string(answer), "HTTP/1.1 ")):]
		if c.status > 0 && !strings.HasPrefix(string(final), fmt.Sprintf("HTTP/1.1 %d ", c.status)) || len(final) > 260<<10 {
			t.Errorf("%s: %d bytes, %.60q", name, len(final), final)
		}
	}
}

// TestMemoryComesBack checks that answers with 504 leave nothing in memory.
func TestMemoryComesBack(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := start(t, oneWithin(t, startHostile(t, ctx, behaviour{"h1", silent}), 50*time.Millisecond), gateway.Options{})
	before := runtime.NumGoroutine()
	for range 200 {
		client, err := net.Dial("tcp", g.address)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer client.Close()
			_, _ = io.WriteString(client, headOf("POST", "/", "Content-Length: 1000000\r\n")+strings.Repeat("x", 1000000))
			_, _ = http.ReadResponse(bufio.NewReader(client), nil)
		}()
	}
	time.Sleep(100 * time.Millisecond)
	cancel()
	checkGoroutines(t, before)
}
