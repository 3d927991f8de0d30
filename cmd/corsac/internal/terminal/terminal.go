package terminal

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// Is reports whether a stream is a terminal.
func Is(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// IsFile reports whether a stream is a file on a disk.
func IsFile(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// Columns returns the width of a terminal, or 0 for anything else.
func Columns(w io.Writer, getenv func(string) string) int {
	if !Is(w) {
		return 0
	}
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	n, _, err := term.GetSize(int(w.(*os.File).Fd())) //nolint:forcetypeassert // a terminal is a file
	if err != nil {
		return 80
	}
	return n
}
