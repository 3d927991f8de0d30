package serve_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/systemd"
)

// failing is a listener that fails when its channel is closed.
type failing struct {
	net.Listener

	when chan struct{}
}

var errFailing = errors.New("the interface is gone")

func (l failing) Accept() (net.Conn, error) {
	<-l.when
	return nil, errFailing
}

// TestFailedDoor checks that if one address fails, the others are closed too, and that
// serve returns though a request is in flight.
func TestFailedDoor(t *testing.T) {
	arrived, gone := make(chan struct{}), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(gone)
	}))
	defer upstream.Close()
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	plain, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fails := failing{plain, make(chan struct{})}
	s := run(t, filepath.Join(dir, "corsac.yaml"), secureFile(upstream.URL, "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), func(r *serve.Runner) {
		r.Inherit = func([]string) (*systemd.Sockets, error) {
			return &systemd.Sockets{Streams: map[string]net.Listener{systemd.Plain: fails}}, nil
		}
	})
	answered := make(chan error, 1)
	go func() {
		_, err := s.tryAsk("a.example", "GET", "/", false)
		answered <- err
	}()
	<-arrived
	close(fails.when)
	if err := <-s.done; !errors.Is(err, errFailing) {
		t.Errorf("it ended with %v", err)
	}
	s.stop = nil // it has ended
	if err := <-answered; err == nil {
		t.Error("the request in flight was answered")
	}
	<-gone
	if c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://")); err == nil {
		_ = c.Close()
		t.Error("the other address still accepts connections")
	}
}
