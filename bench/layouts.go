package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// rowsOfLayouts builds the program several times, each time with its functions
// in another order, runs each build, and combines the measurements.
func (o *options) rowsOfLayouts(ctx context.Context, stderr io.Writer) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "bench")
	n := o.plan.layouts
	for layout := 1; layout <= n; layout++ {
		fmt.Fprintf(stderr, "layout %d of %d\n", layout, n)
		build := exec.CommandContext(ctx, "go", "build", "-ldflags=-randlayout="+strconv.Itoa(layout), "-o", program, ".") //nolint:gosec // this program
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go build: %w\n%s", err, out)
		}
		found, err := o.runLayout(ctx, program, stderr)
		if err != nil {
			return nil, err
		}
		if rows == nil {
			rows = found
			continue
		}
		for i := range rows {
			rows[i].merge(found[i])
		}
	}
	return rows, nil
}

// runLayout runs a build of the program for its part of the rounds.
func (o *options) runLayout(ctx context.Context, program string, stderr io.Writer) (rows []row, err error) {
	part := func(n int) string { return strconv.Itoa(max(1, n/o.plan.layouts)) }
	args := append(o.args[:len(o.args):len(o.args)],
		"-layouts", "0", "-raw", "-rounds", part(o.plan.rounds), "-batches", part(o.plan.batches))
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // this program, with the same arguments
	cmd.Stderr = stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	return rows, json.Unmarshal(out, &rows)
}

// merge adds the measurements of another layout in the same scenario.
func (r *row) merge(other row) {
	for i := range r.Results {
		a, b := &r.Results[i], other.Results[i]
		a.Best = min(a.Best, b.Best)
		a.Ratios = append(a.Ratios, b.Ratios...)
		a.Ratio = median(a.Ratios)
	}
}
