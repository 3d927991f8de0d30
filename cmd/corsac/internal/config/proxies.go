package config

import (
	"net/netip"
	"strings"

	"github.com/corsac-dev/corsac/internal/yamlread"
)

// proxies reads the addresses of proxies that are trusted.
func (r *reader) proxies(to *[]netip.Prefix) func(yamlread.Value) {
	return func(v yamlread.Value) {
		var texts []string
		var places []yamlread.Place
		r.Texts(&texts, &places)(v)
		for i, text := range texts {
			prefix, m := ParsePrefix(text)
			if m != nil {
				m.Code = CodeProxiesInvalid
				r.Refuse(places[i], *m)
				continue
			}
			*to = append(*to, prefix)
		}
	}
}

// ParsePrefix parses an IP address, or a network such as 10.0.0.0/8, or returns what
// is wrong with it, without a code.
func ParsePrefix(text string) (netip.Prefix, *Error) {
	e := &Error{Value: text, Why: "it is not an IP address or a network", Fix: `write one such as "10.0.0.0/8" or "::1"`}
	if a, err := netip.ParseAddr(text); err == nil {
		if a.Zone() != "" {
			e.Why, e.Fix = "addresses of networks have no zone", `write it without "%" and what follows`
			return netip.Prefix{}, e
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case text == "unix" || strings.HasPrefix(text, "unix:"):
		e.Why, e.Fix = "the gateway does not listen on Unix sockets", "write the addresses from which the proxy connects"
	case err != nil && strings.ContainsAny(text, "ghijklmnopqrstuvwxyz"):
		e.Why, e.Fix = "it is a name, and only addresses cannot be forged", `write addresses, such as "10.0.0.0/8" or "::1"`
	case err != nil:
	case p.Addr().Is4In6():
		e.Why, e.Fix = "it is an IPv4 address in IPv6", "write it as IPv4"
	case p != p.Masked():
		e.Why, e.Fix = "the address has bits beyond those of the network", "write \""+p.Masked().String()+"\", or the address alone"
	default:
		return p, nil
	}
	return netip.Prefix{}, e
}

// checkProxies checks what is said of proxies.
func (r *reader) checkProxies(present map[string]yamlread.Place, g *Gateway) {
	if at, there := present["proxy_protocol"]; there && g.ProxyProtocol && len(g.TrustedProxies) == 0 {
		if _, there := present["trusted_proxies"]; !there {
			r.Refuse(at, Error{Code: CodeProxiesInvalid, Why: "without trusted_proxies, nobody may send a PROXY header", Fix: `write trusted_proxies, such as [10.0.0.0/8]`})
		}
	}
}
