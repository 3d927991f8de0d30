package testenv

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Server is a program that listens while a test runs.
type Server struct {
	// Command is the program and its arguments. It stays in the foreground.
	Command []string
	// Dir is its working directory.
	Dir string
	// Env are variables, NAME=value, besides those of the test.
	Env []string
	// Address is where it listens, on a port of [FreePort].
	Address string
}

const (
	// startTime is how long a server may take until it listens; those that
	// compile first are slow on a shared machine.
	startTime = 5 * time.Minute
	// stopTime is how long a server may take to end after SIGTERM.
	stopTime = 10 * time.Second
)

// Start starts a server, and returns once it listens. It is stopped at the end
// of the test, with everything that it has started, or before by stop. If it
// does not listen, the test ends with what it printed.
func (s *Server) Start(t testing.TB) (stop func()) {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.Command(s.Command[0], s.Command[1:]...) //nolint:gosec,noctx // the command of a test; stop ends it, in order
	cmd.Dir, cmd.Env = s.Dir, append(os.Environ(), s.Env...)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.WaitDelay = stopTime
	// Some servers end with their input, such as Vite's.
	input, open, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = input
	ownGroup(cmd)
	err = cmd.Start()
	_ = input.Close()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is stopped by a signal
		close(ended)
	}()
	stop = sync.OnceFunc(func() {
		stopGroup(cmd, ended)
		_ = open.Close()
	})
	t.Cleanup(func() {
		stop()
		if t.Failed() && output.Len() > 0 {
			t.Logf("what %s printed:\n%s", s.Command[0], &output)
		}
	})
	if !Listens(s.Address, ended) {
		stop()
		t.Fatalf("%q does not listen on %s", s.Command, s.Address)
	}
	return stop
}

// Listens waits until something listens at an address, or the program has ended.
func Listens(address string, ended <-chan struct{}) bool {
	for deadline := time.Now().Add(startTime); time.Now().Before(deadline); {
		conn, err := net.DialTimeout("tcp", address, time.Second) //nolint:noctx // it has a bound of its own
		if err == nil {
			_ = conn.Close()
			return true
		}
		select {
		case <-ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

// The ports for servers are below those that systems give to connections and to
// listeners that ask for any port: one of these could take a port between
// FreePort and the server's start, and answer in the server's place.
const (
	firstPort = 20000
	portCount = 4000
)

var portsTried atomic.Int64

func init() { portsTried.Store(int64(os.Getpid()) * 37) }

// FreePort returns a port of 127.0.0.1 on which nothing listens. Until the end
// of the test, no other test gets it, also of another package: those run at the
// same time.
func FreePort(t testing.TB) string {
	t.Helper()
	for range portCount {
		port := firstPort + int(portsTried.Add(1)%portCount)
		// Who listens on the port's double, holds the port.
		hold, err := listen(port + portCount)
		if err != nil {
			continue
		}
		try, err := listen(port)
		if err != nil {
			_ = hold.Close()
			continue
		}
		_ = try.Close()
		t.Cleanup(func() { _ = hold.Close() })
		return strconv.Itoa(port)
	}
	t.Fatal("no port is free")
	return ""
}

// FreeAddress is [FreePort] with the host.
func FreeAddress(t testing.TB) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", FreePort(t))
}

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) //nolint:noctx // it does not wait
}
