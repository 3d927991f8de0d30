package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// soakRequests is how many requests a long soak of reloads makes, at least.
const soakRequests = 200_000

// TestSoakReloads replaces the configuration, and over TLS the certificate as well,
// while clients ask without a pause. No request fails.
func TestSoakReloads(t *testing.T) {
	duration, enough := testenv.SoakTime(t, 1200*time.Millisecond), 0
	if longSoak() {
		enough = soakRequests
	}
	for _, secure := range []bool{false, true} {
		t.Run(map[bool]string{false: "http", true: "https"}[secure], func(t *testing.T) { soakReloads(t, secure, duration, enough) })
	}
}

func soakReloads(t *testing.T, secure bool, duration time.Duration, enough int) {
	t.Helper()
	url := faults[0].start(t)
	more := ""
	if secure {
		more = "  tls: {certificates: [{cert: cert.pem, key: key.pem}]}\n"
	}
	text := func(i int) string { return soakFile(fmt.Sprintf(", max_age: %d", i), more, soakRoute("healthy", url)) }
	quiet := soakFile("", more, soakRoute("quiet", "http://"+testenv.FreeAddress(t)))
	dir := t.TempDir()
	(&soaked{t: t, dir: dir}).certificate(1)
	g := soakGateway(t, nil, dir, quiet)
	before := g.figures()
	g.reload(text(0))
	c, serials := newCounts(), &sync.Map{}
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	enoughDone := func() bool { return ctx.Err() != nil && c.all() >= enough }
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			if secure && worker%2 == 1 {
				clientOverHTTP2(g.address, c, serials, enoughDone)
			} else {
				steadyClient(g.address, secure, c, serials, enoughDone)
			}
		})
	}
	m := &memory{g: g}
	wait.Go(func() { m.watch(ctx, duration) })
	rotations := make(chan int, 1)
	go func() { rotations <- g.rotateUntil(ctx, secure) }()
	reloads := g.reloadUntil(ctx, text)
	rotated := <-rotations
	wait.Wait()
	checkOutcomes(t, c, map[string]string{"healthy": "200"})
	g.checkCounts(c, 0)
	c.log(t)
	seen := 0
	serials.Range(func(any, any) bool { seen++; return true })
	t.Logf("%d requests, %d reloads, %d certificates, of which clients got %d", c.all(), reloads, rotated, seen)
	if secure {
		g.checkCertificate(int64(rotated))
	}
	g.reload(quiet) // which closes the connections to the upstream
	g.checkReloads(reloads+2, secure)
	g.checkLeft(before)
	m.check(duration)
	g.stop()
}

// checkCertificate waits until new connections get a certificate.
func (g *soaked) checkCertificate(serial int64) {
	g.t.Helper()
	got := func() bool {
		client := &soakClient{counts: newCounts(), address: g.address, secure: true, serials: &sync.Map{}}
		defer client.close()
		err := client.connect()
		_, ok := client.serials.Load(serial)
		return err == nil && ok
	}
	if !soakAwait(got) {
		g.t.Errorf("nobody gets the certificate %d", serial)
	}
}

// rotateUntil replaces the certificate again and again until ctx is done, and returns
// how many there were.
func (g *soaked) rotateUntil(ctx context.Context, secure bool) (n int) {
	for n = 1; secure; {
		select {
		case <-ctx.Done():
			return n
		case <-time.After(700 * time.Millisecond):
			n++
			g.certificate(int64(n))
		}
	}
	return n
}

// steadyClient asks over HTTP/1.1, with a new connection after 50 requests.
func steadyClient(address string, secure bool, c *counts, serials *sync.Map, done func() bool) {
	client := &soakClient{counts: c, address: address, secure: secure, serials: serials}
	defer client.close()
	for i := 0; !done(); i++ {
		if i%4 == 0 {
			client.send("healthy preflight", preflight("/healthy"))
		} else {
			client.send("healthy", soakRequest(http.MethodPost, "/healthy", "", "hello"))
		}
		if i%50 == 49 {
			client.close()
		}
	}
}

