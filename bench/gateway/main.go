//go:build linux

// Gateway measures "corsac serve" side by side with nginx, HAProxy, Caddy and
// Traefik, where they are installed, and with a httputil.ReverseProxy that has
// corsac's middleware. All do the same CORS work, and each has to show first that it
// does it rightly. Each is a process with one thread for its work, pinned to the
// first processor; the clients and the upstream have the others. In each round all
// take their turns, in another order, and ratios are medians over the rounds: other
// work on the machine then affects all alike.
//
// It prints the CPU time of each per request, from the scheduler's accounting, and
// the ratio to nginx. With -behaviour, it prints what each does with the same
// requests.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/bench/internal/rig"
)

// gateways are what is measured. The first is what the others are compared with.
var gateways = []*gateway{
	nginx, haproxy, caddy, traefik,
	{name: "ReverseProxy", command: reverseProxy, secure: secureReverseProxy},
	{name: "corsac", command: corsac("corsac.yaml"), secure: corsac("corsac-tls.yaml")},
}

// scenario is what clients send, how, and how many at a time.
type scenario struct {
	name, method, path string
	clients            int
	protocol           protocol
	target             float64 // ratio to nginx
}

var scenarios = []scenario{
	{"edge preflight, 256 connections", "OPTIONS", "/1024", 256, http1, 1.15},
	{"1 KB, 32 connections", "GET", "/1024", 32, http1, 1.6},
	{"1 KB, 256 connections", "GET", "/1024", 256, http1, 2.0},
	{"64 KB, 32 connections", "GET", "/65536", 32, http1, .7},
	{"1 MB, 32 connections", "GET", "/1048576", 32, http1, .4},
	{"1 KB over TLS, 32 connections", "GET", "/1024", 32, overTLS, 0},
	{"1 KB over h2, 32 connections, 8 streams each", "GET", "/1024", 32, http2, 2.2},
}

// options are the flags.
type options struct {
	rounds int
	chunk  time.Duration
	only   string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 15, "how often each gateway is measured")
	flag.DurationVar(&o.chunk, "chunk", 300*time.Millisecond, "how long each measurement takes")
	flag.StringVar(&o.only, "only", "", "measure only scenarios whose name contains this")
	role := flag.String("role", "", "what a child process is")
	upstream := flag.String("upstream", "", "the upstream of a child process")
	listen := flag.String("listen", "", "the address of a child process")
	certificate := flag.String("certificate", "", "a PEM file with the certificate and the key of a child process")
	behaviour := flag.Bool("behaviour", false, "compare what the gateways do, not how fast they are")
	update := flag.Bool("update", false, "with -behaviour: write the table to docs/behaviour.md")
	flag.Parse()
	var err error
	switch *role {
	case "":
		if *behaviour {
			err = compareBehaviour(context.Background(), *update)
		} else {
			err = run(context.Background(), o)
		}
	case "upstream":
		err = serveUpstream()
	default:
		err = serveReverseProxy(*listen, *upstream, *certificate)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	runtime.LockOSThread() // children end with the thread that started them
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // kills the children
	dir, err := os.MkdirTemp("", "gateway")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	all, err := startAll(ctx, dir)
	if err != nil {
		return err
	}
	printHead(all)
	for _, s := range scenarios {
		if !strings.Contains(s.name, o.only) {
			continue
		}
		if err := compare(ctx, s, all, o); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// startAll starts the upstream and the gateways that are installed.
func startAll(ctx context.Context, dir string) ([]*running, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := rig.Pin(os.Getpid(), rig.Others); err != nil {
		return nil, err
	}
	direct, err := rig.StartPrinting("upstream", exec.CommandContext(ctx, self, "-role", "upstream")) //nolint:gosec // this program
	if err != nil {
		return nil, err
	}
	var all []*running
	for _, g := range gateways {
		r, err := g.start(ctx, dir, direct.Address)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.name, err)
		}
		if r == nil {
			continue
		}
		if err := r.check(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", g.name, err)
		}
		all = append(all, r)
	}
	if all[0].gateway != gateways[0] {
		return nil, errors.New("nginx, with which the others are compared, is not installed")
	}
	return all, nil
}

func printHead(all []*running) {
	head, line := "| µs CPU per request (ratio to nginx, middle half) |", "|---|"
	for _, r := range all {
		head += " " + r.name + " |"
		line += "---|"
	}
	fmt.Println(head + " target |\n" + line + "---|")
}

// compare prints a line of the table.
func compare(ctx context.Context, s scenario, all []*running, o options) error {
	cpu, ratios := make([][]float64, len(all)), make([][]float64, len(all))
	for round := range o.rounds + 1 {
		now := make([]float64, len(all))
		for _, i := range rand.Perm(len(all)) { //nolint:gosec // an order
			var err error
			if now[i], err = all[i].measure(ctx, s, o.chunk); err != nil {
				return fmt.Errorf("%s: %w", all[i].name, err)
			}
		}
		if round == 0 { // it was for warming up
			continue
		}
		for i := range all {
			cpu[i], ratios[i] = append(cpu[i], now[i]), append(ratios[i], now[i]/now[0])
		}
	}
	fmt.Print("| " + s.name + " |")
	for i := range all {
		fmt.Printf(" %.1f (%.2f, %.2f to %.2f) |", rig.Quantile(cpu[i], 2), rig.Quantile(ratios[i], 2), rig.Quantile(ratios[i], 1), rig.Quantile(ratios[i], 3))
	}
	if s.target == 0 {
		fmt.Println(" |")
		return nil
	}
	fmt.Printf(" ≤ %.2f |\n", s.target)
	return nil
}

// measure returns the microseconds of CPU time per request.
func (r *running) measure(ctx context.Context, s scenario, chunk time.Duration) (float64, error) {
	child := r.plain
	if s.protocol != http1 {
		child = r.secure
	}
	dial, err := s.dial(ctx, child.Address)
	if err != nil {
		return 0, err
	}
	sample, err := child.Load(dial, s.clients, chunk)
	return sample.CPU, err
}
