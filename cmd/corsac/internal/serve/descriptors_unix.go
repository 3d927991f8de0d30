//go:build unix

package serve

import "syscall"

// descriptors returns how many files the process may have open; 0 if that is not known.
// The runtime of Go has raised it to what the system lets it have.
func descriptors() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return uint64(limit.Cur) //nolint:unconvert // it is signed on FreeBSD
}
