package serve_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// running is a corsac serve with a file.
type running struct {
	*serve.Runner

	t    *testing.T
	file string
	url  string
	log  *testenv.Log
	stop context.CancelFunc
	done chan error
}

// run serves a file until the test ends. Addresses to listen on should have port 0.
func run(t *testing.T, file, text string, change func(*serve.Runner)) *running {
	t.Helper()
	if text != "" {
		write(t, file, text)
	}
	read := func() (*config.Config, error) {
		var f config.File
		if err := f.Set(file); err != nil {
			return nil, err
		}
		return f.Load(nil)
	}
	c, err := read()
	if err != nil {
		t.Fatal(err)
	}
	s := &running{t: t, file: file, log: new(testenv.Log), done: make(chan error, 1)}
	ready := make(chan string, 1)
	s.Runner = &serve.Runner{
		Config: c, File: file, Read: read, Drain: 10 * time.Second,
		Log: logging.New(s.log, logging.Options{}).Logger, Ready: func(address string) { ready <- address },
	}
	if change != nil {
		change(s.Runner)
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(t.Context())
	go func() { s.done <- s.Run(ctx) }()
	select {
	case address := <-ready:
		s.url = "http://" + address
	case err := <-s.done:
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	return s
}

// end stops the server and checks that it stops well.
func (s *running) end() {
	if s.stop == nil {
		return
	}
	s.stop()
	s.stop = nil
	if err := <-s.done; err != nil {
		s.t.Errorf("it ended with %v:\n%s", err, s.log)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// await waits until a condition is true.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it has not happened: %s", what)
		}
	}
}

// fileFor returns a configuration with one route, which allows one origin.
func fileFor(upstream, origin, listen string) string {
	return fmt.Sprintf("policies:\n  app: {allow_origins: [%q]}\ngateway:\n  listen: %q\n  routes:\n    - {path: /, upstream: %q, policy: app}\n", origin, listen, upstream)
}

// allowed returns which origin a response of the server allows, and its body.
func (s *running) allowed(origin string) (string, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/x", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.Header.Get("Access-Control-Allow-Origin"), string(body)
}

func echo(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Method) }))
	t.Cleanup(s.Close)
	return s.URL
}

const (
	first  = "https://first.example"
	second = "https://second.example"
)

// TestReload checks that a changed file is read again, that a file with mistakes is
// refused, and what the status says of both.
func TestReload(t *testing.T) {
	upstream := echo(t)
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	s := run(t, file, fileFor(upstream, first, "127.0.0.1:0"), nil)
	begin := s.Status()
	await(t, "the log has what runs", func() bool {
		return strings.Contains(s.log.String(), `msg="configuration read" file=`+file+" hash="+begin.Hash+" routes=1")
	})
	if begin.Hash == "" || begin.File != file || begin.Reloads != 0 || begin.Problem != nil {
		t.Errorf("%+v", begin)
	}
	write(t, file, fileFor(upstream, second, "127.0.0.1:0"))
	await(t, "the second policy applies", func() bool { got, _ := s.allowed(second); return got == second })
	if got, _ := s.allowed(first); got != "" {
		t.Errorf("the first policy still applies: %q", got)
	}
	await(t, "the reload counts", func() bool { return s.Status().Reloads == 1 })
	after := s.Status()
	if after.Hash == begin.Hash || after.Since.Before(begin.Since) || after.Problem != nil {
		t.Errorf("%+v", after)
	}

	// Mistakes.
	write(t, file, "policies:\n  app: {allow_origins: [https://x.example/]}\n")
	await(t, "the mistake is noted", func() bool { return s.Status().Problem != nil })
	refused := s.Status()
	if refused.Hash != after.Hash || refused.Refused == 0 || !strings.Contains(strings.Join(refused.Problem.Mistakes, " "), "corsac.yaml:2:25") {
		t.Errorf("%+v %+v", refused, refused.Problem)
	}
	if got, body := s.allowed(second); got != second || body != "GET" {
		t.Errorf("the old policy no longer applies: %q %q", got, body)
	}
	if !strings.Contains(s.log.String(), "the configuration is refused; the old one keeps running") {
		t.Errorf("log:\n%s", s.log)
	}

	// The file that runs, once more.
	write(t, file, fileFor(upstream, second, "127.0.0.1:0"))
	await(t, "the mistake is gone", func() bool { return s.Status().Problem == nil })
	await(t, "the log has that, too", func() bool {
		return strings.Contains(s.log.String(), `msg="the file is right again, and says what is running"`)
	})
	if s.Status().Reloads != 1 {
		t.Errorf("%+v", s.Status())
	}

	// What needs a restart.
	write(t, file, fileFor(upstream, first, "127.0.0.1:1"))
	await(t, "the first policy applies again", func() bool { got, _ := s.allowed(first); return got == first })
	await(t, "a restart is asked for", func() bool { return len(s.Status().Restart) == 1 })
}

