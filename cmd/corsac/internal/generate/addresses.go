package generate

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// ParseAddresses returns the addresses of a folder. An application has no
// upstream, which is then "".
func ParseAddresses(listen, upstream string) (at stacks.Addresses, err error) {
	if e := config.CheckListen(listen); e != nil {
		return at, fmt.Errorf("--listen %q: %s; %s", listen, e.Why, e.Fix)
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil || host != "" && !isHost(host) || port == "0" {
		return at, fmt.Errorf("--listen %q: write an address such as 127.0.0.1:8080", listen)
	}
	at = stacks.Addresses{Host: host, Port: port}
	if upstream == "" {
		return at, nil
	}
	u, wrong := config.ParseUpstream(upstream)
	if wrong != nil {
		return at, fmt.Errorf("--upstream %q: %s; %s", upstream, wrong.Why, wrong.Fix)
	}
	if u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || !isHost(u.Hostname()) {
		return at, fmt.Errorf("--upstream %q: the folder forwards to a server on http without a path; write one such as http://127.0.0.1:9000", upstream)
	}
	port = u.Port()
	if port == "" {
		port = "80"
	}
	at.Upstream = net.JoinHostPort(u.Hostname(), port)
	return at, nil
}

// isHost reports whether a host can stand in every configuration: an IP address
// without a zone, or a name of letters, digits, dots and hyphens.
func isHost(s string) bool {
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.Zone() == ""
	}
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == "" && s[0] != '-'
}
