package terminal

import (
	"io"
	"os"
)

// Keys returns the keys that are pressed, one byte each, without waiting for Enter
// and without showing them. Ctrl-C stays a signal. The channel is closed at the end
// of the input. Restore must be called before the program ends. ok is false if in is
// not a terminal, or cannot do that.
func Keys(in io.Reader) (keys <-chan byte, restore func(), ok bool) {
	f, isFile := in.(*os.File)
	if !isFile || !Is(in) {
		return nil, nil, false
	}
	restore, err := unbuffer(f)
	if err != nil {
		return nil, nil, false
	}
	pressed := make(chan byte)
	go func() {
		defer close(pressed)
		var b [1]byte
		for {
			if n, err := f.Read(b[:]); err != nil || n == 0 {
				return
			}
			pressed <- b[0]
		}
	}()
	return pressed, restore, true
}
