package localca

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// open opens a new CA.
func open(t *testing.T) *CA {
	t.Helper()
	c, err := Open(filepath.Join(t.TempDir(), "corsac", "ca"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// verify verifies the certificate for a host as browsers do.
func verify(c *CA, leaf *x509.Certificate, host string, now time.Time) error {
	roots := x509.NewCertPool()
	roots.AddCert(c.cert)
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: now})
	return err
}

// TestChain checks for which hosts there are valid certificates.
func TestChain(t *testing.T) {
	c := open(t)
	s := c.Server(nil)
	for name, host := range map[string]string{
		"localhost": "localhost", "LOCALHOST.": "localhost", "api.localhost": "api.localhost", "a.b.localhost": "a.b.localhost",
		"127.0.0.1": "127.0.0.1", "127.9.9.9": "127.9.9.9", "::1": "::1",
	} {
		leaf, err := s.GetCertificate(&tls.ClientHelloInfo{ServerName: name})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := verify(c, leaf.Leaf, host, time.Now()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := verify(c, leaf.Leaf, "other.localhost", time.Now()); err == nil {
			t.Errorf("%s: is valid for other.localhost, too", name)
		}
	}
	for _, host := range []string{"example.com", "localhost.example.com", "xlocalhost", "192.168.0.1", "::2", "0.0.0.0", "fe80::1", "::1%lo"} {
		var refused *HostError
		if _, err := s.GetCertificate(&tls.ClientHelloInfo{ServerName: host}); !errors.As(err, &refused) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// TestConstraints checks that whoever has the key cannot vouch for other hosts.
func TestConstraints(t *testing.T) {
	c := open(t)
	for _, host := range []string{"example.com", "localhost.example.com", "192.168.0.1", "128.0.0.1", "::2", "fe80::1"} {
		leaf, err := c.Server(nil).make(host)
		if err != nil {
			t.Fatal(err)
		}
		err = verify(c, leaf.Leaf, host, time.Now())
		var invalid x509.CertificateInvalidError
		if !errors.As(err, &invalid) || invalid.Reason != x509.CANotAuthorizedForThisName {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// TestAllows checks that a certificate is only made for hosts that are allowed.
func TestAllows(t *testing.T) {
	s := open(t).Server(func(host string) bool { return host == "shop.localhost" })
	if _, err := s.GetCertificate(&tls.ClientHelloInfo{ServerName: "SHOP.localhost"}); err != nil {
		t.Error(err)
	}
	if _, err := s.GetCertificate(&tls.ClientHelloInfo{ServerName: "other.localhost"}); !errors.As(err, new(*HostError)) {
		t.Errorf("other.localhost: %v", err)
	}
}

// TestLeaves checks that certificates are kept, renewed in time, and few.
func TestLeaves(t *testing.T) {
	c := open(t)
	s := c.Server(nil)
	now := time.Now()
	s.now = func() time.Time { return now }
	get := func(host string) *x509.Certificate {
		t.Helper()
		leaf, err := s.GetCertificate(&tls.ClientHelloInfo{ServerName: host})
		if err != nil {
			t.Fatal(err)
		}
		return leaf.Leaf
	}
	first := get("localhost")
	now = now.Add(leafValidity - renewal - time.Minute)
	if get("localhost") != first {
		t.Error("it is made again although it is valid for long")
	}
	now = now.Add(2 * time.Minute)
	if second := get("localhost"); second == first || verify(c, second, "localhost", now) != nil {
		t.Error("it is not renewed")
	}
	for i := range 3 * maxLeaves {
		get(fmt.Sprintf("n%d.localhost", i))
	}
	if len(s.leaves) > maxLeaves {
		t.Errorf("%d are kept", len(s.leaves))
	}
	now = c.cert.NotAfter.Add(-time.Hour)
	if last := get("localhost"); !last.NotAfter.Equal(c.cert.NotAfter) {
		t.Errorf("it is valid to %v, its CA to %v", last.NotAfter, c.cert.NotAfter)
	}
	now = c.cert.NotAfter
	if _, err := s.GetCertificate(&tls.ClientHelloInfo{ServerName: "localhost"}); err == nil {
		t.Error("a CA that is no longer valid makes certificates")
	}
}

// TestHandshake connects to a server by name and by address, for which clients name
// no host.
func TestHandshake(t *testing.T) {
	c := open(t)
	roots := x509.NewCertPool()
	roots.AddCert(c.cert)
	config := &tls.Config{GetCertificate: c.Server(nil).GetCertificate}
	for _, address := range []string{"127.0.0.1", "::1"} {
		l, err := tls.Listen("tcp", net.JoinHostPort(address, "0"), config)
		if err != nil {
			t.Logf("no %s: %v", address, err)
			continue
		}
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_ = conn.(*tls.Conn).Handshake()
				_ = conn.Close()
			}
		}()
		for _, name := range []string{address, "localhost", "api.localhost"} {
			conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: name})
			if err != nil {
				t.Errorf("%s at %s: %v", name, address, err)
				continue
			}
			_ = conn.Close()
		}
	}
}

// TestOpen checks that a CA is created once, is for its user alone, and stays.
func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "corsac", "ca")
	if _, err := Load(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	var all sync.WaitGroup
	opened := make([]*CA, 16)
	for i := range opened {
		all.Go(func() {
			c, err := Open(dir, time.Now())
			if err != nil {
				t.Error(err)
				return
			}
			opened[i] = c
		})
	}
	all.Wait()
	for _, c := range opened {
		if c == nil || !c.cert.Equal(opened[0].cert) || !c.key.Equal(opened[0].key) {
			t.Fatal("not all have got the same CA")
		}
	}
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the folder: %v, %v", entries, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for name, mode := range map[string]fs.FileMode{"": 0o700, keyFile: 0o600, certFile: 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%q: %v, %v; want %v", name, info.Mode(), err, mode)
		}
	}
}

