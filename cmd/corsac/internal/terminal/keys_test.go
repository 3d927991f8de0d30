package terminal

import (
	"os"
	"strings"
	"testing"
)

// TestKeysElsewhere checks that only a terminal is changed.
func TestKeysElsewhere(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, _, ok := Keys(r); ok {
		t.Error("a pipe has keys")
	}
	if _, _, ok := Keys(strings.NewReader("q")); ok {
		t.Error("a text has keys")
	}
}
