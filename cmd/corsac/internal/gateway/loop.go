package gateway

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
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

// LoopError is the error of a gateway that is its own upstream.
type LoopError struct {
	// Field is that of the address, such as admin; "" is listen.
	Field    string
	Listen   string
	Upstream *url.URL
}

// Error returns what is wrong.
func (e *LoopError) Error() string {
	return fmt.Sprintf("the gateway would listen on %s, which is where its upstream %s leads, so requests would come back to it", e.Listen, e.Upstream)
}

// Fix returns what to do.
func (e *LoopError) Fix() string {
	other := "127.0.0.1:8081"
	if strings.HasSuffix(e.Listen, ":8081") {
		other = config.DefaultListen
	}
	if e.Field != "" && e.Field != "listen" {
		return "correct the upstream, or write another address for " + e.Field + " in the file, such as " + other
	}
	return "correct the upstream, or choose another address with --listen, such as --listen " + other
}

// FindLoop returns an error about the first route whose upstream is the gateway
// itself, or nil. It resolves names as the gateway does when it connects. A name
// that cannot be resolved is the concern of the requests that need it.
func FindLoop(ctx context.Context, c config.Gateway) *LoopError {
	var suspects []*url.URL
	listening, _, _ := net.SplitHostPort(c.Listen) // an invalid one has no loop
	hosts := map[string]bool{listening: true}
	for _, r := range c.Routes {
		if config.SamePort(c.Listen, r.Upstream) {
			suspects = append(suspects, r.Upstream)
			hosts[r.Upstream.Hostname()] = true
		}
	}
	if len(suspects) == 0 {
		return nil
	}
	m := config.Machine{Local: localAddresses(), Names: resolve(ctx, hosts)}
	for _, upstream := range suspects {
		if m.Loops(c.Listen, upstream) {
			return &LoopError{Listen: c.Listen, Upstream: upstream}
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
