//go:build linux

// Package rig runs servers as processes and measures them: the CPU time of each,
// and the time that requests take. Linux only.
package rig

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

// Child is a process that serves at an address.
type Child struct {
	Name, Address string

	cmd   *exec.Cmd
	ended chan struct{}
}

// OneProcessor gives a command one processor for Go.
func OneProcessor(cmd *exec.Cmd) *exec.Cmd {
	cmd.Env = append(cmd.Environ(), "GOMAXPROCS=1")
	return cmd
}

// bind lets a child end with the thread that starts it.
func bind(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// StartPrinting starts a command that prints its address as its first line.
func StartPrinting(name string, cmd *exec.Cmd) (*Child, error) {
	bind(cmd)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	in := bufio.NewScanner(out)
	if !in.Scan() {
		return nil, fmt.Errorf("%s does not serve", name)
	}
	return newChild(name, in.Text(), cmd), nil
}

func newChild(name, address string, cmd *exec.Cmd) *Child {
	c := &Child{Name: name, Address: address, cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ends is of no interest
		close(c.ended)
	}()
	return c
}

// Start starts a command that is to serve at an address, and waits until it does.
func Start(ctx context.Context, name, address string, cmd *exec.Cmd) (*Child, error) {
	bind(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := newChild(name, address, cmd)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return c, conn.Close()
		}
		if c.Ended() {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	c.Stop()
	return nil, fmt.Errorf("%s does not serve", name)
}

// FreeAddress returns an address of 127.0.0.1 on which nothing listens.
func FreeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// BuildCorsac builds the program into a folder. bench is the path of this module.
func BuildCorsac(ctx context.Context, bench, dir string) (string, error) {
	file := filepath.Join(dir, "corsac")
	build := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(bench, "..", "cmd", "corsac"), "-o", file, ".") //nolint:gosec // a folder of our own
	build.Env = append(build.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("go build: %w", err), errors.New(string(out)))
	}
	return file, nil
}

// At returns the same process at another of its addresses.
func (c *Child) At(address string) *Child {
	other := *c
	other.Address = address
	return &other
}

// Pid returns the number of the process.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Ended reports whether the process has ended.
func (c *Child) Ended() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// Stop kills the process.
func (c *Child) Stop() {
	_ = c.cmd.Process.Kill() // fails only if it has ended
	<-c.ended
}

// CPU returns how many nanoseconds the process has run, in all threads.
func (c *Child) CPU() (sum int64) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", c.cmd.Process.Pid))
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
