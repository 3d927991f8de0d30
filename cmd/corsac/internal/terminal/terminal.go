// Package terminal describes the streams that commands print to: whether a
// stream is a terminal, how wide it is, and whether it shows colour.
//
//   - Everything that is printed passes through a [Door], which lets no byte from
//     outside reach a terminal raw.
//   - Colour is used only on a terminal, and never with NO_COLOR or TERM=dumb.
//   - Lines are wrapped only on a terminal, at its width. Widths are in
//     displayed characters, not bytes or code points.
//   - The environment is passed in.
package terminal

import (
	"io"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/term"
)

// Is reports whether a stream is a terminal.
func Is(s any) bool {
	file, ok := stream(s).(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// IsFile reports whether a stream is a file on a disk.
func IsFile(s any) bool {
	file, ok := stream(s).(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// EndOfInput is what ends the input of a terminal, as people press it.
var EndOfInput = endOfInput(runtime.GOOS)

func endOfInput(system string) string {
	if system == "windows" {
		return "Ctrl-Z and Enter"
	}
	return "Ctrl-D"
}

// Columns returns the width of a terminal, or 0 for anything else.
func Columns(w io.Writer, getenv func(string) string) int {
	if !Is(w) {
		return 0
	}
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	n, _, err := term.GetSize(int(stream(w).(*os.File).Fd())) //nolint:forcetypeassert // a terminal is a file
	if err != nil {
		return 80
	}
	return n
}
