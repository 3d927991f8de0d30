package forward

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
)

// Trust are the addresses of proxies whose X-Forwarded-For, -Proto and -Host are
// believed. Forwarded (RFC 7239) is not: few proxies set it, and those that do not
// pass on what a client has written there.
type Trust []netip.Prefix

// Public is where a request comes from and what it was sent to, before it came to a
// trusted proxy.
type Public struct {
	// Client is the IP address of the client; "" if it is not known.
	Client string
	// Scheme is http or https, and Host that of the URL, with its port.
	Scheme, Host string

	// Doubtful says that Client may be a proxy, though it is not one that is trusted:
	// X-Forwarded-For has something before it, or something that is not an address.
	Doubtful bool

	// forwardedFor is the client and the trusted proxies behind it.
	forwardedFor string
}

// Has reports whether an address is that of a trusted proxy.
func (t Trust) Has(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range t {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Public returns what is known of a request. It says what the connection shows,
// unless that is one of a trusted proxy. Of what such a proxy says, anything that is
// malformed, or there twice where it must not be, is ignored.
func (t Trust) Public(r *http.Request) Public {
	p := Public{Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		p.Scheme = "https"
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		p.Client, p.forwardedFor = host, host
	}
	if len(t) == 0 {
		return p
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !t.Has(peer.Addr()) { // or nobody knows whose address it is
		return p
	}
	t.believe(&p, r.Header["X-Forwarded-For"])
	if protos := r.Header["X-Forwarded-Proto"]; len(protos) == 1 {
		switch strings.ToLower(protos[0]) {
		case "https", "wss": // as Traefik says of WebSockets
			p.Scheme = "https"
		case "http", "ws":
			p.Scheme = "http"
		}
	}
	if hosts := r.Header["X-Forwarded-Host"]; len(hosts) == 1 {
		if _, err := hostguard.HostOf(hosts[0]); err == nil {
			p.Host = hosts[0]
		}
	}
	return p
}

// believe finds the client in X-Forwarded-For, to which each proxy adds the address
// of its client at the end: it is the last one that is not a trusted proxy. What is
// before it, anybody may have written.
func (t Trust) believe(p *Public, lines []string) {
	proxies := 0
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, more := lines[i], true; more; {
			element := rest
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, element = rest[:comma], rest[comma+1:]
			} else {
				more = false
			}
			a, ok := addressOf(strings.Trim(element, " \t"))
			if !ok {
				p.Doubtful = true
				return
			}
			p.Client = a.String()
			p.forwardedFor = p.Client + ", " + p.forwardedFor
			if proxies++; !t.Has(a) || proxies == maxHops {
				p.Doubtful = more || i > 0
				return
			}
		}
	}
}

// addressOf parses an address of X-Forwarded-For, in which some proxies add the port.
func addressOf(text string) (netip.Addr, bool) {
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		text = strings.TrimSuffix(inner, "]")
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		var with netip.AddrPort
		with, err = netip.ParseAddrPort(text)
		a = with.Addr()
	}
	return a.Unmap(), err == nil && a.Zone() == ""
}
