package origin

import (
	"net/netip"
	"strconv"
	"strings"
)

// AddressSpace is the address space of an IP address as Local Network Access
// defines it (https://wicg.github.io/local-network-access/#ip-address-space):
// how near it is to the user's own machine.
type AddressSpace uint8

// The address spaces: unknown, then from far to near.
const (
	// SpaceUnknown is the address space of a name whose address is not known.
	SpaceUnknown AddressSpace = iota
	// SpacePublic is the public internet.
	SpacePublic
	// SpaceLocal is a local network: private, link-local, shared and unique
	// local addresses.
	SpaceLocal
	// SpaceLoopback is the machine itself.
	SpaceLoopback
)

// String returns the name that browsers use in their messages.
func (s AddressSpace) String() string {
	switch s {
	case SpaceUnknown:
		return "unknown"
	case SpacePublic:
		return "public"
	case SpaceLocal:
		return "local"
	case SpaceLoopback:
		return "loopback"
	default:
		return "AddressSpace(" + strconv.Itoa(int(s)) + ")"
	}
}

// localNetworks are the non-public address blocks of Local Network Access for
// which netip has no method.
var localNetworks = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"), // shared address space, RFC 6598
	netip.MustParsePrefix("198.18.0.0/15"), // benchmarking, RFC 2544
	netip.MustParsePrefix("fec0::/10"),     // site-local, RFC 3879
}

// SpaceOf returns the address space of a. An IPv4-mapped IPv6 address is in the
// space of its IPv4 address. The unspecified addresses 0.0.0.0 and :: are
// loopback, as connecting to them reaches the machine itself. The space of the
// zero Addr is [SpaceUnknown].
func SpaceOf(a netip.Addr) AddressSpace {
	a = a.Unmap().WithZone("")
	switch {
	case !a.IsValid():
		return SpaceUnknown
	case a.IsLoopback(), a.IsUnspecified():
		return SpaceLoopback
	case a.IsPrivate(), a.IsLinkLocalUnicast():
		return SpaceLocal
	}
	for _, n := range localNetworks {
		if n.Contains(a) {
			return SpaceLocal
		}
	}
	return SpacePublic
}

// AddressSpace returns the address space of the host of o as far as it is known
// without DNS: that of an IP address, [SpaceLoopback] for localhost and names
// below it (RFC 6761 §6.3), and [SpaceUnknown] for all other names and for
// opaque origins.
func (o Origin) AddressSpace() AddressSpace {
	if a, ok := o.address(); ok {
		return SpaceOf(a)
	}
	if isLocalhost(o.Host()) {
		return SpaceLoopback
	}
	return SpaceUnknown
}

// PotentiallyTrustworthy reports whether a page of o may be a secure context
// (https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy): the
// scheme is https or wss, or the host is a loopback address, localhost, or a
// name below localhost. It returns false for opaque origins.
func (o Origin) PotentiallyTrustworthy() bool {
	if s := o.Scheme(); s == "https" || s == "wss" {
		return true
	}
	if a, ok := o.address(); ok {
		return a.IsLoopback()
	}
	return isLocalhost(o.Host())
}

// address returns the host of o as an IP address, if it is one.
func (o Origin) address() (netip.Addr, bool) {
	if !o.hostIsAddress() {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(strings.Trim(o.Host(), "[]"))
	return a, err == nil
}

func (o Origin) hostIsAddress() bool {
	host := o.Host()
	return strings.HasPrefix(host, "[") || isIPv4(host)
}

// isLocalhost reports whether host is localhost or a name below it.
func isLocalhost(host string) bool {
	host = strings.TrimSuffix(host, ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
