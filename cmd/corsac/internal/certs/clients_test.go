package certs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/certs"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// signed writes a certificate for names and addresses, which signs itself.
func signed(t *testing.T, file string, names []string, addresses ...net.IP) config.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, IPAddresses: addresses, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := config.Certificate{Cert: file + ".pem", Key: file + ".key"}
	for name, block := range map[string]*pem.Block{c.Cert: {Type: "CERTIFICATE", Bytes: der}, c.Key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// TestKnownAs checks under which names clients get a certificate, and what they must trust.
func TestKnownAs(t *testing.T) {
	dir := t.TempDir()
	public := signed(t, filepath.Join(dir, "public"), []string{"*.public.example"})
	private := signed(t, filepath.Join(dir, "private"), []string{"private.example"}, net.IPv4(192, 0, 2, 1))
	address := signed(t, filepath.Join(dir, "address"), nil, net.IPv4(192, 0, 2, 2))
	trusted := certs.Known{Name: "www.public.example"}
	if runtime.GOOS != "linux" { // others have no file of what they trust
		trusted.CAFile = public.Cert
	}
	t.Setenv("SSL_CERT_FILE", public.Cert) // no other test of this package asks what the system trusts
	letsEncrypt := &config.ACME{Domains: []string{"acme.example", "*.acme.example"}, Storage: dir, Email: "ops@acme.example"}
	other := &config.ACME{Domains: []string{"acme.example"}, Storage: dir, Directory: "https://ca.example/"}
	for _, c := range []struct {
		of   config.TLS
		name string
		want certs.Known // the zero value means none
	}{
		{config.TLS{Certificates: []config.Certificate{public, private}}, "", trusted},
		{config.TLS{Certificates: []config.Certificate{public, private}}, "private.example", certs.Known{Name: "private.example", CAFile: private.Cert}},
		{config.TLS{Certificates: []config.Certificate{public, private}}, "192.0.2.1", certs.Known{}}, // those who ask for none get the first
		{config.TLS{Certificates: []config.Certificate{private, public}}, "192.0.2.1", certs.Known{Name: "192.0.2.1", CAFile: private.Cert}},
		{config.TLS{Certificates: []config.Certificate{address}}, "", certs.Known{Name: "192.0.2.2", CAFile: address.Cert}},
		{config.TLS{Certificates: []config.Certificate{private}}, "other.example", certs.Known{}},
		{config.TLS{ACME: letsEncrypt}, "", certs.Known{Name: "acme.example"}},
		{config.TLS{ACME: letsEncrypt}, "a.acme.example", certs.Known{Name: "a.acme.example"}},
		{config.TLS{ACME: letsEncrypt}, "a.b.acme.example", certs.Known{}},
		{config.TLS{ACME: letsEncrypt, Certificates: []config.Certificate{private}}, "acme.example", certs.Known{Name: "acme.example"}},
		{config.TLS{ACME: other}, "acme.example", certs.Known{}},
	} {
		s, err := certs.New(&c.of, certs.Addresses{TLS: "127.0.0.1:443"}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		got := s.KnownAs(&c.of, c.name)
		if got == nil {
			got = &certs.Known{}
		}
		if *got != c.want {
			t.Errorf("%+v as %q: %+v, want %+v", c.of, c.name, *got, c.want)
		}
	}
}
