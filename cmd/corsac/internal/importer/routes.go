package importer

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// maxRoutes bounds the routes that are written, and maxCompared those that are
// compared with each other: of more, none is written.
const (
	maxRoutes   = 200
	maxCompared = 2000
)

// parts returns the parts of a site's paths that have an upstream, or all of them
// with the one that is known.
func (s *Site) parts() []stacks.Part {
	if len(s.Parts) > 0 {
		return s.Parts
	}
	return []stacks.Part{{Path: s.Path, Exact: s.Exact, Upstream: s.Upstream}}
}

// routeOf returns the route of the gateway that does what a site of a proxy does.
func routeOf(s *Site, part stacks.Part, p *Policy) Route {
	r := Route{Host: part.Host, Path: cmp.Or(part.Path, "/"), Upstream: part.Upstream, Policy: p.Name, PreserveHost: part.PreserveHost, Where: whereOf(s), part: part}
	u, mistake := config.ParseUpstream(part.Upstream)
	switch at := config.CheckPath(r.Path); {
	case part.Barrier != "":
		r.Problem = part.Barrier
	case part.Match != "":
		r.Problem = part.Match + " chooses its paths, and the gateway knows only prefixes"
	case at != nil:
		r.Problem = fmt.Sprintf("%q: %s", r.Path, at.Why)
	case mistake != nil:
		r.Problem = fmt.Sprintf("%q: %s", mistake.Value, mistake.Why)
	case p.Name == "":
		r.Problem = "no policy could be read there"
	case p.Policy == nil:
		r.Problem = "its policy is not valid"
	case part.Exact:
		r.Problem = fmt.Sprintf("it is for exactly %s, and the routes of the gateway are for all paths below theirs", r.Path)
	case u.Path == r.Path:
		r.Upstream = (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
	case u.Path != "" && r.Path != "/":
		r.Problem = fmt.Sprintf("it sends %s… as %s…, and the gateway never removes a part of the path", r.Path, u.Path)
	}
	return r
}

// addRoutes adds the routes of a site, unless they are there: a server on two ports
// has each twice.
func (im *Import) addRoutes(s *Site, p *Policy) {
	for _, part := range s.parts() {
		if part.Upstream != "" || part.Barrier != "" {
			im.addRoute(routeOf(s, part, p))
		}
	}
}

func (im *Import) addRoute(r Route) {
	if im.known.add([...]any{r.Host, r.Path, r.Upstream, r.Policy, r.PreserveHost, r.part.Listen, r.Problem}) {
		im.Routes = append(im.Routes, r)
	}
}

// checkRoutes says of each route that the gateway cannot have why, and decides
// where it listens.
func (im *Import) checkRoutes() {
	im.Listen = im.freeAddress()
	im.closeRoutes()
	c := &config.Config{Policies: map[string]cors.Policy{}, Gateway: config.Gateway{Listen: im.Listen}}
	var routes []*Route
	for i := range im.Routes {
		switch r := &im.Routes[i]; {
		case r.Problem != "":
		case len(routes) == maxRoutes || len(im.Routes) > maxCompared:
			r.Problem = fmt.Sprintf("there are more than %d routes", maxRoutes)
		default:
			routes = append(routes, r)
			c.Policies[r.Policy] = *im.policy(r.Policy)
			u, _ := config.ParseUpstream(r.Upstream)
			c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Host: r.Host, Path: r.Path, Upstream: u, Policy: r.Policy, PreserveHost: r.PreserveHost})
		}
	}
	if len(routes) > 0 && refusal(c) != "" {
		refuseRoutes(c, routes)
		im.closeRoutes() // of those that the configuration refuses
	}
	im.checkListeners()
}

// checkListeners says where routes are of servers on different ports or gateways,
// of which the one listener of the gateway takes the place: who could reach only
// one of them reaches all.
func (im *Import) checkListeners() {
	first, open := -1, false
	for i := range im.Routes {
		open = open || im.Routes[i].Problem == ""
	}
	for i := range im.Routes {
		r := &im.Routes[i]
		switch {
		case !open:
			return
		case first < 0:
			first = i
		case r.part.Listen != im.Routes[first].part.Listen:
			text := fmt.Sprintf("Requests for it come to %s, and those for %s to %s; the gateway has one listener for all of its routes.",
				listener(r), im.Routes[first].title(), listener(&im.Routes[first]))
			im.Listeners = append(im.Listeners, Remark{stacks.Wider, "", text, r.Where.Place})
			return
		}
	}
}

// listener says where the requests of a route come to.
func listener(r *Route) string { return cmp.Or(r.part.Listen, "the usual ports") }

