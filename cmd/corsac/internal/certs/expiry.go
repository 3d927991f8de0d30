package certs

import (
	"cmp"
	"crypto/x509"
	"slices"
	"strings"
	"time"
)

// Expiry is when a certificate ends. It has at least one name.
type Expiry struct {
	Names []string  `json:"names"`
	Until time.Time `json:"until"`
}

// Expiries returns when the certificates end that clients get, the first to end first.
// Those of the local CA, which are made when they are needed, are not among them.
func (s *Source) Expiries() []Expiry {
	var list []Expiry
	for _, c := range *s.files.Load() {
		list = append(list, Expiry{namesOf(c.Leaf), c.Leaf.NotAfter})
	}
	if s.acme != nil {
		for _, domain := range s.acme.domains {
			for _, c := range s.acme.cache.AllMatchingCertificates(domain) {
				list = append(list, Expiry{namesOf(c.Leaf), c.Leaf.NotAfter})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Expiry) int {
		return cmp.Or(a.Until.Compare(b.Until), slices.Compare(a.Names, b.Names))
	})
	return slices.CompactFunc(list, func(a, b Expiry) bool { return a.Until.Equal(b.Until) && slices.Equal(a.Names, b.Names) })
}

func namesOf(leaf *x509.Certificate) []string {
	var names []string
	for _, name := range leaf.DNSNames {
		names = append(names, strings.ToValidUTF8(name, "\uFFFD"))
	}
	for _, address := range leaf.IPAddresses {
		names = append(names, address.String())
	}
	if len(names) == 0 {
		names = []string{strings.ToValidUTF8(leaf.Subject.CommonName, "\uFFFD")}
	}
	return names
}
