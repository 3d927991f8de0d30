package serve

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// mostConnections is how many clients may be connected at once by default, and
// leastConnections how many at least.
const (
	mostConnections  = 20_000
	leastConnections = 16
)

// defaultConnections returns how many clients may be connected at once if the
// configuration says nothing: each may need a connection to an upstream, too.
func defaultConnections(descriptors uint64) int {
	if descriptors == 0 || descriptors/2 > mostConnections {
		return mostConnections
	}
	return max(int(descriptors/2), leastConnections)
}

// newDoor returns what the addresses for clients have in common.
func (r *Runner) newDoor() *forward.Door {
	g := &r.Config.Gateway
	d := &forward.Door{Limited: r.gateway.Limited, Log: r.Log, HeaderTimeout: g.Limits.WithDefaults().HeaderTimeout}
	if g.ProxyProtocol {
		d.Proxies = r.gateway.Trust
	}
	d.Bound(r.bounds(g))
	return d
}

// bounds returns the bounds of a configuration that need no restart. The log says if the
// system lets nobody reach them.
func (r *Runner) bounds(g *config.Gateway) forward.Bounds {
	limits, files := g.Limits.WithDefaults(), descriptors()
	switch {
	case limits.Connections == 0:
		limits.Connections = defaultConnections(files)
	case files > 0 && uint64(limits.Connections) > files:
		r.Log.Warn("limits.connections needs more files than the process may have open; raise that, such as by LimitNOFILE= of systemd",
			"connections", limits.Connections, "files", files)
	}
	return forward.Bounds{Connections: limits.Connections, ResponseTimeout: limits.ResponseTimeout}
}
