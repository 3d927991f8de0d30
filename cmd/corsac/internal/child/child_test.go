//go:build unix

package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// start starts a command, and stops it at the end of the test.
func start(t *testing.T, o Options, args ...string) *Child {
	t.Helper()
	c, err := Start(t.Context(), args, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop(0) })
	return c
}

// eventually waits until a condition is true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it is not so after 20 s", what)
		}
	}
}

// TestOutput checks that output of both streams passes in order, and that the
// environment and the folder are those of the options.
func TestOutput(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var out testenv.Log
	c := start(t, Options{Dir: dir, Env: []string{"WHO=corsac", "PATH=" + os.Getenv("PATH")}, Out: &out},
		"sh", "-c", "echo one $WHO; echo two >&2; pwd; echo $PYTHONUNBUFFERED")
	if status := c.Wait(); status != 0 {
		t.Error("status", status)
	}
	if want := "one corsac\ntwo\n" + dir + "\n1\n"; out.String() != want {
		t.Errorf("%q, want %q", &out, want)
	}
}

// TestInput checks that the standard input of a command does not end before it does.
func TestInput(t *testing.T) {
	c := start(t, Options{}, "sh", "-c", "read x; exit 3")
	select {
	case <-c.Done():
		t.Error("its input has ended")
	case <-time.After(200 * time.Millisecond):
	}
}

// TestAsItComes checks that output passes before its line ends.
func TestAsItComes(t *testing.T) {
	var out testenv.Log
	start(t, Options{Out: &out}, "sh", "-c", "printf 'part of a line'; exec sleep 60")
	eventually(t, "the part has come", func() bool { return out.String() == "part of a line" })
}

// TestMuchOutput prints 100 MB without a newline, to a search and to a writer that
// counts.
func TestMuchOutput(t *testing.T) {
	var n count
	size := testenv.Rounds(100_000_000, 5_000_000)
	c := start(t, Options{Out: &n}, "sh", "-c", fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x", size))
	if status := c.Wait(); status != 0 || int(n) != size {
		t.Errorf("status %d, %d bytes", status, n)
	}
	c.search.mu.Lock()
	defer c.search.mu.Unlock()
	if held := cap(c.search.lines.line); held > 2*maxLine {
		t.Errorf("holds %d bytes of a line", held)
	}
}

type count int

func (c *count) Write(p []byte) (int, error) {
	*c += count(len(p))
	return len(p), nil
}

// TestStuckWriter checks that a writer that never returns does not stop a command,
// and that one that comes back hears how much it missed.
func TestStuckWriter(t *testing.T) {
	reader, writer := io.Pipe()
	defer reader.Close()
	c := start(t, Options{Out: writer}, "sh", "-c", "head -c 10000000 /dev/zero | tr '\\0' x; echo >&2; sleep 60")
	eventually(t, "output is lost", func() bool { return c.output.lost.Load() > 5_000_000 })
	seen := make(chan string, 1)
	go func() {
		lines := bufio.NewReader(reader)
		for {
			line, err := lines.ReadString('\n')
			if err != nil || strings.HasPrefix(line, "[corsac") {
				seen <- line
				_, _ = io.Copy(io.Discard, reader)
				return
			}
		}
	}()
	select {
	case line := <-seen:
		if !strings.Contains(line, "left out") {
			t.Errorf("%q", line)
		}
	case <-time.After(20 * time.Second):
		t.Error("nothing says that output was left out")
	}
}

// TestFailingWriter checks that a writer whose errors are not handled does not stop a
// command.
func TestFailingWriter(t *testing.T) {
	reader, writer := io.Pipe()
	_ = reader.Close()
	c := start(t, Options{Out: writer}, "sh", "-c", "head -c 3000000 /dev/zero; exit 5")
	if status := c.Wait(); status != 5 {
		t.Error("status", status)
	}
}

// listen listens on a loopback address and accepts connections.
func listen(t *testing.T, host string) (port uint16) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("no %s: %v", host, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return uint16(l.Addr().(*net.TCPAddr).Port)
}

// freePort returns a port on which nothing listens.
func freePort(t *testing.T) uint16 {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return uint16(l.Addr().(*net.TCPAddr).Port)
}

// TestAddress checks which address counts, of several and on both families.
func TestAddress(t *testing.T) {
	v4, v6, other, free := listen(t, "127.0.0.1"), listen(t, "::1"), listen(t, "127.0.0.1"), freePort(t)
	at := func(format string, ports ...any) string { return fmt.Sprintf(format, ports...) }
	for _, c := range []struct {
		name, prints string
		env          []string
		want         string
	}{
		{"IPv4", at("http://localhost:%d/", v4), nil, at("http://localhost:%d/", v4)},
		{"IPv6", at("http://localhost:%d/", v6), nil, at("http://localhost:%d/", v6)},
		{"all addresses", at("http://[::]:%d", v6), nil, at("http://localhost:%d", v6)},
		{"path", at("Local: http://127.0.0.1:%d/app/?token=x#y", v4), nil, at("http://127.0.0.1:%d/app/", v4)},
		{"nothing listens there", at("http://localhost:%d\nhttp://localhost:%d", free, v4), nil, at("http://localhost:%d", v4)},
		{"the first", at("http://localhost:%d\nhttp://localhost:%d", v6, v4), nil, at("http://localhost:%d", v6)},
		{"the API's", at("http://localhost:%d\nhttp://localhost:%d", other, v4), nil, at("http://localhost:%d", v4)},
		{"a debugger", at("Debugger listening on ws://127.0.0.1:%d/1\nhttp://localhost:%d", v6, v4), nil, at("http://localhost:%d", v4)},
		{"words", at("listening on port %d", v6), nil, at("http://localhost:%d", v6)},
		{"a URL after words", at("listening on port %d\nhttp://localhost:%d", v6, v4), nil, at("http://localhost:%d", v4)},
		{"no end of the line", at("on http://localhost:%d", v6), nil, at("http://localhost:%d", v6)},
		{"output before PORT", at("http://localhost:%d\n", v6), []string{at("PORT=%d", free)}, at("http://localhost:%d", v6)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			child := start(t, Options{
				Env:     append(os.Environ(), append(c.env, "TEXT="+c.prints)...),
				Exclude: func(port uint16) bool { return port == other },
			}, "sh", "-c", `printf %s "$TEXT"; exec sleep 60`)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			u, err := child.Address(ctx)
			if err != nil || u.String() != c.want {
				t.Errorf("%v, %v; want %s", u, err, c.want)
			}
		})
	}
}

