package dev_test

import (
	"errors"
	"log/slog"
	"net"
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
	defer l.Close()
	taken := l.Addr().String()
	s := &dev.Server{Listen: taken, Log: slog.New(slog.DiscardHandler)}
	if err := s.Open(t.Context()); err != nil {
		t.Errorf("no other port: %v", err)
	} else if s.Close(); s.URL() == "http://"+taken {
		t.Error("it listens on a port that is in use")
	}
	s.Fixed = true
	if err := s.Open(t.Context()); !errors.As(err, new(*gateway.ListenError)) {
		s.Close()
		t.Errorf("%v, want an error", err)
	}
}
