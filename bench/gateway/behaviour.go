//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// behaviourPage shows the table, between the marks. The working directory is that of bench.
const (
	behaviourPage = "../docs/behaviour.md"

	beginTable = "<!-- Written by make gateway-behaviour. -->\n"
	endTable   = "<!-- End of what make gateway-behaviour writes. -->\n"
)

// The columns of the table. Caddy with the module is built here, as xcaddy would.
var (
	ours    = &gateway{name: "corsac", command: corsac("corsac.yaml")}
	module  = &gateway{name: "Caddy with corsac", command: caddyModule}
	columns = []*gateway{
		ours, module, nginx, haproxy, caddy, traefik,
		{name: "ReverseProxy", command: reverseProxy},
	}
)

// caddyModule returns how to run Caddy with corsac's module. The working directory is
// that of bench.
func caddyModule(ctx context.Context, s *site) (*exec.Cmd, error) {
	file := filepath.Join(s.Dir, "caddy")
	build := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join("..", "adapters", "caddy"), "-o", file, "./cmd/caddy") //nolint:gosec // a folder of our own
	build.Env = append(build.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("go build: %w", err), errors.New(string(out)))
	}
	config := filepath.Join(s.Dir, "Caddyfile")
	if err := errors.Join(s.write("corsac.yaml", filepath.Join(s.Dir, "corsac.yaml")), s.write("Caddyfile.corsac", config)); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, file, "run", "--adapter", "caddyfile", "--config", config) //nolint:gosec // what has been built
	cmd.Env = append(cmd.Environ(), "XDG_CONFIG_HOME="+s.Dir, "XDG_DATA_HOME="+s.Dir)
	return cmd, nil
}

// compareBehaviour prints the table, and writes it into the page if it is to be
// written.
func compareBehaviour(ctx context.Context, update bool) error {
	runtime.LockOSThread() // children end with the thread that started them
	dir, err := os.MkdirTemp("", "gateway")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	head, line := "| |", "|---|"
	rows := make([]string, len(checks))
	for i, c := range checks {
		rows[i] = "| " + c.name + " |"
	}
	for _, g := range columns {
		results, err := g.behaviour(ctx, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
		if results == nil && update {
			return fmt.Errorf("the page has %s, which is not installed", g.name)
		}
		head += " " + g.name + " |"
		line += "---|"
		for i := range results {
			rows[i] += " " + results[i].cell() + " |"
		}
	}
	table := head + "\n" + line + "\n" + strings.Join(rows, "\n") + "\n"
	fmt.Print(table)
	if !update {
		return nil
	}
	text, err := os.ReadFile(behaviourPage)
	if err != nil {
		return err
	}
	before, _, after, err := splitPage(string(text))
	if err != nil {
		return err
	}
	return os.WriteFile(behaviourPage, []byte(before+beginTable+"\n"+table+"\n"+endTable+after), 0o644) //nolint:gosec // a page of the documentation
}

// splitPage returns the page before, in and after the table.
func splitPage(text string) (before, in, after string, err error) {
	before, rest, found := strings.Cut(text, beginTable)
	in, after, ends := strings.Cut(rest, endTable)
	if !found || !ends {
		return "", "", "", fmt.Errorf("%s has no place for the table", behaviourPage)
	}
	return before, in, after, nil
}

// result is what a gateway does.
type result struct {
	text  string
	right bool
}

// cell returns the result as it is in the table.
func (r result) cell() string {
	if r.right {
		return r.text
	}
	return "**" + r.text + "**"
}

// behaviour returns what a gateway does, in the order of the checks, or nil if it is
// not installed.
func (g *gateway) behaviour(ctx context.Context, dir string) ([]result, error) {
	up, err := newRecorder(ctx)
	if err != nil {
		return nil, err
	}
	defer up.close()
	r, err := g.start(ctx, dir, up.address)
	if err != nil || r == nil {
		return nil, err
	}
	defer r.plain.Stop()
	t := &trial{ctx, r.plain.Address, up}
	results := make([]result, len(checks))
	for i, c := range checks {
		results[i] = c.run(t)
	}
	return results, nil
}
