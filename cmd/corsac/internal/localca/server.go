package localca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	// leafValidity is how long the certificate of a server is valid, and renewal how
	// long before its end it gets a new one.
	leafValidity = 7 * 24 * time.Hour
	renewal      = 2 * 24 * time.Hour
	// maxLeaves bounds the certificates that are kept.
	maxLeaves = 64
)

// Server makes the certificates of a server. It is safe for concurrent use.
type Server struct {
	ca     *CA
	allows func(host string) bool
	now    func() time.Time

	mu     sync.Mutex
	key    *ecdsa.PrivateKey
	leaves map[string]*tls.Certificate // by host
}

// HostError is the error if there is no certificate for a host.
type HostError struct{ Host string }

// Error says for which hosts there is one.
func (e *HostError) Error() string {
	return fmt.Sprintf("no certificate for %q: corsac has them for localhost, names that end with .localhost, and loopback addresses, if they are allowed", e.Host)
}

// Server returns what makes certificates for the hosts that allows accepts, of those
// that the CA permits. Nil allows all of these.
func (c *CA) Server(allows func(host string) bool) *Server {
	if allows == nil {
		allows = func(string) bool { return true }
	}
	return &Server{ca: c, allows: allows, now: time.Now, leaves: map[string]*tls.Certificate{}}
}

// GetCertificate is for [tls.Config]: it returns a certificate for the name that a
// client asks for. Clients that connect to an address ask for none; they get that of
// the address, if the Certificates of the configuration are empty. The error is a
// [*HostError] if there is none.
func (s *Server) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if host == "" {
		host = "localhost"
		if hello.Conn != nil {
			if a, err := netip.ParseAddrPort(hello.Conn.LocalAddr().String()); err == nil {
				host = a.Addr().Unmap().WithZone("").String()
			}
		}
	}
	if len(host) > 253 || !Permits(host) || !s.allows(host) {
		return nil, &HostError{host}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if leaf := s.leaves[host]; leaf != nil && s.now().Before(leaf.Leaf.NotAfter.Add(-renewal)) {
		return leaf, nil
	}
	leaf, err := s.make(host)
	if err != nil {
		return nil, err
	}
	s.keep(host, leaf)
	return leaf, nil
}

// keep keeps a certificate, instead of any other if there are too many: it is made
// again in no time.
func (s *Server) keep(host string, leaf *tls.Certificate) {
	if s.leaves[host] == nil && len(s.leaves) >= maxLeaves {
		for other := range s.leaves {
			delete(s.leaves, other)
			break
		}
	}
	s.leaves[host] = leaf
}

// make makes the certificate for a host. All have one key, which is in memory only.
func (s *Server) make(host string) (*tls.Certificate, error) {
	now := s.now()
	if !now.Before(s.ca.cert.NotAfter) {
		return nil, fmt.Errorf("the CA in %s is no longer valid", s.ca.dir)
	}
	if s.key == nil {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		s.key = key
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"corsac dev"}},
		NotBefore:    now.Add(-skew),
		NotAfter:     now.Add(leafValidity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if leaf.NotAfter.After(s.ca.cert.NotAfter) {
		leaf.NotAfter = s.ca.cert.NotAfter
	}
	if a, err := netip.ParseAddr(host); err == nil {
		leaf.IPAddresses = []net.IP{a.AsSlice()}
	} else {
		leaf.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, s.ca.cert, &s.key.PublicKey, s.ca.key)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: s.key, Leaf: parsed}, nil
}