// clientOverHTTP2 does the same over HTTP/2, with a few requests at a time.
func clientOverHTTP2(address string, c *counts, serials *sync.Map, done func() bool) {
	for !done() {
		transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, ServerName: "localhost",
			VerifyConnection: func(s tls.ConnectionState) error {
				serials.Store(s.PeerCertificates[0].SerialNumber.Int64(), true)
				return nil
			},
		}}
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				for i := 0; i < 50 && !done(); i++ {
					begin, route := time.Now(), "healthy"
					if i%4 == 0 {
						route = "healthy preflight"
					}
					c.add(route, askOverHTTP2(transport, "https://"+address+"/healthy", i%4 == 0), time.Since(begin))
				}
			})
		}
		wait.Wait()
		transport.CloseIdleConnections()
	}
}

func askOverHTTP2(transport http.RoundTripper, url string, asksFirst bool) string {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Origin", soakOrigin)
	if asksFirst {
		r.Method = http.MethodOptions
		r.Header.Set("Access-Control-Request-Method", "PUT")
	}
	res, err := transport.RoundTrip(r)
	if err != nil {
		return "no response: " + err.Error()
	}
	defer res.Body.Close()
	switch _, err := io.Copy(io.Discard, res.Body); {
	case err != nil:
		return strconv.Itoa(res.StatusCode) + " cut"
	case res.ProtoMajor != 2 || res.Header.Get("Access-Control-Allow-Origin") != soakOrigin:
		return fmt.Sprint(res.Proto, res.Header)
	}
	return strconv.Itoa(res.StatusCode)
}

// TestSoakDrain ends corsac serve under load. What the upstream has answered, a client
// has got; no connection ends before the answer to a request that was sent on it; and
// with --unready, nobody is refused before that has passed.
func TestSoakDrain(t *testing.T) {
	_ = testenv.SoakTime(t, time.Second)
	for _, secure := range []bool{false, true} {
		for _, unready := range []time.Duration{0, 300 * time.Millisecond} {
			t.Run(fmt.Sprintf("tls %t, unready %v", secure, unready), func(t *testing.T) { soakDrain(t, secure, unready) })
		}
	}
}

func soakDrain(t *testing.T, secure bool, unready time.Duration) {
	t.Helper()
	u := newSoakUpstream(t, "127.0.0.1:0", func(conn net.Conn) bool {
		time.Sleep(3 * time.Millisecond)
		return faults[0].answer(conn)
	})
	defer u.kill()
	dir, more := t.TempDir(), ""
	if secure {
		(&soaked{t: t, dir: dir}).certificate(1)
		more = "  tls: {certificates: [{cert: cert.pem, key: key.pem}]}\n"
	}
	g := soakGateway(t, nil, dir, soakFile("", more, soakRoute("healthy", "http://"+u.Addr().String())), "--unready", unready.String())
	c := newCounts()
	var stopped atomic.Int64 // when the signal was sent
	var wait sync.WaitGroup
	for worker := range 16 {
		route, request, want := "healthy", soakRequest(http.MethodPost, "/healthy", "", "hello"), "200"
		if worker%2 == 0 { // which net/http does not see without TLS
			route, request, want = "healthy preflight", preflight("/healthy"), "204"
		}
		wait.Go(func() {
			client := &soakClient{counts: c, address: g.address, secure: secure, serials: &sync.Map{}}
			defer client.close()
			sent := time.Now()
			outcome := client.send(route, request)
			for ; outcome == want; outcome = client.send(route, request) {
				time.Sleep(time.Millisecond)
				sent = time.Now()
			}
			signal := time.Unix(0, stopped.Load())
			if since := time.Since(signal); since < unready {
				t.Errorf("%s: refused %v after the signal", route, since)
			}
			// Who pauses for longer than connections stay open cannot know that they close.
			if since := sent.Sub(signal); outcome == "no response" && since < unready+200*time.Millisecond {
				t.Errorf("%s: a request sent %v after the signal got no response", route, since)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	stopped.Store(time.Now().UnixNano())
	_ = g.Process.Signal(syscall.SIGTERM)
	if err := g.end(); err != nil {
		t.Error(err)
	}
	took := time.Since(time.Unix(0, stopped.Load()))
	wait.Wait()
	c.log(t)
	t.Logf("it ended after %v", took)
	if answered, got := int(u.took.Load()), c.of("healthy", "200"); answered != got || got == 0 || c.of("healthy", "200 cut") > 0 {
		t.Errorf("the upstream answered %d requests, and clients got %d answers", answered, got)
	}
}
