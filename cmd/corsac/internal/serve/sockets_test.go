package serve_test

import (
	"context"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/systemd"
)

// TestSocketForAdmin checks that a socket that others reach does not become admin by its
// place alone, as the second one of corsac.socket would without plain_listen.
func TestSocketForAdmin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	for _, c := range []struct {
		admin, socket string
		byOrder       []string
		refused       bool
	}{
		{"127.0.0.1:9090", "[::]:80", []string{systemd.Listen, systemd.Admin}, true},
		{"localhost:9090", "192.0.2.1:80", []string{systemd.Admin}, true},
		{"127.0.0.1:9090", "127.0.0.1:80", []string{systemd.Listen, systemd.Admin}, false},
		{"127.0.0.1:9090", "[::]:80", []string{systemd.Listen}, false}, // it has that name
		{":9090", "[::]:80", []string{systemd.Listen, systemd.Admin}, false},
	} {
		write(t, file, strings.Replace(fileFor("http://127.0.0.1:1", first, "127.0.0.1:0"), "gateway:\n", "gateway:\n  admin: "+strconv.Quote(c.admin)+"\n", 1))
		var f config.File
		if err := f.Set(file); err != nil {
			t.Fatal(err)
		}
		loaded, err := f.Load(nil)
		if err != nil {
			t.Fatal(err)
		}
		inner, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer inner.Close()
		ctx, stop := context.WithCancel(t.Context())
		err = (&serve.Runner{
			Config: loaded, File: file, Log: logging.New(t.Output(), logging.Options{}).Logger, Ready: func(string) { stop() },
			Inherit: func([]string) (*systemd.Sockets, error) {
				return &systemd.Sockets{Streams: map[string]net.Listener{systemd.Admin: elsewhere{inner, c.socket}}, ByOrder: c.byOrder}, nil
			},
		}).Run(ctx)
		if refused := err != nil && strings.Contains(err.Error(), "would become admin"); refused != c.refused || !refused && err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// elsewhere is a listener that says that it has another address.
type elsewhere struct {
	net.Listener

	address string
}

func (e elsewhere) Addr() net.Addr {
	a, _ := net.ResolveTCPAddr("tcp", e.address)
	return a
}
