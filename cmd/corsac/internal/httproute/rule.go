package httproute

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// rule reads a rule, the nth of its route, and adds its routes.
func (r *reader) rule(v yamlread.Value, rt *route, n int) {
	before := r.Mistakes()
	var name string
	var matches, filters, backends yamlread.Value
	cannot := func(fix string) func(yamlread.Value) {
		return func(v yamlread.Value) { r.unsupported(v.Place, "serve does not do that", fix) }
	}
	r.Fields(v, yamlread.Fields{
		"name": r.Text(&name), "matches": into(&matches), "filters": into(&filters), "backendRefs": into(&backends),
		"timeouts":           cannot("remove it; a backend has 1m until the header of its response"),
		"retry":              cannot("remove it; requests are sent once"),
		"sessionPersistence": cannot("remove it; there is one backend"),
	}, false)
	base := config.Route{PreserveHost: true, FullPreflights: true, Upstream: r.backend(v.Place, backends, rt)}
	f := r.filters(v.Place, filters, &base)
	found := r.matches(v.Place, matches, &base, f)
	if r.Mistakes() > before {
		return // a policy that is not right has no name
	}
	policy := strings.ToLower(rt.name)
	if n > 0 || name != "" {
		policy += "." + strings.ToLower(orNumber(name, n))
	}
	base.Policy = r.policyName(policy, &f.policy, f.places)
	for _, m := range found {
		for _, host := range hostsOf(rt) {
			one := base
			one.Host, one.Path, one.Exact = host, m.path, m.exact
			one.SlashMatters = m.exact // Gateway API sends "/a/" to another route than "/a"
			r.add(m.at, &one)
		}
	}
}

// into returns what keeps a value.
func into(to *yamlread.Value) func(yamlread.Value) {
	return func(v yamlread.Value) { *to = v }
}

func orNumber(name string, n int) string {
	if name != "" {
		return name
	}
	return fmt.Sprint(n)
}

func hostsOf(rt *route) []string {
	if len(rt.hosts) == 0 {
		return []string{""}
	}
	return rt.hosts
}

// match is a match of a rule.
type match struct {
	at    yamlread.Place
	path  string
	exact bool
}

// matches reads the matches of a rule.
func (r *reader) matches(at yamlread.Place, v yamlread.Value, base *config.Route, f *filters) (list []match) {
	items := r.items(v, "a list of matches", `begin each with "- "`)
	if len(items) == 0 {
		list = append(list, match{at: at, path: "/"})
	}
	for _, item := range items {
		m := match{at: item.Place, path: "/"}
		other := func(v yamlread.Value) {
			r.unsupported(v.Place, "serve chooses routes by hostname and path only", "remove it, or let the backend distinguish these requests")
		}
		r.Fields(item, yamlread.Fields{"path": func(v yamlread.Value) { r.path(v, &m) }, "headers": other, "queryParams": other, "method": other}, false)
		list = append(list, m)
	}
	for _, m := range list {
		if base.StripPrefix && m.exact {
			r.Refuse(f.rewrite, yamlread.Error{Code: CodeInvalid, Why: "ReplacePrefixMatch is for matches of the type PathPrefix only", Fix: "write PathPrefix in all matches of the rule, or remove the filter"})
		}
	}
	return list
}

// path reads the path of a match.
func (r *reader) path(v yamlread.Value, m *match) {
	kind, at := "PathPrefix", v.Place
	r.Fields(v, yamlread.Fields{"type": r.Text(&kind), "value": func(v yamlread.Value) {
		at = v.Place
		r.Text(&m.path)(v)
	}}, false)
	switch kind {
	case "PathPrefix":
	case "Exact":
		m.exact = true
	case "RegularExpression":
		r.unsupported(at, "serve has no regular expressions for paths", "write a PathPrefix or an Exact for each path")
		return
	default:
		r.Refuse(at, yamlread.Error{Code: CodeInvalid, Value: kind, Why: "it is not a type of path matches", Fix: "write PathPrefix or Exact"})
		return
	}
	if wrong := config.CheckPath(m.path); wrong != nil {
		r.Refuse(at, *wrong)
	}
}

// backend returns the URL of the only backend of a rule.
func (r *reader) backend(at yamlread.Place, v yamlread.Value, rt *route) (u *url.URL) {
	var refs []reference
	var places []yamlread.Place
	for _, item := range r.items(v, "a list of references", `begin each with "- "`) {
		ref := r.reference(item, "Service", rt.namespace, "weight", "filters")
		switch {
		case ref.filters > 0:
			r.unsupported(item.Place, "serve has no filters of backends", "move them to the filters of the rule")
		case ref.weight != 0:
			refs, places = append(refs, ref), append(places, item.Place)
		}
	}
	if len(refs) > 1 {
		r.Refuse(places[1], yamlread.Error{Code: CodeBackend, Why: "it is a second backend with a weight, and a route of serve has one", Fix: "give the others weight: 0, or put a Service in front of them"})
		return nil
	}
	if len(refs) == 0 {
		r.Refuse(at, yamlread.Error{Code: CodeBackend, Field: yamlread.Join(at.Field, "backendRefs"), Why: "the rule has no backend with a weight", Fix: "write one, such as backendRefs: [{name: shop, port: 8080}]"})
		return nil
	}
	return r.address(places[0], &refs[0], rt)
}

// address returns the URL of a backend.
func (r *reader) address(at yamlread.Place, ref *reference, rt *route) *url.URL {
	known := r.backendOf(ref.namespace, ref.name, ref.port)
	if known != nil && (known.namespace != "" || ref.namespace == rt.namespace) {
		return known.url
	}
	say := "--backend " + strings.TrimPrefix(ref.namespace+"/", "/") + ref.name + "=URL"
	e := yamlread.Error{Code: CodeBackend, Value: ref.name, Fix: "say where it is: " + say}
	switch {
	case ref.namespace != rt.namespace:
		e.Why = "it is in another namespace, and serve does not know whether that grants it"
	case ref.kind != "Service" || ref.group != "":
		e.Why = "it is not a Service, so it has no name in DNS"
	case ref.namespace == "":
		e.Why = "the HTTPRoute has no namespace, which is part of the name in DNS"
		e.Fix = "write metadata.namespace, or say where it is: " + say
	case ref.port == "":
		e.Why, e.Fix = "a Service needs a port", "write one, such as port: 8080"
	default:
		u, wrong := config.ParseUpstream("http://" + ref.name + "." + ref.namespace + ".svc:" + ref.port)
		if wrong == nil {
			return u
		}
		e.Why = "it is not the name of a Service"
	}
	r.Refuse(at, e)
	return nil
}
