package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/http2"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

// TestSoak runs the gateway and the middleware under mixed abuse by clients and
// upstreams, while policies change. Nothing panics, correct requests get correct
// answers, and in the end goroutines, descriptors and memory are what they were.
func TestSoak(t *testing.T) {
	duration := testenv.SoakTime(t, 10*time.Second)
	goroutines, descriptors, memory := runtime.NumGoroutine(), testenv.Descriptors(), heapInUse()
	t.Run("abuse", func(t *testing.T) { soak(t, duration) })
	checkGoroutines(t, goroutines)
	if n := testenv.Descriptors(); n > descriptors+5 {
		t.Errorf("%d descriptors, %d before", n, descriptors)
	}
	after := heapInUse()
	t.Logf("goroutines %d, %d before; descriptors %d, %d before; heap %d KiB, %d KiB before",
		runtime.NumGoroutine(), goroutines, testenv.Descriptors(), descriptors, after>>10, memory>>10)
	if after > memory+32<<20 {
		t.Errorf("%d KiB in the heap, %d KiB before", after>>10, memory>>10)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// soaking is the state of a soak test.
type soaking struct {
	*testing.T

	g        served
	wrapped  *httptest.Server
	hostile  int // routes with hostile upstreams
	policies []*cors.Middleware
	done     [8]atomic.Int64 // steps, by kind
}

func soak(t *testing.T, duration time.Duration) {
	t.Helper()
	failures := new(testenv.Log)
	s := &soaking{T: t}
	c := one(t, startServer(t, http.HandlerFunc(serveSoak)))
	behaviours := append(append(http1Behaviours(), tlsBehaviours(t)...), http2Behaviours(t)...)
	ctx, cancel := context.WithCancel(t.Context())
	s.hostile = len(behaviours)
	for i, b := range behaviours {
		c.Gateway.Routes = append(c.Gateway.Routes, config.Route{
			Path: fmt.Sprintf("/%d/", i), Upstream: parseURL(t, startHostile(t, ctx, b)), Policy: "app", Timeout: hostileTimeout,
		})
	}
	var serverLog *testenv.Log
	c.Gateway.Limits.BodyTimeout = hostileBody
	s.g, serverLog = startLoggedWith(t, c, gateway.Options{})
	of, err := c.Middleware("app")
	if err != nil {
		t.Fatal(err)
	}
	own, err := cors.New(appPolicy)
	if err != nil {
		t.Fatal(err)
	}
	s.policies = []*cors.Middleware{of, own}
	s.wrapped = httptest.NewUnstartedServer(own.WrapOverride(http.HandlerFunc(serveSoak)))
	s.wrapped.EnableHTTP2 = true
	s.wrapped.Config.ErrorLog = log.New(failures, "", 0)
	s.wrapped.StartTLS()
	t.Cleanup(s.wrapped.Close)
	t.Cleanup(cancel)
	s.run(duration)
	for i := range s.done {
		t.Logf("%s: %d", [...]string{"hostile upstreams", "requests", "events", "WebSockets", "changes of policy", "library over HTTP/2", "hostile HTTP/2 clients", "hostile HTTP/1 clients"}[i], s.done[i].Load())
	}
	for _, text := range []string{serverLog.String(), failures.String()} {
		if strings.Contains(text, "panic") {
			t.Errorf("logged: %.4000s", text)
		}
	}
}

// run takes steps of all kinds, each in several goroutines, for a duration.
func (s *soaking) run(duration time.Duration) {
	end := time.Now().Add(duration)
	var wait sync.WaitGroup
	for i, step := range []func(*rand.Rand){s.hostileUpstream, s.request, s.events, s.webSocket, s.reconfigure, s.libraryOverHTTP2, s.hostileHTTP2Client, s.hostileHTTP1Client} {
		for worker := range []int{6, 4, 2, 2, 1, 3, 1, 3}[i] {
			wait.Go(func() {
				random := rand.New(rand.NewPCG(uint64(i), uint64(worker)))
				for time.Now().Before(end) {
					step(random)
					s.done[i].Add(1)
				}
			})
		}
	}
	wait.Wait()
}

// serveSoak is an upstream, or a handler below the middleware.
func serveSoak(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	switch r.URL.Path {
	case "/ws":
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		if kind, data, err := conn.Read(r.Context()); err == nil {
			_ = conn.Write(r.Context(), kind, data)
		}
	case "/events":
		for range 20 {
			if _, err := io.WriteString(w, "data: x\n\n"); err != nil || r.Context().Err() != nil {
				return
			}
			_ = control.Flush()
			time.Sleep(10 * time.Millisecond)
		}
	case "/abort":
		_, _ = io.WriteString(w, "begin")
		_ = control.Flush()
		panic(http.ErrAbortHandler)
	case "/early":
		if r.ProtoMajor == 1 { // with HTTP/2, it races with resets (golang/go#67940)
			w.WriteHeader(http.StatusEarlyHints)
		}
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.CopyN(w, r.Body, 10)
		w.Header().Set("X-Sum", "1")
	default:
		_, _ = io.Copy(w, r.Body)
	}
}

// soakPaths are paths of serveSoak, and some that no route or handler has.
var soakPaths = []string{"/", "/", "/events", "/abort", "/early", "/x%2f..%2fy", "/0/..%2fx"}

// send sends a request that may be cancelled, and checks the policy's headers.
func (s *soaking) send(random *rand.Rand, client *http.Client, url string) {
	ctx, cancel := context.WithTimeout(s.Context(), 30*time.Second)
	defer cancel()
	if random.IntN(3) == 0 {
		ctx, cancel = context.WithTimeout(s.Context(), time.Duration(random.IntN(20))*time.Millisecond)
		defer cancel()
	}
	method := []string{"GET", "HEAD", "POST", "PUT", "OPTIONS"}[random.IntN(5)]
	r, err := http.NewRequestWithContext(ctx, method, url+soakPaths[random.IntN(len(soakPaths))], io.LimitReader(noise(), random.Int64N(30<<10)))
	if err != nil {
		s.Error(err)
		return
	}
	r.Header.Set("Origin", app)
	if random.IntN(2) == 0 {
		r.Header.Set("Access-Control-Request-Method", "PUT")
	}
	res, err := client.Do(r)
	if err != nil {
		return // cancelled, or the upstream aborts
	}
	defer res.Body.Close()
	refused := method == http.MethodOptions && res.StatusCode == http.StatusForbidden // as the policy is at the moment
	if got := res.Header.Values("Access-Control-Allow-Origin"); !refused && (len(got) != 1 || got[0] != app) {
		s.Errorf("%s %s: status %d, Access-Control-Allow-Origin: %q", method, r.URL, res.StatusCode, got)
	}
	_, _ = io.Copy(io.Discard, res.Body)
}

func (s *soaking) hostileUpstream(random *rand.Rand) {
	i, shape := random.IntN(s.hostile), shapes[random.IntN(len(shapes))]
	conn, err := new(net.Dialer).DialContext(s.Context(), "tcp", s.g.address)
	if err != nil {
		s.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(hostileSlack))
	if random.IntN(4) == 0 {
		_ = conn.SetDeadline(time.Now().Add(time.Duration(random.IntN(200)) * time.Millisecond))
	}
	go func() { _ = shape.send(conn, fmt.Sprintf("/%d/x", i)) }()
	_, _ = http.ReadResponse(bufio.NewReader(conn), nil)
}

func (s *soaking) request(random *rand.Rand) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 10 {
		s.send(random, client, s.g.URL)
	}
}

func (s *soaking) events(random *rand.Rand) {
	conn, err := new(net.Dialer).DialContext(s.Context(), "tcp", s.g.address)
	if err != nil {
		s.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Duration(random.IntN(400)) * time.Millisecond))
	_, _ = io.WriteString(conn, headOf("GET", "/events", ""))
	_, _ = io.Copy(io.Discard, conn)
}

