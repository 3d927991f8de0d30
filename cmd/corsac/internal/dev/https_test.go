package dev_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
)

// TestHostWithoutCertificate checks that hosts that cannot get a certificate
// are named, over https only.
func TestHostWithoutCertificate(t *testing.T) {
	for _, https := range []bool{true, false} {
		r := open(t, options{
			https: https, flags: dev.Flags{AllowHosts: []string{"other.test", "*.localhost", "192.168.1.5", "*.test"}},
			file: "dev: {routes: [{host: '{x}.example.com', upstream: ':1'}, {host: '{x}.localhost', upstream: ':1'}]}",
		})
		var log bytes.Buffer
		r.Log = slog.New(slog.NewTextHandler(&log, nil))
		if err := r.Reload(r.Settings); err != nil {
			t.Fatal(err)
		}
		serveUntilEnd(t, r)
		for host, want := range map[string]bool{"other.test": true, "*.test": true, "192.168.1.5": true, "{x}.example.com": true, "*.localhost": false, "{x}.localhost": false} {
			if strings.Contains(log.String(), "host="+host+" ") != (https && want) {
				t.Errorf("https %t: %s: %s", https, host, log.String())
			}
		}
	}
}
