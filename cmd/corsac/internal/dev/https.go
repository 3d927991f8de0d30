package dev

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/localca"
)

// HTTPS returns the settings of TLS with certificates of the local authority, which
// is created if there is none. It also reports whether every store trusts it.
func HTTPS(ctx context.Context) (config *tls.Config, trusted bool, err error) {
	dir, err := localca.Dir()
	if err != nil {
		return nil, false, err
	}
	ca, err := localca.Open(dir, time.Now())
	if err != nil {
		return nil, false, err
	}
	results, err := new(localca.Stores).Status(ctx, ca)
	if err != nil {
		return nil, false, err
	}
	trusted = true
	for _, r := range results {
		trusted = trusted && r.Trusted
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: ca.Server(nil).GetCertificate,
	}, trusted, nil
}
