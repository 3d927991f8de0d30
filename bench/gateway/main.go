//go:build linux

// Gateway measures "corsac serve" beside a httputil.ReverseProxy with corsac's
// middleware around it, and beside no proxy at all. All three run as processes,
// with one processor for Go each; the client is this process. In each round all
// take their turns, and the ratios are medians over the rounds: other work on
// the machine then affects all alike.
//
// It prints the CPU time of the proxy per request, from the scheduler's
// accounting, and the time that a request takes through each.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// scenario is what clients send and how many at a time.
type scenario struct {
	name, method, path string
	clients            int
}

var scenarios = []scenario{
	{"1 KB, 1 client", "GET", "/1024", 1},
	{"1 KB, 32 clients", "GET", "/1024", 32},
	{"1 KB, 256 clients", "GET", "/1024", 256},
	{"64 KB, 32 clients", "GET", "/65536", 32},
	{"1 MB, 32 clients", "GET", "/1048576", 32},
	{"preflight, 32 clients", "OPTIONS", "/1024", 32},
}

func main() {
	rounds := flag.Int("rounds", 15, "how often each proxy is measured")
	chunk := flag.Duration("chunk", 200*time.Millisecond, "how long each measurement takes")
	role := flag.String("role", "", "what a child process is")
	upstream := flag.String("upstream", "", "the upstream of a child process")
	flag.Parse()
	var err error
	switch *role {
	case "":
		err = run(context.Background(), *rounds, *chunk)
	case "upstream":
		err = serveUpstream()
	default:
		err = serveReverseProxy(*upstream)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, chunk time.Duration) error {
	runtime.LockOSThread() // children end with the thread that started them
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // kills the children
	dir, err := os.MkdirTemp("", "gateway")
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
	self, err := os.Executable()
	if err != nil {
		return err
	}
	direct, err := startChild(ctx, self, "-role", "upstream")
	if err != nil {
		return err
	}
	url := "http://" + direct.address
	theirs, err := startChild(ctx, self, "-role", "proxy", "-upstream", url)
	if err != nil {
		return err
	}
	own, err := startCorsac(ctx, corsac, url)
	if err != nil {
		return err
	}
	fmt.Println("| | ReverseProxy, µs CPU | corsac, µs CPU | ratio of CPU (middle half) | direct, µs | ReverseProxy, µs | corsac, µs |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, s := range scenarios {
		if err := compare(ctx, s, []*child{direct, theirs, own}, rounds, chunk); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// compare prints a line of the table.
func compare(ctx context.Context, s scenario, children []*child, rounds int, chunk time.Duration) error {
	for _, c := range children[1:] {
		if err := check(ctx, c.address, s); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	cpu, took := make([][]float64, len(children)), make([][]float64, len(children))
	var ratios []float64
	for range rounds + 1 {
		for i, c := range children {
			before := c.cpu()
			times, err := load(ctx, c.address, s, chunk)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			cpu[i] = append(cpu[i], float64(c.cpu()-before)/1e3/float64(len(times)))
			took[i] = append(took[i], quantile(times, 2))
		}
		ratios = append(ratios, last(cpu[2])/last(cpu[1]))
	}
	for i := range children { // the first round was for warming up
		cpu[i], took[i] = cpu[i][1:], took[i][1:]
	}
	ratios = ratios[1:]
	fmt.Printf("| %s | %.1f | %.1f | %.2f (%.2f to %.2f) | %.0f | %.0f | %.0f |\n", s.name,
		quantile(cpu[1], 2), quantile(cpu[2], 2), quantile(ratios, 2), quantile(ratios, 1), quantile(ratios, 3),
		quantile(took[0], 2), quantile(took[1], 2), quantile(took[2], 2))
	return nil
}

func last(list []float64) float64 { return list[len(list)-1] }

// quantile returns the quarter of a list that i counts: 2 is the median.
func quantile(list []float64, i int) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, len(sorted)*i/4)]
}
