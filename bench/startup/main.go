//go:build unix

// Startup measures what a whole "corsac check" of one URL costs beside curl: both
// ask the same server on loopback, in turn. It prints the median times, their
// ratio, and the memory.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 60, "how often each of the two runs")
	flag.Parse()
	if err := run(context.Background(), *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int) error {
	dir, err := os.MkdirTemp("", "startup")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	corsac := filepath.Join(dir, "corsac")
	build := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join("..", "cmd", "corsac"), "-o", corsac, ".") //nolint:gosec // a folder of our own
	build.Env = append(build.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	defer server.Close()
	const origin = "http://localhost:3000"
	check := command{corsac, "check", server.URL, "--origin", origin}
	curl := command{"curl", "-s", "-i", "-H", "Origin: " + origin, server.URL}
	var checks, curls, ratios []float64
	var memory int64
	for range rounds {
		took, rss, err := check.run(ctx)
		if err != nil {
			return err
		}
		other, _, err := curl.run(ctx)
		if err != nil {
			return err
		}
		checks, curls, ratios = append(checks, took), append(curls, other), append(ratios, took/other)
		memory = max(memory, rss)
	}
	fmt.Printf("corsac check: %.1f ms, curl: %.1f ms, ratio %.2f (middle half %.2f to %.2f), at most %.1f MiB\n",
		quantile(checks, 2), quantile(curls, 2), quantile(ratios, 2), quantile(ratios, 1), quantile(ratios, 3), float64(memory)/1024)
	return nil
}

// command is a program and its arguments.
type command []string

// run returns how many milliseconds the command took, and its memory in KiB.
func (c command) run(ctx context.Context) (ms float64, rss int64, err error) {
	cmd := exec.CommandContext(ctx, c[0], c[1:]...) //nolint:gosec // the two commands of run
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", c[0], err)
	}
	ms = float64(time.Since(begin).Microseconds()) / 1000
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		rss = usage.Maxrss
	}
	return ms, rss, nil
}

// quantile returns the quarter of a list that i counts: 2 is the median.
func quantile(list []float64, i int) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, len(sorted)*i/4)]
}
