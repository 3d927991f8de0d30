// Package hostguard protects a server on this machine from the pages of other
// sites.
//
//   - DNS rebinding: a site lets its own name resolve to 127.0.0.1, so that its
//     page is of one origin with the server. Such requests have the site's name as
//     Host. A [Guard] allows the names of this machine and those that it is given.
//   - Cross-site request forgery: a page of another site sends a request that
//     changes something, with the cookies of this one. [SenderOf] says whose page
//     sends a request.
package hostguard

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// Guard knows the hosts under which a server may be reached. It is safe for
// concurrent use.
type Guard struct{ names []string }

// New returns a guard that allows, besides localhost, names below localhost and
// loopback addresses, the names given. Each is a host without a port, or
// *.example.com for all names below example.com. The error names the first that is
// neither.
func New(names ...string) (*Guard, error) {
	g := &Guard{}
	for _, name := range names {
		suffix, wild := strings.CutPrefix(name, "*.")
		host, err := weburl.ParseHost(bracketed(suffix), true)
		if err != nil || wild && isAddress(host) || strings.ContainsAny(host, "*") {
			return nil, &NameError{name}
		}
		if host = strings.TrimSuffix(host, "."); wild {
			host = "*." + host
		}
		g.names = append(g.names, host)
	}
	return g, nil
}

// NameError is the error of [New].
type NameError struct{ Name string }

// Error says what a name must be.
func (e *NameError) Error() string {
	return "a host is a name such as dev.example.com, *.example.com, or an IP address, without a port"
}

// bracketed puts an IPv6 address into brackets.
func bracketed(host string) string {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() && a.Zone() == "" {
		return "[" + host + "]"
	}
	return host
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// Allows reports whether the value of a Host header names a host that is allowed.
func (g *Guard) Allows(value string) bool {
	host, err := HostOf(value)
	if err != nil {
		return false
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && a.Unmap().IsLoopback() {
		return true
	}
	return slices.ContainsFunc(g.names, func(name string) bool {
		suffix, wild := strings.CutPrefix(name, "*")
		return name == host || wild && len(host) > len(suffix) && strings.HasSuffix(host, suffix)
	})
}

var errHost = errors.New("it is not a host")

// HostOf returns the host in the value of a Host header, as browsers write it, and
// without port and final dot.
func HostOf(value string) (string, error) {
	name := value
	if i := strings.LastIndexByte(value, ':'); i >= 0 && !strings.HasSuffix(value, "]") {
		if strings.Trim(value[i+1:], "0123456789") != "" {
			return "", errHost
		}
		name = value[:i]
	}
	host, err := weburl.ParseHost(name, true)
	if err != nil || host == "" {
		return "", errHost
	}
	return strings.TrimSuffix(host, "."), nil
}

// Sender is whose page sends a request.
type Sender int

// The senders of requests.
const (
	// Own is the server itself, in the browser's eyes: a page of its origin.
	Own Sender = iota
	// Unsaid is not known: a program that is not a browser, the address bar, or a
	// browser that says nothing because nothing can be changed.
	Unsaid
	// Foreign is a page of another origin, or one without any.
	Foreign
)

// SenderOf returns whose page sends a request to a server at origin. Pages can set
// neither header (https://fetch.spec.whatwg.org/#forbidden-request-header), and
// both must agree. With Sec-Fetch-Site: same-origin, Origin may still be null, if the
// Referrer-Policy is no-referrer, or have the other scheme, if TLS ends before the
// server.
func SenderOf(h http.Header, origin string) Sender {
	if len(h["Origin"]) > 1 || len(h["Sec-Fetch-Site"]) > 1 {
		return Foreign
	}
	from, says := "", len(h["Origin"]) == 1
	if says {
		from = h["Origin"][0]
	}
	switch h.Get("Sec-Fetch-Site") {
	case "same-origin":
		if !says || from == "null" || authorityOf(from) == authorityOf(origin) {
			return Own
		}
	case "none", "":
		switch {
		case !says:
			return Unsaid
		case from == origin && h.Get("Sec-Fetch-Site") == "":
			return Own
		case from == origin:
			return Unsaid
		}
	}
	return Foreign
}

// authorityOf returns an origin without its scheme.
func authorityOf(origin string) string {
	_, authority, ok := strings.Cut(origin, "://")
	if !ok {
		return origin
	}
	return authority
}

// ChangesNothing reports whether a request is one that pages of every site may
// send: a safe method (RFC 9110 §9.2.1) that does not open a WebSocket. A preflight is
// what the request will be that it asks for.
func ChangesNothing(r *http.Request) bool {
	if r.Header.Get("Upgrade") != "" || r.Header.Get("Sec-Fetch-Mode") == "websocket" {
		return false
	}
	if asked := r.Header["Access-Control-Request-Method"]; r.Method == http.MethodOptions && len(asked) > 0 {
		return !slices.ContainsFunc(asked, func(method string) bool { return !isSafe(method) })
	}
	return isSafe(r.Method)
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
