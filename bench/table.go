package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// row is a scenario with the results of the libraries, and behind them that of
// the application alone.
type row struct {
	scenario *scenario
	results  []result
}

// fastest returns the index of the fastest library that is ranked, or -1.
func (r row) fastest() int {
	best := -1
	for i, res := range r.results[:len(r.results)-1] {
		if res.fails == "" && !res.absent && (best < 0 || res.ratio < r.results[best].ratio) {
			best = i
		}
	}
	return best
}

func (r row) progress(libraries []peer) string {
	var parts []string
	for i, p := range libraries {
		mark := ""
		if r.results[i].fails != "" {
			mark = "!"
		}
		parts = append(parts, fmt.Sprintf("%s %s%s", p.name, cell(r.results[i], p.name == reference), mark))
	}
	if goal := r.scenario.target; goal > 0 && r.results[0].ratio > goal {
		parts = append(parts, fmt.Sprintf("MISSES %.2f", goal))
	}
	return strings.Join(parts, "  ")
}

// table is everything that was measured of requests.
type table struct {
	peers []peer
	rows  []row
}

func (t *table) print(w io.Writer) {
	if len(t.rows) == 0 {
		return
	}
	t.printVersions(w)
	t.printTimes(w)
	t.printAllocations(w)
	t.printTargets(w)
	t.printFailures(w)
}

func (t *table) printVersions(w io.Writer) {
	versions := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			versions[dep.Path] = dep.Version
		}
	}
	var list []string
	for _, p := range t.peers {
		if p.name != ours {
			list = append(list, fmt.Sprintf("%s = %s %s", p.name, p.module, versions[p.module]))
		}
	}
	fmt.Fprintf(w, "%s.\n\n", strings.Join(list, "; "))
}

func (t *table) head(w io.Writer, title string) {
	fmt.Fprintf(w, "| %s |", title)
	for _, p := range t.peers {
		fmt.Fprintf(w, " %s |", p.name)
	}
	fmt.Fprint(w, "\n|---|", strings.Repeat("---:|", len(t.peers)), "\n")
}

func (t *table) printTimes(w io.Writer) {
	t.head(w, "ns per request (ratio)")
	low, high := t.rows[0].bare(), t.rows[0].bare()
	for _, r := range t.rows {
		low, high = min(low, r.bare()), max(high, r.bare())
		fmt.Fprintf(w, "| %s |", r.scenario.name)
		fastest := r.fastest()
		for i, p := range t.peers {
			if r.results[i].absent {
				fmt.Fprint(w, " – |")
				continue
			}
			text := cell(r.results[i], p.name == reference)
			if r.results[i].shares {
				text += " †"
			}
			switch {
			case r.results[i].fails != "":
				text += " ✗"
			case i == fastest:
				text = "**" + text + "**"
			}
			fmt.Fprintf(w, " %s |", text)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nOf each number, %.0f to %.0f ns are the harness and the application.\n\n", low, high)
}

// bare is the time of the application alone.
func (r row) bare() float64 { return r.results[len(r.results)-1].best }

func (t *table) printAllocations(w io.Writer) {
	t.head(w, "allocations (bytes)")
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s |", r.scenario.name)
		for i := range t.peers {
			fmt.Fprintf(w, " %.0f (%s) |", r.results[i].allocs, short(r.results[i].bytes))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

func (t *table) printTargets(w io.Writer) {
	fmt.Fprint(w, "| corsac relative to jub0bs | target | measured | |\n|---|---:|---:|---|\n")
	for _, r := range t.rows {
		goal := r.scenario.target
		if goal == 0 {
			continue
		}
		verdict := "met"
		if r.results[0].ratio > goal {
			verdict = "**missed**"
		}
		fmt.Fprintf(w, "| %s | %.2f | %.3f | %s |\n", r.scenario.name, goal, r.results[0].ratio, verdict)
	}
	var slower []string
	for _, r := range t.rows {
		if best := r.fastest(); best > 0 {
			mark := ""
			if r.results[best].shares {
				mark = " †"
			}
			slower = append(slower, fmt.Sprintf("%s (%s%s)", r.scenario.name, t.peers[best].name, mark))
		}
	}
	if len(slower) > 0 {
		fmt.Fprintf(w, "\nNot the fastest of those that are ranked: %s.\n\n", strings.Join(slower, ", "))
		return
	}
	fmt.Fprint(w, "\ncorsac is the fastest of those that are ranked in every scenario.\n\n")
}

// printFailures says what each marked library failed to show.
func (t *table) printFailures(w io.Writer) {
	fmt.Fprint(w, "| | what it does wrong | where |\n|---|---|---|\n")
	for i, p := range t.peers {
		var reasons []string
		where := map[string][]string{}
		for _, r := range t.rows {
			why := r.results[i].fails
			if why == "" {
				continue
			}
			if where[why] == nil {
				reasons = append(reasons, why)
			}
			where[why] = append(where[why], r.scenario.name)
		}
		for _, why := range reasons {
			fmt.Fprintf(w, "| ✗ %s | %s | %s |\n", p.name, why, strings.Join(where[why], ", "))
		}
		if n := t.sharing(i); n > 0 {
			fmt.Fprintf(w, "| † %s | has header values in common between responses | %d of %d scenarios |\n", p.name, n, len(t.rows))
		}
	}
	fmt.Fprintln(w)
}

// sharing counts the scenarios in which the library at index i gives responses
// values in common.
func (t *table) sharing(i int) (n int) {
	for _, r := range t.rows {
		if r.results[i].shares {
			n++
		}
	}
	return n
}

// cell is a time, and its ratio unless it is that of the reference itself.
func cell(r result, isReference bool) string {
	if isReference {
		return short(r.best)
	}
	if r.ratio >= 10 {
		return fmt.Sprintf("%s (%.0f)", short(r.best), r.ratio)
	}
	return fmt.Sprintf("%s (%.2f)", short(r.best), r.ratio)
}

// short writes a number in at most four characters or so.
func short(n float64) string {
	switch {
	case n >= 999.5e3:
		return fmt.Sprintf("%.1fm", n/1e6)
	case n >= 9999.5:
		return fmt.Sprintf("%.0fk", n/1e3)
	case n >= 999.5:
		return fmt.Sprintf("%.1fk", n/1e3)
	default:
		return fmt.Sprintf("%.0f", n)
	}
}
