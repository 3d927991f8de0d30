package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// row is a scenario with the results of the libraries and, last, of the
// application without a library.
type row struct {
	Name    string
	Target  float64
	Results []result
}

// fastest returns the index of the fastest ranked library, or -1.
func (r row) fastest() int {
	best := -1
	for i, res := range r.Results[:len(r.Results)-1] {
		if res.Fails == "" && !res.Absent && (best < 0 || res.Ratio < r.Results[best].Ratio) {
			best = i
		}
	}
	return best
}

func (r row) progress(libraries []peer) string {
	var parts []string
	for i, p := range libraries {
		mark := ""
		if r.Results[i].Fails != "" {
			mark = "!"
		}
		parts = append(parts, fmt.Sprintf("%s %s%s", p.name, cell(r.Results[i], p.name == reference), mark))
	}
	if goal := r.Target; goal > 0 && r.Results[0].Ratio > goal {
		parts = append(parts, fmt.Sprintf("MISSES %.2f", goal))
	}
	return strings.Join(parts, "  ")
}

// table has all measurements of requests.
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
	for _, p := range t.peers {
		if p.name != ours {
			fmt.Fprintf(w, "- %s: %s %s\n", p.name, p.module, versions[p.module])
		}
	}
	fmt.Fprintln(w)
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
		fmt.Fprintf(w, "| %s |", r.Name)
		fastest := r.fastest()
		for i, p := range t.peers {
			if r.Results[i].Absent {
				fmt.Fprint(w, " – |")
				continue
			}
			text := cell(r.Results[i], p.name == reference)
			if r.Results[i].Shares {
				text += " †"
			}
			switch {
			case r.Results[i].Fails != "":
				text += " ✗"
			case i == fastest:
				text = "**" + text + "**"
			}
			fmt.Fprintf(w, " %s |", text)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nThe harness and the application take %.0f to %.0f ns of each number.\n\n", low, high)
}

// bare returns the time of the application without a library.
func (r row) bare() float64 { return r.Results[len(r.Results)-1].Best }

func (t *table) printAllocations(w io.Writer) {
	t.head(w, "allocations (bytes)")
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s |", r.Name)
		for i := range t.peers {
			fmt.Fprintf(w, " %.0f (%s) |", r.Results[i].Allocs, short(r.Results[i].Bytes))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

func (t *table) printTargets(w io.Writer) {
	fmt.Fprint(w, "| corsac relative to jub0bs | target | measured | |\n|---|---:|---:|---|\n")
	for _, r := range t.rows {
		goal := r.Target
		if goal == 0 {
			continue
		}
		verdict := "met"
		if r.Results[0].Ratio > goal {
			verdict = "**missed**"
		}
		fmt.Fprintf(w, "| %s | %.2f | %.3f | %s |\n", r.Name, goal, r.Results[0].Ratio, verdict)
	}
	var slower []string
	for _, r := range t.rows {
		if best := r.fastest(); best > 0 {
			mark := ""
			if r.Results[best].Shares {
				mark = " †"
			}
			slower = append(slower, fmt.Sprintf("%s (%s%s)", r.Name, t.peers[best].name, mark))
		}
	}
	if len(slower) > 0 {
		fmt.Fprintf(w, "\nOf the ranked libraries, corsac is not the fastest in: %s.\n\n", strings.Join(slower, ", "))
		return
	}
	fmt.Fprint(w, "\ncorsac is the fastest ranked library in every scenario.\n\n")
}

// printFailures writes what each marked library does wrong.
func (t *table) printFailures(w io.Writer) {
	fmt.Fprint(w, "| | what it does wrong | where |\n|---|---|---|\n")
	for i, p := range t.peers {
		var reasons []string
		where := map[string][]string{}
		for _, r := range t.rows {
			why := r.Results[i].Fails
			if why == "" {
				continue
			}
			if where[why] == nil {
				reasons = append(reasons, why)
			}
			where[why] = append(where[why], r.Name)
		}
		for _, why := range reasons {
			fmt.Fprintf(w, "| ✗ %s | %s | %s |\n", p.name, why, strings.Join(where[why], ", "))
		}
		if n := t.sharing(i); n > 0 {
			fmt.Fprintf(w, "| † %s | shares header values between responses | %d of %d scenarios |\n", p.name, n, len(t.rows))
		}
	}
	fmt.Fprintln(w)
}

// sharing returns the number of scenarios in which responses of the library at
// index i share header values.
func (t *table) sharing(i int) (n int) {
	for _, r := range t.rows {
		if r.Results[i].Shares {
			n++
		}
	}
	return n
}

// cell returns a time and its ratio. The reference has no ratio.
func cell(r result, isReference bool) string {
	if isReference {
		return short(r.Best)
	}
	if r.Ratio >= 10 {
		return fmt.Sprintf("%s (%.0f)", short(r.Best), r.Ratio)
	}
	return fmt.Sprintf("%s (%.2f)", short(r.Best), r.Ratio)
}

// short returns a number in about four characters.
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
