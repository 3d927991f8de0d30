package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
)

// Host is the default of [Options.Host].
const Host = "localhost"

// CheckHost returns the host for a value of [Options.Host]. It must be a
// loopback host: the demo is only for this machine, and so is a session over
// plain http.
func CheckHost(host string) (string, error) {
	if host == "" || host == Host {
		return Host, nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() || ip.Zone() != "" {
		return "", fmt.Errorf("host %q: use localhost or a loopback address such as 127.0.0.1", host)
	}
	return ip.Unmap().String(), nil
}

// tries is how many ports are tried, beginning with the wanted one, before any
// free port.
const tries = 20

// listen opens a port on all addresses of host: the wanted port, one of those
// that follow it, or any.
//
// A port counts as free only if it is free on both addresses of localhost;
// otherwise the page could talk to another program's server.
func listen(ctx context.Context, host string, wanted int) ([]net.Listener, int, error) {
	for port := wanted; port > 0 && port < wanted+tries && port <= 65535; port++ {
		if ls, port, err := localnet.Listen(ctx, host, port); err == nil {
			return ls, port, nil
		}
	}
	return localnet.Listen(ctx, host, 0)
}

// server is one of the three servers: a handler on a port.
type server struct {
	name      string
	host      string
	port      int
	listeners []net.Listener
	http      *http.Server
}

func newServer(ctx context.Context, name, host string, wanted int, log *slog.Logger) (*server, error) {
	ls, port, err := listen(ctx, host, wanted)
	if err != nil {
		return nil, fmt.Errorf("no port for the %s: %w", name, err)
	}
	return &server{
		name: name, host: host, port: port, listeners: ls,
		http: &http.Server{
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       10 * time.Second,
			WriteTimeout:      30 * time.Second,
			IdleTimeout:       time.Minute,
			MaxHeaderBytes:    64 << 10,
			ErrorLog:          logging.Standard(log),
		},
	}, nil
}

// handle sets the handler. It must be called before serve.
//
// Requests for another host are refused. Otherwise a page elsewhere whose host
// name resolves to this machine would be same-origin, and a page on 127.0.0.1
// would not be the one that the policy allows.
func (s *server) handle(h http.Handler) {
	s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != s.authority() {
			http.Error(w, "This server is only "+s.url()+".", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// address returns the address on which the server listens.
func (s *server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// authority returns what browsers send as Host.
func (s *server) authority() string { return strings.TrimSuffix(s.address(), ":80") }

// url returns the server's origin.
func (s *server) url() string { return "http://" + s.authority() }

// serve serves in the background, and sends an error to failed.
func (s *server) serve(failed chan<- error) {
	for _, l := range s.listeners {
		go func() {
			if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				select {
				case failed <- fmt.Errorf("the %s: %w", s.name, err):
				default: // another error has already stopped the demo
				}
			}
		}()
	}
}

// shutdown lets requests finish until ctx is done. When it returns, the port is
// free.
func (s *server) shutdown(ctx context.Context) {
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	s.close() // in case a listener is not being served yet
}

// close closes the listeners, unless the server has.
func (s *server) close() {
	for _, l := range s.listeners {
		_ = l.Close()
	}
}
