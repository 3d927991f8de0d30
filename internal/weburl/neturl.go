package weburl

import "net/url"

// Target returns the path and the query of u, as a request line has them (RFC
// 9112 §3.2.1). u is not opaque.
func (u *URL) Target() string {
	if !u.HasQuery {
		return u.Path
	}
	return u.Path + "?" + u.Query
}

// NetURL returns u, whose scheme is special, for net/http. The fragment is left
// out. Paths that net/url would refuse, such as one with a lone %, or write in
// another way, such as one with a |, have the form that net/url writes; their
// bytes on the wire are those of [URL.Target].
func (u *URL) NetURL() *url.URL {
	n := &url.URL{Scheme: u.Scheme, Host: u.hostPort(), Path: decode(u.Path), RawPath: u.Path, RawQuery: u.Query}
	n.ForceQuery = u.HasQuery && u.Query == ""
	switch {
	case u.Password != "":
		n.User = url.UserPassword(decode(u.Username), decode(u.Password))
	case u.Username != "":
		n.User = url.User(decode(u.Username))
	}
	if n.EscapedPath() == (&url.URL{Path: n.Path}).EscapedPath() {
		n.RawPath = ""
	}
	return n
}