// TestValidity checks that a CA that is no longer valid is said to be so.
func TestValidity(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	now := time.Now()
	if _, err := Open(dir, now); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Duration{validity + time.Hour, -2 * skew} {
		var invalid *FileError
		if _, err := Open(dir, now.Add(at)); !errors.As(err, &invalid) || !strings.Contains(invalid.Fix, "corsac trust install") {
			t.Errorf("after %v: %v", at, err)
		}
	}
	if _, err := Load(dir); err != nil {
		t.Errorf("it cannot be loaded, to be removed from the stores: %v", err)
	}
}

// TestForeign checks that nothing is overwritten, and that it is clear what to do.
func TestForeign(t *testing.T) {
	other := open(t)
	for _, c := range []struct {
		name, file, text string
		mode             os.FileMode
		why              string
	}{
		{"cut", certFile, "-----BEGIN CERT", 0o600, "not a PEM file"},
		{"empty", keyFile, "", 0o600, "not a PEM file"},
		{"two", certFile, "twice", 0o600, "not a PEM file"},
		{"not DER", certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})), 0o600, "not a certificate"},
		{"not a key", keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})), 0o600, "not a private key"},
		{"other key", keyFile, "other", 0o600, "not the key of the certificate"},
		{"leaf", certFile, "leaf", 0o600, `the certificate of ""`},
		{"open to others", keyFile, "same", 0o644, "others can read"},
		{"missing", keyFile, "missing", 0o600, "missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ca := open(t)
			path := filepath.Join(ca.dir, c.file)
			old, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text := c.text
			switch c.text {
			case "twice":
				text = string(old) + string(old)
			case "same":
				text = string(old)
			case "other":
				key, err := os.ReadFile(filepath.Join(other.dir, keyFile))
				if err != nil {
					t.Fatal(err)
				}
				text = string(key)
			case "leaf":
				leaf, err := ca.Server(nil).make("localhost")
				if err != nil {
					t.Fatal(err)
				}
				text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Leaf.Raw}))
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if text != "missing" {
				if err := os.WriteFile(path, []byte(text), c.mode); err != nil {
					t.Fatal(err)
				}
			}
			var foreign *FileError
			if _, err := Open(ca.dir, time.Now()); !errors.As(err, &foreign) || !strings.Contains(err.Error(), c.why) || foreign.Fix == "" || foreign.Path != path {
				t.Errorf("%v; want %q", err, c.why)
			}
			if now, _ := os.ReadFile(path); text != "missing" && string(now) != text {
				t.Error("the file was overwritten")
			}
		})
	}
	file := filepath.Join(t.TempDir(), "ca")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, time.Now()); !errors.As(err, new(*FileError)) {
		t.Errorf("a file for a folder: %v", err)
	}
}
