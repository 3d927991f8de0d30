package dev_test

import (
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
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
