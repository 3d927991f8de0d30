//go:build unix

package accesslog

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// writable returns why a file or a folder cannot be written to, with what to do. what is
// what the text calls it.
func writable(path, what string, isFolder bool) error {
	mode := uint32(unix.W_OK)
	if isFolder {
		mode |= unix.X_OK
	}
	err := unix.Faccessat(unix.AT_FDCWD, path, mode, unix.AT_EACCESS)
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; a service of systemd can write to what LogsDirectory= or ReadWritePaths= of its unit says", err)
	case err != nil:
		return fmt.Errorf("%w; let the user of the service write to %s", err, what)
	}
	return nil
}
