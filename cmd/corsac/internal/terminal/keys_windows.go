package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// unbuffer makes a console give each key at once. Ctrl-C stays a signal.
func unbuffer(f *os.File) (restore func(), err error) {
	handle := windows.Handle(f.Fd())
	var before uint32
	if err := windows.GetConsoleMode(handle, &before); err != nil {
		return nil, err
	}
	if err := windows.SetConsoleMode(handle, before&^(windows.ENABLE_LINE_INPUT|windows.ENABLE_ECHO_INPUT)); err != nil {
		return nil, err
	}
	return func() { _ = windows.SetConsoleMode(handle, before) }, nil
}
