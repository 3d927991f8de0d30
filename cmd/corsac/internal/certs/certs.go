// Package certs has the certificates of corsac serve: from files, which may change;
// from an ACME authority, which renews them; or from the local CA.
package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localca"
)

// Source gives certificates to clients. It is safe for concurrent use.
type Source struct {
	log       *slog.Logger
	files     atomic.Pointer[Pairs]
	local     *localca.Server // nil unless the configuration has it; for it:
	localFile string          // with the certificate of its authority
	acme      *authority      // likewise
}

// Addresses are those to which an ACME authority connects.
type Addresses struct {
	HTTP string // "" without plain http
	TLS  string
}

// New returns the source that t describes. It reads the files, but does not connect
// to an authority before [Source.Start].
func New(t *config.TLS, at Addresses, log *slog.Logger) (*Source, error) {
	s := &Source{log: log}
	pairs, err := s.Load(t)
	if err != nil {
		return nil, err
	}
	s.files.Store(&pairs)
	if t.ACME != nil {
		if s.acme, err = newAuthority(t.ACME, at, log); err != nil {
			return nil, fmt.Errorf("gateway.tls.acme: %w", err)
		}
	}
	if t.Local {
		ca, err := openLocal()
		if err != nil {
			return nil, fmt.Errorf("gateway.tls.local: %w", err)
		}
		s.local, s.localFile = ca.Server(nil), ca.File()
	}
	return s, nil
}

func openLocal() (*localca.CA, error) {
	dir, err := localca.Dir()
	if err != nil {
		return nil, err
	}
	return localca.Open(dir, time.Now())
}

// Pairs are certificates from files, with their keys.
type Pairs []tls.Certificate

// Load reads the files of a configuration, for Use.
func (s *Source) Load(t *config.TLS) (Pairs, error) {
	list := make(Pairs, len(t.Certificates))
	for i, c := range t.Certificates {
		var err error
		if list[i], err = tls.LoadX509KeyPair(c.Cert, c.Key); err != nil {
			return nil, failed(&c, err)
		}
		if leaf := list[i].Leaf; time.Now().After(leaf.NotAfter) {
			s.log.Warn("a certificate is no longer valid", "file", c.Cert, "until", leaf.NotAfter)
		}
	}
	return list, nil
}

// Use replaces the certificates from files, and reports whether others are used now.
func (s *Source) Use(pairs Pairs) (changed bool) {
	before := s.files.Swap(&pairs)
	return !slices.EqualFunc(*before, pairs, func(a, b tls.Certificate) bool { return slices.EqualFunc(a.Certificate, b.Certificate, bytes.Equal) })
}

// FileError is the error of a file that is missing, or that does not fit the other of
// its certificate. Whoever writes them writes one after the other, so it may be over
// soon.
type FileError struct {
	Place *finding.Place // where the configuration names the file
	Err   error
}

// Error implements error.
func (e *FileError) Error() string {
	return fmt.Sprintf("%s: %s: %v", finding.Position(e.Place), e.Place.Field, e.Err)
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// failed returns the error of a certificate.
func failed(c *config.Certificate, err error) error {
	file := c.Cert
	var path *fs.PathError
	if errors.As(err, &path) {
		file = path.Path
	} else if strings.Contains(err.Error(), "private key") || strings.Contains(err.Error(), "key input") {
		file = c.Key
	}
	return &FileError{c.Place(file), err}
}

// Files returns the files that Load reads.
func Files(t *config.TLS) (files []string) {
	if t == nil {
		return nil
	}
	for _, c := range t.Certificates {
		files = append(files, c.Cert, c.Key)
	}
	return files
}

// Start lets an authority issue and renew what is needed, until ctx is done.
func (s *Source) Start(ctx context.Context) error {
	if s.acme == nil {
		return nil
	}
	return s.acme.start(ctx)
}

// Challenges returns a handler of plain http that answers the authority, and passes
// on all other requests.
func (s *Source) Challenges(next http.Handler) http.Handler {
	if s.acme == nil {
		return next
	}
	return s.acme.issuer.HTTPChallengeHandler(next)
}

// Config returns the settings for a server.
func (s *Source) Config() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: s.certificate}
	if s.acme != nil {
		c.NextProtos = append(c.NextProtos, challengeProtocol)
	}
	return c
}

var errNoCertificate = errors.New("there is no certificate")

// certificate returns the certificate for a client.
func (s *Source) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	files := *s.files.Load()
	if s.acme != nil && isChallenge(hello) {
		return s.acme.magic.GetCertificate(hello)
	}
	for i := range files {
		if hello.SupportsCertificate(&files[i]) == nil {
			return &files[i], nil
		}
	}
	switch {
	case s.local != nil:
		return s.local.GetCertificate(hello)
	case s.acme != nil:
		c, err := s.acme.magic.GetCertificate(hello)
		if err == nil || len(files) == 0 {
			return c, err
		}
	}
	if len(files) == 0 {
		return nil, errNoCertificate
	}
	return &files[0], nil
}