// refuseRoutes finds the routes with which the configuration is not valid.
func refuseRoutes(c *config.Config, routes []*Route) {
	all := c.Gateway.Routes
	c.Gateway.Routes = nil
	for i, r := range routes {
		c.Gateway.Routes = append(c.Gateway.Routes, all[i])
		if r.Problem = refusal(c); r.Problem != "" {
			c.Gateway.Routes = c.Gateway.Routes[:len(c.Gateway.Routes)-1]
		}
	}
}

// closeRoutes takes away the routes that would have the requests of one that is not
// written: for a path below theirs, or for a host of theirs.
func (im *Import) closeRoutes() {
	for closed := len(im.Routes) <= maxCompared; closed; {
		closed = false
		for i := range im.Routes {
			r := &im.Routes[i]
			if r.Problem != "" {
				continue
			}
			for j := range im.Routes {
				if o := &im.Routes[j]; o.Problem != "" && o != r && o.goesTo(r) {
					r.Problem = "it would have the requests for " + o.title() + ", too, which has no route"
					closed = true
					break
				}
			}
		}
	}
}

// goesTo reports whether another route would have requests of a route that is not
// written, and treat them in another way.
func (r *Route) goesTo(other *Route) bool {
	plain := r.part.Barrier == "" && r.part.Match == "" && !r.part.Exact
	if r.part.Barrier == "" && r.Policy == other.Policy && r.Upstream == other.Upstream || plain && r.Host == other.Host && r.Path == other.Path {
		return false
	}
	if other.Host != r.Host {
		suffix, wild := strings.CutPrefix(other.Host, "*")
		return (other.Host == "" || wild && strings.HasSuffix(r.Host, suffix)) && (within(r.Path, other.Path) || within(other.Path, r.Path))
	}
	return within(r.Path, other.Path) || r.part.Match != "" && within(other.Path, r.Path) // which paths below its own, only it knows
}

// title says which route it is, and where it comes from.
func (r *Route) title() string {
	title := r.Where.Title
	switch path := cmp.Or(r.Where.Path, "/"); {
	case r.part.Match != "" && r.part.Match != title:
		title = r.part.Match + " of " + title
	case r.part.Match == "" && r.Path != path:
		title = r.Path + " of " + title
	}
	return title + ", " + finding.Position(r.Where.Place)
}

// within reports whether a path is below a prefix, or the prefix itself, ignoring
// case: the server that the route is of may do so.
func within(path, prefix string) bool {
	slashed := func(s string) string { return strings.ToLower(strings.TrimSuffix(s, "/")) + "/" }
	return strings.HasPrefix(slashed(path), slashed(prefix))
}

// freeAddress returns an address for the gateway that is not that of an upstream;
// "" if there are no routes.
func (im *Import) freeAddress() string {
	if len(im.Routes) == 0 {
		return ""
	}
	upstreams := map[string]*url.URL{}
	for _, r := range im.Routes {
		if u, _ := config.ParseUpstream(r.Upstream); u != nil {
			upstreams[u.Host] = u
		}
	}
	taken := func(listen string) bool {
		for _, u := range upstreams {
			if (config.Machine{}).Loops(listen, u) {
				return true
			}
		}
		return false
	}
	for port := 8080; port < 8080+maxRoutes; port++ {
		if listen := fmt.Sprintf("127.0.0.1:%d", port); !taken(listen) {
			return listen
		}
	}
	return config.DefaultListen
}

// refusal returns what corsac says against a configuration, or "".
func refusal(c *config.Config) string {
	text, err := config.Marshal(c)
	if err == nil {
		_, err = config.Parse("", text)
	}
	var mistakes finding.Mistakes
	switch {
	case err == nil:
		return ""
	case errors.As(err, &mistakes) && mistakes[0].Cause == config.CodeRouteDuplicate:
		return "another route has the same host and path"
	case errors.As(err, &mistakes):
		return mistakes[0].Why + "; " + mistakes[0].Fix.Text
	}
	return err.Error()
}

func (im *Import) policy(name string) *cors.Policy {
	for _, p := range im.Policies {
		if p.Name == name {
			return p.Policy
		}
	}
	return nil
}

// problems returns the mistakes of a policy in lines without the place, which is
// one in a text that the user has not seen.
func problems(err error) (lines []string) {
	var mistakes policyfile.Errors
	if !errors.As(err, &mistakes) {
		return []string{err.Error()}
	}
	for _, m := range mistakes {
		line := strings.TrimPrefix(m.Field, "policies.app.") + ": "
		if m.Value != "" {
			line += fmt.Sprintf("%q: ", m.Value)
		}
		line += m.Why
		if m.Fix != "" {
			line += "; " + m.Fix
		}
		lines = append(lines, line)
	}
	return lines
}
