// Package localnet connects to the servers that a developer has named, and explains
// why it cannot.
//
//   - localhost means this machine, over IPv4 and IPv6: servers listen on either,
//     so both are tried.
//   - A name on the Internet that resolves to an address of a private network is
//     refused, unless it was allowed: somebody else decides where it leads, and
//     such addresses answer requests that they should not get from everywhere
//     (cloud metadata, routers).
package localnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Dialer connects to one server. Its zero value is valid. It is safe for
// concurrent use.
type Dialer struct {
	// Private allows addresses of private networks for a name.
	Private bool
	// Resolve returns the addresses of a name. Nil means the system's.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)

	answered atomic.Pointer[netip.AddrPort]
}

// PrivateError is the error if a name leads to a private network.
type PrivateError struct {
	Host string
	Addr netip.Addr
}

// Error says where the name leads.
func (e *PrivateError) Error() string {
	return fmt.Sprintf("%s resolves to %s, an address of a private network", e.Host, e.Addr)
}

// Answered returns the address that answered last, or the zero value.
func (d *Dialer) Answered() netip.AddrPort {
	if a := d.answered.Load(); a != nil {
		return *a
	}
	return netip.AddrPort{}
}

// patience is how long an address may take before the next one is tried beside it.
const patience = 250 * time.Millisecond

// Dial connects to an address, host:port. It may be used as the Dial function of an
// HTTP client.
func (d *Dialer) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := new(net.Resolver).LookupPort(ctx, network, port)
	if err != nil {
		return nil, err
	}
	addrs, err := d.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	last := d.Answered().Addr()
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int { return rank(a, last) - rank(b, last) })
	return d.race(ctx, network, addrs, uint16(number))
}

// rank sorts the address that answered last before others.
func rank(a, last netip.Addr) int {
	if a == last {
		return 0
	}
	return 1
}

// addresses returns the addresses of a host that may be connected to.
func (d *Dialer) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	if IsLocalhost(host) {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	resolve := d.Resolve
	if resolve == nil {
		resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	addrs, err := resolve(ctx, host)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	for i, a := range addrs {
		addrs[i] = a.Unmap()
		if isForbidden(addrs[i]) || IsPrivate(addrs[i]) && !d.Private && !isInternal(host) {
			return nil, &PrivateError{host, addrs[i]}
		}
	}
	return addrs, nil
}

// IsLocalhost reports whether a host is a name of this machine (RFC 6761 §6.3).
func IsLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// isInternal reports whether a host is a name that nobody can register on the
// Internet: a container, a machine of the local network, or a private domain.
func isInternal(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	dot := strings.LastIndexByte(host, '.')
	if dot < 0 {
		return true
	}
	return slices.Contains([]string{"local", "internal", "lan", "home", "corp", "test"}, host[dot+1:]) || strings.HasSuffix(host, ".home.arpa")
}

// IsPrivate reports whether an address is not one of the Internet: loopback,
// private, shared, link-local or unspecified, or one of IPv6 that a translator or a
// tunnel forwards to such an address of IPv4.
func IsPrivate(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || a.IsPrivate() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsMulticast() ||
		shared.Contains(a) || localNAT64.Contains(a) || isForbidden(a) || slices.ContainsFunc(embedded(a), IsPrivate)
}

// isForbidden reports whether no name may lead to an address: machines in a cloud
// get their credentials there.
func isForbidden(a netip.Addr) bool {
	return slices.Contains(metadata, a) || slices.ContainsFunc(embedded(a), isForbidden)
}

// metadata are the addresses of such services: most clouds, AWS over IPv6 and for
// containers, Alibaba Cloud, Azure, and Oracle.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("169.254.170.2"),
	netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("192.0.0.192"),
}

// race connects to the first address that answers. The next one is tried when one
// fails, or is slow.
func (d *Dialer) race(ctx context.Context, network string, addrs []netip.Addr, port uint16) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn net.Conn
		addr netip.AddrPort
		err  error
	}
	results := make(chan result, len(addrs))
	tried, failed := 0, 0
	try := func() {
		addr := netip.AddrPortFrom(addrs[tried], port)
		tried++
		go func() {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr.String())
			results <- result{conn, addr, err}
		}()
	}
	var errs []error
	try()
	for failed < len(addrs) {
		var slow <-chan time.Time
		if tried < len(addrs) {
			slow = time.After(patience)
		}
		select {
		case r := <-results:
			if r.err == nil {
				d.answered.Store(&r.addr)
				go func() { // connections that come too late
					for range tried - failed - 1 {
						if late := <-results; late.err == nil {
							_ = late.conn.Close()
						}
					}
				}()
				return r.conn, nil
			}
			errs = append(errs, r.err)
			if failed++; tried < len(addrs) {
				try()
			}
		case <-slow:
			try()
		}
	}
	return nil, errors.Join(errs...)
}

// Listening returns the loopback addresses on which something listens on a port.
func Listening(ctx context.Context, port uint16) (found []netip.AddrPort) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	for _, a := range []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()} {
		at := netip.AddrPortFrom(a, port)
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", at.String()); err == nil {
			_ = conn.Close()
			found = append(found, at)
		}
	}
	return found
}
