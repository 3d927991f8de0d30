package dev_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestSoak sends 200 requests a second, while event streams and WebSockets come and
// go, and the inspector is open. After a warm-up, goroutines, descriptors and memory stay what they are.
func TestSoak(t *testing.T) {
	duration := testenv.SoakTime(t, 6*time.Second)
	server := httptest.NewServer(http.HandlerFunc(serveSoak))
	defer server.Close()
	api := server.URL
	r := run(t, options{flags: dev.Flags{APIs: []string{api, "/offline=" + api + ",offline", "/down=http://127.0.0.1:1"}, Web: onLocalhost(api)}})
	live := &dev.Live{Inspector: r.Inspector()}
	go live.Follow(t.Context(), r.Ring(), live.Text(io.Discard, terminal.Palette{}))
	s := &soaking{T: t, url: r.URL()}
	s.run(min(duration/4, 2*time.Minute)) // the ring is full after 50 s
	before := settled(server)
	var sizes []float64
	stop := sample(t.Context(), func() { sizes = append(sizes, residentMiB()) })
	s.run(duration)
	stop()
	after := settled(server)
	slope := perTenMinutes(sizes)
	t.Logf("%d requests, %d event streams, %d WebSockets; the inspector got %d rows", s.done[0].Load(), s.done[1].Load(), s.done[2].Load(), s.done[3].Load())
	if sent, shown := s.done[0].Load(), s.done[3].Load(); shown < sent {
		t.Errorf("the inspector got %d rows for %d requests", shown, sent)
	}
	t.Logf("goroutines %d, %d before; descriptors %d, %d before; resident %.1f MiB, slope %+.2f %% per ten minutes",
		after.goroutines, before.goroutines, after.descriptors, before.descriptors, residentMiB(), slope)
	if after.goroutines > before.goroutines+5 || after.descriptors > before.descriptors+5 {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		t.Errorf("%+v, before: %+v\n%.20000s", after, before, stacks)
	}
	if slope > 1 && duration >= 20*time.Minute { // in a short time, it says little
		t.Errorf("memory grows by %.2f %% per ten minutes", slope)
	}
}

// serveSoak is the server of the API and of the page.
func serveSoak(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/ws", "/ws":
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			kind, data, err := conn.Read(r.Context())
			if err != nil || conn.Write(r.Context(), kind, data) != nil {
				return
			}
		}
	case "/api/events":
		w.Header().Set("Content-Type", "text/event-stream")
		for n := 0; r.Context().Err() == nil; n++ {
			flush(w, fmt.Sprintf("data: %d\n\n", n))
			time.Sleep(20 * time.Millisecond)
		}
	default:
		http.SetCookie(w, &http.Cookie{Name: "__Host-sid", Value: "1", Path: "/", Secure: true})
		body, _ := io.ReadAll(r.Body) // all of it: net/http drops the rest once it writes
		_, _ = w.Write(body)
	}
}

// soaking is the state of a soak test.
type soaking struct {
	*testing.T

	url  string
	done [4]atomic.Int64 // requests, event streams, WebSockets, rows that the inspector showed
}

// run sends requests for a duration, and leaves no connection open.
func (s *soaking) run(duration time.Duration) {
	ctx, cancel := context.WithTimeout(s.Context(), duration)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			ticker := time.NewTicker(8 * time.Second / 200)
			defer ticker.Stop()
			for n := worker; ctx.Err() == nil; n++ {
				s.request(client, n)
				s.done[0].Add(1)
				select {
				case <-ticker.C:
				case <-ctx.Done():
				}
			}
		})
	}
	for kind, step := range []func(context.Context, *http.Client){1: s.events, 2: s.webSocket} {
		for worker := range [...]int{1: 4, 2: 4}[kind] {
			wait.Go(func() {
				for n := worker; ctx.Err() == nil; n++ {
					short, cancel := context.WithTimeout(ctx, time.Duration(50+n%7*50)*time.Millisecond)
					step(short, client)
					cancel()
					s.done[kind].Add(1)
				}
			})
		}
	}
	wait.Go(func() { (&watcher{soaking: s, client: client}).run(ctx) })
	wait.Wait()
}

