package terminal

import "io"

// Clear clears the screen of a terminal, and does nothing elsewhere.
func Clear(w io.Writer) {
	if Is(w) {
		_, _ = NewDoor(w).Own().Write([]byte("\x1b[2J\x1b[H")) // a screen that stays full does not matter
	}
}
