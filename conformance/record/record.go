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

	"github.com/corsac-dev/corsac/conformance"
)

const (
	batch   = 40               // cases with one step that a document plays at once
	tries   = 12               // attempts if the machinery fails
	quick   = 30 * time.Second // bound on a batch without delays
	settled = 10 * time.Second // bound on the arrival of events
	// How much longer than planned a sequence may take: with the shortest
	// lifetime that is drawn, and with the five seconds that browsers use by
	// default.
	slackShort, slackDefault = 700 * time.Millisecond, 4 * time.Second
)

// Recorder is a live browser and its servers.
type Recorder struct {
	ctx    context.Context
	site   *site
	driver driver
	// Retried counts the cases that were tried again because the machinery
	// failed.
	Retried int
	mu      sync.Mutex
	// spoil, if not nil, makes an attempt fail after it has been played, for
	// tests.
	spoil func(try int) error
}

// Open starts the servers and the browser, for as long as the test lasts.
func Open(t testing.TB, browser string, patience time.Duration) *Recorder {
	t.Helper()
	s, err := openSite()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return &Recorder{ctx: ctx, site: s, driver: newDriver(t, browser, s, patience)}
}

// errMachinery is a failure that has nothing to do with CORS.
var errMachinery = errors.New("the machinery failed")

// Record plays cases and returns what the browser did with them, in the same
// order.
func (r *Recorder) Record(cases []*conformance.Case) ([]conformance.Recorded, error) {
	byID, err := r.playGroups(r.groups(cases))
	if err != nil {
		return nil, err
	}
	var out []conformance.Recorded
	for _, c := range cases {
		out = append(out, conformance.Recorded{Case: c, Steps: byID[c.ID]})
	}
	return out, nil
}

// groups returns the cases that a document plays at once.
func (r *Recorder) groups(cases []*conformance.Case) (groups [][]*conformance.Case) {
	type document struct {
		page, policy string
		steps        bool
	}
	open := map[document][]*conformance.Case{}
	for _, c := range cases {
		d, most := document{c.Page, c.Policy, len(c.Steps) > 1}, batch
		if d.steps {
			most = r.driver.sequences()
		}
		if open[d] = append(open[d], c); len(open[d]) == most {
			groups = append(groups, open[d])
			delete(open, d)
		}
	}
	for _, group := range open {
		groups = append(groups, group)
	}
	return groups
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
	for range min(r.driver.tabs(), len(groups)) {
		wg.Go(func() {
			for g := range queue {
				out, err := r.playAgain(g, 0)
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

// playAgain plays cases until the machinery works. first is the number of
// earlier attempts. From the second failure on, each half of the cases is on
// its own, because a busy machine may be too slow for all of them.
func (r *Recorder) playAgain(cases []*conformance.Case, first int) (out [][]conformance.StepOutcome, err error) {
	for try := first; try < tries; try++ {
		if out, err = r.try(cases, try); err == nil || r.ctx.Err() != nil {
			return out, err
		}
		r.mu.Lock()
		r.Retried += len(cases)
		r.mu.Unlock()
		if half := len(cases) / 2; try > first && half > 0 {
			if out, err = r.playAgain(cases[:half], try+1); err != nil {
				return nil, err
			}
			rest, err := r.playAgain(cases[half:], try+1)
			return append(out, rest...), err
		}
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

// play plays cases at the same time, in a document of their own.
func (r *Recorder) play(cases []*conformance.Case) ([][]conformance.StepOutcome, error) {
	ctx, stop := context.WithTimeout(r.ctx, bound(cases))
	defer stop()
	for _, c := range cases {
		r.site.host.Add(c)
		defer r.site.host.Drop(c.ID)
	}
	document, err := r.site.document(cases[0])
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(cases)
	if err != nil {
		return nil, err
	}
	server := pages[cases[0].Page].origin
	script := fmt.Sprintf("playAll(%s, %q)", r.site.names.Real(string(text)), r.site.names.Real(server))
	raw, ev, err := r.driver.play(ctx, document, script)
	if err != nil {
		return nil, err
	}
	defer ev.close()
	var steps [][]played
	if err := json.Unmarshal([]byte(r.site.names.Fixed(string(raw))), &steps); err != nil {
		return nil, err
	}
	return r.gather(cases, steps, ev)
}

// bound returns how long a group may take. Only sequences with delays take
// long.
func bound(cases []*conformance.Case) time.Duration {
	longest := 0
	for _, c := range cases {
		sum := 0
		for i := range c.Steps {
			sum += c.Steps[i].DelayMS
		}
		longest = max(longest, sum)
	}
	return quick + time.Duration(longest)*time.Millisecond
}

// gather combines the reports of the page, the servers and the protocol.
func (r *Recorder) gather(cases []*conformance.Case, steps [][]played, ev reports) ([][]conformance.StepOutcome, error) {
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
		for !ev.complete(c, out[i]) {
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
