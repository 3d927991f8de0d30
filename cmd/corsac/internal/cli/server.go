package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cors"
)

// server is the HTTP server of serve.
type server struct {
	config   *config.Config
	handler  http.Handler
	log      *slog.Logger
	drain    time.Duration
	announce func(address string) // tells people that it is ready
}

// run serves until ctx is done, and then until the requests in flight are done
// or have taken too long.
func (s *server) run(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.config.Gateway.Listen)
	if err != nil {
		return cannotListen(s.config.Gateway.Listen, err)
	}
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	s.announce(l.Addr().String())
	failed := make(chan error, 1)
	go func() { failed <- gateway.Serve(srv, l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	s.log.Info("stopping", "drain", s.drain)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		s.log.Warn("requests were broken off", "reason", err)
		return srv.Close()
	}
	return nil
}

func cannotListen(address string, err error) error {
	p := &problem{status: ExitBroken, hint: "choose another address with --listen"}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *net.DNSError
	_, port, _ := net.SplitHostPort(address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		err = errors.New("something else listens there")
		p.hint = fmt.Sprintf("stop it (lsof -i :%s names it), or choose another address with --listen", port)
	case errors.Is(err, syscall.EACCES):
		err = errors.New("permission denied")
		p.hint = "ports below 1024 need privileges; choose one above with --listen"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		err = errors.New("this machine has no such address")
	case errors.As(err, &call):
		err = errors.New("there is no such host")
	}
	p.err = fmt.Errorf("cannot listen on %s: %w", address, err)
	return p
}

// announce tells people what is served where, and what to try.
func (a *app) announce(c *config.Config, address string) {
	base := "http://" + reachable(address)
	fmt.Fprintf(a.Err, "%s listens on %s\n", a.err.Strong("corsac"), a.err.Good(base))
	for _, r := range c.Gateway.Routes {
		fmt.Fprintf(a.Err, "  %s  →  %s  %s\n", cmp.Or(r.Host, "")+cmp.Or(r.Path, "/"), r.Upstream.Redacted(), a.err.Faint("policy "+r.Policy+": "+summary(c.Policies[r.Policy])))
	}
	r := c.Gateway.Routes[0]
	host := ""
	if r.Host != "" {
		host = " -H 'Host: " + strings.Replace(r.Host, "*.", "www.", 1) + "'"
	}
	fmt.Fprintf(a.Err, "try: curl -i -H 'Origin: %s'%s %s%s\n", exampleOrigin(c.Policies[r.Policy]), host, base, cmp.Or(r.Path, "/"))
}

// reachable returns an address at which this machine reaches a listener.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

// summary says in a few words whom a policy allows.
func summary(p cors.Policy) string {
	s := count(len(p.AllowOrigins)+len(p.DangerouslyAllowOriginRegexps), "origin", "origins")
	if len(p.AllowOrigins) == 1 {
		s = p.AllowOrigins[0]
		if s == "*" {
			s = "every origin"
		}
	}
	if p.AllowCredentials {
		s += ", with credentials"
	}
	return s
}

// exampleOrigin returns an origin that a policy allows, to try it with.
func exampleOrigin(p cors.Policy) string {
	if len(p.AllowOrigins) == 0 || p.AllowOrigins[0] == "*" {
		return "https://app.example.com"
	}
	return strings.TrimSuffix(strings.Replace(p.AllowOrigins[0], "//*.", "//www.", 1), ":*")
}
