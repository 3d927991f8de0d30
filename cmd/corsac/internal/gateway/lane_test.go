package gateway_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cors"
)

// piped is a listener whose connections are pipes.
type piped chan net.Conn

func (p piped) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p piped) Close() error   { return nil }
func (p piped) Addr() net.Addr { return &net.TCPAddr{} }

// countingPreflights is a gateway that counts the preflights before net/http.
type countingPreflights struct {
	forward.EarlyAnswerer

	n atomic.Int64
}

func (c *countingPreflights) ServePreflight(w http.ResponseWriter, r *http.Request) bool {
	ok := c.EarlyAnswerer.ServePreflight(w, r)
	if ok {
		c.n.Add(1)
	}
	return ok
}

// ordinary hides that a gateway can answer preflights before net/http.
type ordinary struct{ forward.Refuser }

// bothWays returns functions that send bytes to a gateway, one with net/http alone
// and one as it is, and the number of preflights that the latter answered early.
func bothWays(t testing.TB) (ask func(t testing.TB, text string) (plain, early string), early *countingPreflights) {
	t.Helper()
	upstream, err := url.Parse("http://127.0.0.1:1") // nothing listens there
	if err != nil {
		t.Fatal(err)
	}
	other := appPolicy
	other.AllowOrigins, other.AllowHeaders, other.MaxAge = []string{"https://*.example.org"}, []string{"X-A", "X-B"}, cors.CacheFor(time.Hour)
	open := cors.Policy{AllowOrigins: []string{"*"}, AllowHeaders: []string{"*"}}
	c := &config.Config{
		Policies: map[string]cors.Policy{"app": appPolicy, "other": other, "open": open},
		Gateway: config.Gateway{Routes: []config.Route{
			{Path: "/", Upstream: upstream, Policy: "app"},
			{Path: "/other/", Upstream: upstream, Policy: "other"},
			{Host: "open.example", Path: "/v1/", Upstream: upstream, Policy: "open"},
			{Path: "/trial/", Upstream: upstream, Policy: "app", Trial: "other", Rollout: 50},
			{Path: "/fill/", Upstream: upstream, Policy: "app", Mode: config.ModeFill},
		}},
	}
	return bothWaysOf(t, c, gateway.Options{})
}

// bothWaysOf is bothWays for a configuration.
func bothWaysOf(t testing.TB, c *config.Config, o gateway.Options) (ask func(t testing.TB, text string) (plain, early string), early *countingPreflights) {
	t.Helper()
	h, err := gateway.New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	early = &countingPreflights{EarlyAnswerer: h}
	var ways [2]piped
	for i, handler := range []http.Handler{ordinary{early.EarlyAnswerer}, early} {
		ways[i] = make(piped)
		go func() { _ = forward.Serve(&http.Server{Handler: handler}, ways[i]) }()
		t.Cleanup(func() { close(ways[i]) })
	}
	return func(t testing.TB, text string) (string, string) {
		return exchange(t, ways[0], text), exchange(t, ways[1], text)
	}, early
}

var date = regexp.MustCompile(`(?m)^Date: .*\r\n`)

