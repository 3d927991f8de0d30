package localnet

import "net/netip"

// Networks that are not the Internet, and those of IPv6 whose addresses contain one of
// IPv4.
var (
	shared     = netip.MustParsePrefix("100.64.0.0/10")  // RFC 6598
	nat64      = netip.MustParsePrefix("64:ff9b::/96")   // RFC 6052 §2.1
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48") // RFC 8215
	sixToFour  = netip.MustParsePrefix("2002::/16")      // RFC 3056
	teredo     = netip.MustParsePrefix("2001::/32")      // RFC 4380
	compatible = netip.MustParsePrefix("::/96")          // RFC 4291 §2.5.5.1
)

// embedded returns the addresses of IPv4 to which a translator or a tunnel may forward
// what is sent to an address of IPv6: it says which, unless the network decides how
// long the prefix before it is.
func embedded(a netip.Addr) []netip.Addr {
	b := a.As16()
	at := func(i, j, k, l int) netip.Addr { return netip.AddrFrom4([4]byte{b[i], b[j], b[k], b[l]}) }
	switch {
	case !a.Is6() || a == netip.IPv6Unspecified() || a == netip.IPv6Loopback():
		return nil
	case nat64.Contains(a), compatible.Contains(a):
		return []netip.Addr{at(12, 13, 14, 15)}
	case localNAT64.Contains(a): // byte 8 is skipped, RFC 6052 §2.2
		return []netip.Addr{at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12), at(12, 13, 14, 15)}
	case sixToFour.Contains(a):
		return []netip.Addr{at(2, 3, 4, 5)}
	case teredo.Contains(a): // of the server, and of the client, inverted
		return []netip.Addr{at(4, 5, 6, 7), netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})}
	}
	return nil
}
