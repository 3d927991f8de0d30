package child

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
)

const (
	// maxAddresses bounds the addresses of either kind that are tried.
	maxAddresses = 16
	// interval is how often they are tried.
	interval = 100 * time.Millisecond
	// partPatience is how long a line may be without an end until it counts as one.
	partPatience = 300 * time.Millisecond
	// What is known for less sure waits longer for something that is surer.
	wordsPatience = time.Second
	portPatience  = 3 * time.Second
)

// search finds the address of a server. What it prints comes first: a URL, then
// words. A port in the environment comes last.
type search struct {
	exclude func(port uint16) bool
	isOwn   func(host string) bool
	found   chan struct{} // closed when url is known
	url     *url.URL

	mu     sync.Mutex
	lines  lines
	last   time.Time // when something was printed
	urls   []address
	worded []address
	env    []address // at most one
	since  map[uint16]time.Time
}

// newSearch returns the search for the address of a command that is about to start.
// A port of its environment on which something listens already belongs to somebody
// else.
func newSearch(ctx context.Context, o Options) *search {
	name, _ := os.Hostname() // without it, only localhost is known
	s := &search{exclude: o.Exclude, isOwn: owner(name, ownAddresses()), found: make(chan struct{}), since: map[uint16]time.Time{}}
	if s.exclude == nil {
		s.exclude = func(uint16) bool { return false }
	}
	port := portOf(variable(o.Env, "PORT"))
	if port != 0 && !s.exclude(port) && len(localnet.Listening(ctx, port)) == 0 {
		s.env = []address{{"http", "localhost", port, ""}}
	}
	return s
}

func ownAddresses() (addrs []netip.Addr) {
	all, _ := net.InterfaceAddrs() // without them, only loopback is known
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(ip.IP); ok {
				addrs = append(addrs, addr.Unmap())
			}
		}
	}
	return addrs
}

// print looks for addresses in output.
func (s *search) print(output []byte) {
	select {
	case <-s.found:
		return
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = time.Now()
	s.lines.add(output, s.line)
}

// line looks for addresses in a line.
func (s *search) line(line string) {
	for _, a := range inText(line, s.isOwn) {
		s.urls = s.with(s.urls, a)
	}
	if port := inWords(line); port != 0 {
		s.worded = s.with(s.worded, address{"http", "localhost", port, ""})
	}
}

// with adds an address to those that are tried.
func (s *search) with(to []address, a address) []address {
	if len(to) == maxAddresses || s.exclude(a.port) || slices.Contains(to, a) {
		return to
	}
	return append(to, a)
}

// candidates returns what is to be tried.
func (s *search) candidates() (urls, worded, env []address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.IsZero() && time.Since(s.last) > partPatience {
		s.lines.end(s.line)
		s.last = time.Time{}
	}
	return slices.Clone(s.urls), slices.Clone(s.worded), s.env
}

// run tries addresses until one is right, ctx ends, or done is closed.
func (s *search) run(ctx context.Context, done <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-done:
			cancel()
		case <-ctx.Done():
		}
	}()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if a, ok := s.try(ctx); ok && ctx.Err() == nil {
			s.url = a.url()
			close(s.found)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// try returns the first address at which something has accepted connections for
// long enough.
func (s *search) try(ctx context.Context) (address, bool) {
	urls, worded, env := s.candidates()
	for _, kind := range []struct {
		addresses []address
		patience  time.Duration
	}{{urls, 0}, {worded, wordsPatience}, {env, portPatience}} {
		for _, a := range kind.addresses {
			if !accepts(ctx, a) {
				continue
			}
			if s.since[a.port].IsZero() {
				s.since[a.port] = time.Now()
			}
			if time.Since(s.since[a.port]) >= kind.patience {
				return a, true
			}
		}
	}
	return address{}, false
}

// accepts reports whether something accepts connections at an address. For a name of
// this machine that is localhost, that is IPv4 or IPv6.
func accepts(ctx context.Context, a address) bool {
	if localnet.IsLocalhost(a.host) {
		return len(localnet.Listening(ctx, a.port)) > 0
	}
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(a.host, strconv.Itoa(int(a.port))))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
