package matrix

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

var update = flag.Bool("update", false, "write the results, and what is made from them")

// TestMatrix starts each server with the configuration for each policy, looks
// at every invariant, and compares with the results in the repository and with
// what is known of the stack. Those that need packages of a registry run with
// CORSAC_LIVE=1.
func TestMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	var mu sync.Mutex
	var found []result
	t.Run("stacks", func(t *testing.T) {
		for i := range subjects {
			s := &subjects[i]
			t.Run(s.stack, func(t *testing.T) {
				t.Parallel()
				s.need(t)
				r := s.look(t)
				if t.Failed() {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				found = append(found, r)
			})
		}
	})
	show(t, found)
	if *update && live() {
		writeResults(t, found)
	}
	compare(t, found)
}

// look starts the servers of a stack, one after the other.
func (s *subject) look(t *testing.T) result {
	r := result{Stack: s.stack, Day: time.Now().UTC().Format(time.DateOnly), Policies: map[string]map[string]mark{}}
	for i := range trials {
		if s.static && trials[i].name == "reference" { // which it cannot express
			r.Policies[trials[i].name] = map[string]mark{}
			for _, name := range columns() {
				r.Policies[trials[i].name][name] = notApplicable
			}
			continue
		}
		t.Run(trials[i].name, func(t *testing.T) {
			dir := t.TempDir()
			running := s.start(t, dir, s.trial(&trials[i]))
			if r.Version == "" {
				r.Version = s.version(t, dir)
			}
			r.Policies[trials[i].name] = running.marks(t)
		})
	}
	return r
}

// start starts a server for a policy in a folder of corsac generate --runnable.
func (s *subject) start(t *testing.T, dir string, trial *trial) *running {
	t.Helper()
	address := testenv.FreeAddress(t)
	r := &running{trial: trial, t: t, subject: s, url: "http://" + address + s.base}
	upstream := ""
	if s.server().Upstream {
		upstream, r.stopApp = startApp(t)
	}
	at, err := generate.ParseAddresses(address, upstream)
	if err != nil {
		t.Fatal(err)
	}
	out, err := generate.Folder(generate.Request{Stack: s.started(), Policy: trial.policy, PolicyName: trial.name}, at)
	if err == nil {
		err = generate.Write(t.Context(), dir, out.Files, false)
	}
	if err != nil {
		t.Fatal(err)
	}
	testenv.StartFolder(t, dir, address)
	return r
}

// marks looks at everything.
func (s *running) marks(t *testing.T) map[string]mark {
	marks := map[string]mark{}
	note := func(name string, p problems) {
		marks[name] = held
		if len(p) > 0 {
			marks[name] = notHeld
			t.Logf("%s is not held:\n\t%s", name, strings.Join(p[:min(len(p), 4)], "\n\t"))
		}
	}
	note("verify", s.verified())
	marks["browser"] = notApplicable
	if s.name == "reference" && live() {
		note("browser", s.inBrowser())
	}
	for _, i := range invariants {
		if i.listed && s.public() || i.proxies && s.stopApp == nil || i.application && s.subject.static || i.name == "pfcurl" && s.wide == "" {
			marks[i.name] = notApplicable
			continue
		}
		note(i.name, i.broken(s))
	}
	return marks
}

// show prints the matrix.
func show(t *testing.T, found []result) {
	slices.SortFunc(found, func(a, b result) int { return strings.Compare(a.Stack, b.Stack) })
	var b strings.Builder
	for _, r := range found {
		for _, trial := range trials {
			if marks := r.Policies[trial.name]; marks != nil {
				n := len(slices.DeleteFunc(slices.Collect(maps.Values(marks)), func(m mark) bool { return m == notApplicable }))
				failing := r.failing(trial.name)
				fmt.Fprintf(&b, "\n%-20s %-40s %-10s %2d of %d  %s", r.Stack, r.Version, trial.name, n-len(failing), n, words(failing))
			}
		}
		if d := difference(r.Stack, r.failing("reference")); d != "" {
			fmt.Fprintf(&b, "\n%-20s %s", "", d)
		}
	}
	t.Log(b.String())
}

// compare checks that the results are those of the file, and not less than what
// is known of the stack.
func compare(t *testing.T, found []result) {
	t.Helper()
	known := readResults(t)
	for _, r := range found {
		i := slices.IndexFunc(known, func(k result) bool { return k.Stack == r.Stack })
		if i < 0 {
			t.Errorf("%s has no results: run make live UPDATE=-update", r.Stack)
			continue
		}
		for _, trial := range trials {
			for column, got := range r.Policies[trial.name] {
				if want := known[i].Policies[trial.name][column]; got != want && !(column == "browser" && got == notApplicable) {
					t.Errorf("%s, %s: %s is %s, was %s with %s", r.Stack, trial.name, column, got, want, known[i].Version)
				}
			}
		}
	}
}

func live() bool { return os.Getenv("CORSAC_LIVE") == "1" }
