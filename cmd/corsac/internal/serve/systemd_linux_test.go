package serve_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/signals"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/systemd"
)

// childFile names the configuration of a process that is to be a corsac serve.
const childFile = "CORSAC_TEST_SERVE"

func TestMain(m *testing.M) {
	if file := os.Getenv(childFile); file != "" {
		os.Exit(serveChild(file))
	}
	os.Exit(m.Run())
}

// serveChild is corsac serve as the command runs it.
func serveChild(file string) int {
	ctx := signals.Context(context.Background())
	read := func() (*config.Config, error) {
		var f config.File
		if err := f.Set(file); err != nil {
			return nil, err
		}
		return f.Load(nil)
	}
	c, err := read()
	if err == nil {
		err = (&serve.Runner{
			Config: c, File: file, Read: read, Hangups: signals.Hangups(ctx), Drain: 20 * time.Second, Ready: func(string) {},
			Log: logging.New(os.Stderr, logging.Options{}).Logger, Inherit: systemd.Inherit, Notify: systemd.Notify,
		}).Run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	return 0
}

// manager starts services as systemd does.
type manager struct {
	t      *testing.T
	file   string
	socket *os.File
	states chan string
	notify string
}

// startService starts a service, which gets the socket under a name, and waits until it
// is ready.
func (m *manager) startService() *exec.Cmd {
	m.t.Helper()
	// The process id is known only once the process is there.
	c := exec.CommandContext(m.t.Context(), "/bin/sh", "-c", `LISTEN_PID=$$ exec "$0"`, os.Args[0])
	c.Env = append(os.Environ(), childFile+"="+m.file, "LISTEN_FDS=1", "LISTEN_FDNAMES=listen", "NOTIFY_SOCKET="+m.notify)
	c.ExtraFiles = []*os.File{m.socket}
	if testing.Verbose() {
		c.Stderr = os.Stderr
	}
	if err := c.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = c.Process.Kill() })
	m.awaitState("READY=1")
	return c
}

func (m *manager) awaitState(want string) string {
	m.t.Helper()
	for deadline := time.After(20 * time.Second); ; {
		select {
		case state := <-m.states:
			if strings.HasPrefix(state, want) {
				return state
			}
		case <-deadline:
			m.t.Fatalf("there is no %s", want)
		}
	}
}

// TestSocketActivation starts corsac serve with a socket, has it read its file again,
// and starts it anew, while clients open connections as fast as they can. None of them
// is refused. A request that takes longer than serve waits for it may be cut off.
func TestSocketActivation(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := &manager{t: t, file: filepath.Join(t.TempDir(), "corsac.yaml"), states: make(chan string, 100), notify: filepath.Join(t.TempDir(), "notify")}
	if m.socket, err = l.(*net.TCPListener).File(); err != nil {
		t.Fatal(err)
	}
	defer m.socket.Close()
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.notify, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	go func() {
		for b := make([]byte, 1000); ; {
			n, err := told.Read(b)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			m.states <- string(b[:n])
		}
	}()
	upstream := echo(t)
	write(t, m.file, fileFor(upstream, first, "127.0.0.1:1")) // a port that cannot be had
	service := m.startService()

	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var asked, cut, failed atomic.Int64
	for range 3 {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			for ctx.Err() == nil {
				asked.Add(1)
				res, err := client.Get("http://" + l.Addr().String() + "/")
				switch {
				case errors.Is(err, io.EOF):
					cut.Add(1)
					continue
				case err != nil:
					t.Error(err)
					failed.Add(1)
					continue
				}
				if body, err := io.ReadAll(res.Body); err != nil || string(body) != "GET" {
					failed.Add(1)
				}
				res.Body.Close()
			}
		})
	}
	write(t, m.file, fileFor(upstream, second, "127.0.0.1:1"))
	if err := service.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if state := m.awaitState("RELOADING=1"); !strings.Contains(state, "\nMONOTONIC_USEC=") {
		t.Errorf("%q", state)
	}
	m.awaitState("READY=1")
	for range 2 {
		if err := service.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		m.awaitState("STOPPING=1")
		if err := service.Wait(); err != nil {
			t.Errorf("it ended with %v", err)
		}
		service = m.startService()
	}
	await(t, "requests are answered again", func() bool { return asked.Load() > 100 })
	stop()
	all.Wait()
	t.Logf("%d connections", asked.Load())
	if failed.Load() > 0 || cut.Load() > asked.Load()/50 {
		t.Errorf("of %d requests, %d failed, and %d were cut off", asked.Load(), failed.Load(), cut.Load())
	}
}
