package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/proxy"

	"github.com/corsac-dev/corsac/origin"
)

// Version restricts the version of HTTP.
type Version uint8

// The versions.
const (
	AnyVersion Version = iota // what TLS negotiates; HTTP/1.1 without TLS
	HTTP1
	HTTP2
)

// Mapping redirects connections for a host and port to another host and port.
type Mapping struct {
	Host string // "" for any
	Port string // "" for any
	ToHost,
	ToPort string // "" for the original port
}

// Network is how servers are reached.
type Network struct {
	// TLS is cloned for each connection; ServerName and NextProtos are set.
	TLS *tls.Config
	// Map is tried in order; the first mapping that matches decides.
	Map []Mapping
	// Proxy returns the proxy for a URL, or nil.
	Proxy func(*url.URL) (*url.URL, error)
	// Version restricts the version of HTTP.
	Version Version
	// Timeout bounds each request, including the connection.
	Timeout time.Duration
}

// mapped returns where connections for host and port go.
func (n *Network) mapped(host, port string) (toHost, toPort string, ok bool) {
	for _, m := range n.Map {
		if (m.Host == "" || strings.EqualFold(m.Host, host)) && (m.Port == "" || m.Port == port) {
			if m.ToHost != "" {
				host = m.ToHost
			}
			if m.ToPort != "" {
				port = m.ToPort
			}
			return host, port, true
		}
	}
	return host, port, false
}

// Maps reports whether connections for a host go elsewhere.
func (n *Network) Maps(host string) bool {
	return slices.ContainsFunc(n.Map, func(m Mapping) bool { return m.Host == "" || strings.EqualFold(m.Host, host) })
}

// Space returns the address space of a host, from its addresses. A mapped host
// counts as being on the public internet, where it will be once nothing maps
// it.
func (n *Network) Space(ctx context.Context, host string) origin.AddressSpace {
	host = strings.Trim(host, "[]")
	if n.Maps(host) {
		return origin.SpacePublic
	}
	addrs, err := addresses(ctx, host)
	if err != nil || len(addrs) == 0 {
		return origin.SpaceUnknown
	}
	return origin.SpaceOf(addrs[0])
}

// addresses resolves a host. Loopback names are not looked up (RFC 6761 §6.3)
// and have addresses of both families, as in Chromium.
func addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []netip.Addr{netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, err
}

// stagger is how long to wait for one address before trying the next one in
// parallel, as in Chromium (RFC 8305 §5). An address family without a route
// then costs no more time than this.
const stagger = 300 * time.Millisecond

// dialHost connects to host and port.
func dialHost(ctx context.Context, host, port string) (net.Conn, error) {
	addrs, err := addresses(ctx, strings.Trim(host, "[]"))
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%w: port %q", errConnecting, port)
	}
	return dialAny(ctx, addrs, uint16(n))
}

// dialAny connects to the address that answers first; earlier ones have a head
// start. If none answers, it returns the last error.
func dialAny(ctx context.Context, addrs []netip.Addr, port uint16) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type attempt struct {
		conn net.Conn
		err  error
	}
	attempts := make(chan attempt, len(addrs))
	begun, ended := 0, 0
	defer func() { // connections that come too late
		go func(n int) {
			for range n {
				if a := <-attempts; a.conn != nil {
					_ = a.conn.Close()
				}
			}
		}(begun - ended)
	}()
	var last error
	for ended < len(addrs) {
		var wait <-chan time.Time
		if begun < len(addrs) {
			address := netip.AddrPortFrom(addrs[begun], port).String()
			begun++
			go func() {
				conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
				attempts <- attempt{conn, err}
			}()
			wait = time.After(stagger)
		}
		select {
		case <-wait:
		case a := <-attempts:
			ended++
			if a.err == nil {
				return a.conn, nil
			}
			last = a.err
		}
	}
	return nil, fmt.Errorf("%w: %w", errConnecting, last)
}

// connect returns a connection for requests to u, before TLS to u itself. It
// also returns the proxy if requests must have absolute form.
func (n *Network) connect(ctx context.Context, u *url.URL) (conn net.Conn, forward *url.URL, proxied bool, err error) {
	host, port, isMapped := n.mapped(u.Hostname(), portOf(u))
	var via *url.URL
	if n.Proxy != nil && !isMapped {
		if via, err = n.Proxy(u); err != nil {
			return nil, nil, false, fmt.Errorf("%w: %w", errProxy, err)
		}
	}
	if via == nil {
		conn, err = dialHost(ctx, host, port)
		return conn, nil, false, err
	}
	conn, err = n.connectVia(ctx, via, u, net.JoinHostPort(host, port))
	if err != nil {
		return nil, nil, true, fmt.Errorf("%w %s: %w", errProxy, via.Redacted(), err)
	}
	if u.Scheme == "http" && strings.HasPrefix(via.Scheme, "http") {
		forward = via
	}
	return conn, forward, true, nil
}

func (n *Network) connectVia(ctx context.Context, via, u *url.URL, target string) (net.Conn, error) {
	switch via.Scheme {
	case "socks5", "socks5h":
		dialer, err := proxy.FromURL(via, proxy.Direct)
		if err != nil {
			return nil, err
		}
		conn, err := dialer.(proxy.ContextDialer).DialContext(ctx, "tcp", target)
		return conn, inTunnel(err)
	case "http", "https":
	default:
		return nil, fmt.Errorf("proxy scheme %q is not supported; use http, https, socks5 or socks5h", via.Scheme)
	}
	conn, err := dialHost(ctx, via.Hostname(), portOf(via))
	if err != nil {
		return nil, err
	}
	if via.Scheme == "https" {
		if conn, err = n.handshake(ctx, conn, via.Hostname(), []string{"http/1.1"}); err != nil {
			return nil, err
		}
	}
	if u.Scheme == "http" {
		return conn, nil
	}
	conn, err = tunnel(ctx, conn, via, target)
	return conn, inTunnel(err)
}

// inTunnel marks a failure that came after the proxy was reached.
func inTunnel(err error) error {
	var op *net.OpError
	if err == nil || errors.As(err, &op) && op.Op == "dial" {
		return err
	}
	return fmt.Errorf("%w: %w", errTunnel, err)
}

// portOf returns the port of u, or the default of its scheme.
func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	switch u.Scheme {
	case "https", "wss":
		return "443"
	case "socks5", "socks5h":
		return "1080"
	default:
		return "80"
	}
}

// handshake makes conn a TLS connection. It closes conn if that fails.
func (n *Network) handshake(ctx context.Context, conn net.Conn, host string, protocols []string) (*tls.Conn, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if n.TLS != nil {
		config = n.TLS.Clone()
	}
	config.ServerName, config.NextProtos = host, protocols
	asked := false // whether the server asked for a client certificate
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked = true
		return new(tls.Certificate), nil // none
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		if asked && isAlert(err) {
			err = fmt.Errorf("%w: %w", errNoClientCert, err)
		}
		return nil, fmt.Errorf("%w: %w", errHandshake, err)
	}
	return secure, nil
}
