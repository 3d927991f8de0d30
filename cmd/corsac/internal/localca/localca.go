// Package localca is a certificate authority of one developer's own machine, for
// pages on https://localhost, and its place in the stores of those who must trust it.
//
//   - It can only vouch for localhost, *.localhost and loopback addresses: its name
//     constraints (RFC 5280 §4.2.1.10) say so, and they are critical. Whoever steals
//     its key can do nothing to other sites.
//   - The key is in the user's configuration folder, for that user alone. It never
//     leaves it.
//   - Certificates of servers are made in memory, for a week.
package localca

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
)

const (
	// certFile and keyFile are the files of a CA in its folder.
	certFile = "corsac-ca.pem"
	keyFile  = "corsac-ca-key.pem"
	// maxFile bounds what is read of a file.
	maxFile = 64 << 10
	// validity is how long a CA is valid.
	validity = 2 * 365 * 24 * time.Hour
	// skew is how far clocks may differ.
	skew = time.Hour
	// commonName begins the name of each CA.
	commonName = "corsac development CA"
)

// CA is a certificate authority. It is safe for concurrent use.
type CA struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Dir returns the folder of the user's CA.
func Dir() (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(config, "corsac", "ca"), nil
}

// Certificate returns the certificate. It must not be changed.
func (c *CA) Certificate() *x509.Certificate { return c.cert }

// File returns the path of the certificate, as PEM, for programs with a store of
// their own: NODE_EXTRA_CA_CERTS, curl --cacert.
func (c *CA) File() string { return filepath.Join(c.dir, certFile) }

// FileError is the error if the files of a CA are there, but are not what they must
// be. They are never overwritten.
type FileError struct {
	Path     string
	Why, Fix string
	Err      error
}

// Error says which file it is and why, without the fix.
func (e *FileError) Error() string { return e.Path + ": " + e.Why }

// Unwrap returns the error of the system, if there is one.
func (e *FileError) Unwrap() error { return e.Err }

// Permits reports whether the CA can vouch for a host: localhost, a name below it, or
// a loopback address, without brackets.
func Permits(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Zone() == "" && a.Unmap().IsLoopback()
	}
	return localnet.IsLocalhost(host)
}

// Open returns the CA in a folder, and creates it if there is none. Of processes that
// do so at once, one creates it and the others get the same. The error is a
// [*FileError] if there is something else in the folder, or the CA is not valid at
// that time.
func Open(dir string, now time.Time) (*CA, error) {
	c, err := Load(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(dir, now); err != nil {
			return nil, err
		}
		c, err = Load(dir)
	}
	if err != nil {
		return nil, err
	}
	if !now.Before(c.cert.NotAfter) || now.Before(c.cert.NotBefore) {
		return nil, &FileError{
			Path: c.File(), Why: fmt.Sprintf("it is valid from %s to %s", c.cert.NotBefore.Format(time.DateOnly), c.cert.NotAfter.Format(time.DateOnly)),
			Fix: "run corsac trust uninstall, " + removal(dir) + ", and run corsac trust install",
		}
	}
	return c, nil
}

// Load returns the CA in a folder, also if it is no longer valid. The error is
// [fs.ErrNotExist] if the folder does not exist or is empty, and a [*FileError] if
// there is something else in it.
func Load(dir string) (*CA, error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil:
		return nil, &FileError{Path: dir, Why: "it cannot be read: " + reason(err), Err: err, Fix: "make it a folder of your own"}
	case len(entries) == 0:
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(dir, certFile), Err: fs.ErrNotExist}
	}
	c := &CA{dir: dir}
	if err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

