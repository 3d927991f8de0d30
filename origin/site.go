package origin

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// RegistrableDomain returns the part of the host that its owner registered,
// such as "example.co.uk" for www.example.co.uk, according to the public suffix
// list (https://url.spec.whatwg.org/#host-registrable-domain). It returns false
// if o is opaque or its host is an IP address or itself a public suffix.
func (o Origin) RegistrableDomain() (string, bool) {
	host := o.Host()
	if host == "" || o.hostIsAddress() {
		return "", false
	}
	name := strings.TrimSuffix(host, ".")
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return "", false
	}
	return domain + host[len(name):], true
}

// Site returns the serialised site of o: its scheme and its registrable domain,
// or its whole host if there is none
// (https://html.spec.whatwg.org/#obtain-a-site). The site of an opaque origin
// is "null".
func (o Origin) Site() string {
	if o.IsOpaque() {
		return "null"
	}
	if domain, ok := o.RegistrableDomain(); ok {
		return o.Scheme() + "://" + domain
	}
	return o.Scheme() + "://" + o.Host()
}

// SameSite reports whether o and other are schemefully same site
// (https://html.spec.whatwg.org/#same-site): the same scheme, and the same
// registrable domain or, without one, the same host. Ports do not matter. It
// returns false for opaque origins.
func (o Origin) SameSite(other Origin) bool {
	if o.IsOpaque() || other.IsOpaque() || o.Scheme() != other.Scheme() {
		return false
	}
	a, aOK := o.RegistrableDomain()
	b, bOK := other.RegistrableDomain()
	if !aOK && !bOK {
		return o.Host() == other.Host()
	}
	return aOK && bOK && a == b
}
