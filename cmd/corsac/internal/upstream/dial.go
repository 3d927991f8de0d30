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
	net.Dialer

	address string
	secure  bool
	server  string // its name for TLS
}

func newDialer(u *url.URL, connecting time.Duration) dialer {
	host, port := u.Hostname(), u.Port()
	if ascii, err := httpguts.PunycodeHostPort(host); err == nil {
		host = ascii
	}
	d := dialer{Dialer: net.Dialer{Timeout: connecting}, secure: u.Scheme == "https", server: host}
	switch {
	case port != "":
	case d.secure:
		port = "443"
	default:
		port = "80"
	}
	d.address = net.JoinHostPort(host, port)
	return d
}

// dial returns a new connection. With TLS, it is offered HTTP/2 if offer is set;
// who calls looks at what has been chosen.
func (d *dialer) dial(ctx context.Context, offer bool) (*conn, error) {
	raw, err := d.DialContext(ctx, "tcp", d.address)
	if err != nil {
		return nil, err
	}
	if !d.secure {
		return newConn(raw), nil
	}
	protocols := []string{"http/1.1"}
	if offer {
		protocols = []string{"h2", "http/1.1"}
	}
	cn := secure(raw, &tls.Config{ServerName: d.server, NextProtos: protocols, MinVersion: tls.VersionTLS12})
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	if err := cn.Conn.(*tls.Conn).HandshakeContext(ctx); err != nil {
		cn.abort()
		return nil, err
	}
	return cn, nil
}
