package serve

import (
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/systemd"
)

// inherit takes the sockets that a service manager has handed over.
func (r *Runner) inherit() error {
	if r.Inherit == nil {
		return nil
	}
	g := r.Config.Gateway
	names := []string{systemd.Listen}
	for _, also := range []struct {
		name string
		is   bool
	}{{systemd.Plain, g.PlainListen != ""}, {systemd.Admin, g.Admin != ""}, {systemd.HTTP3, g.HTTP3}} {
		if also.is {
			names = append(names, also.name)
		}
	}
	sockets, err := r.Inherit(names)
	if err != nil {
		return err
	}
	if l := sockets.Streams[systemd.Admin]; l != nil && slices.Contains(sockets.ByOrder, systemd.Admin) && isLoopback(g.Admin) && !isLoopback(l.Addr().String()) {
		return fmt.Errorf("the socket %s would become admin, which is %s in the file, and others could reach it: remove its line from the .socket unit, or name it with FileDescriptorName=", l.Addr(), g.Admin)
	}
	r.sockets = *sockets
	return nil
}

// isLoopback reports whether only this machine can reach an address with a port.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return true // a socket of the file system
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// listener returns the socket that was handed over under a name, or one that listens
// on an address.
func (r *Runner) listener(ctx context.Context, name, address string) (net.Listener, error) {
	if l := r.sockets.Streams[name]; l != nil {
		r.Log.Info("listening on a socket of the service manager", "socket", name, "address", l.Addr(), "instead_of", address)
		return l, nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &gateway.ListenError{Address: address, Err: err}
	}
	return l, nil
}

// notify reports a state to the service manager, unless the program stops: the end of a
// reload would make it ready again.
func (r *Runner) notify(state string) {
	if r.Notify == nil {
		return
	}
	r.notifying.Lock()
	defer r.notifying.Unlock()
	if r.stopping.Load() && state != systemd.Stopping {
		return
	}
	if err := r.Notify(state); err != nil {
		r.Log.Warn("the service manager does not get the state of serve", "reason", err)
	}
}
