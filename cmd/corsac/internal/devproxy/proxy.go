// Package devproxy is the proxy of corsac dev: it puts a page and its APIs on one
// origin, or adds the CORS headers that a page needs, and makes what the servers
// say about themselves true for the browser.
//
//   - Requests are forwarded by package forward. Each route has a mode; see
//     [devroute.Mode].
//   - In the mode same-origin, servers get Origin and Referer of their own, so that
//     they take the page for one of theirs. Requests with which another site's page
//     could change something are refused, because the server could not notice them
//     any more.
//   - Except in the mode observe, addresses and cookies in responses are translated
//     (package rewrite), and answers of the proxy itself can be read by the page.
//   - Hosts that are not of this machine are refused, unless they were allowed
//     (package hostguard). Only the servers of routes are ever connected to, and
//     public names that lead into a private network are refused (package localnet).
//   - A server that cannot be reached is explained, and a page that waits for it
//     reloads by itself.
package devproxy

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/replay"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// Options are the settings of a proxy.
type Options struct {
	// Web is the server of the page, or nil. In the mode same-origin it gets every
	// request that no other route takes; otherwise the page stays there.
	Web *url.URL
	// ServeWeb makes Web one of the routes.
	ServeWeb bool
	// AllowHosts are the hosts under which the proxy may be reached, besides those of
	// this machine. See [hostguard.New].
	AllowHosts []string
	// Routes are those of the APIs. They must be right by [devroute.Route.Check].
	Routes []devroute.Route
	// Policy returns the middleware of a policy by its name, for the mode enforce.
	Policy func(name string) (*cors.Middleware, error)
	// Replay, if not nil, answers in place of the servers of Routes.
	Replay *replay.Recording
	// Plain keeps responses from being compressed, so that a recording can be read.
	Plain bool
	// Log gets what happens. It must not be nil.
	Log *slog.Logger
}

// Proxy is the handler of corsac dev. It is safe for concurrent use.
type Proxy struct {
	hops    forward.Hops
	current atomic.Pointer[setup]
}

// New returns a proxy. An error names what is wrong.
func New(o Options) (*Proxy, error) {
	p := &Proxy{hops: forward.NewHops()}
	return p, p.Reload(o)
}

// Allows reports whether the proxy may be reached under the value of a Host header.
func (p *Proxy) Allows(host string) bool { return p.current.Load().guard.Allows(host) }

// Reload replaces the settings. Requests that have begun keep theirs, and so do
// connections. If there is an error, nothing changes.
func (p *Proxy) Reload(o Options) error {
	before := p.current.Load()
	s, err := newSetup(o, p.hops, before)
	if err != nil {
		return err
	}
	p.current.Store(s)
	if before != nil && before.hasOtherFaults() {
		s.Log.Info("the faults are those of the settings again, not those of the inspector")
	}
	return nil
}

// setup is what a proxy does, between two reloads.
type setup struct {
	Options

	guard      *hostguard.Guard
	table      *devroute.Table
	routes     []route
	faults     []atomic.Pointer[devroute.Faults] // of each route
	page       *cors.Middleware                  // of the page's origin; nil if there is none
	pageOrigin string
	observes   bool // observe is the mode of all routes
	hops       forward.Hops

	latest atomic.Pointer[front] // of the requests

	mu      sync.Mutex
	servers map[serverKey]*server
}

// route is a route that can serve requests.
type route struct {
	*devroute.Route

	policy  *cors.Middleware // nil without one
	isPage  bool             // it leads to Web
	isFixed bool             // it leads to one server, from one path
	side    rewrite.Side     // of that server
	handler http.Handler     // answers requests, with the policy
}

// serverKey is what servers are distinguished by.
type serverKey struct {
	url               string
	insecure, private bool
}

// server is an upstream with its connections.
type server struct {
	*forward.Server

	address string // host:port
	base    string // its URL without a final slash
	side    rewrite.Side
	dialer  *localnet.Dialer
	used    atomic.Int64 // when it was last asked for
}

func newSetup(o Options, hops forward.Hops, before *setup) (*setup, error) {
	s := &setup{Options: o, hops: hops, servers: map[serverKey]*server{}}
	var err error
	if s.guard, err = hostguard.New(append(hostsOf(o.Routes), o.AllowHosts...)...); err != nil {
		return nil, fmt.Errorf("allow_hosts: %w", err)
	}
	if o.Web != nil {
		if s.page, s.pageOrigin, err = pagePolicy(o.Web); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
		if o.ServeWeb {
			s.Routes = append(o.Routes[:len(o.Routes):len(o.Routes)], devroute.Route{Path: "/", Upstream: o.Web.String()})
		}
	}
	for i := range s.Routes {
		rt := route{Route: &s.Routes[i], isPage: i == len(o.Routes)}
		switch rt.Mode {
		case devroute.Enforce:
			if rt.policy, err = o.Policy(rt.Policy); err != nil {
				return nil, err
			}
		case devroute.Add:
			if rt.policy = s.page; rt.policy == nil {
				return nil, errors.New("the mode add needs the page's address; name it with --web, or web: in the file")
			}
		}
		if rt.isFixed = rt.Upstream != "" && !strings.Contains(rt.Upstream+rt.Path+rt.Host, "{"); rt.isFixed {
			rt.side = upstreamSide(rt.Upstream)
		}
		rt.handler = rt.newHandler()
		s.routes = append(s.routes, rt)
	}
	s.observes = len(s.Routes) > 0 && !slices.ContainsFunc(s.Routes, func(r devroute.Route) bool { return r.Mode != devroute.Observe })
	s.table = devroute.NewTable(s.Routes)
	s.resetFaults()
	if before != nil {
		before.mu.Lock()
		defer before.mu.Unlock()
		for key, server := range before.servers {
			s.servers[key] = server
		}
	}
	return s, nil
}

