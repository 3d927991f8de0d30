package serve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/certs"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/h3"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/systemd"
)

// The bounds of the admin address.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
)

// door is an address with the server that answers there.
type door struct {
	net.Listener

	server *http.Server
	serve  func(*http.Server, ...net.Listener) error
	ended  chan struct{} // closed when nothing is accepted any more
}

// open listens on all addresses of the configuration. The first is that of the
// gateway itself.
func (r *Runner) open(ctx context.Context) (err error) {
	g := r.Config.Gateway
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if err := r.inherit(); err != nil {
		return err
	}
	r.door = r.newDoor()
	address, serve, h := g.Listen, forward.Serve, http.Handler(r.gateway)
	switch {
	case r.ExtProc != nil:
		address, serve, h = g.ExtProc, serveHTTP2, r.ExtProc(r.gateway, r.stopping.Load)
	case g.TLS != nil:
		serve = forward.ServeTLS
	}
	if err := r.listen(ctx, systemd.Listen, address, h, serve); err != nil || g.TLS == nil {
		return err
	}
	at := certs.Addresses{TLS: r.doors[0].Addr().String()}
	plain := r.gateway.Plain(portOf(at.TLS))
	if g.PlainListen != "" {
		if err := r.listen(ctx, systemd.Plain, g.PlainListen, plain, forward.Serve); err != nil {
			return err
		}
		at.HTTP = r.doors[1].Addr().String()
	}
	if r.certs, err = certs.New(g.TLS, at, r.Log); err != nil {
		return err
	}
	r.doors[0].server.TLSConfig = r.certs.Config()
	if g.HTTP3 {
		if err := r.listenQUIC(ctx, at.TLS); err != nil {
			return err
		}
	}
	if g.PlainListen != "" {
		r.doors[1].server.Handler = challenged{r.certs.Challenges(plain), plain}
	}
	return nil
}

// The settings of HTTP/2 for Envoy, which has a stream for each request that it waits for
// the response to.
const (
	maxStreams = 4096
	ping       = 30 * time.Second
)

// serveHTTP2 serves HTTP/2 only, with TLS if the server has a configuration for it.
// Connections stay open without requests: Envoy sends no request again that comes just
// when one closes.
func serveHTTP2(s *http.Server, listeners ...net.Listener) error {
	s.IdleTimeout = 0
	s.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: maxStreams, SendPingTimeout: ping}
	s.Protocols = new(http.Protocols)
	s.Protocols.SetHTTP2(s.TLSConfig != nil)
	s.Protocols.SetUnencryptedHTTP2(s.TLSConfig == nil)
	if s.TLSConfig != nil {
		return s.ServeTLS(listeners[0], "", "")
	}
	return s.Serve(listeners[0])
}

// PlainAddress returns the address for plain http, once the runner listens; "" without
// one.
func (r *Runner) PlainAddress() string {
	if len(r.doors) < 2 {
		return ""
	}
	return r.doors[1].Addr().String()
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// challenged is the handler of plain http, which answers ACME authorities too.
type challenged struct {
	http.Handler

	plain forward.Refuser
}

// ServeRefused implements [forward.Refuser].
func (c challenged) ServeRefused(w http.ResponseWriter, r *http.Request, status int) {
	c.plain.ServeRefused(w, r, status)
}

// listen begins to listen on an address.
func (r *Runner) listen(ctx context.Context, name, address string, h http.Handler, serve func(*http.Server, ...net.Listener) error) error {
	l, err := r.listener(ctx, name, address)
	if err != nil {
		return err
	}
	limits := r.Config.Gateway.Limits.WithDefaults()
	r.doors = append(r.doors, door{r.door.Guard(l), &http.Server{
		Handler:           h,
		ReadHeaderTimeout: limits.HeaderTimeout,
		IdleTimeout:       limits.IdleTimeout,
		MaxHeaderBytes:    gateway.ServerHeaderBytes(limits),
		ErrorLog:          logging.Standard(r.Log),
	}, serve, make(chan struct{})})
	return nil
}

// listenQUIC begins to listen for HTTP/3 at the address of the TLS, which announces
// that.
func (r *Runner) listenQUIC(ctx context.Context, address string) error {
	socket := r.sockets.Packets[systemd.HTTP3]
	if socket == nil {
		var err error
		if socket, err = new(net.ListenConfig).ListenPacket(ctx, "udp", address); err != nil {
			return &gateway.ListenError{Address: r.Config.Gateway.Listen, UDP: true, Err: err}
		}
	}
	limits := r.Config.Gateway.Limits.WithDefaults()
	handler := forward.Refuser(r.gateway)
	if r.Config.Gateway.ProxyProtocol {
		handler = unforwarded{handler}
	}
	r.quic = h3.New(socket, h3.Options{
		Handler: handler, TLS: r.certs.Config(), Log: logging.Standard(r.Log), Door: r.door,
		MaxHeaderBytes: int(limits.HeaderBytes), HeaderTimeout: limits.HeaderTimeout, IdleTimeout: limits.IdleTimeout,
	})
	r.doors[0].server.Handler = h3.Advertise(r.gateway, portOf(socket.LocalAddr().String()))
	return nil
}

// unforwarded removes what a request says of the way it came. Proxies that need PROXY
// headers pass on bytes, and for QUIC there are no such headers: what seems to be a trusted
// proxy may be any of its clients.
type unforwarded struct{ forward.Refuser }

// ServeHTTP implements [http.Handler].
func (u unforwarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.remove(r)
	u.Refuser.ServeHTTP(w, r)
}

// ServeRefused implements [forward.Refuser].
func (u unforwarded) ServeRefused(w http.ResponseWriter, r *http.Request, status int) {
	u.remove(r)
	u.Refuser.ServeRefused(w, r, status)
}

func (unforwarded) remove(r *http.Request) {
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		delete(r.Header, name)
	}
}

