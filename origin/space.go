package origin

import (
	"net/netip"
	"strconv"
	"strings"
)

// AddressSpace is the address space of an IP address in the sense of Local
// Network Access (https://wicg.github.io/local-network-access/#ip-address-space):
// how near to the user's own machine it is.
type AddressSpace uint8

// The address spaces, from unknown and far to near.
const (
	// SpaceUnknown is that of a name whose address is not known.
	SpaceUnknown AddressSpace = iota
	// SpacePublic is the public internet.
	SpacePublic
	// SpaceLocal is a local network: private, link-local, shared and
	// unique local addresses.
	SpaceLocal
	// SpaceLoopback is the machine itself.
	SpaceLoopback
)

// String returns the name of the space in browsers' messages.
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

// localNetworks are the networks of the non-public address blocks table of
// Local Network Access that netip has no method for.
var localNetworks = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"), // shared address space, RFC 6598
	netip.MustParsePrefix("198.18.0.0/15"), // benchmarking, RFC 2544
	netip.MustParsePrefix("fec0::/10"),     // site-local, RFC 3879
}

// SpaceOf returns the address space of an address. An IPv4-mapped IPv6 address
// is in the space of the IPv4 address. The unspecified addresses 0.0.0.0 and ::
// are loopback, as connecting to them reaches the machine itself. It returns
// [SpaceUnknown] for the zero Addr.
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

// AddressSpace returns the address space of the host of o as far as it can be
// told without asking DNS: that of an IP address, loopback for localhost and
// names below it (RFC 6761 §6.3), and [SpaceUnknown] for all other names and
// for opaque origins.
func (o Origin) AddressSpace() AddressSpace {
	if a, ok := o.address(); ok {
		return SpaceOf(a)
	}
	if isLocalhost(o.Host()) {
		return SpaceLoopback
	}
	return SpaceUnknown
}

// PotentiallyTrustworthy reports whether a page of this origin may be a secure
// context (https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy):
// its scheme is https or wss, or its host is a loopback address, localhost, or a
// name below localhost. Opaque origins are not.
func (o Origin) PotentiallyTrustworthy() bool {
	if s := o.Scheme(); s == "https" || s == "wss" {
		return true
	}
	if a, ok := o.address(); ok {
		return a.IsLoopback()
	}
	return isLocalhost(o.Host())
}

// address returns the IP address that is the host of o, if it is one.
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
