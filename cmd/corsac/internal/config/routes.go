package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/pathread"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// routePlaces are the places of the parts of a route.
type routePlaces struct {
	route  yamlread.Place
	fields map[string]yamlread.Place
}

// gateway reads the gateway. checkRoutes checks its routes later, because it
// needs the policies. present are the places of its fields.
func (r *reader) gateway(v yamlread.Value, g *Gateway) (places []routePlaces, present map[string]yamlread.Place) {
	before := r.Mistakes()
	if v.Kind() == yamlread.List {
		r.RefuseType(v, "a mapping", `write "routes:" above the list`)
		return nil, nil
	}
	r.extProc = slices.Contains(v.Keys(), "ext_proc")
	present = r.Fields(v, yamlread.Fields{
		"ext_proc": func(v yamlread.Value) {
			if r.textOrPort(&g.ExtProc)(v); g.ExtProc != "" {
				r.check(v.Place, CheckListen(g.ExtProc))
			}
		},
		"listen": func(v yamlread.Value) {
			if r.textOrPort(&g.Listen)(v); g.Listen != "" {
				r.check(v.Place, CheckListen(g.Listen))
			}
		},
		"plain_listen": func(v yamlread.Value) {
			if r.textOrPort(&g.PlainListen)(v); g.PlainListen != "" {
				r.check(v.Place, CheckListen(g.PlainListen))
			}
		},
		"admin": func(v yamlread.Value) {
			if r.textOrPort(&g.Admin)(v); g.Admin != "" {
				r.check(v.Place, CheckListen(g.Admin))
			}
		},
		"http3":           r.Bool(&g.HTTP3),
		"debug_for":       r.prefixes(&g.DebugFor),
		"tls":             func(v yamlread.Value) { g.TLS = r.tls(v) },
		"limits":          r.limits(&g.Limits),
		"trusted_proxies": r.prefixes(&g.TrustedProxies),
		"proxy_protocol":  r.Bool(&g.ProxyProtocol),
		"access_log":      func(v yamlread.Value) { g.AccessLog = r.accessLog(v) },
		"routes":          func(v yamlread.Value) { places = r.routes(v, g) },
	}, false)
	r.checkAddresses(present, g)
	r.checkProxies(present, g)
	if r.extProc {
		r.refuseForEnvoy(present, "listen", "plain_listen", "http3", "proxy_protocol", "trusted_proxies")
		if at, there := present["debug_for"]; there {
			r.Refuse(at, Error{Code: CodeExtProc, Why: "with ext_proc, only Envoy knows who its clients are", Fix: "remove it; the log says what is decided"})
		}
		if g.ExtProc == "" && r.Mistakes() == before {
			r.Refuse(present["ext_proc"], Error{Code: CodeExtProc, Field: "gateway.ext_proc", Why: "it is empty", Fix: `write the address at which Envoy asks, such as "127.0.0.1:9002", or drop the field`})
		}
	}
	if g.Listen == "" && !r.extProc {
		g.Listen = DefaultListen
	}
	if len(places) == 0 && r.Mistakes() == before {
		at := v.Place
		if p, ok := present["routes"]; ok {
			at = p
		}
		at.Field = "gateway.routes"
		r.Refuse(at, Error{
			Code: CodeRoutesMissing, Why: "the gateway has no routes",
			Fix: `write one, such as routes: [{path: /, upstream: "http://127.0.0.1:9000", policy: app}]`,
		})
	}
	return places, present
}

// refuseForEnvoy reports fields that say what Envoy does.
func (r *reader) refuseForEnvoy(present map[string]yamlread.Place, names ...string) {
	for _, name := range names {
		if at, there := present[name]; there {
			r.Refuse(at, Error{Code: CodeExtProc, Why: "with ext_proc, Envoy listens and forwards the requests", Fix: "remove it, and configure that in Envoy"})
		}
	}
}

// textOrPort reads a string. If it finds a number, which is most likely meant
// as a port, the error says how to write a port.
func (r *reader) textOrPort(to *string) func(yamlread.Value) {
	return func(v yamlread.Value) {
		if s, _ := v.Text(); v.Kind() == yamlread.Number && strings.Trim(s, "0123456789") == "" {
			*to = s
			return
		}
		r.Text(to)(v)
	}
}

func (r *reader) routes(v yamlread.Value, g *Gateway) (places []routePlaces) {
	for _, item := range r.Items(v, "a list of routes", `begin each with "- "`) {
		if item.Kind() == yamlread.Broken {
			continue
		}
		if rt, at, ok := r.route(item); ok {
			g.Routes = append(g.Routes, rt)
			places = append(places, at)
		}
	}
	return places
}

