package terminal

import "testing"

func TestEndOfInput(t *testing.T) {
	for system, want := range map[string]string{"linux": "Ctrl-D", "darwin": "Ctrl-D", "windows": "Ctrl-Z and Enter"} {
		if got := endOfInput(system); got != want {
			t.Errorf("%s: %s, want %s", system, got, want)
		}
	}
}