// request sends one request, and checks its answer.
func (s *soaking) request(client *http.Client, n int) {
	body := strings.Repeat("x", n%4*3000)
	kind := []struct{ method, path, want string }{
		{"GET", "/api/x", ""}, {"POST", "/api/x", body}, {"GET", "/page", ""}, {"GET", "/down/x", "upstream-unreachable"}, {"GET", "/offline", "EOF"},
	}[n%5]
	if kind.method == "GET" {
		body = ""
	}
	r, err := http.NewRequestWithContext(s.Context(), kind.method, s.url+kind.path, strings.NewReader(body))
	if err != nil {
		s.Error(err)
		return
	}
	text := ""
	res, err := client.Do(r)
	if err == nil {
		var data []byte
		data, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
		text = string(data)
	}
	if err != nil {
		text = err.Error()
	}
	if !strings.Contains(text, kind.want) || err != nil && kind.want != "EOF" {
		s.Errorf("%s %s: %.200s", kind.method, kind.path, text)
	}
}

// events reads the events of a stream, and leaves.
func (s *soaking) events(ctx context.Context, client *http.Client) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/events", nil)
	if err != nil {
		s.Error(err)
		return
	}
	res, err := client.Do(r)
	if err != nil {
		return // the time is over
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	if lines.Scan() && lines.Text() != "data: 0" {
		s.Errorf("an event: %q", lines.Text())
	}
	for lines.Scan() { // until the time is over
		continue
	}
}

// webSocket sends messages and gets them back, until the time is over.
func (s *soaking) webSocket(ctx context.Context, client *http.Client) {
	conn, _, err := websocket.Dial(ctx, s.url+"/api/ws", &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Origin": {s.url}}})
	if err != nil {
		if ctx.Err() == nil {
			s.Errorf("a WebSocket: %v", err)
		}
		return
	}
	defer conn.CloseNow()
	for n := 0; ctx.Err() == nil; n++ {
		want := strings.Repeat("x", n)
		if conn.Write(ctx, websocket.MessageText, []byte(want)) != nil {
			return
		}
		if _, got, err := conn.Read(ctx); err == nil && string(got) != want {
			s.Errorf("a message: %.100q, want %.100q", got, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// held is what a process holds.
type held struct{ goroutines, descriptors int }

// settled returns what the process holds once that does not fall any more, without idle
// connections to a server.
func settled(server *httptest.Server) held {
	server.CloseClientConnections()
	best, since := held{1 << 30, 1 << 30}, time.Now()
	for time.Since(since) < 1500*time.Millisecond { // the proxy looks at its connections every second
		time.Sleep(20 * time.Millisecond)
		now := held{min(best.goroutines, runtime.NumGoroutine()), min(best.descriptors, testenv.Descriptors())}
		if now != best {
			best, since = now, time.Now()
		}
	}
	return best
}

// sample calls a function every second until stop is called.
func sample(ctx context.Context, f func()) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				f()
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// residentMiB returns the memory of the process, or 0 where that is unknown.
func residentMiB() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	found := resident.FindSubmatch(text)
	if found == nil {
		return 0
	}
	n, _ := strconv.ParseFloat(string(found[1]), 64)
	return n / 1024
}

// perTenMinutes returns by how many percent values that were taken once a second grow
// in ten minutes, on the line that fits them best.
func perTenMinutes(values []float64) float64 {
	var n, sumX, sumY, sumXX, sumXY float64
	for i, y := range values {
		x := float64(i)
		n, sumX, sumY, sumXX, sumXY = n+1, sumX+x, sumY+y, sumXX+x*x, sumXY+x*y
	}
	if n < 2 || sumY == 0 {
		return 0
	}
	perSecond := (n*sumXY - sumX*sumY) / (n*sumXX - sumX*sumX)
	return perSecond * 600 / (sumY / n) * 100
}
