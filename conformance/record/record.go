package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/conformance"
	"github.com/corsac-dev/corsac/conformance/chromium"
)

const (
	batch   = 40               // cases that a document plays at once
	tabs    = 4                // documents that play groups of cases in parallel
	tries   = 6                // attempts if the machinery fails
	quick   = 30 * time.Second // bound on a batch without delays
	settled = 10 * time.Second // bound on the arrival of events
	// How much longer than planned a sequence may take: with the shortest
	// lifetime that is drawn, and with the five seconds that browsers use by
	// default.
	slackShort, slackDefault = 700 * time.Millisecond, 4 * time.Second
)

// Recorder is a live Chromium and its servers.
type Recorder struct {
	ctx  context.Context
	site *site
	// Retried counts the cases that were tried again because the machinery
	// failed.
	Retried int
	mu      sync.Mutex
	// spoil, if not nil, makes an attempt fail after it has been played, for
	// tests.
	spoil func(try int) error
}

// Open starts the servers and the browser, for as long as the test lasts.
func Open(t testing.TB, patience time.Duration) *Recorder {
	t.Helper()
	ctx := chromium.Start(t, patience)
	s, err := openSite()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	for _, host := range []string{"localhost", "127.0.0.1"} {
		if err := chromium.SetCookie(ctx, host, "oracle", "1"); err != nil {
			t.Fatal(err)
		}
	}
	return &Recorder{ctx: ctx, site: s}
}

// errMachinery is a failure that has nothing to do with CORS.
var errMachinery = errors.New("the machinery failed")

// Record plays cases and returns what the browser did with them, in the same
// order.
func (r *Recorder) Record(cases []*conformance.Case) ([]conformance.Recorded, error) {
	var groups [][]*conformance.Case
	single := map[string][]*conformance.Case{}
	for _, c := range cases {
		if len(c.Steps) > 1 {
			groups = append(groups, []*conformance.Case{c})
			continue
		}
		if single[c.Page] = append(single[c.Page], c); len(single[c.Page]) == batch {
			groups = append(groups, single[c.Page])
			single[c.Page] = nil
		}
	}
	for _, group := range single {
		if len(group) > 0 {
			groups = append(groups, group)
		}
	}
	byID, err := r.playGroups(groups)
	if err != nil {
		return nil, err
	}
	var out []conformance.Recorded
	for _, c := range cases {
		out = append(out, conformance.Recorded{Case: c, Steps: byID[c.ID]})
	}
	return out, nil
}

