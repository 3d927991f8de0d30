package cors_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/corsac-dev/corsac/cors"
)

func mustObserve(t *testing.T, m *cors.Middleware, o cors.Observer) *cors.Watch {
	t.Helper()
	w, err := m.Observe(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func counts(w *cors.Watch) string {
	var list []string
	for _, c := range w.Counts() {
		s := fmt.Sprintf("%v %v %d", c.Kind, c.Reason, c.N)
		if c.Trial {
			s += " trial"
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

func TestObserve(t *testing.T) {
	m := mustNew(t, full())
	h := m.Wrap(ok)
	var reports []string
	w := mustObserve(t, m, cors.Observer{Report: func(r cors.Report) {
		reports = append(reports, fmt.Sprintf("%v %q", r.Decision, r.Header))
	}})
	serve(h, request("GET"))
	serve(h, request("GET", "Origin", app))
	serve(h, request("GET", "Origin", evil))
	serve(h, preflight(app, "PUT", "x-b"))
	serve(h, request("GET", "Origin", strings.Repeat("x", 1<<16)))
	w.Stop()
	w.Stop()
	serve(h, request("GET", "Origin", evil))
	want := []string{
		`refused: actual GET from https://evil.example: the policy does not allow the origin ""`,
		`refused: preflight PUT from https://app.example.com: the policy does not allow the request header "x-b" "x-b"`,
		`refused: actual GET from ` + strings.Repeat("x", 100) + `…: no browser sends such an Origin header ""`,
	}
	diffLines(t, strings.Join(reports, "\n"), strings.Join(want, "\n"))
	if got, want := counts(w), "non-cors no-origin 1, actual permitted 1, actual origin-malformed 1, actual origin-not-allowed 1, preflight header-not-allowed 1"; got != want {
		t.Errorf("counts %s, want %s", got, want)
	}
}

func TestObserveSamples(t *testing.T) {
	m := mustNew(t, full())
	n := 0
	w := mustObserve(t, m, cors.Observer{Sample: 10, Report: func(cors.Report) { n++ }})
	for range 25 {
		serve(m.Wrap(ok), request("GET", "Origin", evil))
	}
	w.Stop()
	if n != 3 {
		t.Errorf("%d of 25 were reported, want 3", n)
	}
}

// TestObserveDrops holds a report up: requests are not, and nothing is lost
// silently.
func TestObserveDrops(t *testing.T) {
	m := mustNew(t, full())
	release := make(chan struct{})
	var reported, dropped uint64
	w := mustObserve(t, m, cors.Observer{Buffer: 4, Report: func(r cors.Report) {
		<-release
		reported++
		dropped += r.Dropped
	}})
	for range 100 {
		serve(m.Wrap(ok), request("GET", "Origin", evil))
	}
	close(release)
	w.Stop()
	if reported < 4 || reported > 5 || reported+dropped != 100 {
		t.Errorf("%d reported, %d dropped, of 100", reported, dropped)
	}
}

func TestTrial(t *testing.T) {
	m := mustNew(t, full())
	stricter := full()
	stricter.AllowOrigins = []string{app}
	stricter.AllowHeaders = []string{"Content-Type"}
	var reports []string
	w := mustObserve(t, m, cors.Observer{Trial: []cors.Policy{stricter}, Report: func(r cors.Report) {
		reports = append(reports, fmt.Sprintf("%t %v %s %s", r.Trial, r.Reason, r.Origin, r.Header))
	}})
	h := m.Wrap(ok)
	if got := serve(h, request("GET", "Origin", "http://localhost:3000")).Header().Get("Access-Control-Allow-Origin"); got == "" {
		t.Error("the trial changed an answer")
	}
	serve(h, request("GET", "Origin", app))
	serve(h, preflight(app, "PUT", "x-request-id"))
	serve(h, request("GET", "Origin", evil)) // refused anyhow
	w.Stop()
	diffLines(t, strings.Join(reports, "\n"), "true origin-not-allowed http://localhost:3000 \ntrue header-not-allowed https://app.example.com x-request-id\nfalse origin-not-allowed https://evil.example ")
	if got, want := counts(w), "actual permitted 2, actual origin-not-allowed 1, actual origin-not-allowed 1 trial, preflight permitted 1, preflight header-not-allowed 1 trial"; got != want {
		t.Errorf("counts %s, want %s", got, want)
	}
	if _, err := m.Observe(cors.Observer{Trial: []cors.Policy{{}}}); err == nil {
		t.Error("a wrong policy can be tried")
	}
}

func TestObserveConcurrently(t *testing.T) {
	m := mustNew(t, full())
	h := m.Wrap(ok)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				serve(h, request("GET", "Origin", evil))
			}
		})
	}
	var watches []*cors.Watch
	for range 50 {
		watches = append(watches, mustObserve(t, m, cors.Observer{Report: func(cors.Report) {}}))
	}
	wg.Wait()
	for _, w := range watches {
		w.Stop()
	}
}

func TestObserveAllocates(t *testing.T) {
	m := mustNew(t, full())
	w := mustObserve(t, m, cors.Observer{})
	defer w.Stop()
	if n := allocations(m.Wrap(ok), preflight(evil, "PUT")); n != 0 {
		t.Errorf("counting a refused preflight: %v allocations, want 0", n)
	}
}
