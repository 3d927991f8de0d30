package gateway

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// Bounds of finding out what names mean, before the gateway starts. A name that
// takes longer is not looked at: the hop header finds its loop later.
const (
	maxLookup = 2 * time.Second
	lookups   = 16 // at a time
)

// FindLoop returns the first route whose upstream is the gateway itself, or nil.
// It resolves names as the gateway does when it connects. A name that cannot be
// resolved is the concern of the requests that need it.
func FindLoop(ctx context.Context, c config.Gateway) *config.Route {
	var suspects []*config.Route
	listening, _, _ := net.SplitHostPort(c.Listen) // an invalid one has no loop
	hosts := map[string]bool{listening: true}
	for i := range c.Routes {
		if r := &c.Routes[i]; config.SamePort(c.Listen, r.Upstream) {
			suspects = append(suspects, r)
			hosts[r.Upstream.Hostname()] = true
		}
	}
	if len(suspects) == 0 {
		return nil
	}
	m := config.Machine{Local: localAddresses(), Names: resolve(ctx, hosts)}
	for _, r := range suspects {
		if m.Loops(c.Listen, r.Upstream) {
			return r
		}
	}
	return nil
}

// localAddresses returns the addresses of the interfaces of this machine, as far
// as the system says.
func localAddresses() []netip.Addr {
	var all []netip.Addr
	addresses, _ := net.InterfaceAddrs() // without them, the hop header remains
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			all = append(all, prefix.Addr())
		}
	}
	return all
}

// resolve returns the addresses of those hosts that have any.
func resolve(ctx context.Context, hosts map[string]bool) map[string][]netip.Addr {
	ctx, cancel := context.WithTimeout(ctx, maxLookup)
	defer cancel()
	var mu sync.Mutex
	names := map[string][]netip.Addr{}
	var all sync.WaitGroup
	places := make(chan struct{}, lookups)
	for host := range hosts {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			if found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host); err == nil {
				mu.Lock()
				defer mu.Unlock()
				names[host] = found
			}
		})
	}
	all.Wait()
	return names
}
