package serve_test

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/systemd"
)

// states are what a service manager gets to know.
type states struct {
	mu  sync.Mutex
	all []string
}

func (s *states) notify(state string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, _, _ := strings.Cut(state, "\n")
	s.all = append(s.all, name)
	return nil
}

func (s *states) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

func (s *states) has(state string) bool { return slices.Contains(s.list(), state) }

// TestNothingAfterStopping checks that a service manager does not hear that serve is
// ready once it stops, although the file is being read again.
func TestNothingAfterStopping(t *testing.T) {
	told := &states{}
	reading, read := make(chan struct{}), make(chan struct{})
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), fileFor(echo(t), first, "127.0.0.1:0"), func(r *serve.Runner) {
		r.Notify = told.notify
		again, once := r.Read, sync.OnceFunc(func() { close(reading) })
		r.Read = func() (*config.Config, error) {
			once()
			<-read
			return again()
		}
	})
	<-reading // shortly after the start
	s.stop()
	await(t, "it stops", func() bool { return told.has(systemd.Stopping) })
	close(read)
	if err := s.Reload(t.Context(), true); err != nil { // after the one that waited
		t.Error(err)
	}
	s.end()
	all := told.list()
	if all[len(all)-1] != systemd.Stopping || !slices.Contains(all, systemd.Ready) {
		t.Errorf("%q", all)
	}
}
