package dev

import (
	"context"
	"crypto/tls"
	"slices"
	"strings"
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

// warnOfHosts logs the hosts of settings that browsers cannot reach over https.
func (r *Runner) warnOfHosts(s *Settings) {
	if r.TLS == nil {
		return
	}
	hosts := slices.Clone(s.Proxy.AllowHosts)
	for _, route := range s.Proxy.Routes {
		hosts = append(hosts, route.Host)
	}
	for _, host := range hosts {
		fixed := host[strings.LastIndexAny(host, "*}")+1:]
		if host == "" || localca.Permits(strings.Trim(fixed, ".")) {
			continue
		}
		r.Log.Warn("corsac dev has no certificate for a host: its CA is only for localhost and names below it, so that its key is of no use against other sites",
			"host", host, "fix", "use a name such as app.localhost, or leave out --https")
	}
}
