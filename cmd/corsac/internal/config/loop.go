package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
)

// Machine is what is known of the machine on which the gateway runs. The zero
// value is one without a network, where only localhost has addresses.
type Machine struct {
	// Local are the addresses of its interfaces.
	Local []netip.Addr
	// Names are the addresses of names of hosts, as they are written.
	Names map[string][]netip.Addr
}

// Loops reports whether a gateway that listens on an address, in the form
// host:port, may connect to itself when it connects to an upstream. The scheme
// does not matter: on one port there is one server. It is false if the address
// is not valid, or has port 0, for any free one.
func (m Machine) Loops(listen string, upstream *url.URL) bool {
	host, _, _ := net.SplitHostPort(listen)
	if !SamePort(listen, upstream) {
		return false
	}
	if host != "" && strings.EqualFold(host, upstream.Hostname()) {
		return true // also a name without addresses
	}
	on, to := m.addresses(host), m.reached(upstream.Hostname())
	if host == "" || slices.ContainsFunc(on, netip.Addr.IsUnspecified) {
		// Such a server listens on all addresses of both families.
		return slices.ContainsFunc(to, m.isLocal)
	}
	return slices.ContainsFunc(to, func(a netip.Addr) bool {
		return slices.ContainsFunc(on, func(b netip.Addr) bool { return sameAddress(a, b) })
	})
}

// SamePort reports whether an upstream has the port of an address to listen on.
// Without that, there is no loop.
func SamePort(listen string, upstream *url.URL) bool {
	_, port, err := net.SplitHostPort(listen)
	return err == nil && strings.TrimLeft(port, "0") == upstreamPort(upstream)
}

// upstreamPort returns the port of an upstream.
func upstreamPort(u *url.URL) string {
	if port := u.Port(); port != "" {
		return strings.TrimLeft(port, "0")
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// loopbacks are what localhost and the names below it mean: which of them a program
// takes depends on the program and the system.
var loopbacks = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// addresses returns the addresses of a host.
func (m Machine) addresses(host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}
	}
	all := slices.Clone(m.Names[host])
	for i, a := range all {
		all[i] = a.Unmap()
	}
	if localnet.IsLocalhost(host) {
		all = append(all, loopbacks...)
	}
	return all
}

// reached returns the addresses that a connection to a host may reach. One to an
// unspecified address reaches a loopback address; which of them one to "::"
// reaches depends on the system.
func (m Machine) reached(host string) []netip.Addr {
	var all []netip.Addr
	for _, a := range m.addresses(host) {
		switch {
		case !a.IsUnspecified():
			all = append(all, a)
		case a.Is4():
			all = append(all, loopbacks[0])
		default:
			all = append(all, loopbacks...)
		}
	}
	return all
}

// isLocal reports whether this machine answers on an address.
func (m Machine) isLocal(a netip.Addr) bool {
	return a.IsLoopback() ||
		slices.ContainsFunc(m.Local, func(b netip.Addr) bool { return sameAddress(a, b.Unmap()) })
}

// sameAddress compares without zones if one address has none: interfaces list
// theirs without.
func sameAddress(a, b netip.Addr) bool {
	if a.Zone() == "" || b.Zone() == "" {
		a, b = a.WithZone(""), b.WithZone("")
	}
	return a == b
}
