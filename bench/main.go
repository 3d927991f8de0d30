package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

const usage = `Measures corsac's CORS middleware side by side with its peers; see docs/benchmarks.md.

usage: go run -C bench . [flags]

The tables go to standard output in Markdown, progress to standard error. The
benchmarks of the other packages are ordinary ones: make bench-go.

`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// options is what the command line asks for.
type options struct {
	plan      plan
	scenarios *regexp.Regexp
	peers     []string
	heap      bool
}

func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err != nil {
		return 2
	}
	// One processor: the libraries share nothing, so that more would only add noise.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if err := o.bench(stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (*options, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	o := new(options)
	flags.IntVar(&o.plan.rounds, "rounds", 300, "`rounds` of a scenario")
	flags.DurationVar(&o.plan.chunk, "chunk", 250*time.Microsecond, "`time` of a library in a round")
	only := flags.String("run", "", "measure the scenarios that match `regexp`")
	names := flags.String("peers", "", "measure only these libraries, `a,b,c`, and corsac and jub0bs")
	flags.BoolVar(&o.heap, "heap", true, "also measure what 100,000 origins cost to build and to keep")
	quick := flags.Bool("quick", false, "measure next to nothing, only to see that everything runs")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	var err error
	if o.scenarios, err = regexp.Compile(*only); err != nil {
		fmt.Fprintln(stderr, "bench: -run:", err)
		return nil, err
	}
	if *names != "" {
		o.peers = append(strings.Split(*names, ","), ours, reference)
	}
	if *quick {
		o.plan = plan{rounds: 3, chunk: 20 * time.Microsecond}
	}
	o.plan.rounds = max(o.plan.rounds, 1)
	return o, nil
}

// bench measures what was asked for and prints it.
func (o *options) bench(stdout, stderr io.Writer) error {
	var libraries []peer
	for _, p := range peers() {
		if len(o.peers) == 0 || slices.Contains(o.peers, p.name) {
			libraries = append(libraries, p)
		}
	}
	t := &table{peers: libraries}
	for _, s := range scenarios() {
		if !o.scenarios.MatchString(s.name) {
			continue
		}
		start := time.Now()
		row, err := o.row(&s, libraries)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		t.rows = append(t.rows, row)
		fmt.Fprintf(stderr, "%-26s %s  (%.1fs)\n", s.name, row.progress(libraries), time.Since(start).Seconds())
	}
	var builds []build
	if o.heap {
		var err error
		if builds, err = measureBuilds(libraries, stderr); err != nil {
			return err
		}
	}
	t.print(stdout)
	printBuilds(stdout, builds)
	return nil
}

// row probes and measures every library in one scenario.
func (o *options) row(s *scenario, libraries []peer) (row, error) {
	r := row{scenario: s}
	var fails []string
	var servers []server
	ref := 0
	for i, p := range libraries {
		if p.name == reference {
			ref = i
		}
		why, err := probe(p, s)
		if err != nil {
			return r, fmt.Errorf("%s: %w", p.name, err)
		}
		fails = append(fails, why)
		server, err := p.open(s.policy, func() {})
		if err != nil {
			return r, fmt.Errorf("%s: %w", p.name, err)
		}
		server.prepare(s.requests, s.fresh)
		servers = append(servers, server)
	}
	bare := openBare(func() {})
	bare.prepare(s.requests, s.fresh)
	r.results = measure(o.plan, append(servers, bare), ref)
	for i, why := range fails {
		r.results[i].fails = why
	}
	return r, nil
}
