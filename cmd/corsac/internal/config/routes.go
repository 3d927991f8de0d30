package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
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
			if d.textOrPort(&g.Listen)(v); g.Listen != "" {
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

// textOrPort reads a string, or a number that is most likely meant as a port, to
// say how that is written.
func (d *decoder) textOrPort(to *string) func(value) {
	return func(v value) {
		if _, number := v.node.(*ast.IntegerNode); number {
			*to, _ = scalarText(v.node)
			return
		}
		d.text(to)(v)
	}
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
		"path": d.text(&r.Path), "host": d.text(&r.Host), "upstream": d.textOrPort(&upstream), "policy": d.text(&r.Policy),
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
		if at, ok := places[i].fields["upstream"]; ok && r.Upstream != nil && Loops(c.Gateway.Listen, r.Upstream) {
			d.refuse(at, Error{
				Code: CodeRouteLoop, Value: r.Upstream.String(), Why: "the gateway itself listens there, so requests would come back to it",
				Fix: "let the gateway listen on another port, or correct the upstream",
			})
		}
		key := strings.ToLower(strings.TrimSuffix(r.Host, ".")) + " " + canonicalPath(r.Path)
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
