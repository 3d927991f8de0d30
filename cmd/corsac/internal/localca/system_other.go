//go:build !linux

package localca

import (
	"crypto/x509"
	"os"
	"runtime"
	"time"
)

// thisSystem returns the store of this machine.
func thisSystem() system { return verifier{} }

// verifier is a store that is asked by verifying a certificate.
type verifier struct{}

const keychain = "/Library/Keychains/System.keychain"

func (verifier) place(*CA) string {
	switch runtime.GOOS {
	case "darwin":
		return keychain
	case "windows":
		return "the root certificates of this user"
	}
	return ""
}

// trusts verifies a certificate for localhost, as a browser does.
func (verifier) trusts(c *CA) bool {
	now := time.Now()
	if now.After(c.cert.NotAfter) {
		now = c.cert.NotAfter.Add(-skew) // it may be there still, to be removed
	}
	server := c.Server(nil)
	server.now = func() time.Time { return now }
	leaf, err := server.make("localhost")
	if err != nil {
		return false
	}
	_, err = leaf.Leaf.Verify(x509.VerifyOptions{DNSName: "localhost", CurrentTime: now})
	return err == nil
}

func (verifier) change(c *CA, add bool) error { return useLibrary(c, add) }

// commands is for macOS. Windows asks the user in a dialog.
func (verifier) commands(c *CA, add bool) [][]string {
	switch {
	case runtime.GOOS != "darwin" || os.Geteuid() == 0:
		return nil
	case add:
		return [][]string{{"sudo", "security", "add-trusted-cert", "-d", "-r", "trustRoot", "-p", "ssl", "-p", "basic", "-k", keychain, c.File()}}
	}
	return [][]string{{"sudo", "security", "remove-trusted-cert", "-d", c.File()}}
}
