package dev_test

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestPortInUse checks that another port is taken in place of the default one, and none
// in place of one that was chosen.
func TestPortInUse(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := l.Addr().String()
	s := &dev.Server{Listen: taken, Log: slog.New(slog.DiscardHandler)}
	if err := s.Open(t.Context()); err != nil {
		t.Errorf("no other port: %v", err)
	} else if s.Close(); s.URL() == "http://"+taken {
		t.Error("it listens on a port that is in use")
	}
	s.Avoids = func(listen string) bool { return listen == taken }
	if _ = l.Close(); s.Open(t.Context()) != nil {
		t.Error("no other port than the one that it avoids")
	} else if s.Close(); s.URL() == "http://"+taken {
		t.Error("it listens on a port that it avoids")
	}
	if l, err = new(net.ListenConfig).Listen(t.Context(), "tcp", taken); err != nil {
		t.Fatal(err)
	}
	s.Fixed = true
	if err := s.Open(t.Context()); !errors.As(err, new(*gateway.ListenError)) {
		s.Close()
		t.Errorf("%v, want an error", err)
	}
}

// TestReloadIntoItself checks that new settings cannot lead to the proxy itself.
func TestReloadIntoItself(t *testing.T) {
	r := run(t, options{flags: dev.Flags{APIs: []string{":1"}}})
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
		own := "http://" + host + r.URL()[strings.LastIndexByte(r.URL(), ':'):]
		for _, flags := range []dev.Flags{{APIs: []string{own}}, {Web: own}} {
			s, err := dev.Combine(flags, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Reload(s); err == nil || !strings.Contains(err.Error(), own) {
				t.Errorf("%s: %v", own, err)
			}
		}
	}
}
