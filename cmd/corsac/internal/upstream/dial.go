package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"time"

	"golang.org/x/net/http/httpguts"
)

// dialer connects to an upstream.
type dialer struct {
	open       func(ctx context.Context, network, address string) (net.Conn, error)
	address    string
	connecting time.Duration

	// For https URLs: with and without an offer of HTTP/2.
	offering, plain *tls.Config
}

func newDialer(u *url.URL, o Options) dialer {
	host, port := u.Hostname(), u.Port()
	if ascii, err := httpguts.PunycodeHostPort(host); err == nil {
		host = ascii
	}
	d := dialer{open: o.Dial, connecting: o.Connecting}
	if d.connecting == 0 {
		d.connecting = DefaultConnecting
	}
	if d.open == nil {
		d.open = (&net.Dialer{Timeout: d.connecting}).DialContext
	}
	secure := u.Scheme == "https"
	if secure {
		d.offering = configOf(o.TLS, host, "h2", "http/1.1")
		d.plain = configOf(o.TLS, host, "http/1.1")
	}
	switch {
	case port != "":
	case secure:
		port = "443"
	default:
		port = "80"
	}
	d.address = net.JoinHostPort(host, port)
	return d
}

// configOf returns the configuration of TLS to a host that offers protocols.
func configOf(config *tls.Config, host string, protocols ...string) *tls.Config {
	if config = config.Clone(); config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	config.NextProtos = protocols
	return config
}

// dial returns a new connection. With TLS, it is offered HTTP/2 if offer is set;
// who calls looks at what has been chosen.
func (d *dialer) dial(ctx context.Context, offer bool) (*conn, error) {
	raw, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	config := d.plain
	if offer {
		config = d.offering
	}
	if config == nil {
		return newConn(raw), nil
	}
	cn := secure(raw, config)
	ctx, cancel := context.WithTimeout(ctx, d.connecting)
	defer cancel()
	if err := cn.Conn.(*tls.Conn).HandshakeContext(ctx); err != nil {
		cn.abort()
		return nil, err
	}
	return cn, nil
}

// connect returns a new connection without TLS.
func (d *dialer) connect(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.connecting)
	defer cancel()
	return d.open(ctx, "tcp", d.address)
}
