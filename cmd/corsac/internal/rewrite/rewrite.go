// Package rewrite translates the addresses and cookies in the responses of an
// upstream into those of the proxy through which a browser reaches it, and those
// in the browser's requests back.
//
//   - Addresses are read as browsers read them (package weburl). What leads to the
//     same place on both sides stays as it is, byte for byte.
//   - A cookie keeps its name, value and attributes where they work in front of the
//     proxy, too. Over plain http, a cookie loses what needs https, and a prefix in
//     its name is disguised, which [Mapping.Cookies] undoes.
//   - In production ([Exchange.Scope]), only redirects and the scopes of cookies are
//     translated: a cookie stays as safe as its server has made it.
//   - Every change is a [Change] that says why. Nothing here reads a clock or the
//     network, and everything takes time linear in its input.
package rewrite

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// Change is a line of a message that a proxy has changed.
type Change struct {
	Header string `json:"header"`
	Before string `json:"before"`
	After  string `json:"after"` // "" if the line was removed
	Why    string `json:"why"`
}

// Side is the address of one side of a mapping: an origin, and the path below
// which everything is.
type Side struct {
	Scheme string // http or https
	Host   string // as in a serialised URL, without the port
	Port   int    // also if it is the scheme's default
	Path   string // escaped, without a final slash; "" for the whole origin
}

// Mapping says that what a browser calls Front is Upstream to a server.
type Mapping struct{ Front, Upstream Side }

// SideOf returns the side with the origin of u and a path.
func SideOf(u *weburl.URL, path string) Side {
	return Side{Scheme: u.Scheme, Host: u.Host, Port: u.EffectivePort(), Path: strings.TrimRight(path, "/")}
}

// origin returns the origin of the side, serialised.
func (s Side) origin() string {
	u := weburl.URL{Scheme: s.Scheme, Host: s.Host, HasHost: true, Port: s.Port}
	if s.Port == weburl.DefaultPort(s.Scheme) {
		u.Port = -1
	}
	return u.Origin()
}

// secure reports whether browsers reach the side over TLS.
func (s Side) secure() bool { return s.Scheme == "https" }

// isNamedBy reports whether a server on s may mean itself with u: it may not know
// that TLS ends before it, and its host has several names if it is this machine.
func (s Side) isNamedBy(u *weburl.URL) bool {
	switch port := u.EffectivePort(); {
	case u.Host != s.Host && !(isLoopback(u.Host) && isLoopback(s.Host)):
		return false
	case u.Scheme == s.Scheme:
		return port == s.Port
	default:
		return u.Scheme == "http" && s.secure() && port == 80 && s.Port == 443
	}
}

// isLoopback reports whether a host in serialised form is this machine.
func isLoopback(host string) bool {
	return host == "localhost" || host == "[::1]" || host == "0.0.0.0" || host == "[::]" || strings.HasPrefix(host, "127.")
}

// move returns a path below s as one below to, or false if it is not below s.
func (s Side) move(path string, to Side) (string, bool) {
	rest, ok := strings.CutPrefix(path, s.Path)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	if path = to.Path + rest; path == "" {
		path = "/"
	}
	return path, true
}

// at returns u moved from one side to the other, or false if it is not there.
func at(u *weburl.URL, from, to Side) (*weburl.URL, bool) {
	path, ok := from.move(u.Path, to)
	if !ok {
		return nil, false
	}
	moved := *u
	moved.Scheme, moved.Host, moved.Port, moved.Path = to.Scheme, to.Host, to.Port, path
	if moved.Port == weburl.DefaultPort(moved.Scheme) {
		moved.Port = -1
	}
	return &moved, true
}
