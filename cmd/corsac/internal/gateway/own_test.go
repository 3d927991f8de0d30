package gateway_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// ownAnswers are requests that the gateway answers itself: the request line, and what
// follows Host and Origin.
var ownAnswers = []struct{ name, status, line, rest string }{
	{"no route", "404", "GET /", "\r\n"},
	{"no route for a preflight", "204", "OPTIONS /", "Access-Control-Request-Method: GET\r\n\r\n"},
	{"an ambiguous path", "400", "GET /x/..%2fy", "\r\n"},
	{"a malformed path", "400", "GET /x/100%", "\r\n"},
	{"a malformed header", "400", "GET /x", "A b: c\r\n\r\n"},
	{"an unknown coding", "501", "POST /x", "Transfer-Encoding: zip\r\n\r\n"},
	{"an unknown expectation", "417", "POST /x", "Expect: magic\r\nContent-Length: 0\r\n\r\n"},
	{"a header that is too large", "431", "GET /x", "A: " + strings.Repeat("a", 300<<10) + "\r\n\r\n"},
	{"TRACE", "501", "TRACE /x", "\r\n"},
	{"a malformed body", "400", "POST /x", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
	{"a slow body", "408", "POST /x", "Content-Length: 9\r\n\r\n"},
	{"no upstream", "502", "GET /down", "\r\n"},
	{"a broken upstream", "502", "GET /broken", "\r\n"},
	{"a switch nobody asked for", "502", "GET /switching", "\r\n"},
	{"a slow upstream", "504", "GET /hung", "\r\n"},
	{"a loop", "508", "GET /loop", "\r\n"},
}

// startOwn starts a gateway with the routes of ownAnswers in a mode.
func startOwn(t *testing.T, mode config.Mode, o gateway.Options) served {
	t.Helper()
	broken, switching := startRaw(t, "nonsense\r\n\r\n").url, startRaw(t, "HTTP/1.1 101 Switching Protocols\r\n\r\n").url
	echo := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	hung := startServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	back := startAlias(t)
	conf := one(t, echo)
	conf.Gateway.Routes = nil
	for path, upstream := range map[string]string{
		"/x": echo, "/y": echo, "/down": "http://127.0.0.1:1", "/broken": broken, "/switching": switching, "/hung": hung, "/loop": back.url,
	} {
		r := config.Route{Path: path, Upstream: parseURL(t, upstream), Policy: "app", Mode: mode, RefuseCrossOriginWrites: path == "/y"}
		if path == "/hung" {
			r.Timeout = 20 * time.Millisecond
		}
		conf.Gateway.Routes = append(conf.Gateway.Routes, r)
	}
	conf.Gateway.Limits.BodyTimeout = 50 * time.Millisecond
	g := start(t, conf, o)
	back.to.Store(g.address)
	return g
}

// TestOwnAnswers checks that a page can read every answer that the gateway makes itself,
// in every mode, and that no other page can.
func TestOwnAnswers(t *testing.T) {
	for _, mode := range []config.Mode{config.ModeOwn, config.ModeFill, config.ModePassthrough} {
		g := startOwn(t, mode, gateway.Options{})
		for _, c := range ownAnswers {
			for _, origin := range []string{app, evil} {
				status := c.status
				if status == "204" && origin == evil {
					status = "403"
				}
				answer := ask(t, g, c.line+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: "+origin+"\r\n"+c.rest)
				readable := strings.Contains(answer, "\r\nAccess-Control-Allow-Origin: "+app+"\r\n")
				if !strings.HasPrefix(answer, "HTTP/1.1 "+status+" ") || readable != (origin == app) || strings.Count(answer, "Access-Control-Allow-Origin") > 1 {
					t.Errorf("mode %q, %s, from %s: %.600s", mode, c.name, origin, answer)
				}
			}
		}
		// A write that an option refuses is that of a page which cannot read why.
		answer := ask(t, g, "POST /y HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: "+evil+"\r\nContent-Length: 0\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 403 ") || strings.Contains(answer, "Access-Control") || !strings.Contains(answer, "Vary: Origin") {
			t.Errorf("mode %q: %s", mode, answer)
		}
	}
}

// TestOwnAnswersAreJudged checks that what the policy says of a request which the gateway
// answers itself is counted, once, and in the access log, in every mode: with only
// refusals in it, those of strangers must not be missing.
func TestOwnAnswersAreJudged(t *testing.T) {
	for _, mode := range []config.Mode{config.ModeOwn, config.ModeFill, config.ModePassthrough} {
		registry, log := prometheus.NewRegistry(), openAccessLog(t)
		g := startOwn(t, mode, gateway.Options{Metrics: gateway.NewMetrics(registry), AccessLog: log.Log})
		before := 0.0
		for _, c := range ownAnswers {
			for _, origin := range []string{app, evil} {
				ask(t, g, c.line+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: "+origin+"\r\n"+c.rest)
				times, verdict := 1, `"allowed":false,"reason":"origin-not-allowed"`
				if origin == app {
					verdict = `"allowed":true,"reason":"permitted"`
				}
				if c.name == "a loop" && (mode != config.ModeFill || origin == evil) {
					times = 2 // the gateway is its own upstream, whose headers stay if it fills in
				}
				if got := log.take(); strings.Count(got, verdict) != times {
					t.Errorf("mode %q, %s, from %s: %s", mode, c.name, origin, got)
				}
				sum := 0.0
				for _, n := range metric(t, registry, "corsac_cors_decisions_total", "") {
					sum += n
				}
				if sum-before != float64(times) {
					t.Errorf("mode %q, %s, from %s: counted %v times", mode, c.name, origin, sum-before)
				}
				before = sum
			}
		}
	}
}

// ask sends bytes and returns what comes back. A server that refuses a request may
// close its connection while some of it is still being sent.
func ask(t *testing.T, g served, text string) string {
	t.Helper()
	c := dial(t, g)
	go func() { _, _ = io.WriteString(c.conn, text) }()
	answer, _ := io.ReadAll(c.r)
	return string(answer)
}

// TestPreflightWhileDown checks who answers a preflight while the upstream is down: the
// policy, except where only the upstream may allow anything.
func TestPreflightWhileDown(t *testing.T) {
	for mode, status := range map[config.Mode]int{config.ModeOwn: 204, config.ModeFill: 204, config.ModePassthrough: 502} {
		g := start(t, inMode(t, "http://127.0.0.1:1", mode), gateway.Options{})
		res := do(t, "OPTIONS", g.URL, map[string]string{"Origin": app, "Access-Control-Request-Method": "PUT"})
		checkOne(t, res.Header)
		if res.StatusCode != status || (status == 502) == (res.Header.Get("Access-Control-Allow-Methods") != "") {
			t.Errorf("mode %q: %s %v", mode, res.Status, res.Header)
		}
	}
}

// TestPreflightOnTrial checks that a policy which is only on trial allows no preflight
// that the gateway answers before it asks the upstream: the request after it may be
// smaller than the preflight, or come when fewer clients are connected.
func TestPreflightOnTrial(t *testing.T) {
	conf := inMode(t, "http://127.0.0.1:1", config.ModePassthrough)
	other := conf.Gateway.Routes[0]
	other.Path, other.MaxBody = "/other", 1
	conf.Gateway.Routes = append(conf.Gateway.Routes, other)
	g := start(t, conf, gateway.Options{})
	for _, c := range []struct{ name, path, rest, status string }{
		{"headers", "/", "X: " + strings.Repeat("x", 130<<10) + "\r\n", "431"},
		{"URL", "/" + strings.Repeat("x", 130<<10), "", "414"},
		{"headers for net/http", "/", "X: " + strings.Repeat("x", 300<<10) + "\r\n", "431"},
		{"malformed", "/%", "", "400"},
		{"ambiguous", "/a/..%2fother", "", "400"},
	} {
		answer := ask(t, g, "OPTIONS "+c.path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: "+app+"\r\nAccess-Control-Request-Method: PUT\r\n"+c.rest+"\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 "+c.status+" ") || strings.Contains(answer, "Access-Control-Allow-Methods") {
			t.Errorf("%s: %.600s", c.name, answer)
		}
	}
}

// TestCollectOfOwnAnswers checks that what pages ask for is collected, with its origin, also
// if the gateway itself answers.
func TestCollectOfOwnAnswers(t *testing.T) {
	for _, mode := range []config.Mode{config.ModeOwn, config.ModeFill, config.ModePassthrough} {
		conf := inMode(t, "http://127.0.0.1:1", mode)
		conf.Gateway.Routes[0].HideOrigin, conf.Gateway.Routes[0].MaxBody = true, 1
		var mu sync.Mutex
		var seen []string
		g := start(t, conf, gateway.Options{Collect: func(_ string, r *http.Request, _ http.Header) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, r.Method+" "+r.Header.Get("Origin"))
		}})
		ask(t, g, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: "+app+"\r\n\r\n")
		ask(t, g, "PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: "+app+"\r\nContent-Length: 2\r\n\r\n")
		ask(t, g, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: "+evil+"\r\nContent-Length: 0\r\n\r\n")
		mu.Lock()
		if want := []string{"GET " + app, "PUT " + app, "POST " + evil}; !slices.Equal(seen, want) {
			t.Errorf("mode %q: %q", mode, seen)
		}
		mu.Unlock()
	}
}
