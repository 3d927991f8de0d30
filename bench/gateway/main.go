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
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/corsac-dev/corsac/bench/internal/rig"
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
	corsac, err := rig.BuildCorsac(ctx, ".", dir)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	direct, err := rig.StartPrinting("upstream", rig.OneProcessor(exec.CommandContext(ctx, self, "-role", "upstream"))) //nolint:gosec // this program
	if err != nil {
		return err
	}
	url := "http://" + direct.Address
	theirs, err := rig.StartPrinting("proxy", rig.OneProcessor(exec.CommandContext(ctx, self, "-role", "proxy", "-upstream", url))) //nolint:gosec // this program
	if err != nil {
		return err
	}
	address, err := rig.FreeAddress(ctx)
	if err != nil {
		return err
	}
	serve := exec.CommandContext(ctx, corsac, "serve", "--upstream", url, "--allow-origin", page, "--listen", address, "--log-level", "warn") //nolint:gosec // what has been built
	own, err := rig.Start(ctx, "corsac", address, rig.OneProcessor(serve))
	if err != nil {
		return err
	}
	fmt.Println("| | ReverseProxy, µs CPU | corsac, µs CPU | ratio of CPU (middle half) | direct, µs | ReverseProxy, µs | corsac, µs |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, s := range scenarios {
		if err := compare(ctx, s, []*rig.Child{direct, theirs, own}, rounds, chunk); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// page is the origin of the page that sends the requests.
const page = "https://app.example.com"

// request returns what a browser would send.
func (s scenario) request() []byte {
	fields := "Accept: */*\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\nOrigin: " + page +
		"\r\nReferer: " + page + "/\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: cross-site\r\nUser-Agent: Mozilla/5.0\r\n"
	if s.method == http.MethodOptions {
		fields += "Access-Control-Request-Method: GET\r\n"
	} else {
		fields += "Cookie: session=0123456789abcdef\r\n"
	}
	return []byte(s.method + " " + s.path + " HTTP/1.1\r\nHost: api.example.com\r\n" + fields + "\r\n")
}

// check checks that a proxy does what a gateway must for the page, before it is
// measured.
func check(ctx context.Context, address string, s scenario) error {
	r, err := http.NewRequestWithContext(ctx, s.method, "http://"+address+s.path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Origin", page)
	if s.method == http.MethodOptions {
		r.Header.Set("Access-Control-Request-Method", "GET")
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if allowed := res.Header["Access-Control-Allow-Origin"]; res.StatusCode >= 300 || len(allowed) != 1 || allowed[0] != page {
		return fmt.Errorf("status %d, and %q is allowed", res.StatusCode, allowed)
	}
	return nil
}

// compare prints a line of the table.
func compare(ctx context.Context, s scenario, children []*rig.Child, rounds int, chunk time.Duration) error {
	for _, c := range children[1:] {
		if err := check(ctx, c.Address, s); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	cpu, took := make([][]float64, len(children)), make([][]float64, len(children))
	var ratios []float64
	for range rounds + 1 {
		for i, c := range children {
			before := c.CPU()
			times, err := rig.Load(ctx, c.Address, s.request(), s.clients, chunk)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
			cpu[i] = append(cpu[i], float64(c.CPU()-before)/1e3/float64(len(times)))
			took[i] = append(took[i], rig.Quantile(times, 2))
		}
		ratios = append(ratios, last(cpu[2])/last(cpu[1]))
	}
	for i := range children { // the first round was for warming up
		cpu[i], took[i] = cpu[i][1:], took[i][1:]
	}
	ratios = ratios[1:]
	fmt.Printf("| %s | %.1f | %.1f | %.2f (%.2f to %.2f) | %.0f | %.0f | %.0f |\n", s.name,
		rig.Quantile(cpu[1], 2), rig.Quantile(cpu[2], 2), rig.Quantile(ratios, 2), rig.Quantile(ratios, 1), rig.Quantile(ratios, 3),
		rig.Quantile(took[0], 2), rig.Quantile(took[1], 2), rig.Quantile(took[2], 2))
	return nil
}

func last(list []float64) float64 { return list[len(list)-1] }