// read reads and checks both files.
func (c *CA) read() error {
	der, err := readPEM(c.dir, certFile, "CERTIFICATE")
	if err != nil {
		return err
	}
	foreign := func(name, why string) error {
		return &FileError{
			Path: filepath.Join(c.dir, name), Why: why,
			Fix: "corsac did not write it so; if nothing else uses the folder, " + removal(c.dir) + ", and run corsac trust install",
		}
	}
	if c.cert, err = x509.ParseCertificate(der); err != nil {
		return foreign(certFile, "it is not a certificate")
	}
	if why := notOurs(c.cert); why != "" {
		return foreign(certFile, why)
	}
	if der, err = readPEM(c.dir, keyFile, "PRIVATE KEY"); err != nil {
		return err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return foreign(keyFile, "it is not a private key")
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok || !private.PublicKey.Equal(c.cert.PublicKey) {
		return foreign(keyFile, "it is not the key of the certificate beside it")
	}
	c.key = private
	return nil
}

// readPEM returns the only block of a file, whose key nobody else may read.
func readPEM(dir, name, kind string) ([]byte, error) {
	path := filepath.Join(dir, name)
	fail := func(why, fix string, err error) ([]byte, error) {
		return nil, &FileError{Path: path, Why: why, Fix: fix, Err: err}
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		// Not wrapped: the CA is broken, it is not missing.
		return fail("it is missing", removal(dir)+" if nothing else uses it, and run corsac trust install", nil)
	}
	var info fs.FileInfo
	if err == nil {
		defer file.Close()
		info, err = file.Stat()
	}
	if err != nil {
		return fail("it cannot be read: "+reason(err), "make it a file of your own", err)
	}
	if name == keyFile && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return fail("others can read or change it", "if nobody did, run "+shell.Command([]string{"chmod", "600", path})+
			"; otherwise run corsac trust uninstall and "+removal(dir), nil)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return fail("it cannot be read: "+reason(err), "make it a file of your own", err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) > 0 {
		return fail("it is not a PEM file with one "+kind, removal(dir)+" if nothing else uses it, and run corsac trust install", nil)
	}
	return block.Bytes, nil
}

// removal says how to remove a folder.
func removal(dir string) string {
	command := []string{"rm", "-r", dir}
	if runtime.GOOS == "windows" {
		command = []string{"Remove-Item", "-Recurse", dir}
	}
	return "remove the folder with " + shell.Command(command)
}

// reason returns an error of a file without the file's name.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// notOurs says why a certificate is not one that corsac makes, or "".
func notOurs(cert *x509.Certificate) string {
	key, ok := cert.PublicKey.(*ecdsa.PublicKey)
	switch {
	case !strings.HasPrefix(cert.Subject.CommonName, commonName):
		return fmt.Sprintf("it is the certificate of %q, which is not corsac's", cert.Subject.CommonName)
	case !cert.IsCA || !ok || key.Curve != elliptic.P256() || cert.CheckSignatureFrom(cert) != nil:
		return "it is not the certificate of a CA as corsac makes it"
	case !cert.PermittedDNSDomainsCritical || !sameNames(cert):
		return "its name constraints are not those of corsac"
	}
	return ""
}

func sameNames(cert *x509.Certificate) bool {
	want := template("", big.NewInt(0), time.Time{})
	if len(cert.PermittedDNSDomains) != 1 || cert.PermittedDNSDomains[0] != want.PermittedDNSDomains[0] || len(cert.PermittedIPRanges) != len(want.PermittedIPRanges) {
		return false
	}
	for i, r := range cert.PermittedIPRanges {
		if r.String() != want.PermittedIPRanges[i].String() {
			return false
		}
	}
	return true
}

// template returns the certificate of a CA before it is signed.
func template(owner string, serial *big.Int, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: nameOf(owner, serial), Organization: []string{commonName}},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(validity),
		KeyUsage:              x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,

		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{"localhost"}, // and what is below it
		PermittedIPRanges: []*net.IPNet{
			{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
			{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
		},
	}
}

// create makes a CA in a folder beside dir, and gives that its name: a folder
// with files in it keeps its name.
func create(dir string, now time.Time) (err error) {
	key, cert, err := makeCA(now)
	if err != nil {
		return err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	made, err := os.MkdirTemp(parent, filepath.Base(dir)+"-new-") // of mode 0700
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(made) }() // unless it has its name
	if err := writePEM(filepath.Join(made, keyFile), "PRIVATE KEY", key); err != nil {
		return err
	}
	if err := writePEM(filepath.Join(made, certFile), "CERTIFICATE", cert); err != nil {
		return err
	}
	_ = os.Remove(dir) // an empty one would be in the way
	if err := os.Rename(made, dir); err != nil {
		if entries, _ := os.ReadDir(dir); len(entries) > 0 {
			return nil // another process was faster
		}
		return err
	}
	return nil
}

// makeCA returns a new key and its certificate.
func makeCA(now time.Time) (key, cert []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, nil, err
	}
	ca := template(owner(), serial, now)
	if cert, err = x509.CreateCertificate(rand.Reader, ca, ca, &private.PublicKey, private); err != nil {
		return nil, nil, err
	}
	key, err = x509.MarshalPKCS8PrivateKey(private)
	return key, cert, err
}

// nameOf returns the common name of a CA, of at most 64 bytes (RFC 5280 appendix A.1).
// No two have the same: the databases of browsers take certificates of one name for
// one, and mistake a new CA for the one before.
func nameOf(owner string, serial *big.Int) string {
	number := fmt.Sprintf(" %08x", uint32(serial.Uint64()))
	most := 64 - len(commonName) - len(number) - 1
	if owner != "" {
		owner = " " + strings.ToValidUTF8(owner[:min(len(owner), most)], "")
	}
	return commonName + owner + number
}

// owner names the user and the machine, so that people know a CA in a list of many.
func owner() string {
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

// newSerial returns a serial number that is not used again: 127 random bits.
func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}

func writePEM(path, kind string, der []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = pem.Encode(file, &pem.Block{Type: kind, Bytes: der})
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
