package config

import "github.com/corsac-dev/corsac/internal/yamlread"

// checkProxies checks what is said of proxies.
func (r *reader) checkProxies(present map[string]yamlread.Place, g *Gateway) {
	if at, there := present["proxy_protocol"]; there && g.ProxyProtocol && len(g.TrustedProxies) == 0 {
		if _, there := present["trusted_proxies"]; !there {
			r.Refuse(at, Error{Code: CodeProxiesInvalid, Why: "without trusted_proxies, nobody may send a PROXY header", Fix: `write trusted_proxies, such as [10.0.0.0/8]`})
		}
	}
}
