package main

import (
	"context"
	"encoding/json"
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

// options are what the command line asks for.
type options struct {
	plan      plan
	scenarios *regexp.Regexp
	peers     []string
	heap      bool
	raw       bool
	args      []string
	most      int // number of origins in the longest policies
}

func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err != nil {
		return 2
	}
	// One processor is enough: the libraries run one at a time, and more would
	// only add noise.
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
	o := &options{most: 100_000, args: args}
	flags.IntVar(&o.plan.rounds, "rounds", 600, "`rounds` per scenario")
	flags.DurationVar(&o.plan.chunk, "chunk", 250*time.Microsecond, "`time` per library in a round")
	flags.IntVar(&o.plan.layouts, "layouts", 6, "`times` to build the program with its functions in another order, within those rounds")
	flags.IntVar(&o.plan.batches, "batches", 12, "`times` to configure the libraries anew, within those rounds")
	only := flags.String("run", "", "measure the scenarios that match `regexp`")
	names := flags.String("peers", "", "measure only corsac, jub0bs and these libraries, `a,b,c`")
	flags.BoolVar(&o.heap, "heap", true, "also measure the time and memory for 100,000 origins")
	flags.BoolVar(&o.raw, "raw", false, "print the measurements as JSON, for the process that combines them")
	quick := flags.Bool("quick", false, "measure almost nothing; only check that everything runs")
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
		o.plan = plan{rounds: 3, chunk: 20 * time.Microsecond, batches: 1}
		o.most = 1_000
	}
	o.plan.rounds, o.plan.batches = max(o.plan.rounds, 1), max(o.plan.batches, 1)
	return o, nil
}

// bench measures what was asked for and prints the tables.
func (o *options) bench(stdout, stderr io.Writer) error {
	var libraries []peer
	for _, p := range peers() {
		if len(o.peers) == 0 || slices.Contains(o.peers, p.name) {
			libraries = append(libraries, p)
		}
	}
	rows, err := o.rows(libraries, stderr)
	if err != nil {
		return err
	}
	if o.raw {
		return json.NewEncoder(stdout).Encode(rows)
	}
	var builds []build
	if o.heap {
		if builds, err = measureBuilds(libraries, o.most, stderr); err != nil {
			return err
		}
	}
	(&table{libraries, rows}).print(stdout)
	printBuilds(stdout, builds, o.most)
	return nil
}

// rows measures all the scenarios that were asked for.
func (o *options) rows(libraries []peer, stderr io.Writer) (rows []row, err error) {
	if o.plan.layouts > 0 {
		return o.rowsOfLayouts(context.Background(), stderr)
	}
	for _, s := range scenarios(o.most) {
		if !o.scenarios.MatchString(s.name) {
			continue
		}
		start := time.Now()
		row, err := o.row(&s, libraries)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		rows = append(rows, row)
		fmt.Fprintf(stderr, "%-26s %s  (%.1fs)\n", s.name, row.progress(libraries), time.Since(start).Seconds())
	}
	return rows, nil
}

// row probes and measures every library in one scenario.
func (o *options) row(s *scenario, libraries []peer) (row, error) {
	ref := slices.IndexFunc(libraries, func(p peer) bool { return p.name == reference })
	var all []findings
	for _, p := range libraries {
		found, err := probe(p, s)
		if err != nil {
			return row{}, fmt.Errorf("%s: %w", p.name, err)
		}
		all = append(all, found)
	}
	results, err := measure(o.plan, len(s.requests), ref, func() (servers []server, err error) {
		for _, p := range libraries {
			server, err := p.open(s.policy, func() {})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			servers = append(servers, server)
		}
		servers = append(servers, openBare(func() {}))
		for _, server := range servers {
			server.prepare(s.requests, s.fresh)
		}
		return servers, nil
	})
	if err != nil {
		return row{}, err
	}
	for i, found := range all {
		results[i].findings = found
		results[i].Absent = s.fresh && libraries[i].fast
	}
	return row{s.name, s.target, results}, nil
}
