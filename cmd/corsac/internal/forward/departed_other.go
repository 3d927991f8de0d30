//go:build !linux

package forward

import "syscall"

// canDepart reports whether departed can tell. Other systems do not say what comes
// after bytes that have not been read.
const canDepart = false

// departed reports whether the other end of a socket has closed it.
func departed(syscall.RawConn, bool) bool { return false }
