package diagnose_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/cases"
)

// labCase is a scenario of the lab: a request to a server that is broken on
// purpose, or healthy, and the cause that is to be found.
type labCase struct {
	ID      string `json:"id"`
	Family  string `json:"family"`
	Kind    string `json:"kind"`
	Title   string `json:"title"`
	URL     string `json:"url"`
	Request struct {
		Origin      string            `json:"origin"`
		Method      string            `json:"method"`
		Headers     map[string]string `json:"headers"`
		Body        string            `json:"body"`
		Credentials string            `json:"credentials"`
		Mode        string            `json:"mode"`
		ReadHeaders []string          `json:"read_headers"`
	} `json:"request"`
	ConnectTo   []string `json:"connect_to"`
	CLI         string   `json:"cli"`
	Cause       string   `json:"expected_root_cause"`
	Acceptable  []string `json:"acceptable_alternatives"`
	FixKeywords []string `json:"fix_keywords"`
	Allowed     bool     `json:"chrome_allows"`
}

// grade counts what diagnoses found.
type grade struct {
	broken, exact, acceptable, healthy, alarms int
	misses                                     []string
	times                                      []time.Duration
	probes, probesOfHealthy                    []int
}

// count counts the diagnosis of a scenario.
func (g *grade) count(c *labCase, v *diagnose.Verdict, took time.Duration) {
	g.times, g.probes = append(g.times, took), append(g.probes, len(v.Probes))
	if c.Kind == "healthy" {
		g.healthy++
		g.probesOfHealthy = append(g.probesOfHealthy, len(v.Probes))
		if slices.ContainsFunc(v.Findings, func(f verdict.Finding) bool { return f.Severity != verdict.SeverityNote }) {
			g.alarms++
			g.misses = append(g.misses, fmt.Sprintf("%s (%s): false alarm: %v", c.ID, c.Title, causes(v)))
		}
		return
	}
	g.broken++
	root := ""
	if len(v.Findings) > 0 {
		root = v.Findings[0].Cause
	}
	switch {
	case root == c.Cause:
		g.exact++
	case slices.Contains(c.Acceptable, root):
		g.acceptable++
		fallthrough
	default:
		g.misses = append(g.misses, fmt.Sprintf("%s (%s): %v, want %s", c.ID, c.Title, causes(v), c.Cause))
	}
}

func (g *grade) String() string {
	slices.Sort(g.times)
	slices.Sort(g.probes)
	at := func(percent int) int { return min(len(g.probes)-1, len(g.probes)*percent/100) }
	return fmt.Sprintf("exact %d of %d, acceptable %d, false alarms %d of %d; time: median %v; probes: median %d, 95th percentile %d, healthy at most %d\n%s",
		g.exact, g.broken, g.acceptable, g.alarms, g.healthy, g.times[len(g.times)/2].Round(100*time.Microsecond),
		g.probes[at(50)], g.probes[at(95)], slices.Max(append([]int{0}, g.probesOfHealthy...)), strings.Join(g.misses, "\n"))
}

// TestLab grades the diagnosis against the lab of the wider set of cases, if it is
// there.
func TestLab(t *testing.T) {
	list, authority := startLab(t)
	var g grade
	for i := range list {
		c := &list[i]
		if c.Family != "doctor" {
			continue
		}
		session, lna := sessionFor(t, c, authority)
		decided := session.Run(t.Context())
		begin := time.Now()
		v := diagnose.New(diagnose.Options{}).Diagnose(t.Context(), session, decided)
		g.count(c, v, time.Since(begin))
		if allowed := v.Error == nil; allowed != c.Allowed {
			t.Errorf("%s (%s): allowed %t with LNA %s, want %t", c.ID, c.Title, allowed, lna, c.Allowed)
		}
		text := ""
		for j := range v.Findings {
			text += v.Findings[j].Title + v.Findings[j].Why + v.Findings[j].Fix.Text
		}
		if len(c.FixKeywords) > 0 && !slices.ContainsFunc(c.FixKeywords, func(word string) bool { return strings.Contains(text, word) }) {
			t.Logf("%s (%s): the fix mentions none of %q", c.ID, c.Title, c.FixKeywords)
		}
	}
	t.Log(g.String())
	if g.exact < g.broken*52/55 || g.alarms > 0 {
		t.Error("the diagnosis is not good enough")
	}
	if n := len(g.probes); g.probes[n/2] > 8 || g.probes[n*95/100] > 25 || slices.Max(g.probesOfHealthy) > 3 {
		t.Errorf("probes: %v, healthy %v", g.probes, g.probesOfHealthy)
	}
}

// startLab builds and starts the lab, and returns its scenarios and the file with
// its certificate authority.
func startLab(t *testing.T) (list []labCase, authority string) {
	t.Helper()
	dir, ok := cases.Beside("lab")
	if !ok {
		t.Skip("the wider set of cases is not here")
	}
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Scenarios []labCase `json:"scenarios"`
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	program, certs := filepath.Join(t.TempDir(), "lab"), t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lab := exec.CommandContext(t.Context(), program, "-for", "5m", "-certs", certs)
	ended := make(chan error, 1)
	if err := lab.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- lab.Wait() }()
	t.Cleanup(func() { _ = lab.Process.Kill() })
	authority = filepath.Join(certs, "ca.pem")
	for range 100 {
		select {
		case err := <-ended:
			testenv.Missing(t, fmt.Sprintf("the lab does not start, perhaps because its ports are in use: %v", err))
		case <-time.After(50 * time.Millisecond):
		}
		if _, err := os.Stat(authority); err == nil {
			time.Sleep(300 * time.Millisecond) // until it listens on all ports
			break
		}
	}
	return manifest.Scenarios, authority
}

// sessionFor opens a browser for a scenario.
func sessionFor(t *testing.T, c *labCase, authority string) (*check.Session, check.LocalNetwork) {
	t.Helper()
	spec := check.Spec{
		Method: c.Request.Method, MethodGiven: c.Request.Method != "", Credentials: c.Request.Credentials, Mode: c.Request.Mode, Body: check.BodySpec{Size: -1},
	}
	for name, value := range c.Request.Headers {
		spec.Headers = append(spec.Headers, name+": "+value)
	}
	slices.Sort(spec.Headers)
	if c.Request.Body != "" {
		spec.Body.Data = []string{c.Request.Body}
	}
	request, body, err := spec.Request(c.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	lna := check.LocalNetworkAsk
	if strings.Contains(c.CLI, "--lna denied") {
		lna = check.LocalNetworkDenied
	}
	checker := check.New(check.Options{Profiles: []fetch.Profile{fetch.Chromium}, LocalNetwork: lna, Getenv: func(string) string { return "" }})
	session, err := checker.Session(t.Context(), &check.Case{
		Request: request, Body: body, Page: fetch.PageConfig{Origin: c.Request.Origin}, ReadHeaders: c.Request.ReadHeaders,
		Servers: probe.Settings{MaxTime: 5, ConnectTo: c.ConnectTo, CAFile: authority},
	})
	if err != nil {
		t.Fatalf("%s: %v", c.ID, err)
	}
	return session, lna
}
