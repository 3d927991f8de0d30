package gateway

import (
	"net/http"
	"net/netip"
)

// publicOf returns the scheme and the host under which a client calls the gateway.
func publicOf(r *http.Request) (scheme, host string) {
	if r.TLS == nil {
		return "http", r.Host
	}
	return "https", r.Host
}

// clientOf returns the address of the client that sends a request. ok is false if it is
// not known: what comes through another proxy has that of the proxy.
func clientOf(r *http.Request) (client netip.Addr, ok bool) {
	for _, name := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Real-Ip"} {
		if len(r.Header[name]) > 0 {
			return client, false
		}
	}
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap().WithZone(""), err == nil
}
