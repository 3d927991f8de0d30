package serve

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Announce writes what is served at the address that the runner has passed to Ready, and a
// command to try.
func (r *Runner) Announce(w io.Writer, style terminal.Palette, address string) {
	c := r.Config
	base := "http://" + reachable(address)
	if c.Gateway.TLS != nil {
		base = "https://" + reachable(address)
	}
	fmt.Fprintf(w, "%s listens on %s\n", style.Strong("corsac"), style.Good(base))
	for _, to := range c.Gateway.Routes {
		fmt.Fprintf(w, "  %s  →  %s  %s\n", verdict.Printable(gateway.Label(&to)), to.Upstream.Redacted(), style.Faint(verdict.Printable(announced(&to)+": "+report.Policy(c.Policies[to.Policy])+onTrial(&to))))
	}
	to := &c.Gateway.Routes[0]
	origin := report.ExampleOrigin(c.Policies[to.Policy])
	if way := r.wayTo(to, address); way != nil && origin != "" {
		words := append([]string{"curl", "-i", "-H", "Origin: " + origin}, way...)
		words[len(words)-1] += cmp.Or(to.Path, "/")
		fmt.Fprintf(w, "try: %s\n", verdict.Printable(shell.Command(words)))
	}
}

// wayTo returns the options with which curl reaches a route on this machine, and the
// beginning of its URL; nil if nothing is sure to work.
func (r *Runner) wayTo(to *config.Route, address string) []string {
	host := strings.Replace(to.Host, "*.", "www.", 1)
	at, port, err := net.SplitHostPort(reachable(address))
	switch {
	case err != nil, r.Config.Gateway.ProxyProtocol: // a socket of the file system; a header that only proxies send
		return nil
	case r.Config.Gateway.TLS == nil && host == "":
		return []string{"http://" + net.JoinHostPort(at, port)}
	case r.Config.Gateway.TLS == nil:
		return []string{"-H", "Host: " + host, "http://" + net.JoinHostPort(at, port)}
	}
	known := r.certs.KnownAs(r.Config.Gateway.TLS, host)
	if known == nil {
		return nil
	}
	if ip := net.ParseIP(known.Name); ip.IsLoopback() && ip.To4() != nil && at == "localhost" {
		at = known.Name
	} else if ip != nil && known.Name != at {
		return nil
	}
	var words []string
	if known.CAFile != "" {
		words = append(words, "--cacert", known.CAFile)
	}
	if known.Name != at {
		if at == "localhost" {
			at = "127.0.0.1"
		}
		if strings.Contains(at, ":") {
			at = "[" + at + "]"
		}
		words = append(words, "--resolve", known.Name+":"+port+":"+at)
	}
	return append(words, "https://"+net.JoinHostPort(known.Name, port))
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
