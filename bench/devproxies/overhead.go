//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/corsac-dev/corsac/bench/internal/rig"
)

// load is what clients send and how many at a time.
type load struct {
	name          string
	size, clients int
}

var loads = []load{{"1 KB, 1 client", 1 << 10, 1}, {"1 KB, 32 clients", 1 << 10, 32}, {"64 KB, 32 clients", 64 << 10, 32}}

// serveSized is the server that is measured: it does as little as it can.
func serveSized(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	var sizes []int
	for _, l := range loads {
		sizes = append(sizes, l.size)
	}
	return rig.ServeSized(l, "Cache-Control: no-store\r\nX-Request-Id: 0123456789abcdef\r\n", sizes...)
}

// request returns what a page on the origin of a proxy sends.
func (l load) request(address string) []byte {
	return fmt.Appendf(nil, "GET /api/%d HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\n"+
		"Cookie: session=0123456789abcdef\r\nReferer: http://%s/\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\n"+
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n\r\n", l.size, address, address)
}

// sample is what is measured of a proxy in a round.
type sample struct {
	took float64 // median, in µs
	rate float64 // requests per second
	cpu  float64 // µs of the proxy per request
}

// measure prints what the proxies cost in each load.
func (b *bed) measure(out io.Writer, names []string, rounds int, chunk time.Duration) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	direct, err := rig.StartPrinting("direct", exec.CommandContext(b.ctx, self, "-serve")) //nolint:gosec // this program
	if err != nil {
		return err
	}
	children := []*rig.Child{direct}
	for _, name := range names {
		c, err := b.front(setting{name: name, target: "http://" + direct.Address})
		if err != nil {
			return err
		}
		children = append(children, c)
	}
	for _, l := range loads {
		samples, err := b.samples(l, children, rounds, chunk)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		report(out, l, children, samples)
	}
	return nil
}

// warmUp is the number of rounds that do not count: Node.js has to compile first.
const warmUp = 3

// samples measures each child in each round.
func (b *bed) samples(l load, children []*rig.Child, rounds int, chunk time.Duration) ([][]sample, error) {
	all := make([][]sample, len(children))
	for range warmUp + rounds {
		for i, c := range children {
			measured, err := c.Load(rig.Plain(b.ctx, c.Address, l.request(c.Address)), l.clients, chunk)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			all[i] = append(all[i], sample{rig.Quantile(measured.Times, 2), float64(len(measured.Times)) / chunk.Seconds(), measured.CPU})
		}
	}
	for i := range all {
		all[i] = all[i][warmUp:]
	}
	return all, nil
}

// report prints a table of a load. Ratios are those of a proxy to corsac in the same
// round.
func report(out io.Writer, l load, children []*rig.Child, samples [][]sample) {
	fmt.Fprintf(out, "\n| %s | p50, µs | added, µs | requests/s | of corsac | µs CPU per request | of corsac |\n|---|---|---|---|---|---|---|\n", l.name)
	const direct, own = 0, 1
	for i, c := range children {
		each := func(value func(direct, own, it sample) float64) []float64 {
			var list []float64
			for r := range samples[i] {
				list = append(list, value(samples[direct][r], samples[own][r], samples[i][r]))
			}
			return list
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s | %s |\n", heading(c.Name),
			spread(each(func(_, _, it sample) float64 { return it.took }), 0),
			spread(each(func(d, _, it sample) float64 { return it.took - d.took }), 0),
			spread(each(func(_, _, it sample) float64 { return it.rate }), 0),
			spread(each(func(_, own, it sample) float64 { return it.rate / own.rate }), 2),
			spread(each(func(_, _, it sample) float64 { return it.cpu }), 0),
			spread(each(func(_, own, it sample) float64 { return it.cpu / own.cpu }), 2))
	}
}

// spread returns the median of a list, and its middle half.
func spread(list []float64, digits int) string {
	number := func(i int) string { return strconv.FormatFloat(rig.Quantile(list, i), 'f', digits, 64) }
	return number(2) + " (" + number(1) + "–" + number(3) + ")"
}