// TestReloadOfConfigMap changes a file as Kubernetes does: by the link of the folder
// in which it is.
func TestReloadOfConfigMap(t *testing.T) {
	upstream, dir := echo(t), t.TempDir()
	mount := func(name, origin string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name, "corsac.yaml"), fileFor(upstream, origin, "127.0.0.1:0"))
		if err := os.Symlink(name, filepath.Join(dir, "..data_tmp")); err != nil {
			t.Skip(err)
		}
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	mount("..1", first)
	file := filepath.Join(dir, "corsac.yaml")
	if err := os.Symlink("..data/corsac.yaml", file); err != nil {
		t.Skip(err)
	}
	s := run(t, file, "", nil)
	mount("..2", second)
	if err := os.RemoveAll(filepath.Join(dir, "..1")); err != nil {
		t.Fatal(err)
	}
	await(t, "the second policy applies", func() bool { got, _ := s.allowed(second); return got == second })
}

// TestReloadDropsNothing reads the configuration again while clients ask as fast as
// they can, and checks that each of them gets its answer with one of the policies.
func TestReloadDropsNothing(t *testing.T) {
	upstream := echo(t)
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	hangups := make(chan struct{})
	s := run(t, file, fileFor(upstream, "*", "127.0.0.1:0"), func(r *serve.Runner) { r.Hangups = hangups })
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var asked, failed atomic.Int64
	for range 4 {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/x", strings.NewReader("body"))
				r.Header.Set("Origin", first)
				asked.Add(1)
				res, err := client.Do(r)
				if err != nil {
					failed.Add(1)
					continue
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if allow := res.Header.Get("Access-Control-Allow-Origin"); err != nil || string(body) != "POST" || allow != "*" && allow != first {
					failed.Add(1)
				}
			}
		})
	}
	for i := range 30 {
		origin := "*"
		if i%2 == 0 {
			origin = first
		}
		write(t, file, fileFor(upstream, origin, "127.0.0.1:0"))
		hangups <- struct{}{}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	all.Wait()
	t.Logf("%d requests, %d reloads", asked.Load(), s.Status().Reloads)
	if failed.Load() > 0 || asked.Load() < 100 || s.Status().Reloads < 25 {
		t.Errorf("%d of %d requests failed, %d reloads", failed.Load(), asked.Load(), s.Status().Reloads)
	}
}

// TestDrainEnds checks that the log says why requests were aborted, and that these have
// their lines in the access log.
func TestDrainEnds(t *testing.T) {
	begun := make(chan struct{})
	behind := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	}))
	defer behind.Close()
	file := strings.Replace(fileFor(behind.URL, first, "127.0.0.1:0"), "gateway:\n", "gateway:\n  access_log: {to: stdout}\n", 1)
	var lines testenv.Log
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), file, func(r *serve.Runner) { r.Drain, r.Out = 10*time.Millisecond, &lines })
	ended := make(chan error)
	go func() {
		res, err := http.Get(s.url)
		if err == nil {
			res.Body.Close()
		}
		ended <- err
	}()
	<-begun
	s.end()
	if err := <-ended; err == nil {
		t.Error("the request has an answer")
	}
	if !strings.Contains(s.log.String(), `"requests were aborted" reason="they have not finished in the 10ms of --drain"`) {
		t.Error(s.log)
	}
	if !strings.Contains(lines.String(), `"aborted":true`) {
		t.Errorf("the access log is %q", &lines)
	}
}
