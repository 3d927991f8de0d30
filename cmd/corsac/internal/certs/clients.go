package certs

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localca"
)

// Known is a name for which clients can get a certificate that they trust.
type Known struct {
	Name string
	// CAFile is the file with what they must trust for that; "" if the system does.
	CAFile string
}

// KnownAs returns what a client on this machine needs to connect under a name; "" means
// any. t is the configuration whose files are used. It is nil if no client would trust what
// it gets, or nobody knows.
func (s *Source) KnownAs(t *config.TLS, name string) *Known {
	for i, pair := range *s.files.Load() {
		wanted := name
		if wanted == "" {
			wanted = exampleName(pair.Leaf)
		}
		if pair.Leaf.VerifyHostname(wanted) != nil || i > 0 && net.ParseIP(wanted) != nil { // clients do not say which address they want
			continue
		}
		switch now := time.Now(); {
		case isTrusted(&pair, wanted):
			return &Known{Name: wanted}
		case now.Before(pair.Leaf.NotBefore), now.After(pair.Leaf.NotAfter):
			return nil
		}
		return &Known{wanted, t.Certificates[i].Cert}
	}
	switch {
	case s.local != nil && name == "":
		return &Known{"localhost", s.localFile}
	case s.local != nil && localca.Permits(name):
		return &Known{name, s.localFile}
	}
	return knownByACME(t.ACME, name)
}

// exampleName returns a name that a certificate is for.
func exampleName(leaf *x509.Certificate) string {
	switch {
	case len(leaf.DNSNames) > 0:
		return below(leaf.DNSNames[0])
	case len(leaf.IPAddresses) > 0:
		return leaf.IPAddresses[0].String()
	}
	return ""
}

// below returns a name that a wildcard matches, and any other name as it is.
func below(name string) string { return strings.Replace(name, "*.", "www.", 1) }

// isTrusted reports whether the system trusts a certificate for a name.
func isTrusted(pair *tls.Certificate, name string) bool {
	between := x509.NewCertPool()
	for _, der := range pair.Certificate[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(c)
		}
	}
	_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Intermediates: between})
	return err == nil
}

// knownByACME is [Source.KnownAs] of what an authority issues: every system trusts Let's
// Encrypt.
func knownByACME(a *config.ACME, name string) *Known {
	if a == nil || a.Directory != "" {
		return nil
	}
	if name == "" {
		return &Known{Name: below(a.Domains[0])}
	}
	_, parent, _ := strings.Cut(name, ".")
	if slices.Contains(a.Domains, name) || slices.Contains(a.Domains, "*."+parent) {
		return &Known{Name: name}
	}
	return nil
}
