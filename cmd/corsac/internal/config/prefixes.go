package config

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"

	"github.com/corsac-dev/corsac/internal/yamlread"
)

// prefixes reads addresses and ranges of addresses.
func (r *reader) prefixes(to *[]netip.Prefix) func(yamlread.Value) {
	return func(v yamlread.Value) {
		var texts []string
		var places []yamlread.Place
		r.Texts(&texts, &places)(v)
		for i, text := range texts {
			if p, m := parsePrefix(text); m != nil {
				r.Refuse(places[i], *m)
			} else {
				*to = append(*to, p)
			}
		}
	}
}

// parsePrefix parses an address, which stands for itself, or a range of addresses.
func parsePrefix(s string) (netip.Prefix, *Error) {
	a, err := netip.ParseAddr(s)
	if err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	e := &Error{Code: CodeAddressRange, Value: s}
	p, failed := netip.ParsePrefix(s)
	switch {
	case err == nil:
		e.Why, e.Fix = "addresses of networks have no zone", `write it without "%" and what follows`
	case s == "unix" || strings.HasPrefix(s, "unix:"):
		e.Why, e.Fix = "the gateway does not listen on Unix sockets", "write the addresses that connect to it"
	case failed != nil && strings.ContainsAny(s, "ghijklmnopqrstuvwxyz"):
		e.Why, e.Fix = "it is a name, and only addresses cannot be forged", "write addresses, such as 10.0.0.0/8, 192.0.2.7 or ::1"
	case failed != nil:
		e.Why, e.Fix = "it is not an address or a range of addresses", "write one such as 10.0.0.0/8, 192.0.2.7 or ::1"
	case p.Addr().Is4In6():
		e.Why, e.Fix = "an IPv4 range is written as one", fmt.Sprintf("write %s", netip.PrefixFrom(p.Addr().Unmap(), max(p.Bits()-96, 0)).Masked())
	case p != p.Masked():
		e.Why, e.Fix = "it has bits behind the length of the range", fmt.Sprintf("write %s, or %s for the one address", p.Masked(), p.Addr())
	default:
		return p, nil
	}
	return p, e
}

// writePrefixes writes a list of addresses and ranges.
func writePrefixes(b *bytes.Buffer, name string, list []netip.Prefix) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "  %s:\n", name)
	for _, p := range list {
		text := p.String()
		if p.IsSingleIP() {
			text = p.Addr().String()
		}
		fmt.Fprintf(b, "    - %s\n", yamlread.WriteText(text))
	}
}
