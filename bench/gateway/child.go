//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// child is a process that serves at an address.
type child struct {
	name, address string
	pid           int
}

// confine gives a child one processor, and lets it end with this process.
func confine(cmd *exec.Cmd) {
	cmd.Env = append(cmd.Environ(), "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// startChild starts this program in another role. It prints its address.
func startChild(ctx context.Context, self string, args ...string) (*child, error) {
	cmd := exec.CommandContext(ctx, self, args...) //nolint:gosec // this program
	confine(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	in := bufio.NewScanner(out)
	if !in.Scan() {
		return nil, errors.New("a child does not serve")
	}
	return &child{args[1], in.Text(), cmd.Process.Pid}, nil
}

// startCorsac starts corsac serve, and waits until it serves.
func startCorsac(ctx context.Context, corsac, upstream string) (*child, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, corsac, "serve", "--upstream", upstream, "--allow-origin", page, "--listen", address, "--log-level", "warn") //nolint:gosec // what has been built
	confine(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return &child{"corsac", address, cmd.Process.Pid}, conn.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil, errors.New("corsac does not serve")
}

// cpu returns how many nanoseconds the child has run, in all threads.
func (c *child) cpu() (sum int64) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", c.pid))
	for _, thread := range threads {
		data, err := os.ReadFile(thread)
		var ran int64
		if err == nil {
			_, _ = fmt.Sscan(string(data), &ran)
		}
		sum += ran
	}
	return sum
}
