package dev_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestSilentCommand checks that the address of a command that says nothing is not
// guessed.
func TestSilentCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sleep is a program of Unix")
	}
	c, err := dev.StartCommand(t.Context(), []string{"sleep", "60"}, io.Discard, &dev.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.End()
	c.Patience = 100 * time.Millisecond
	var unknown *dev.UnknownError
	if u, err := c.Web(t.Context()); !errors.As(err, &unknown) {
		t.Errorf("%v, %v", u, err)
	}
}

// TestCommandElsewhere checks that a command that listens elsewhere than the settings
// say is noticed.
func TestCommandElsewhere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sh is a program of Unix")
	}
	page := serve(t, http.NotFound)
	for web, want := range map[string]bool{"http://localhost:1": true, page: false} {
		u, err := url.Parse(web)
		if err != nil {
			t.Fatal(err)
		}
		s := &dev.Settings{}
		s.Proxy.Web = u
		c, err := dev.StartCommand(t.Context(), []string{"sh", "-c", "echo Local: " + page + "; exec sleep 60"}, io.Discard, s)
		if err != nil {
			t.Fatal(err)
		}
		var log testenv.Log
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		if _, err := c.Run(t.Context(), s, func(context.Context, *dev.Settings) error {
			_, err := c.Address(t.Context())
			for end := time.Now().Add(time.Second); want && time.Now().Before(end) && log.String() == ""; {
				time.Sleep(5 * time.Millisecond)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "web="+web+" "); got != want {
			t.Errorf("%s: %q", web, log.String())
		}
	}
}
