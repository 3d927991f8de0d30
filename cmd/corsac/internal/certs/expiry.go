package certs

import (
	"cmp"
	"slices"
	"time"
)

// Expiry is when a certificate ends.
type Expiry struct {
	Names []string  `json:"names"`
	Until time.Time `json:"until"`
}

// Expiries returns when the certificates end that clients get, the first to end first.
// Those of the local CA, which are made when they are needed, are not among them.
func (s *Source) Expiries() []Expiry {
	var list []Expiry
	for _, c := range *s.files.Load() {
		names := slices.Clone(c.Leaf.DNSNames)
		for _, address := range c.Leaf.IPAddresses {
			names = append(names, address.String())
		}
		list = append(list, Expiry{names, c.Leaf.NotAfter})
	}
	if s.acme != nil {
		for _, domain := range s.acme.domains {
			for _, c := range s.acme.cache.AllMatchingCertificates(domain) {
				list = append(list, Expiry{c.Names, c.Leaf.NotAfter})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Expiry) int {
		return cmp.Or(a.Until.Compare(b.Until), slices.Compare(a.Names, b.Names))
	})
	return slices.CompactFunc(list, func(a, b Expiry) bool { return a.Until.Equal(b.Until) && slices.Equal(a.Names, b.Names) })
}
