package serve

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Announce writes what is served at an address, and a command to try.
func Announce(w io.Writer, style terminal.Palette, c *config.Config, address string) {
	base := "http://" + reachable(address)
	if c.Gateway.TLS != nil {
		base = "https://" + reachable(address)
	}
	fmt.Fprintf(w, "%s listens on %s\n", style.Strong("corsac"), style.Good(base))
	for _, r := range c.Gateway.Routes {
		fmt.Fprintf(w, "  %s  →  %s  %s\n", verdict.Printable(r.Host+cmp.Or(r.Path, "/")), r.Upstream.Redacted(), style.Faint(verdict.Printable(announced(&r)+": "+report.Policy(c.Policies[r.Policy])+onTrial(&r))))
	}
	r := c.Gateway.Routes[0]
	words := []string{"curl", "-i", "-H", "Origin: " + report.ExampleOrigin(c.Policies[r.Policy])}
	if r.Host != "" {
		words = append(words, "-H", "Host: "+strings.Replace(r.Host, "*.", "www.", 1))
	}
	fmt.Fprintf(w, "try: %s\n", verdict.Printable(shell.Command(append(words, base+cmp.Or(r.Path, "/")))))
}

// announced says which policies a route has, and what for.
func announced(r *config.Route) string {
	switch {
	case r.Mode == config.ModePassthrough:
		return "the server's own headers; on trial, policy " + r.Policy
	case r.Mode == config.ModeFill:
		return "where the server sets no headers, policy " + r.Policy
	}
	return "policy " + r.Policy
}

// onTrial says which other policy a route has on trial, if any.
func onTrial(r *config.Route) string {
	switch {
	case r.Trial == "":
		return ""
	case r.Rollout == 0:
		return "; on trial, policy " + r.Trial
	}
	return fmt.Sprintf("; for %d %% of the origins, policy %s", r.Rollout, r.Trial)
}

// reachable returns an address at which this machine can reach a listener.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return address
}