// TestPortVariable checks that PORT counts if the server prints nothing, but not if
// something listened there before.
func TestPortVariable(t *testing.T) {
	port := freePort(t)
	c := start(t, Options{Env: append(os.Environ(), "PORT=1", fmt.Sprintf("PORT=%d", port))}, "sleep", "60")
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if u, err := c.Address(ctx); err != nil || u.String() != fmt.Sprintf("http://localhost:%d", port) {
		t.Errorf("%v, %v", u, err)
	}
	if s := newSearch(t.Context(), Options{Env: []string{fmt.Sprintf("PORT=%d", port)}}); len(s.env) > 0 {
		t.Errorf("%v counts, where something listens already", s.env)
	}
	excluded := Options{Env: []string{"PORT=3000"}, Exclude: func(uint16) bool { return true }}
	if s := newSearch(t.Context(), excluded); len(s.env) > 0 {
		t.Errorf("%v counts, which is excluded", s.env)
	}
}

// TestNoAddress checks that nothing is guessed.
func TestNoAddress(t *testing.T) {
	ended := start(t, Options{}, "sh", "-c", "exit 4")
	var e *EndedError
	if _, err := ended.Address(t.Context()); !errors.As(err, &e) || e.Status != 4 {
		t.Errorf("ended: %v", err)
	}
	silent := start(t, Options{}, "sh", "-c", "echo http://example.com; exec sleep 60")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if u, err := silent.Address(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent: %v, %v", u, err)
	}
}

// TestPython runs a real server, which prints the port that it has got and keeps
// that for itself unless it is asked not to.
func TestPython(t *testing.T) {
	python := testenv.Program(t, "Python", "python3")
	c := start(t, Options{Dir: t.TempDir()}, python, "-m", "http.server", "0")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	u, err := c.Address(ctx)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(u.String())
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if server := response.Header.Get("Server"); !strings.HasPrefix(server, "SimpleHTTP") {
		t.Errorf("%s is %q", u, server)
	}
}