// close ends all addresses at once, with what is in flight, but for requests that net/http
// has not seen, which end with the program.
func (r *Runner) close() {
	if r.quic != nil {
		_ = r.quic.Close()
	}
	r.unlisten()
	for _, d := range r.doors {
		_ = d.server.Close()
	}
}

// unlisten accepts no more connections over TCP.
func (r *Runner) unlisten() {
	for _, d := range r.doors {
		_ = d.Close()
	}
}

// openAdmin serves the admin address, if there is one.
func (r *Runner) openAdmin(ctx context.Context, registry *prometheus.Registry) error {
	address := r.Config.Gateway.Admin
	if address == "" {
		return nil
	}
	h, err := r.admin(ctx, registry)
	if err != nil {
		return err
	}
	l, err := r.listener(ctx, systemd.Admin, address)
	if err != nil {
		return err
	}
	r.aside = &door{Listener: l, server: &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, ErrorLog: logging.Standard(r.Log)}}
	go func() { _ = r.aside.server.Serve(l) }() // until closeAdmin
	return nil
}

// closeAdmin ends the admin address, which is the last to go: a probe that asks
// while requests are drained gets an answer.
func (r *Runner) closeAdmin() {
	if r.aside != nil {
		_ = r.aside.server.Close()
	}
}

// AdminAddress returns the admin address, once the runner listens; "" without one.
func (r *Runner) AdminAddress() string {
	if r.aside == nil {
		return ""
	}
	return r.aside.Addr().String()
}

// serve serves all addresses. The channel gets the error of the first that fails.
func (r *Runner) serve() <-chan error {
	failed := make(chan error, len(r.doors)+1)
	for _, d := range r.doors {
		go func() {
			err := d.serve(d.server, d.Listener)
			close(d.ended)
			failed <- err
		}()
	}
	if r.quic != nil {
		go func() { failed <- r.quic.Serve() }()
	}
	return failed
}

// DefaultParting is longer than clients that send one request after the other wait in
// between.
const DefaultParting = 250 * time.Millisecond

// part stops listening, lets those who have begun a handshake finish it, and then lets
// clients with a connection send one more request for a while: a connection that closes
// while a request is on its way loses it.
func (r *Runner) part(ctx context.Context) {
	r.unlisten() // first: clients connect again
	r.gateway.End()
	for _, d := range r.doors {
		select {
		case <-d.ended: // all that have been accepted are being served
		case <-ctx.Done():
		}
	}
	select {
	case <-time.After(r.Parting):
	case <-ctx.Done():
	}
}

// shutdown waits for the requests in flight until ctx is done, and then aborts them,
// of which the error says so.
func (r *Runner) shutdown(ctx context.Context) error {
	var all sync.WaitGroup
	errs := make([]error, len(r.doors)+1)
	if r.quic != nil {
		all.Go(func() { errs[len(r.doors)] = r.quic.Shutdown(ctx) })
	}
	for i, d := range r.doors {
		all.Go(func() {
			if errs[i] = forward.Shutdown(ctx, d.server); errs[i] != nil {
				_ = d.server.Close()
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
