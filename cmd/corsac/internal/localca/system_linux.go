package localca

import (
	"encoding/pem"
	"fmt"
	"os"

	"github.com/smallstep/truststore"
)

// anchors is the store of a Linux distribution: a folder of certificates, and a
// command that makes from it the bundle that programs read.
type anchors struct {
	pattern string // the path of a certificate, with %s for its name
	command []string
	bundles []string // where a bundle may be; one that does not exist is not used
	isRoot  bool
	library func(c *CA, add bool) error
}

// thisSystem returns the store of this machine. Where the distribution keeps it is
// known by package truststore.
func thisSystem() system {
	return &anchors{
		pattern: truststore.SystemTrustFilename, command: truststore.SystemTrustCommand,
		bundles: []string{
			"/etc/ssl/certs/ca-certificates.crt",                // Debian, Arch, Alpine
			"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora
			"/var/lib/ca-certificates/ca-bundle.pem",            // openSUSE
		},
		isRoot: os.Geteuid() == 0, library: useLibrary,
	}
}

func (s *anchors) place(c *CA) string {
	if s.pattern == "" {
		return ""
	}
	return fmt.Sprintf(s.pattern, filePrefix+c.cert.SerialNumber.String())
}

// trusts reads the files: package crypto/x509 reads them once only.
func (s *anchors) trusts(c *CA) bool {
	if s.pattern == "" || !hasCertificate(s.place(c), c) {
		return false
	}
	found := false
	for _, bundle := range s.bundles {
		if _, err := os.Stat(bundle); err == nil {
			if hasCertificate(bundle, c) {
				return true
			}
			found = true
		}
	}
	return !found
}

// maxBundle bounds a bundle of certificates; those of distributions have a quarter
// of a megabyte.
const maxBundle = 16 << 20

// hasCertificate reports whether a file has the certificate of a CA, as PEM.
func hasCertificate(path string, c *CA) bool {
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxBundle {
		return false
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return false
		}
		if string(block.Bytes) == string(c.cert.Raw) {
			return true
		}
	}
}

func (s *anchors) change(c *CA, add bool) error {
	if s.pattern == "" {
		return errUnsupported
	}
	return s.library(c, add)
}

func (s *anchors) commands(c *CA, add bool) [][]string {
	if s.isRoot || s.pattern == "" {
		return nil
	}
	first := []string{"sudo", "rm", "-f", s.place(c)}
	if add {
		first = []string{"sudo", "install", "-m", "644", c.File(), s.place(c)}
	}
	return [][]string{first, append([]string{"sudo"}, s.command...)}
}
