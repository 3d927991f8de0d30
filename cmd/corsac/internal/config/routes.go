package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsac-dev/corsac/origin"
)

// routePlaces are where the parts of a route are.
type routePlaces struct {
	route  place
	fields map[string]place
}

// gateway reads the gateway. Its routes are checked by checkRoutes, as that
// needs the policies.
func (d *decoder) gateway(v value, g *Gateway) (places []routePlaces) {
	errs := len(d.errs)
	present := d.read(v, fields{
		"listen": func(v value) {
			if _, number := v.node.(*ast.IntegerNode); number { // a port, most likely
				g.Listen, _ = scalarText(v.node)
			} else {
				d.text(&g.Listen)(v)
			}
			if g.Listen != "" {
				d.check(v.place, CheckListen(g.Listen))
			}
		},
		"routes": func(v value) { places = d.routes(v, g) },
	}, false)
	if g.Listen == "" {
		g.Listen = DefaultListen
	}
	if len(places) == 0 && len(d.errs) == errs {
		at := v.place
		if p, ok := present["routes"]; ok {
			at = p
		}
		at.field = "gateway.routes"
		d.refuse(at, Error{
			Code: CodeRoutesMissing, Why: "the gateway has no routes",
			Fix: `write one, such as routes: [{path: /, upstream: "http://127.0.0.1:9000", policy: app}]`,
		})
	}
	return places
}

func (d *decoder) routes(v value, g *Gateway) (places []routePlaces) {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		if _, null := v.node.(*ast.NullNode); !null {
			d.refuseType(v, "a list of routes", `begin each with "- "`)
		}
		return nil
	}
	for i, n := range seq.Values {
		item := d.resolve(fmt.Sprintf("%s[%d]", v.field, i), n)
		if item.node == nil {
			continue
		}
		r, at, ok := d.route(item)
		if ok {
			g.Routes = append(g.Routes, r)
			places = append(places, at)
		}
	}
	return places
}

// route reads one route. ok is false if it is not one at all.
func (d *decoder) route(v value) (r Route, at routePlaces, ok bool) {
	if _, ok := pairsOf(v.node); !ok {
		d.refuseType(v, "a route", `write one such as {path: /, upstream: "http://127.0.0.1:9000", policy: app}`)
		return r, at, false
	}
	at = routePlaces{v.place, map[string]place{}}
	var upstream string
	known := fields{
		"path": d.text(&r.Path), "host": d.text(&r.Host), "upstream": d.text(&upstream), "policy": d.text(&r.Policy),
		"preserve_host": d.truth(&r.PreserveHost), "timeout": d.duration(&r.Timeout),
	}
	for name, read := range known {
		known[name] = func(v value) {
			errs := len(d.errs)
			if read(v); len(d.errs) == errs {
				at.fields[name] = v.place
			}
		}
	}
	present := d.read(v, known, false)
	if r.Path == "" {
		r.Path = "/"
	}
	if p, ok := at.fields["path"]; ok {
		d.check(p, CheckPath(r.Path))
	}
	if p, ok := at.fields["host"]; ok && r.Host != "" {
		d.check(p, CheckHost(r.Host))
	}
	d.need(at, present, "upstream", upstream, "write the URL of what serves the requests, such as upstream: \"http://127.0.0.1:9000\"")
	if upstream != "" {
		var m *Error
		r.Upstream, m = ParseUpstream(upstream)
		d.check(at.fields["upstream"], m)
	}
	d.need(at, present, "policy", r.Policy, "write the name of one of the policies")
	return r, at, true
}

// check reports a mistake, if there is one.
func (d *decoder) check(at place, m *Error) {
	if m != nil {
		d.refuse(at, *m)
	}
}

// need reports a field that is not there, or empty.
func (d *decoder) need(at routePlaces, present map[string]place, name, got, fix string) {
	if _, there := present[name]; got != "" || there && at.fields[name] == (place{}) {
		return
	}
	where := at.route
	if p, there := at.fields[name]; there {
		where = p
	}
	where.field = join(at.route.field, name)
	d.refuse(where, Error{Code: CodeFieldMissing, Why: "a route needs it", Fix: fix})
}

