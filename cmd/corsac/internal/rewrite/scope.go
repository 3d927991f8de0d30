package rewrite

import "strings"

// ScopeCookie translates Domain and Path of a Set-Cookie header, so that the cookie
// comes back with the requests for which the server has set it, and with no others.
//
//   - A Domain that is the server's own host, or is above it, is removed: the cookie is
//     then one of the host at which the browser reaches the proxy. One that suits that
//     host stays.
//   - A Path is moved as addresses are. "/" is all of the server, and thus only the
//     part of the front that leads to it.
//   - A name that begins with __Host- demands Path=/, which stays.
func (m Mapping) ScopeCookie(line string) string {
	pair, attributes, more := strings.Cut(line, ";")
	if !more {
		return line
	}
	name, _, _ := strings.Cut(pair, "=")
	hostOnly := hasPrefix(strings.Trim(name, " \t"), "__host-")
	attributes, _ = eachAttribute(attributes, func(text string) (string, string) {
		name, value, _ := strings.Cut(text, "=")
		name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
		switch {
		case strings.EqualFold(name, "domain") && m.isOwnDomain(value):
			return "", whyAddress
		case strings.EqualFold(name, "path") && !hostOnly && value != "":
			if path := m.scopedPath(value); path != value {
				return strings.Replace(text, value, path, 1), whyAddress
			}
		}
		return text, ""
	})
	return pair + attributes
}

// isOwnDomain reports whether the Domain of a cookie covers the server, and not the
// front.
func (m Mapping) isOwnDomain(domain string) bool {
	domain = strings.ToLower(strings.TrimPrefix(domain, "."))
	return domain != "" && covers(domain, m.Upstream.Host) && !covers(domain, m.Front.Host)
}

// covers reports whether a host is a domain or below it.
func covers(domain, host string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}
