//go:build unix

package child

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// tree is all processes of a command: a session (setsid) that the command leads.
// Its first process group has the same number.
type tree struct {
	session int
	guard   *exec.Cmd
	alive   io.Closer // while it is open, this process lives
}

// ownTree makes a command the leader of a new session. It has no terminal, so that
// it cannot change the settings of corsac's, or be stopped for trying.
func ownTree(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// useLine is for Windows.
func useLine(*exec.Cmd, string) {}

// guardScript ends a process group once its standard input ends: that is when corsac
// has, however it did.
const guardScript = `read -r _; kill -s TERM -- "-$1"; sleep 2; kill -s KILL -- "-$1"`

// adopt returns the tree of a command that has just been started, and has it guarded.
// A panic, or a kill that nobody can catch, leaves this process no time to end it.
func adopt(cmd *exec.Cmd) (*tree, error) {
	t := &tree{session: cmd.Process.Pid}
	input, alive, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer input.Close()
	t.guard = exec.Command("/bin/sh", "-c", guardScript, "sh", strconv.Itoa(t.session)) //nolint:gosec,noctx // release ends it
	t.guard.Stdin, t.guard.Dir = input, "/"
	t.guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that Ctrl+C does not end it
	if err := t.guard.Start(); err != nil {
		_ = alive.Close()
		return nil, err
	}
	t.alive = alive
	return t, nil
}

// release ends the guard.
func (t *tree) release() {
	_ = t.guard.Process.Kill()
	_ = t.guard.Wait() // it was killed
	_ = t.alive.Close()
}

// signal sends a signal to the process group of the command.
func (t *tree) signal(sig os.Signal) error {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return os.ErrInvalid
	}
	return syscall.Kill(-t.session, number)
}

// terminate asks all processes to end, also those that a shell has put into a group
// of their own.
func (t *tree) terminate() { t.all(syscall.SIGTERM) }

// kill kills all processes, also those that are started meanwhile.
func (t *tree) kill() {
	for deadline := time.Now().Add(killTime); t.all(syscall.SIGKILL) > 0 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
}

// all sends a signal to each process and returns their number.
func (t *tree) all(sig syscall.Signal) int {
	processes := members(t.session)
	for _, pid := range processes {
		_ = syscall.Kill(pid, sig) // it may have ended
	}
	return len(processes)
}

func (t *tree) isEmpty() bool { return len(members(t.session)) == 0 }

// statusOf returns the exit status as a shell does.
func statusOf(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
