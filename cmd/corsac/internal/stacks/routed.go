package stacks

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Route is a part of the paths that has a policy, and where a proxy forwards it.
type Route struct {
	// Path is the prefix of the paths; "" for all. With Exact, it is the only
	// path.
	Path  string
	Exact bool
	// Host is a name, or *.example.com for all names below example.com; "" for
	// all.
	Host string
	// Match is what chooses the paths, if that is more than Path, in the words of
	// the source. No other stack can say it.
	Match string
	// Upstream is where they go; its path, if it has one, takes the place of Path.
	// It is nil if there is none or it is not known.
	Upstream *url.URL
}

// String says the route in words, such as "/api/, which goes to http://127.0.0.1:9000".
func (r Route) String() string {
	path := "all paths"
	if r.Path != "" {
		path = quoteOdd(r.Path)
	}
	switch {
	case r.Match != "":
		path = r.Match
	case r.Exact:
		path = "exactly " + path
	}
	if r.Host != "" {
		path += " of " + quoteOdd(r.Host)
	}
	if r.Upstream == nil {
		return path
	}
	return path + ", which goes to " + quoteOdd(r.Upstream.String())
}

// routeCharacters are those that mean nothing in any of the configurations.
const routeCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"

// quoteOdd returns a text in quotes if it has characters that mean something.
func quoteOdd(s string) string {
	if strings.Trim(s, routeCharacters+":[]") == "" {
		return s
	}
	return fmt.Sprintf("%q", s)
}

// isPlain reports whether all of a route can stand in a configuration as it is.
func (r Route) isPlain() bool {
	path := r.Path == "" || r.Path[0] == '/' && strings.Trim(r.Path, routeCharacters) == ""
	u := r.Upstream
	return path && (u == nil || strings.Trim(u.Host, routeCharacters+":[]") == "" && strings.Trim(u.EscapedPath(), routeCharacters) == "")
}

// prefix returns the path, which is / for all.
func (r Route) prefix() string {
	if r.Path == "" {
		return "/"
	}
	return r.Path
}

// replaced returns what takes the place of the prefix on the way to the upstream;
// "" if the path stays as it is.
func (r Route) replaced() string {
	path := r.Upstream.EscapedPath()
	if r.prefix() == "/" && !r.Exact && !strings.HasSuffix(path, "/") {
		path += "/"
	}
	if path == r.prefix() || r.Upstream.Path == "" {
		return ""
	}
	return path
}

// origin returns the upstream without its path.
func (r Route) origin() string { return r.Upstream.Scheme + "://" + r.Upstream.Host }

// address returns host and port of the upstream.
func (r Route) address() (host, port string) {
	port = r.Upstream.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[r.Upstream.Scheme]
	}
	return r.Upstream.Hostname(), port
}

// simple reports whether a route goes to a server on http, with its path as it is.
func (r Route) simple() bool {
	return r.Upstream != nil && r.Upstream.Scheme == "http" && r.replaced() == ""
}

// hostPort is address in one.
func (r Route) hostPort() string { return net.JoinHostPort(r.address()) }

// AddRoutes puts routes into a snippet, as far as the stack can say them, and
// returns in sentences what is not in it.
func (s *Stack) AddRoutes(snippet *Snippet, routes []Route) (notes []string) {
	if len(routes) > 0 && s.Example != "" { // what is in a source is not guessed
		snippet.Code = strings.ReplaceAll(snippet.Code, s.Example, s.Nowhere)
		defer func() {
			if strings.Contains(snippet.Code, s.Nowhere) {
				notes = append(notes, "The source does not show where all requests go: write your upstream for "+s.Nowhere+".")
			}
		}()
	}
	said, left := splitRoutes(routes)
	if s.Routed != nil && len(said) > 0 {
		some, note := s.Routed(snippet, said)
		left = append(left, some...)
		if note != "" {
			notes = append(notes, note)
		}
	} else {
		left = append(said, left...)
	}
	if s.Layer == Application || s.Layer == Storage {
		for i := range left {
			left[i].Upstream = nil // nothing forwards there
		}
	}
	if hosts := hostsOf(routes, said); len(hosts) > 0 {
		notes = append(notes, "The source has this policy for "+strings.Join(hosts, ", ")+" only: put these lines where no other host has them.")
	}
	var lines []string
	for _, r := range left {
		if line := r.String(); r != (Route{}) && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		notes = append(notes, "The source has this policy for "+strings.Join(lines, "; and for ")+". These lines do not say so: put them where that is.")
	}
	return notes
}

// elsewhere is the route in words, without its host.
func (r Route) elsewhere() string {
	r.Host = ""
	return r.String()
}

// hostsOf returns the hosts of those routes that are said, for one host or another.
func hostsOf(routes, said []Route) (hosts []string) {
	for _, r := range routes {
		if r.Path == "/" && !r.Exact {
			r.Path = ""
		}
		is := slices.ContainsFunc(said, func(o Route) bool { return o.elsewhere() == r.elsewhere() })
		if host := quoteOdd(r.Host); is && r.Host != "" && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// splitRoutes returns one route per path, the longest first, and those that
// have the path of another or cannot stand in a configuration.
func splitRoutes(routes []Route) (said, left []Route) {
	for _, r := range routes {
		if r.Path == "/" && !r.Exact {
			r.Path = ""
		}
		known := slices.IndexFunc(said, func(o Route) bool { return o.Path == r.Path && o.Exact == r.Exact })
		switch {
		case known >= 0 && said[known].elsewhere() == r.elsewhere():
		case known >= 0, r.Match != "", !r.isPlain():
			left = append(left, r)
		default:
			said = append(said, r)
		}
	}
	if len(said) == 1 && said[0] == (Route{}) {
		said = nil // nothing is known
	}
	slices.SortStableFunc(said, func(a, b Route) int {
		if a.Path == b.Path && a.Exact != b.Exact {
			return map[bool]int{true: -1, false: 1}[a.Exact]
		}
		return len(b.Path) - len(a.Path)
	})
	return said, left
}

// prefixes returns the routes that are for a prefix, and the others.
func prefixes(routes []Route) (of, others []Route) {
	for _, r := range routes {
		if r.Exact {
			others = append(others, r)
		} else {
			of = append(of, r)
		}
	}
	return of, others
}

// wholeNote says that lines are for more than the paths of some routes; "" if they
// are not. where is what has the lines, such as the frontend.
func wholeNote(routes []Route, where string) string {
	var paths []string
	for _, r := range routes {
		if r.Path == "" {
			return ""
		}
		paths = append(paths, r.Path)
	}
	if len(paths) == 0 {
		return ""
	}
	return fmt.Sprintf("The source has this policy for %s only, and these lines are for all of %s: put them into one that has no other paths.", strings.Join(paths, ", "), where)
}
