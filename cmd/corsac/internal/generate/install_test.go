package generate

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// TestHowToInstall gives no hint of one system on another.
func TestHowToInstall(t *testing.T) {
	server := &stacks.Server{Install: "apt-get install nginx-light"}
	for system, want := range map[string]string{"linux": "; on Debian and Ubuntu: apt-get install nginx-light", "darwin": "", "windows": ""} {
		if got := howToInstall(system, server); got != want {
			t.Errorf("%s: %q, want %q", system, got, want)
		}
	}
}