// checkRoutes checks the routes against the policies and each other.
func (d *decoder) checkRoutes(places []routePlaces, c *Config) {
	names := slices.Sorted(maps.Keys(c.places))
	first := map[string]place{}
	for i, r := range c.Gateway.Routes {
		at, ok := places[i].fields["policy"]
		if _, known := c.places[r.Policy]; ok && !known && r.Policy != "" {
			e := Error{Code: CodeRoutePolicy, Value: r.Policy, Why: "there is no such policy"}
			if similar := mostSimilar(r.Policy, names); similar != "" {
				e.Fix = fmt.Sprintf("did you mean %s?", similar)
			} else if len(names) > 0 {
				e.Fix = "the policies are " + strings.Join(names, ", ")
			} else {
				e.Fix = "write it under policies"
			}
			d.refuse(at, e)
		}
		key := strings.ToLower(r.Host) + " " + canonicalPath(r.Path)
		if before, twice := first[key]; twice {
			d.refuse(places[i].route, Error{
				Code: CodeRouteDuplicate, Why: fmt.Sprintf("the route in line %d takes the same requests", before.line),
				Fix: "drop one of them, or give it another path or host",
			})
			continue
		}
		first[key] = places[i].route
	}
}

// canonicalPath is the same for paths that take the same requests.
func canonicalPath(path string) string {
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	return strings.TrimRight(path, "/")
}

// CheckListen returns what is wrong with an address to listen on, or nil.
func CheckListen(s string) *Error {
	e := &Error{Code: CodeListenInvalid, Value: s}
	host, port, err := net.SplitHostPort(s)
	switch n, numErr := strconv.ParseUint(port, 10, 16); {
	case err != nil && strings.Trim(s, "0123456789") == "":
		e.Why, e.Fix = "it is a port without its colon", fmt.Sprintf("write %q", ":"+s)
	case strings.Contains(s, "://"):
		e.Why, e.Fix = "it is a URL, not an address", `write one such as ":8080" or "127.0.0.1:8080"`
	case err != nil && !strings.Contains(s, ":"):
		e.Why, e.Fix = "it has no port", fmt.Sprintf("write %q", s+":8080")
	case err != nil, strings.ContainsAny(host, "/ "):
		e.Why, e.Fix = "it is not an address", `write one such as ":8080", "127.0.0.1:8080" or "[::1]:8080"`
	case numErr != nil:
		e.Why, e.Fix = fmt.Sprintf("%q is not a port", port), fmt.Sprintf("write one from 0 to 65535, such as %q", net.JoinHostPort(host, "8080"))
		_ = n
	default:
		return nil
	}
	return e
}

