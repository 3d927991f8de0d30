package forward

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// canDepart reports whether departed can tell.
const canDepart = true

// departed reports whether the other end of a socket has closed it, or its half of it.
// What it has sent before is, without TLS, the next request, which net/http would find
// first; with TLS, most likely the end of TLS.
func departed(c syscall.RawConn, secure bool) bool {
	left := false
	err := c.Control(func(fd uintptr) {
		if secure {
			left = hungUp(int32(fd))
			return
		}
		var b [1]byte
		n, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		left = n == 0 && err == nil || err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
	})
	return left || err != nil
}

func hungUp(fd int32) bool {
	fds := []unix.PollFd{{Fd: fd, Events: unix.POLLRDHUP}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}
