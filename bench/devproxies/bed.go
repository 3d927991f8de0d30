//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/corsac-dev/corsac/bench/internal/rig"
)

// proxies are those that are compared, in the order of the columns.
var proxies = []string{ours, "vite", "http-proxy-middleware", "local-cors-proxy", "cors-anywhere"}

const (
	ours = "corsac"
	// pageOrigin is the origin of a page that is not on that of the proxy.
	pageOrigin = "http://localhost:5173"
	foreign    = "https://evil.example"
)

// setting is what is in front of what.
type setting struct {
	name, target string
	strip        bool // the server does not see /api
	crossOrigin  bool // the page stays on its own origin; only corsac distinguishes
}

// bed has the server, and the proxies in front of it, as far as they have been needed.
type bed struct {
	ctx    context.Context //nolint:containedctx // of everything that it starts
	stop   context.CancelFunc
	dir    string // temporary
	bench  string // the module
	corsac string // the program

	server  *upstream // on 127.0.0.1, and known as that
	six     *upstream // on ::1, and known as localhost
	nobody  string    // the origin of no server
	started map[setting]*rig.Child
}

// newBed builds corsac and starts the servers. bench is the path of the module bench.
func newBed(ctx context.Context, bench string) (*bed, error) {
	b := &bed{bench: bench, started: map[setting]*rig.Child{}}
	b.ctx, b.stop = context.WithCancel(ctx)
	err := b.open()
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bed) open() (err error) {
	if b.dir, err = os.MkdirTemp("", "devproxies"); err != nil {
		return err
	}
	if b.corsac, err = rig.BuildCorsac(b.ctx, b.bench, b.dir); err != nil {
		return err
	}
	if b.server, err = serveUpstream(b.ctx, "127.0.0.1:0", "127.0.0.1"); err != nil {
		return err
	}
	if b.six, err = serveUpstream(b.ctx, "[::1]:0", "localhost"); err != nil {
		return err
	}
	address, err := rig.FreeAddress(b.ctx)
	b.nobody = "http://" + address
	return err
}

// close ends everything that the bed has started.
func (b *bed) close() {
	b.stop()
	for _, c := range b.started {
		c.Stop()
	}
	_ = os.RemoveAll(b.dir)
}

// front returns a proxy, which it starts if it is not running.
func (b *bed) front(s setting) (*rig.Child, error) {
	if s.name != ours {
		s.crossOrigin = false
	}
	if c := b.started[s]; c != nil && !c.Ended() {
		return c, nil
	}
	address, err := rig.FreeAddress(b.ctx)
	if err != nil {
		return nil, err
	}
	c, err := rig.Start(b.ctx, s.name, address, b.command(s, address))
	if err != nil {
		return nil, err
	}
	b.started[s] = c
	// The first answer of a proxy may take long; this one does not need the server.
	for range 5 {
		if (&trial{bed: b, setting: s, address: address}).send(http.MethodGet, "GET / HTTP/1.1\r\nHost: "+address+"\r\n\r\n").err == nil {
			break
		}
	}
	return c, nil
}

// command returns the command that runs a proxy.
func (b *bed) command(s setting, address string) *exec.Cmd {
	if s.name == ours {
		args := []string{"dev", "--api", "/api=" + s.target, "--listen", address}
		if s.strip {
			args = append(args, "--strip-prefix")
		}
		if s.crossOrigin {
			args = append(args, "--mode", "add", "--web", pageOrigin)
		}
		cmd := exec.CommandContext(b.ctx, b.corsac, args...) //nolint:gosec // what has been built
		cmd.Dir = b.dir
		return cmd
	}
	_, port, _ := net.SplitHostPort(address)
	args := []string{"peers.mjs", s.name, port, s.target, pageOrigin}
	if s.strip {
		args = append(args, "strip")
	}
	cmd := exec.CommandContext(b.ctx, "node", args...) //nolint:gosec // a script of our own
	cmd.Dir = filepath.Join(b.bench, "devproxies")
	cmd.Env = append(cmd.Environ(), "PEER_ROOT="+b.dir)
	return cmd
}

// pathTo returns the path at which a proxy has /api and what follows.
func (s setting) pathTo(rest string) string {
	if s.name != "cors-anywhere" {
		return "/api" + rest
	}
	if s.strip {
		return "/" + s.target + rest
	}
	return "/" + s.target + "/api" + rest
}

// hostOf returns host and port of an origin.
func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", origin, err)) // all are written here
	}
	return u.Host
}
