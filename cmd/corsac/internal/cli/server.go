package cli

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"syscall"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// cannotListen says why the address of a flag cannot be used, and what to do.
func cannotListen(flag, address string, err error) error {
	p := &problem{status: ExitBroken, hint: "choose another address with --" + flag}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *net.DNSError
	_, port, _ := net.SplitHostPort(address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		err = errors.New("another program listens there")
		p.hint = fmt.Sprintf("stop it (%s names it), or choose another address with --%s", portTool(port), flag)
	case errors.Is(err, syscall.EACCES):
		err = errors.New("permission denied")
		p.hint = "ports below 1024 need privileges; choose one above with --" + flag
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		err = errors.New("this machine has no such address")
	case errors.As(err, &call):
		err = errors.New("there is no such host")
	}
	p.err = fmt.Errorf("cannot listen on %s: %w", address, err)
	return p
}

// portTool returns the command that names who listens on a port.
func portTool(port string) string {
	if runtime.GOOS == "windows" {
		return "netstat -ano | findstr :" + port
	}
	return "lsof -i :" + port
}

// announce prints what is served where, and a command to try.
func (c *serveCommand) announce(cfg *config.Config, address string) {
	base := "http://" + reachable(address)
	if cfg.Gateway.TLS != nil {
		base = "https://" + reachable(address)
	}
	fmt.Fprintf(c.Err, "%s listens on %s\n", c.err.Strong("corsac"), c.err.Good(base))
	for _, r := range cfg.Gateway.Routes {
		fmt.Fprintf(c.Err, "  %s  →  %s  %s\n", verdict.Printable(r.Host+cmp.Or(r.Path, "/")), r.Upstream.Redacted(), c.err.Faint(verdict.Printable("policy "+r.Policy+": "+report.Policy(cfg.Policies[r.Policy]))))
	}
	r := cfg.Gateway.Routes[0]
	words := []string{"curl", "-i", "-H", "Origin: " + report.ExampleOrigin(cfg.Policies[r.Policy])}
	if r.Host != "" {
		words = append(words, "-H", "Host: "+strings.Replace(r.Host, "*.", "www.", 1))
	}
	fmt.Fprintf(c.Err, "try: %s\n", verdict.Printable(shell.Command(append(words, base+cmp.Or(r.Path, "/")))))
}

// reachable returns an address at which this machine can reach a listener.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return address
}
