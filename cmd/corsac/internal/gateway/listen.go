package gateway

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"syscall"
)

// ListenError is the error of a server that cannot listen.
type ListenError struct {
	Address string // as configured
	UDP     bool   // for HTTP/3
	Err     error
}

// Error says why, without the address.
func (e *ListenError) Error() string {
	err := e.Err
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		err = op.Err
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && e.UDP:
		return "another program has the UDP port, which http3 needs"
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens there"
	case errors.Is(err, syscall.EACCES):
		return "permission denied"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine has no such address"
	case errors.As(err, new(*net.DNSError)):
		return "there is no such host"
	}
	return err.Error()
}

// Fix says what to do. Where the address is written, such as "with --listen", goes
// after it.
func (e *ListenError) Fix() string {
	switch {
	case errors.Is(e.Err, syscall.EADDRINUSE):
		_, port, _ := net.SplitHostPort(e.Address)
		return fmt.Sprintf("stop it (%s names it), or choose another address", portTool(port, e.UDP))
	case errors.Is(e.Err, syscall.EACCES):
		return "ports below 1024 need privileges; choose one above"
	}
	return "choose another address"
}

// portTool returns the command that names who listens on a port.
func portTool(port string, udp bool) string {
	switch {
	case runtime.GOOS == "windows":
		return "netstat -ano | findstr :" + port
	case udp:
		return "lsof -i UDP:" + port
	}
	return "lsof -i :" + port
}

// Unwrap returns the cause.
func (e *ListenError) Unwrap() error { return e.Err }
