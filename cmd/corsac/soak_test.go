package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestSoakFaults runs corsac serve between clients and upstreams that do all that
// they should not, while its file changes. Each request is answered, or its
// connection fails where the client sees it; both ends count the same; and in the end
// nothing is left over.
func TestSoakFaults(t *testing.T) {
	duration := testenv.SoakTime(t, 2*time.Second)
	outcomes := map[string]string{"killed": "200, 200 cut, 502", "refused": "502"}
	var routes []string
	for _, f := range faults {
		routes = append(routes, soakRoute(f.name, f.start(t)))
		outcomes[f.name] = f.want
	}
	dead, kills, stop := killed(t)
	defer stop()
	quiet := soakFile("", "", soakRoute("quiet", "http://"+testenv.FreeAddress(t)))
	routes = append(routes, soakRoute("killed", dead), soakRoute("refused", "http://"+testenv.FreeAddress(t)), soakRoute("left", faults[2].start(t)))
	g := soakGateway(t, nil, t.TempDir(), quiet)
	before := g.figures()
	text := func(i int) string { return soakFile(fmt.Sprintf(", max_age: %d", i), "", routes...) }
	g.reload(text(0))
	c := newCounts()
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	var wait sync.WaitGroup
	var left atomic.Int64
	for worker := range 12 {
		wait.Go(func() { mixedClient(ctx, g.address, c, worker) })
	}
	for worker := range 2 {
		wait.Go(func() { leavingClient(ctx, g.address, worker, &left) })
	}
	m := &memory{g: g}
	wait.Go(func() { m.watch(ctx, duration) })
	reloads := g.reloadUntil(ctx, text)
	wait.Wait()
	stop()
	checkOutcomes(t, c, outcomes)
	g.checkCounts(c, int(left.Load()))
	c.log(t)
	g.reload(quiet)
	g.checkLeft(before)
	t.Logf("%d requests, %d left, %d reloads, %d kills of an upstream", c.all(), left.Load(), reloads, kills.Load())
	g.checkReloads(reloads+2, false)
	m.check(duration)
	g.stop()
}

// mixedClient asks faulty upstreams, the healthy one most often, and takes its time
// with some requests and their responses.
func mixedClient(ctx context.Context, address string, counted *counts, worker int) {
	random := rand.New(rand.NewPCG(1, uint64(worker)))
	client := &soakClient{counts: counted, address: address}
	defer client.close()
	for ctx.Err() == nil {
		name := faults[0].name
		if i := random.IntN(3 * len(faults)); i < len(faults) {
			name = faults[i].name
		} else if i < len(faults)+2 {
			name = []string{"killed", "refused"}[i-len(faults)]
		}
		if name == "hung" && random.IntN(4) > 0 { // which takes long
			continue
		}
		client.pace = 0
		if random.IntN(50) == 0 {
			client.pace = 3 * time.Millisecond
		}
		path := "/" + name
		switch random.IntN(4) {
		case 0:
			client.send(name+" preflight", preflight(path))
		case 1:
			client.send(name, soakRequest(http.MethodPost, path, "", strings.Repeat("x", random.IntN(20000))))
		default:
			client.send(name, soakRequest(http.MethodGet, path, "", ""))
		}
	}
}

// leavingClient leaves in the middle of a request, of the wait, or of the response. It
// counts the requests that it has sent whole.
func leavingClient(ctx context.Context, address string, worker int, left *atomic.Int64) {
	random := rand.New(rand.NewPCG(2, uint64(worker)))
	client := &soakClient{counts: newCounts(), address: address}
	for ctx.Err() == nil {
		request := soakRequest(http.MethodGet, "/left", "", "")
		switch random.IntN(3) {
		case 0:
			client.leave(request[:random.IntN(len(request)-1)], 0)
		case 1:
			if client.leave(request, 0) {
				left.Add(1)
			}
		default:
			if client.leave(request, random.Int64N(80)) {
				left.Add(1)
			}
		}
	}
}

// checkOutcomes checks that clients got nothing but what may come of each upstream,
// and all of it.
func checkOutcomes(t *testing.T, c *counts, allowed map[string]string) {
	t.Helper()
	for route, got := range c.got {
		name, isPreflight := strings.CutSuffix(route, " preflight")
		want := strings.Split(allowed[name], ", ")
		if isPreflight {
			want = []string{"204"}
		}
		for outcome, n := range got {
			if !strings.Contains(", "+strings.Join(want, ", ")+",", ", "+outcome+",") {
				t.Errorf("%s: %d × %q, want one of %q", route, n, outcome, want)
			}
		}
		if got[want[0]] == 0 {
			t.Errorf("%s: %v, want some of %q", route, got, want[0])
		}
	}
}

// checkCounts checks that the metrics count what the clients have counted.
func (g *soaked) checkCounts(c *counts, left int) {
	g.t.Helper()
	var differences []string
	same := func() bool {
		f := g.figures()
		differences = nil
		compare := func(what string, clients int, gateway float64) {
			if float64(clients) != gateway {
				differences = append(differences, fmt.Sprintf("%s: clients %d, gateway %v", what, clients, gateway))
			}
		}
		for route, got := range c.got {
			name, isPreflight := strings.CutSuffix(route, " preflight")
			of := "route=/" + name + "(,|$)"
			if isPreflight {
				compare(route, c.of(route, ""), f.sum("corsac_cors_decisions_total", "kind=preflight,.*"+of))
				continue
			}
			compare(route+", all", c.of(route, ""), f.sum("corsac_responses_total", of))
			compare(route+", decisions", c.of(route, ""), f.sum("corsac_cors_decisions_total", "kind=actual,.*"+of))
			for outcome := range got {
				status, _, _ := strings.Cut(outcome, " ")
				compare(route+", "+status, c.of(route, status), f.sum("corsac_responses_total", of+"status="+status))
			}
		}
		compare("left", left, f.sum("corsac_responses_total", "route=/left,"))
		return len(differences) == 0
	}
	if !soakAwait(same) {
		g.t.Errorf("the ends count differently:\n%s", strings.Join(differences, "\n"))
	}
}

// reload replaces the configuration, and waits until it runs.
func (g *soaked) reload(text string) {
	g.t.Helper()
	hash := hashOf(text)
	g.write("corsac.yaml", text)
	if !soakAwait(func() bool { return g.status().Hash == hash }) {
		g.t.Errorf("the file does not run: %+v", g.status())
	}
}

// reloadUntil replaces the configuration every second until ctx is done, sooner in a
// short test, and returns how often.
func (g *soaked) reloadUntil(ctx context.Context, text func(i int) string) (n int) {
	every := time.Second
	if !longSoak() {
		every = 200 * time.Millisecond
	}
	for {
		select {
		case <-ctx.Done():
			return n
		case <-time.After(every):
			n++
			g.reload(text(n))
		}
	}
}

// checkReloads checks that the gateway has run as many configurations one after the
// other, and refused none, unless certificates were being replaced at that moment.
func (g *soaked) checkReloads(n int, rotates bool) {
	g.t.Helper()
	if s := g.status(); s.Reloads != n || s.Refused > 0 && !rotates {
		g.t.Errorf("%d reloads and %d refused, of %d", s.Reloads, s.Refused, n)
	}
}