// route reads one route. ok is false if the value is not a route at all.
func (r *reader) route(v yamlread.Value) (rt Route, at routePlaces, ok bool) {
	if !v.IsMapping() {
		r.RefuseMapping(v, "a route", `write one such as {path: /, upstream: "http://127.0.0.1:9000", policy: app}`)
		return rt, at, false
	}
	at = routePlaces{v.Place, map[string]yamlread.Place{}}
	var upstream string
	known := yamlread.Fields{
		"path": r.Text(&rt.Path), "host": r.Text(&rt.Host), "upstream": r.textOrPort(&upstream), "policy": r.Text(&rt.Policy),
		"preserve_host": r.Bool(&rt.PreserveHost), "timeout": r.Duration(&rt.Timeout), "max_body": r.size(&rt.MaxBody),
	}
	maps.Copy(known, r.routeOptions(&rt))
	maps.Copy(known, r.modeOptions(&rt))
	for name, read := range known {
		known[name] = func(v yamlread.Value) {
			before := r.Mistakes()
			if read(v); r.Mistakes() == before {
				at.fields[name] = v.Place
			}
		}
	}
	present := r.Fields(v, known, false)
	if rt.Path == "" {
		rt.Path = "/"
	}
	if p, ok := at.fields["path"]; ok {
		r.check(p, CheckPath(rt.Path))
	}
	if p, ok := at.fields["host"]; ok && rt.Host != "" {
		r.check(p, CheckHost(rt.Host))
	}
	if r.extProc {
		r.refuseForEnvoy(present, "upstream", "strip_prefix", "preserve_host", "timeout", "mode", "rewrite", "max_body")
	} else {
		r.need(at, present, "upstream", upstream, "write the URL of what serves the requests, such as upstream: \"http://127.0.0.1:9000\"")
	}
	if upstream != "" {
		var m *Error
		rt.Upstream, m = ParseUpstream(upstream)
		r.check(at.fields["upstream"], m)
	}
	r.need(at, present, "policy", rt.Policy, "write the name of one of the policies")
	return rt, at, true
}

// check reports a mistake, if there is one.
func (r *reader) check(at yamlread.Place, m *Error) {
	if m != nil {
		r.Refuse(at, *m)
	}
}

// need reports a field that is missing or empty.
func (r *reader) need(at routePlaces, present map[string]yamlread.Place, name, got, fix string) {
	if _, there := present[name]; got != "" || there && at.fields[name] == (yamlread.Place{}) {
		return
	}
	where := at.route
	if p, there := at.fields[name]; there {
		where = p
	}
	where.Field = yamlread.Join(at.route.Field, name)
	r.Refuse(where, Error{Code: yamlread.CodeFieldMissing, Why: "a route needs it", Fix: fix})
}

// checkRoutes checks the routes against the policies and each other.
func (r *reader) checkRoutes(places []routePlaces, c *Config) {
	first := map[string]yamlread.Place{}
	for i, rt := range c.Gateway.Routes {
		if at, ok := places[i].fields["policy"]; ok {
			r.needPolicy(at, rt.Policy, c)
		}
		r.checkTrial(places[i], &c.Gateway.Routes[i], c)
		loops := func(listen string) bool { return listen != "" && (Machine{}).Loops(listen, rt.Upstream) }
		own := []string{c.Gateway.Listen, c.Gateway.PlainListen, c.Gateway.Admin}
		if at, ok := places[i].fields["upstream"]; ok && rt.Upstream != nil && slices.ContainsFunc(own, loops) {
			r.Refuse(at, Error{
				Code: CodeRouteLoop, Value: rt.Upstream.String(), Why: "the gateway itself listens there, so requests would come back to it",
				Fix: "let the gateway listen on another port, or correct the upstream",
			})
		}
		r.checkAllOrigins(places[i], &rt, c)
		r.checkSlash(places[i], &rt)
		key := strings.ToLower(strings.TrimSuffix(rt.Host, ".")) + " " + canonicalPath(rt.Path)
		if rt.Exact {
			key += " exactly " + pathread.DecodeSegments(rt.Path)
		}
		if before, twice := first[key]; twice {
			r.Refuse(places[i].route, Error{
				Code: CodeRouteDuplicate, Why: fmt.Sprintf("the route on line %d matches the same requests", before.Line),
				Fix: "remove one of them, or give it another path or host",
			})
			continue
		}
		first[key] = places[i].route
	}
}

// needPolicy reports a policy that does not exist.
func (r *reader) needPolicy(at yamlread.Place, name string, c *Config) {
	if _, known := c.Policies[name]; known || name == "" {
		return
	}
	fix := "write it under policies"
	if names := slices.Sorted(maps.Keys(c.Policies)); len(names) > 0 {
		fix = yamlread.Suggest(name, names, "the policies are")
	}
	r.Refuse(at, Error{Code: CodeRoutePolicy, Value: name, Why: "there is no such policy", Fix: fix})
}

// checkAllOrigins reports dangerously_allow_all_origins_with_credentials where the
// policy is not for all origins.
func (r *reader) checkAllOrigins(at routePlaces, rt *Route, c *Config) {
	if p, known := c.Policies[rt.Policy]; known && rt.DangerouslyAllowAllOriginsWithCredentials && !slices.Contains(p.AllowOrigins, "*") {
		r.Refuse(at.fields[allOriginsField], Error{
			Code: CodeRouteOption, Why: fmt.Sprintf("the policy %s is not for all origins", rt.Policy),
			Fix: "drop it, and write allow_credentials: true in the policy",
		})
	}
}

// canonicalPath returns the same string for paths that match the same requests.
func canonicalPath(path string) string { return strings.TrimRight(pathread.DecodeSegments(path), "/") }
