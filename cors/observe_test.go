package cors_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/corsac-dev/corsac/cors"
)

func mustObserve(t *testing.T, m *cors.Middleware, c cors.ObserveConfig) *cors.Observer {
	t.Helper()
	o, err := m.Observe(c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func counts(o *cors.Observer) string {
	var list []string
	for d, n := range o.Counts() {
		s := fmt.Sprintf("%v %v %d", d.Kind, d.Reason, n)
		if d.Trial {
			s += " trial"
		}
		if d.Allowed {
			s += " allowed"
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

func TestObserve(t *testing.T) {
	m := mustNew(t, full())
	h := m.Wrap(ok)
	var reports []string
	o := mustObserve(t, m, cors.ObserveConfig{Report: func(d cors.Decision) {
		reports = append(reports, fmt.Sprintf("%v %q", d, d.Header))
	}})
	serve(h, request("GET"))
	serve(h, request("GET", "Origin", app))
	serve(h, request("GET", "Origin", evil))
	serve(h, preflight(app, "PUT", "x-b"))
	serve(h, request("GET", "Origin", strings.Repeat("x", 1<<16)))
	o.Stop()
	o.Stop()
	serve(h, request("GET", "Origin", evil))
	want := []string{
		`refused: actual GET from https://evil.example: the policy does not allow the origin ""`,
		`refused: preflight PUT from https://app.example.com: the policy does not allow the request header "x-b" "x-b"`,
		`refused: actual GET from ` + strings.Repeat("x", 100) + `…: no browser sends such an Origin header ""`,
	}
	diffLines(t, strings.Join(reports, "\n"), strings.Join(want, "\n"))
	if got, want := counts(o), "non-cors no-origin 1, actual permitted 1 allowed, actual origin-malformed 1, actual origin-not-allowed 1, preflight header-not-allowed 1"; got != want {
		t.Errorf("counts %s, want %s", got, want)
	}
	for range o.Counts() {
		break // must not make Counts panic
	}
}

func TestObserveSamples(t *testing.T) {
	m := mustNew(t, full())
	n := 0
	o := mustObserve(t, m, cors.ObserveConfig{Sample: 10, Report: func(cors.Decision) { n++ }})
	for range 25 {
		serve(m.Wrap(ok), request("GET", "Origin", evil))
	}
	o.Stop()
	if n != 3 {
		t.Errorf("%d of 25 were reported, want 3", n)
	}
}

// TestObserveDrops blocks Report: requests must not wait for it, and nothing
// may be lost without being counted.
func TestObserveDrops(t *testing.T) {
	const buffer, all = 1024, 1500
	m := mustNew(t, full())
	release := make(chan struct{})
	var reported uint64
	o := mustObserve(t, m, cors.ObserveConfig{Report: func(cors.Decision) {
		<-release
		reported++
	}})
	h := m.Wrap(ok)
	for range all {
		serve(h, request("GET", "Origin", evil))
	}
	close(release)
	o.Stop()
	if reported < buffer || reported > buffer+1 || reported+o.Dropped() != all {
		t.Errorf("%d reported, %d dropped, of %d", reported, o.Dropped(), all)
	}
	if got, want := counts(o), fmt.Sprintf("actual origin-not-allowed %d", all); got != want {
		t.Errorf("counts %s, want %s", got, want)
	}
}

func TestTrial(t *testing.T) {
	m := mustNew(t, full())
	stricter := full()
	stricter.AllowOrigins = []string{app}
	stricter.AllowHeaders = []string{"Content-Type"}
	var reports []string
	o := mustObserve(t, m, cors.ObserveConfig{Trial: []cors.Policy{stricter}, Report: func(d cors.Decision) {
		reports = append(reports, fmt.Sprintf("%t %v", d.Trial, d))
	}})
	h := m.Wrap(ok)
	if got := serve(h, request("GET", "Origin", "http://localhost:3000")).Header().Get("Access-Control-Allow-Origin"); got == "" {
		t.Error("the trial changed an answer")
	}
	serve(h, request("GET", "Origin", app))
	serve(h, preflight(app, "PUT", "x-request-id"))
	serve(h, request("GET", "Origin", evil)) // refused without the trial
	o.Stop()
	want := []string{
		"true would be refused: actual GET from http://localhost:3000: the policy does not allow the origin",
		`true would be refused: preflight PUT from https://app.example.com: the policy does not allow the request header "x-request-id"`,
		"false refused: actual GET from https://evil.example: the policy does not allow the origin",
	}
	diffLines(t, strings.Join(reports, "\n"), strings.Join(want, "\n"))
	if got, want := counts(o), "actual permitted 2 allowed, actual origin-not-allowed 1, actual origin-not-allowed 1 trial, preflight permitted 1 allowed, preflight header-not-allowed 1 trial"; got != want {
		t.Errorf("counts %s, want %s", got, want)
	}
	if _, err := m.Observe(cors.ObserveConfig{Trial: []cors.Policy{{}}}); err == nil {
		t.Error("an invalid policy can be tried")
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
	var observers []*cors.Observer
	for range 50 {
		observers = append(observers, mustObserve(t, m, cors.ObserveConfig{Report: func(cors.Decision) {}}))
	}
	wg.Wait()
	for _, o := range observers {
		o.Stop()
	}
}

func TestObserveAllocates(t *testing.T) {
	m := mustNew(t, full())
	o := mustObserve(t, m, cors.ObserveConfig{})
	defer o.Stop()
	if n := allocations(m.Wrap(ok), preflight(evil, "PUT")); n != 0 {
		t.Errorf("counting a refused preflight: %v allocations, want 0", n)
	}
}

// BenchmarkObserve measures what observing adds to a refused request, without and
// with a Report that is too slow.
func BenchmarkObserve(b *testing.B) {
	release := make(chan struct{})
	b.Cleanup(func() { close(release) })
	for _, c := range []struct {
		name     string
		observed bool
		report   func(cors.Decision)
	}{
		{"not", false, nil},
		{"count", true, nil},
		{"full-buffer", true, func(cors.Decision) { <-release }},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, err := cors.New(oneOrigin())
			if err != nil {
				b.Fatal(err)
			}
			h, r, w := m.Wrap(ok), preflight(evil, "PUT"), &writer{http.Header{}}
			if c.observed {
				if _, err := m.Observe(cors.ObserveConfig{Report: c.report}); err != nil {
					b.Fatal(err)
				}
			}
			for range 2000 { // fill the buffer
				h.ServeHTTP(w, r)
			}
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}
