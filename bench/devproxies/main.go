//go:build linux

// Devproxies runs "corsac dev" and other development proxies in front of one server.
// Its working directory is its own; it needs the packages of package.json. See "make
// dev-peers".
//
//   - By default, it prints a table of what each does with the same requests. With
//     -update it writes the table to docs/dev.md.
//   - With -overhead it measures what each costs, in rounds in which all take their
//     turns. The ratios are medians over the rounds: other work on the machine then
//     affects all alike. All run as they ship: corsac uses all processors, and the
//     others run JavaScript on one.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	overhead := flag.Bool("overhead", false, "measure what the proxies cost")
	rounds := flag.Int("rounds", 15, "with -overhead: how often each proxy is measured")
	chunk := flag.Duration("chunk", 200*time.Millisecond, "with -overhead: how long each measurement takes")
	update := flag.Bool("update", false, "write the table to docs/dev.md")
	only := flag.String("only", "", "run only these proxies, separated by commas")
	server := flag.Bool("serve", false, "be the server that is measured")
	flag.Parse()
	runtime.LockOSThread() // children end with the thread that started them
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	switch {
	case *server:
		err = serveSized(ctx)
	case *overhead:
		err = run(ctx, func(b *bed) error {
			return b.measure(os.Stdout, chosen(*only, ours, "http-proxy-middleware", "vite"), *rounds, *chunk)
		})
	default:
		err = run(ctx, func(b *bed) error { return compare(b, os.Stdout, chosen(*only, proxies...), *update) })
	}
	cancel() // kills the children
	if err != nil {
		fmt.Fprintln(os.Stderr, "devproxies:", err)
		os.Exit(1)
	}
}

// chosen returns the proxies of a list, or all of them if it is empty.
func chosen(list string, all ...string) []string {
	if list == "" {
		return all
	}
	return strings.Split(list, ",")
}

// run calls do with a bed that ends afterwards.
func run(ctx context.Context, do func(*bed) error) error {
	b, err := newBed(ctx, "..")
	if err != nil {
		return err
	}
	defer b.close()
	return do(b)
}

// compare prints the table, and writes it if it is to be written.
func compare(b *bed, out io.Writer, names []string, update bool) error {
	var t table
	for _, name := range names {
		results, err := b.results(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		t.columns = append(t.columns, column{name, results})
	}
	fmt.Fprint(out, t.markdown())
	if !update {
		return nil
	}
	if !slices.Equal(names, proxies) {
		return fmt.Errorf("the table in %s has all proxies", page)
	}
	return t.write()
}