func (s *soaking) webSocket(random *rand.Rand) {
	ctx, cancel := context.WithTimeout(s.Context(), time.Duration(random.IntN(500))*time.Millisecond)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, s.g.URL+"/ws", nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	if conn.Write(ctx, websocket.MessageText, []byte("hello")) == nil && random.IntN(2) == 0 {
		_, _, _ = conn.Read(ctx)
	}
}

func (s *soaking) reconfigure(random *rand.Rand) {
	p := appPolicy
	p.AllowMethods = [][]string{nil, {"PUT"}, {"*"}}[random.IntN(3)]
	p.AllowCredentials = random.IntN(2) == 0 && p.AllowMethods == nil
	p.AllowTiming = random.IntN(2) == 0
	for _, m := range s.policies {
		if err := m.Reconfigure(p); err != nil {
			s.Error(err)
		}
		m.SetDebug(random.IntN(2) == 0)
	}
	time.Sleep(time.Millisecond)
}

func (s *soaking) libraryOverHTTP2(random *rand.Rand) {
	transport := s.wrapped.Client().Transport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	for range 10 {
		s.send(random, &http.Client{Transport: transport}, s.wrapped.URL)
	}
}

// hostileHTTP2Client floods the library's server with frames.
func (s *soaking) hostileHTTP2Client(random *rand.Rand) {
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}}
	conn, err := dialer.DialContext(s.Context(), "tcp", strings.TrimPrefix(s.wrapped.URL, "https://"))
	if err != nil {
		s.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	_, _ = io.WriteString(conn, http2.ClientPreface)
	f := &frames{Framer: http2.NewFramer(conn, nil), conn: conn}
	err = f.WriteSettings()
	for stream := uint32(1); err == nil && stream < 400; stream += 2 {
		end := random.IntN(2) == 0
		err = f.headers(stream, end, ":method", "POST", ":scheme", "https", ":authority", "x", ":path", soakPaths[random.IntN(len(soakPaths))], "origin", app)
		switch random.IntN(6) {
		case 0:
			_ = f.WriteRSTStream(stream, http2.ErrCodeCancel)
		case 1:
			_ = f.WritePing(false, [8]byte{1})
		case 2:
			_ = f.WriteSettings()
		case 3:
			_ = f.WriteData(stream, !end, []byte("hello"))
		case 4:
			_ = f.WriteWindowUpdate(stream, 1)
		}
	}
}

// hostileHTTP1Client sends what is not HTTP, or not all of it.
func (s *soaking) hostileHTTP1Client(random *rand.Rand) {
	conn, err := new(net.Dialer).DialContext(s.Context(), "tcp", s.g.address)
	if err != nil {
		s.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Duration(random.IntN(300)) * time.Millisecond))
	requests := headOf("POST", "/", inChunks) + "5\r\nhello\r\n" + headOf("GET", "/100%", "") + headOf("GET", "/", "") +
		headOf("OPTIONS", "/", "Access-Control-Request-Method: PUT\r\nContent-Length: 9\r\n") + headOf("GET", "/", "Upgrade: websocket\r\nConnection: Upgrade\r\n")
	from := random.IntN(len(requests))
	_, _ = io.WriteString(conn, requests[from:from+random.IntN(len(requests)-from)])
	_, _ = io.Copy(io.Discard, conn)
}