// exchange sends a text, and a request after it, and returns the answers, without
// their dates.
func exchange(t testing.TB, way piped, text string) string {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	way <- server
	_ = client.SetDeadline(time.Now().Add(5 * time.Second))
	go func() {
		_, _ = io.WriteString(client, text)
		_, _ = io.WriteString(client, "GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	}()
	got, err := io.ReadAll(client)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	return date.ReplaceAllString(string(got), "")
}

// preflights are requests, most of which are plain preflights.
var preflights = []string{
	"OPTIONS /items HTTP/1.1\r\nHost: api.example.com\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /items?a=1&b=2 HTTP/1.1\r\nhost: api.example.com:8080\r\norigin: " + app + "\r\naccess-control-request-method: PUT\r\nConnection: keep-alive\r\n\r\n",
	"OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /other/x HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example.org\r\nAccess-Control-Request-Method: DELETE\r\nAccess-Control-Request-Headers: x-a,x-b\r\n\r\n",
	"OPTIONS /other/x HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example.org\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a,x-b\r\n\r\n",
	"OPTIONS /v1/x HTTP/1.1\r\nHost: open.example\r\nOrigin: null\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: x-any\r\n\r\n",
	"OPTIONS /v1/x HTTP/1.1\r\nHost: open.example\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Private-Network: true\r\n\r\n",
}

func init() {
	for i := range 8 { // some of which get the policy, and some the trial
		preflights = append(preflights, fmt.Sprintf("OPTIONS /trial/x HTTP/1.1\r\nHost: x\r\nOrigin: https://%d.example.org\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a\r\n\r\n", i))
	}
}

// unusual are requests that net/http has to read.
var unusual = []string{
	"OPTIONS //items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /a/../items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /%6ftems HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /items HTTP/1.0\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /items HTTP/1.1\r\nHost: x\r\nHost: y\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\nContent-Length: 2\r\n\r\nhi",
	"OPTIONS /items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"OPTIONS /items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\nConnection: close\r\n\r\n",
	"OPTIONS /items HTTP/1.1\nHost: x\nOrigin: " + app + "\nAccess-Control-Request-Method: PUT\n\n",
	"OPTIONS /items HTTP/1.1\r\nHost: x\r\nOrigin:" + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\n Access-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /items HTTP/1.1\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\n\r\n",
	"OPTIONS /items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\nOPTIONS /items HTTP/1.1\r\nHost: x\r\n\r\n",
	"OPTIONS /items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: \r\n\r\n",
	"PUT /items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
	"OPTIONS /fill/x HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
}

// TestEarlyPreflights checks that preflights are answered before net/http reads them,
// as it would have them answered, and that nothing else is.
func TestEarlyPreflights(t *testing.T) {
	ask, early := bothWays(t)
	for _, text := range preflights {
		before := early.n.Load()
		plain, other := ask(t, text)
		if early.n.Load() != before+1 {
			t.Errorf("net/http read it:\n%s", text)
		}
		if plain != other || strings.Count(plain, "HTTP/1.1 ") != 2 {
			t.Errorf("%s\nnet/http:\n%s\nearly:\n%s", text, plain, other)
		}
	}
	for _, text := range unusual {
		before := early.n.Load()
		if plain, other := ask(t, text); plain != other || early.n.Load() != before {
			t.Errorf("%s\nnet/http:\n%s\nearly (%d):\n%s", text, plain, early.n.Load()-before, other)
		}
	}
}

// FuzzEarlyPreflights checks that requests get the same answers both ways.
func FuzzEarlyPreflights(f *testing.F) {
	for _, text := range append(preflights, unusual...) {
		f.Add(text)
	}
	ask, _ := bothWays(f)
	f.Fuzz(func(t *testing.T, text string) {
		lower := strings.ToLower(text)
		if !strings.HasPrefix(text, "OPTIONS /") || !strings.HasSuffix(text, "\r\n\r\n") || len(text) > 2000 ||
			strings.Contains(lower, "content-length") || strings.Contains(lower, "transfer-encoding") { // more would have to come
			return
		}
		if plain, other := ask(t, text); plain != other {
			t.Errorf("%q\nnet/http:\n%s\nearly:\n%s", text, plain, other)
		}
	})
}

// TestEarlyAmongOthers sends preflights and other requests on one connection, and
// preflights of which a part arrives later.
func TestEarlyAmongOthers(t *testing.T) {
	g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Method) }))
	conn, err := net.Dial("tcp", g.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	put := "PUT /items HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\nContent-Length: 2\r\n\r\nhi"
	half := len(preflights[0]) / 2
	for i, parts := range [][]string{
		{put},
		{preflights[0]},
		{preflights[0]},
		{preflights[2]},
		{preflights[0]},
		{put},
		{preflights[0][:half], preflights[0][half:]},
		{preflights[0]},
		{preflights[0] + preflights[0]},
		{""},
		{put + preflights[0]},
		{""},
		{preflights[1]},
		{put},
	} {
		for _, part := range parts {
			if _, err := io.WriteString(conn, part); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond) // so that the parts arrive apart
		}
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("%d %q: %v", i, parts, err)
		}
		body, _ := io.ReadAll(res.Body)
		want := http.StatusNoContent
		if parts[0] == preflights[2] {
			want = http.StatusForbidden
		} else if strings.HasPrefix(parts[0], "PUT") {
			want = http.StatusOK
		}
		if res.StatusCode != want {
			t.Errorf("%d %q: %s %q", i, parts, res.Status, body)
		}
	}
}

// TestEarlyAfterBuffered checks that what looks like a preflight is part of a request
// whose beginning net/http has read together with the request before it.
func TestEarlyAfterBuffered(t *testing.T) {
	g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+" "+r.Header.Get("X-A"))
	}))
	for begin, want := range map[string]string{"X": "XOPTIONS ", "GET / HTTP/1.1\r\nX-A: ": "GET OPTIONS /items HTTP/1.1"} {
		conn, err := net.Dial("tcp", g.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		in := bufio.NewReader(conn)
		for _, part := range []string{"PUT /items HTTP/1.1\r\nHost: x\r\n\r\n" + begin, preflights[0]} {
			if _, err := io.WriteString(conn, part); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			if got := string(body); part == preflights[0] && got != want {
				t.Errorf("after %q: %s %q, want %q", begin, res.Status, got, want)
			}
		}
	}
}
