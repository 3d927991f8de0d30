package devproxy

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// front is where a browser reaches the proxy.
type front struct {
	value  string // of Host
	secure bool   // over TLS
	host   string // without port and final dot
	origin string
	side   rewrite.Side
}

// frontOf returns where a browser has reached the proxy, or false if the host is not
// allowed. The latest front is kept: most requests have the same.
func (s *setup) frontOf(r *http.Request) (*front, bool) {
	secure := r.TLS != nil
	if f := s.latest.Load(); f != nil && f.value == r.Host && f.secure == secure {
		return f, true
	}
	if !s.guard.Allows(r.Host) {
		return nil, false
	}
	f := &front{value: r.Host, secure: secure, origin: originOf(r)}
	f.host, _ = hostguard.HostOf(r.Host) // it is allowed, so it is a host
	u, err := weburl.Parse(f.origin, nil)
	if err != nil {
		panic(err) // the guard has read the host
	}
	f.side = rewrite.SideOf(u, "")
	s.latest.Store(f)
	return f, true
}

// originOf returns the origin at which the browser reaches the proxy.
func originOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + strings.TrimSuffix(strings.ToLower(r.Host), ":443")
	}
	return "http://" + strings.TrimSuffix(strings.ToLower(r.Host), ":80")
}

// upstreamSide returns the side of the URL of a server.
func upstreamSide(upstream string) rewrite.Side {
	u, err := weburl.Parse(upstream, nil)
	if err != nil {
		return rewrite.Side{} // which no address is on
	}
	return rewrite.SideOf(u, u.Path)
}
