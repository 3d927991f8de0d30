package certs

import (
	"cmp"
	"crypto/x509"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxExpiries bounds how many certificates [Source.Expiries] returns.
const maxExpiries = 100

// Expiries returns when certificates end, by their first name: of those of one name the
// first to end, and if there are too many, those that end first. Those of the local CA
// are not among them.
func (s *Source) Expiries() map[string]time.Time {
	all := map[string]time.Time{}
	add := func(leaf *x509.Certificate) {
		name := subjectOf(leaf)
		if before, twice := all[name]; !twice || leaf.NotAfter.Before(before) {
			all[name] = leaf.NotAfter
		}
	}
	for _, c := range *s.files.Load() {
		add(c.Leaf)
	}
	if s.acme != nil {
		for _, domain := range s.acme.domains {
			for _, c := range s.acme.cache.AllMatchingCertificates(domain) {
				add(c.Leaf)
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Or(all[a].Compare(all[b]), cmp.Compare(a, b)) })
	for _, name := range names[min(len(names), maxExpiries):] {
		delete(all, name)
	}
	return all
}

func subjectOf(leaf *x509.Certificate) string {
	name := leaf.Subject.CommonName
	switch {
	case len(leaf.DNSNames) > 0:
		name = leaf.DNSNames[0]
	case len(leaf.IPAddresses) > 0:
		name = leaf.IPAddresses[0].String()
	}
	return strings.ToValidUTF8(name, "\uFFFD")
}
