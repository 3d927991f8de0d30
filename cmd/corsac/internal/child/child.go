// Package child runs the web server of a developer, such as npm run dev, and finds
// out where it listens.
//
//   - All that the command starts ends with it, and with this process, whatever ends
//     that: its processes are a session of their own on Unix, and a job on Windows.
//   - Its output passes through as it comes, in bounded memory. A writer that does not
//     write does not stop the server.
//   - Its address is what it prints, and something must accept connections there.
//     Nothing is guessed.
package child

import (
	"context"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Options are the settings of a [Child]. The zero value is valid.
type Options struct {
	// Dir is the working directory. "" means that of this process.
	Dir string
	// Env are all variables of the environment, NAME=value. Nil means those of this
	// process.
	Env []string
	// Out gets what the command prints, on both streams. Nil discards it. Of what it
	// does not take for seconds, a part is left out; its errors are ignored.
	Out io.Writer
	// Exclude reports whether a port of this machine is not the command's: it
	// belongs to an API, or to corsac. It is called by other goroutines. Nil means
	// that no port does.
	Exclude func(port uint16) bool
	// Grace is how long the command may take to end when its context does. 0 means
	// [DefaultGrace].
	Grace time.Duration
}

const (
	// DefaultGrace is how long a command may take to end.
	DefaultGrace = 5 * time.Second
	// restGrace is how long the processes that a command leaves when it ends may
	// take to end, too.
	restGrace = 2 * time.Second
	// killTime is how long processes may take to disappear that have been killed.
	killTime = time.Second
)

// Child is a command that runs.
type Child struct {
	cmd    *exec.Cmd
	tree   *tree
	output *output
	search *search
	stdin  *os.File // nothing is ever written to it

	signalled atomic.Bool
	exited    chan struct{} // the command itself has ended
	done      chan struct{} // so has everything that it started
	status    int           // valid once done is closed
}

// Start starts a command, args[0], with its arguments. It ends when ctx does, with
// all that it has started. The error is a [*CommandError] if there is no such
// command.
//
// The command reads nothing from its standard input, but that does not end: some
// servers take its end as a wish that they end. On Unix, the command has no
// terminal either.
func Start(ctx context.Context, args []string, o Options) (*Child, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	path, err := lookup(args, o.Dir)
	if err != nil {
		return nil, err
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	cmd := exec.Command(path, args[1:]...) //nolint:gosec,noctx // the command that the user gave; it is ended in order when ctx ends
	cmd.Dir, cmd.Env = o.Dir, unbuffered(o.Env)
	if isBatch(path) {
		line, err := batchLine(path, args[1:])
		if err != nil {
			return nil, err
		}
		useLine(cmd, line)
	}
	ownTree(cmd)
	c := &Child{cmd: cmd, exited: make(chan struct{}), done: make(chan struct{}), search: newSearch(ctx, o)}
	if err := c.start(o.Out); err != nil {
		return nil, startError(args[0], err)
	}
	if o.Grace == 0 {
		o.Grace = DefaultGrace
	}
	go c.supervise(ctx, o.Grace)
	go c.search.run(ctx, c.done)
	return c, nil
}

// start starts the command with pipes for its streams.
func (c *Child) start(out io.Writer) (err error) {
	input, stdin, err := os.Pipe()
	if err != nil {
		return err
	}
	defer input.Close()
	from, to, err := os.Pipe()
	if err != nil {
		_ = stdin.Close()
		return err
	}
	defer to.Close()
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr, c.stdin = input, to, to, stdin
	if err = c.cmd.Start(); err == nil {
		if c.tree, err = adopt(c.cmd); err != nil {
			_ = c.cmd.Process.Kill()
			_ = c.cmd.Wait()
		}
	}
	if err != nil {
		_, _ = stdin.Close(), from.Close()
		return err
	}
	c.output = pass(from, c.search, out)
	return nil
}

// unbuffered asks Python to print at once what it prints: it keeps what goes to a
// pipe until there is more.
func unbuffered(env []string) []string { return append([]string{"PYTHONUNBUFFERED=1"}, env...) }

// variable returns the value of a variable in an environment: the last one counts.
func variable(env []string, name string) (value string) {
	for _, v := range env {
		if after, ok := strings.CutPrefix(v, name+"="); ok {
			value = after
		}
	}
	return value
}

// supervise waits for the end of the command, or of ctx, and ends what is left.
func (c *Child) supervise(ctx context.Context, grace time.Duration) {
	go func() {
		_ = c.cmd.Wait() // its status is in ProcessState
		close(c.exited)
	}()
	select {
	case <-c.exited:
	case <-ctx.Done():
		go c.Stop(grace)
		<-c.exited
	}
	c.endRest()
	c.tree.release()
	_ = c.stdin.Close()
	c.output.finish()
	c.status = statusOf(c.cmd.ProcessState)
	close(c.done)
}

// endRest ends the processes that are left when the command has ended.
func (c *Child) endRest() {
	if c.tree.isEmpty() {
		return
	}
	c.tree.terminate()
	if !c.empties(restGrace) {
		c.tree.kill()
		c.empties(killTime)
	}
}

// empties waits until no process is left.
func (c *Child) empties(patience time.Duration) bool {
	for deadline := time.Now().Add(patience); !c.tree.isEmpty(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// Signal sends a signal to the command and to the processes that belong to it, as a
// terminal does. On Windows, every signal is Ctrl+Break. The error is
// [os.ErrProcessDone] once the command has ended.
func (c *Child) Signal(sig os.Signal) error {
	select {
	case <-c.exited:
		return os.ErrProcessDone
	default:
	}
	c.signalled.Store(true)
	return c.tree.signal(sig)
}

// Stop asks the command to end, with SIGTERM unless [Child.Signal] has sent a signal
// before. After the grace period it kills whatever is left. It returns when
// everything has ended.
func (c *Child) Stop(grace time.Duration) {
	if !c.signalled.Load() {
		_ = c.Signal(syscall.SIGTERM) // it may have ended
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
		c.tree.kill()
		<-c.done
	}
}

// Done is closed when the command, and all that it started, has ended and its output
// has been passed on.
func (c *Child) Done() <-chan struct{} { return c.done }

// Wait waits for [Child.Done] and returns the exit status of the command: 128 and the
// number of the signal if one ended it, as in a shell.
func (c *Child) Wait() int {
	<-c.done
	return c.status
}

// Address waits until the address of the server is known, and something accepts
// connections there. Its path is that of the page, if the server printed one, and
// says nothing about the paths that the server knows. The host is localhost if the
// server listens on all addresses; that may be one of both families.
//
// The error is an [*EndedError] if the command has ended, or that of ctx.
func (c *Child) Address(ctx context.Context) (*url.URL, error) {
	select {
	case <-c.search.found:
	case <-c.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-c.done:
		return nil, &EndedError{c.status}
	default:
	}
	u := *c.search.url
	return &u, nil
}