// playGroups distributes groups of cases to tabs.
func (r *Recorder) playGroups(groups [][]*conformance.Case) (map[string][]conformance.StepOutcome, error) {
	var mu sync.Mutex
	var failed error
	byID := map[string][]conformance.StepOutcome{}
	queue := make(chan []*conformance.Case, len(groups))
	for _, g := range groups {
		queue <- g
	}
	close(queue)
	var wg sync.WaitGroup
	for range min(tabs, len(groups)) {
		wg.Go(func() {
			for g := range queue {
				out, err := r.playAgain(g)
				mu.Lock()
				failed = errors.Join(failed, err)
				for i := range out {
					byID[g[i].ID] = out[i]
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return byID, failed
}

// playAgain plays cases until the machinery works.
func (r *Recorder) playAgain(cases []*conformance.Case) (out [][]conformance.StepOutcome, err error) {
	for try := range tries {
		if out, err = r.try(cases, try); err == nil || r.ctx.Err() != nil {
			return out, err
		}
		r.mu.Lock()
		r.Retried += len(cases)
		r.mu.Unlock()
	}
	return nil, fmt.Errorf("case %s and %d others: %w", cases[0].ID, len(cases)-1, err)
}

// try plays cases. From the second attempt on they have other names, because
// the browser remembers the preflights of URLs that it has seen.
func (r *Recorder) try(cases []*conformance.Case, try int) ([][]conformance.StepOutcome, error) {
	played := slices.Clone(cases)
	for i, c := range cases {
		if try == 0 {
			break
		}
		var err error
		if played[i], err = copyCase(c, fmt.Sprintf("%s-t%d", c.ID, try)); err != nil {
			return nil, err
		}
	}
	out, err := r.play(played)
	if err == nil && r.spoil != nil {
		err = r.spoil(try)
	}
	if err != nil || try == 0 {
		return out, err
	}
	for i := range out {
		for k := range out[i] {
			if err := rename(&out[i][k], played[i].ID, cases[i].ID); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// rename replaces the ID of a copy with that of the original in what a browser
// reported.
func rename(s *conformance.StepOutcome, from, to string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	*s = conformance.StepOutcome{}
	return json.Unmarshal([]byte(strings.ReplaceAll(string(text), "/c/"+from+"/", "/c/"+to+"/")), s)
}

// played is what the page reports about a step.
type played struct {
	conformance.StepOutcome

	At float64 `json:"at"`
}

// play plays cases at the same time, in a tab of their own.
func (r *Recorder) play(cases []*conformance.Case) ([][]conformance.StepOutcome, error) {
	ctx, cancel := chromedp.NewContext(r.ctx)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		return nil, err
	}
	// Only sequences with delays take long.
	patience := quick
	for _, c := range cases {
		for i := range c.Steps {
			patience += time.Duration(c.Steps[i].DelayMS) * time.Millisecond
		}
	}
	limited, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for _, c := range cases {
		r.site.host.Add(c)
		defer r.site.host.Drop(c.ID)
	}
	document, err := r.site.document(cases[0].Page)
	if err != nil {
		return nil, err
	}
	var ev *events
	if err := chromedp.Do(limited, chromedp.Func(func(_ context.Context, t *chromedp.Target) error {
		ev = listen(t, r.site.names)
		return nil
	})); err != nil {
		return nil, err
	}
	if _, err := chromedp.Call(limited, network.Enable, network.EnableParams{}); err != nil {
		return nil, err
	}
	if _, err := chromedp.Call(limited, log.Enable, cdp.Empty{}); err != nil {
		return nil, err
	}
	text, err := json.Marshal(cases)
	if err != nil {
		return nil, err
	}
	script := fmt.Sprintf("playAll(%s, %q)", r.site.names.Real(string(text)), r.site.names.Real(pageOrigin))
	if err := chromedp.Do(limited, chromedp.Navigate(document)); err != nil {
		return nil, err
	}
	raw, err := chromedp.Run(limited, chromedp.Evaluate[[]byte](script, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, err
	}
	var steps [][]played
	if err := json.Unmarshal([]byte(r.site.names.Fixed(string(raw))), &steps); err != nil {
		return nil, err
	}
	return r.gather(cases, steps, ev)
}

// gather combines the reports of the page, the servers and the protocol.
func (r *Recorder) gather(cases []*conformance.Case, steps [][]played, ev *events) ([][]conformance.StepOutcome, error) {
	deadline := time.Now().Add(settled)
	out := make([][]conformance.StepOutcome, len(cases))
	for i, c := range cases {
		if err := punctual(c, steps[i]); err != nil {
			return nil, err
		}
		seen := r.site.host.Seen(c.ID)
		for k, s := range steps[i] {
			s.Wire = seen[k]
			out[i] = append(out[i], s.StepOutcome)
		}
		for !ev.complete(c.ID, out[i]) {
			if time.Now().After(deadline) {
				return nil, fmt.Errorf("%w: not all events of %s came: %s", errMachinery, c.ID, ev.describe(c.ID, out[i]))
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	return out, nil
}

// punctual refuses sequences that took longer than they should, because entries
// of the preflight cache may have expired.
func punctual(c *conformance.Case, steps []played) error {
	planned := 0
	for i := range steps {
		planned += c.Steps[i].DelayMS
	}
	late := time.Duration(steps[len(steps)-1].At*float64(time.Millisecond)) - time.Duration(planned)*time.Millisecond
	slack := slackDefault
	if slices.ContainsFunc(c.Hops, func(h hop) bool {
		return h.Preflight != nil && slices.Contains(h.Preflight.Headers, kv{"Access-Control-Max-Age", shortest})
	}) {
		slack = slackShort
	}
	if len(steps) > 1 && late > slack {
		return fmt.Errorf("%w: case %s took %v longer than it should", errMachinery, c.ID, late)
	}
	return nil
}

// complete sets the errors and console lines of a case's steps. It returns
// false if some have not arrived yet.
func (e *events) complete(id string, steps []conformance.StepOutcome) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	requests, lines := e.byCase[id], slices.Clone(e.console[id])
	next := 0
	for i := range steps {
		s := &steps[i]
		s.Console = nil
		if s.Result != "throw" && !silent(s) { // something was sent
			if next >= len(requests) || s.Result == "blocked" && !requests[next].failed {
				return false
			}
			if q := requests[next]; s.Result == "blocked" {
				s.CORSError, s.Parameter, s.NetError = q.cors, q.parameter, q.net
			}
			next++
		}
		if s.Result != "blocked" {
			continue
		}
		if len(lines) == 0 && s.CORSError != "" {
			return false
		}
		n := min(1, len(lines))
		switch {
		case len(steps) == 1:
			n = len(lines)
		case s.CORSError == "" && strings.HasPrefix(s.NetError, "net::ERR_CONNECTION_"):
			n = 0 // Chromium prints nothing for it; the next line belongs to another step
		}
		s.Console, lines = lines[:n], lines[n:]
	}
	return true
}

// silent reports whether a request was blocked before the network stack knew
// about it, as in same-origin mode.
func silent(s *conformance.StepOutcome) bool {
	return s.Result == "blocked" && len(s.Wire) == 0 && s.Request != nil &&
		(s.Request.Mode == "same-origin" || strings.Contains(s.Request.Mode, "no-cors"))
}

// describe returns what is known about an incomplete case.
func (e *events) describe(id string, steps []conformance.StepOutcome) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%s %s; ", s.Result, s.CORSError)
	}
	for _, q := range e.byCase[id] {
		fmt.Fprintf(&b, "%+v; ", *q)
	}
	fmt.Fprintf(&b, "console %q", e.console[id])
	return b.String()
}