// newHandler returns what answers a request of a [call] with the policy of its route.
func (rt *route) newHandler() http.Handler {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { callOf(w).answer(w, r) })
	switch rt.Mode {
	case devroute.Add:
		return adding(rt.policy, next)
	case devroute.Enforce:
		return rt.policy.WrapWith(next, cors.WrapOptions{Override: true})
	}
	return next
}

// hostsOf returns the hosts of routes, which are allowed because they are
// configured. A {name} is allowed as *.
func hostsOf(routes []devroute.Route) (hosts []string) {
	for _, r := range routes {
		host := r.Host
		if i := strings.LastIndexByte(host, '}'); i >= 0 {
			host = "*" + host[i+1:]
		}
		if host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// pagePolicy returns the middleware that lets the page of a server do everything, and
// the origin of the page.
func pagePolicy(web *url.URL) (m *cors.Middleware, origin string, err error) {
	u, err := weburl.Parse(web.String(), nil)
	if err != nil {
		return nil, "", err
	}
	m, err = cors.New(cors.Policy{
		AllowOrigins: []string{u.Origin()}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, AllowCredentials: true,
		DangerouslyAllowInsecureOriginsWithCredentials: true, // it is the developer's own page
	})
	return m, u.Origin(), err
}

// maxServers bounds the servers of routes with {name}s. Of more, the one goes that
// has not been used for longest.
const maxServers = 256

// server returns the server of a match.
func (s *setup) server(m devroute.Match) (*server, error) {
	key := serverKey{m.Upstream, m.Route.Insecure, m.Route.Private}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.servers[key]; known != nil {
		known.used.Store(time.Now().UnixNano())
		return known, nil
	}
	if len(s.servers) >= maxServers {
		s.forget()
	}
	read, err := weburl.Parse(m.Upstream, nil)
	if err != nil {
		return nil, err
	}
	u := read.NetURL()
	added := &server{
		address: addressOf(u), base: u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/"), side: rewrite.SideOf(read, read.Path),
		dialer: &localnet.Dialer{Private: m.Route.Private},
	}
	added.Server, err = forward.New(u, forward.Options{
		Hops: s.hops, Log: s.Log, Fail: fail, Response: respond,
		Upstream: upstream.Options{Dial: added.dialer.Dial, TLS: tlsOf(m.Route)},
	})
	if err != nil {
		return nil, err
	}
	added.used.Store(time.Now().UnixNano())
	s.servers[key] = added
	return added, nil
}

// forget removes the server that has not been used for longest. Requests that have
// begun keep it.
func (s *setup) forget() {
	var oldest serverKey
	for key, server := range s.servers {
		if o := s.servers[oldest]; o == nil || server.used.Load() < o.used.Load() {
			oldest = key
		}
	}
	s.servers[oldest].CloseIdle()
	delete(s.servers, oldest)
}

// tlsOf returns the settings of TLS for the server of a route.
func tlsOf(r *devroute.Route) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: r.Insecure} //nolint:gosec // if asked for
}

// addressOf returns the address of the server of a URL.
func addressOf(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// terms are those of clients on the machine of a developer.
var terms = forward.Terms{BodyTimeout: time.Hour}

// ServeHTTP implements [http.Handler].
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := forward.Accept(w, r, &terms)
	defer in.Release()
	c := &call{setup: p.current.Load(), in: in}
	in.Owner = c
	c.serve(in, r)
	in.Finish()
}

// ServeRefused implements [forward.Refuser].
func (p *Proxy) ServeRefused(w http.ResponseWriter, r *http.Request, status int) {
	c := &call{setup: p.current.Load()}
	c.readable(malformed(status)).ServeHTTP(w, r)
}

// RedirectToTLS answers a request over http on a port that serves https.
func (p *Proxy) RedirectToTLS(w http.ResponseWriter, r *http.Request) {
	c := &call{setup: p.current.Load()}
	if !c.guard.Allows(r.Host) {
		c.readable(foreignHost(r.Host)).ServeHTTP(w, r)
		return
	}
	target, isPath := forward.TargetOf(r)
	if !isPath {
		target = forward.Target{Path: "/"}
	}
	f := onlyTLS("https://" + r.Host + target.String())
	w.Header().Set("Location", f.Lines[0])
	c.readable(f).ServeHTTP(w, r)
}
