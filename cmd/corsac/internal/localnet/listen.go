package localnet

import (
	"context"
	"net"
	"strconv"
)

// Listen opens one port on all addresses of a host or on none: localhost has one of
// IPv4 and, if this machine has it, one of IPv6, because a browser may connect to
// either. If port is 0, any that is free on all of them is opened. An empty host
// means all addresses of the machine.
func Listen(ctx context.Context, host string, port int) (ls []net.Listener, opened int, err error) {
	addresses := []string{host}
	if IsLocalhost(host) {
		addresses = []string{"127.0.0.1"}
		if HasIPv6(ctx) {
			addresses = append(addresses, "::1")
		}
	}
	for range tries {
		ls, opened, err = listenAll(ctx, addresses, port)
		if err == nil || port != 0 {
			return ls, opened, err
		}
	}
	return nil, 0, err
}

// tries is how many ports that the system proposes for one address are tried on the
// other.
const tries = 20

// listenAll opens one port on all addresses or on none. If port is 0, the first
// address chooses it.
func listenAll(ctx context.Context, addresses []string, port int) ([]net.Listener, int, error) {
	var ls []net.Listener
	var lc net.ListenConfig
	for _, a := range addresses {
		l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(a, strconv.Itoa(port)))
		if err != nil {
			for _, open := range ls {
				_ = open.Close()
			}
			return nil, 0, err
		}
		port = l.Addr().(*net.TCPAddr).Port
		ls = append(ls, l)
	}
	return ls, port, nil
}

// HasIPv6 reports whether this machine has the loopback address ::1.
func HasIPv6(ctx context.Context) bool {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}
