//go:build unix

package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// nested starts sleep in a shell in a shell. Each prints its number first.
const nested = `echo $$; sh -c 'echo $$; sleep 600 & echo $!; wait'`

// pids waits until a command has printed numbers of processes.
func pids(t *testing.T, out *testenv.Log, n int) (numbers []int) {
	t.Helper()
	eventually(t, "processes have started", func() bool { return strings.Count(out.String(), "\n") >= n })
	for field := range strings.FieldsSeq(out.String()) {
		if pid, err := strconv.Atoi(field); err == nil {
			numbers = append(numbers, pid)
		}
	}
	return numbers
}

// isAlive reports whether a process runs: not whether its parent has asked for its
// status.
func isAlive(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

func noneAlive(t *testing.T, numbers []int) {
	t.Helper()
	for _, pid := range numbers {
		if isAlive(pid) {
			t.Errorf("process %d of %v still runs", pid, numbers)
		}
	}
}

// TestStop checks that the whole tree ends.
func TestStop(t *testing.T) {
	for name, script := range map[string]string{
		"plain": nested,
		// Of the shells, bash has jobs also without a terminal.
		"own groups":  `echo $$; exec bash -c 'set -m; sleep 600 & echo $!; sleep 600 & echo $!; wait'`,
		"ignores":     "trap '' TERM INT HUP; " + nested,
		"child stays": `echo $$; sh -c 'trap "" TERM; echo $$; sleep 600 & echo $!; while :; do wait; sleep 1; done' & echo; exec sleep 600`,
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(script, "bash") {
				testenv.Program(t, "bash", "bash")
			}
			var out testenv.Log
			c := start(t, Options{Out: &out}, "sh", "-c", script)
			numbers := pids(t, &out, 3)
			before := time.Now()
			c.Stop(300 * time.Millisecond)
			if took := time.Since(before); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			noneAlive(t, numbers)
			if err := c.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("a signal after the end: %v", err)
			}
			c.Stop(time.Hour) // has nothing to wait for
		})
	}
}

// TestGrace checks that a command may take its time, and no longer.
func TestGrace(t *testing.T) {
	var out testenv.Log
	c := start(t, Options{Out: &out}, "sh", "-c", `trap 'sleep .3; echo bye; exit 7' TERM; echo $$; while :; do sleep .05; done`)
	pids(t, &out, 1)
	c.Stop(20 * time.Second)
	if status := c.Wait(); status != 7 || !strings.HasSuffix(out.String(), "bye\n") {
		t.Errorf("status %d, %q", status, &out)
	}
	out.Take()
	c = start(t, Options{Out: &out}, "sh", "-c", `trap '' TERM; echo $$; while :; do sleep .05; done`)
	pids(t, &out, 1)
	before := time.Now()
	c.Stop(300 * time.Millisecond)
	if took := time.Since(before); took < 300*time.Millisecond || c.Wait() != 128+9 {
		t.Errorf("status %d after %v", c.Wait(), took)
	}
}

// TestContext checks that the tree ends with its context, and that what a command
// leaves ends with the command.
func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out testenv.Log
	c, err := Start(ctx, []string{"sh", "-c", "trap '' TERM; " + nested}, Options{Out: &out, Grace: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	numbers := pids(t, &out, 3)
	cancel()
	if status := c.Wait(); status != 128+9 {
		t.Error("status", status)
	}
	noneAlive(t, numbers)

	out.Take()
	c = start(t, Options{Out: &out}, "sh", "-c", "sleep 600 & echo $!; exit 2")
	if status := c.Wait(); status != 2 {
		t.Error("status", status)
	}
	noneAlive(t, pids(t, &out, 1))
}

// TestStatus checks the exit status, and that signals reach the command.
func TestStatus(t *testing.T) {
	for _, c := range []struct {
		script string
		sig    os.Signal
		want   int
	}{
		{"exit 0", nil, 0},
		{"exit 42", nil, 42},
		{"kill -9 $$", nil, 137},
		{"echo 1; exec sleep 60", syscall.SIGINT, 130},
		{"echo 1; exec sleep 60", syscall.SIGTERM, 143},
		{"echo 1; exec sleep 60", syscall.SIGHUP, 129},
		{"trap 'exit 9' HUP; echo 1; while :; do sleep .05; done", syscall.SIGHUP, 9},
	} {
		if c.sig == syscall.SIGHUP && signal.Ignored(syscall.SIGHUP) {
			continue // under nohup, whose effect children inherit
		}
		var out testenv.Log
		child := start(t, Options{Out: &out}, "sh", "-c", c.script)
		if c.sig != nil {
			pids(t, &out, 1)
			if err := child.Signal(c.sig); err != nil {
				t.Errorf("%s: %v", c.script, err)
			}
		}
		if got := child.Wait(); got != c.want {
			t.Errorf("%s, %v: status %d, want %d", c.script, c.sig, got, c.want)
		}
	}
}

// TestMain runs a command and panics, if it is started for that.
func TestMain(m *testing.M) {
	how := os.Getenv("CORSAC_TEST_END")
	if how == "" {
		os.Exit(m.Run())
	}
	_, err := Start(context.Background(), []string{"sh", "-c", "trap '' HUP; " + nested}, Options{Out: os.Stdout})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	time.Sleep(time.Second) // until the numbers are printed
	if how == "panic" {
		go panic("as a mistake would")
	}
	time.Sleep(time.Minute)
}

// TestPanic checks that the tree ends with the program, however that ends.
func TestPanic(t *testing.T) {
	for _, how := range []string{"panic", "kill"} {
		t.Run(how, func(t *testing.T) {
			var out testenv.Log
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "CORSAC_TEST_END="+how)
			cmd.Stdout = &out
			cmd.WaitDelay = time.Second
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			numbers := pids(t, &out, 3)
			if how == "kill" {
				_ = cmd.Process.Kill()
			}
			_ = cmd.Wait()
			eventually(t, "the tree has ended", func() bool {
				for _, pid := range numbers {
					if isAlive(pid) {
						return false
					}
				}
				return true
			})
		})
	}
}
