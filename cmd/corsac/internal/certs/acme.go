package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// challengeProtocol is that of TLS-ALPN-01 (RFC 8737 §6.2).
const challengeProtocol = "acme-tls/1"

func isChallenge(hello *tls.ClientHelloInfo) bool {
	return slices.Contains(hello.SupportedProtos, challengeProtocol)
}

// authority issues certificates.
type authority struct {
	domains []string
	magic   *certmagic.Config
	issuer  *certmagic.ACMEIssuer
	cache   *certmagic.Cache
}

func newAuthority(c *config.ACME, at Addresses, log *slog.Logger) (*authority, error) {
	storage := c.Storage
	if storage == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil, fmt.Errorf("write where keys are kept as storage: %w", err)
		}
		storage = filepath.Join(dir, "corsac", "acme")
	}
	roots, err := rootsOf(c.Roots)
	if err != nil {
		return nil, err
	}
	a := &authority{domains: c.Domains}
	template := certmagic.ACMEIssuer{
		CA: c.Directory, TestCA: c.Directory, Email: c.Email, Agreed: true, TrustedRoots: roots, Logger: zap.NewNop(),
		// The addresses are ours. certmagic sees that, and does not listen itself.
		AltHTTPPort: portOf(at.HTTP), DisableHTTPChallenge: at.HTTP == "", AltTLSALPNPort: portOf(at.TLS), ListenHost: hostOf(at.TLS),
	}
	if c.DNS != nil {
		solver, err := newSolver(c.DNS)
		if err != nil {
			return nil, err
		}
		template.DNS01Solver = solver // instead of the other challenges
	}
	a.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return a.magic, nil },
		Logger:           zap.NewNop(),
	})
	a.magic = certmagic.New(a.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: storage}, Logger: zap.NewNop(), OnEvent: events(log),
	})
	a.issuer = certmagic.NewACMEIssuer(a.magic, template)
	a.magic.Issuers = []certmagic.Issuer{a.issuer}
	return a, nil
}

// rootsOf returns the certificates in a file; nil without one.
func rootsOf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // those of the system
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("roots: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("roots: the file has no certificate")
	}
	return pool, nil
}

func hostOf(address string) string {
	host, _, _ := net.SplitHostPort(address)
	return host
}

func portOf(address string) int {
	_, port, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(port) // 0 is the usual port
	return n
}

// start gets the certificates that are missing, and renews those that end, until ctx
// is done. It does not wait: an authority may be out of reach for hours.
func (a *authority) start(ctx context.Context) error {
	context.AfterFunc(ctx, a.cache.Stop)
	return a.magic.ManageAsync(ctx, a.domains)
}

// events returns what logs the events that operators need.
func events(log *slog.Logger) func(context.Context, string, map[string]any) error {
	return func(ctx context.Context, event string, data map[string]any) error {
		name := slog.Any("name", data["identifier"])
		switch event {
		case "cert_obtained":
			log.LogAttrs(ctx, slog.LevelInfo, "certificate issued", name, slog.Any("renewal", data["renewal"]))
		case "cert_failed":
			log.LogAttrs(ctx, slog.LevelWarn, "no certificate has been issued; it will be tried again", name, slog.Any("reason", data["error"]))
		}
		return nil
	}
}