// CheckPath returns what is wrong with the path of a route, or nil.
func CheckPath(s string) *Error {
	e := &Error{Code: CodeRoutePath, Value: s}
	switch decoded, err := url.PathUnescape(s); {
	case strings.Contains(s, "://"):
		e.Why, e.Fix = "it is a URL, not a path", "write its path here and its host as host"
	case !strings.HasPrefix(s, "/"):
		e.Why, e.Fix = "a path begins with a slash", fmt.Sprintf("write %q", "/"+s)
	case strings.ContainsAny(s, "?#"):
		e.Why, e.Fix = "queries and fragments are not routed by", fmt.Sprintf("write %q", s[:strings.IndexAny(s, "?#")])
	case strings.ContainsAny(s, "*{"):
		e.Why, e.Fix = "a path is a prefix and has no wildcards", fmt.Sprintf("write %q", wholeSegments(s[:strings.IndexAny(s, "*{")]))
	case err != nil:
		e.Why, e.Fix = "a percent sign in it is not followed by two hexadecimal digits", `write "%25" for a percent sign`
	case hasOddSegments(decoded) || strings.Contains(strings.ToUpper(s), "%2F"):
		e.Why, e.Fix = `a path with "//", ".", "..", "\", ";" or "%2F" is read in many ways`, "write it without"
	case strings.ContainsFunc(decoded, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		e.Why, e.Fix = "there is white space in it", "drop it"
	default:
		return nil
	}
	return e
}

// wholeSegments cuts what follows the last slash.
func wholeSegments(s string) string { return s[:strings.LastIndexByte(s, '/')+1] }

func hasOddSegments(path string) bool {
	for s := range strings.SplitSeq(strings.TrimPrefix(path, "/")+"/", "/") {
		if s == "." || s == ".." {
			return true
		}
	}
	return strings.Contains(path, "//") || strings.ContainsAny(path, `\;`)
}

// CheckHost returns what is wrong with the host of a route, or nil.
func CheckHost(s string) *Error {
	e := &Error{Code: CodeRouteHost, Value: s}
	name, port, hasPort := strings.Cut(strings.ToLower(strings.TrimPrefix(s, "*.")), ":")
	if strings.HasPrefix(s, "[") { // an IPv6 address
		name, port, hasPort = strings.Cut(strings.ToLower(s), "]:")
		name = strings.TrimSuffix(name, "]") + "]"
	}
	o, err := origin.Parse("http://" + name)
	switch {
	case s == "*":
		e.Why, e.Fix = "a route without a host takes every host", "drop the field"
	case strings.Contains(s, "*") && strings.Contains(name, "*"):
		e.Why, e.Fix = "a wildcard stands for the leftmost labels only", `write one such as "*.example.com"`
	case strings.Contains(s, "://"):
		e.Why, e.Fix = "it is a URL, not a host", `write the host only, such as "api.example.com"`
	case err == nil && hasPort && strings.Trim(port, "0123456789*") == "":
		e.Why, e.Fix = "hosts are compared without their ports", fmt.Sprintf("write %q", strings.TrimSuffix(s, ":"+port))
	case err != nil || o.IsOpaque() || hasPort:
		e.Why, e.Fix = "it is not a host", `write one such as "api.example.com"`
		var parse *origin.Error
		if errors.As(err, &parse) {
			e.Reason = string(parse.Code)
		}
	default:
		return nil
	}
	return e
}

// ParseUpstream parses the URL of an upstream, or returns what is wrong with it.
func ParseUpstream(s string) (*url.URL, *Error) {
	e := &Error{Code: CodeRouteUpstream, Value: s}
	u, err := url.Parse(s)
	switch {
	case !strings.Contains(s, "://"):
		e.Why, e.Fix = "an upstream is a URL, with its scheme", fmt.Sprintf("write %q", "http://"+strings.TrimPrefix(s, "//"))
	case err != nil:
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		e.Why, e.Fix = "it is not a URL: "+err.Error(), `write one such as "http://127.0.0.1:9000"`
	case u.Scheme == "ws" || u.Scheme == "wss":
		e.Why, e.Fix = "WebSockets come through http and https", fmt.Sprintf("write %q", "http"+strings.TrimPrefix(s, "ws"))
	case u.Scheme != "http" && u.Scheme != "https":
		e.Why, e.Fix = "an upstream speaks http or https", `write one such as "http://127.0.0.1:9000"`
	case u.Hostname() == "":
		e.Why, e.Fix = "it has no host", `write one such as "http://127.0.0.1:9000"`
	case u.User != nil:
		e.Why, e.Fix = "a user name and password in it would be ignored", fmt.Sprintf("write %q", (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
		e.Value, e.secret = u.Redacted(), true
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(s, "#"):
		e.Why, e.Fix = "the query is that of the request, and fragments are never sent", fmt.Sprintf("write %q", s[:strings.IndexAny(s, "?#")])
	case !validPort(u):
		e.Why, e.Fix = fmt.Sprintf("%q is not a port", u.Port()), "write one from 1 to 65535"
	case hasOddSegments(u.Path):
		e.Why, e.Fix = `a path with "//", ".", "..", "\" or ";" is read in many ways`, "write it without"
	default:
		return u, nil
	}
	return nil, e
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}
