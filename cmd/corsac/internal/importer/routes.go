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

// maxRoutes bounds the routes that are written.
const maxRoutes = 200

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
	r := Route{Path: cmp.Or(part.Path, "/"), Upstream: part.Upstream, Policy: p.Name, Where: whereOf(s)}
	u, mistake := config.ParseUpstream(part.Upstream)
	switch at := config.CheckPath(r.Path); {
	case at != nil:
		r.Problem = fmt.Sprintf("%q: %s", r.Path, at.Why)
	case mistake != nil:
		r.Problem = fmt.Sprintf("%q: %s", mistake.Value, mistake.Why)
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

// addRoute adds a route, unless it is there: a server on two ports has it twice.
func (im *Import) addRoute(r Route) {
	if im.known.add([...]string{r.Path, r.Upstream, r.Policy}) {
		im.Routes = append(im.Routes, r)
	}
}

// checkRoutes says of each route that the gateway cannot have why, and decides
// where it listens.
func (im *Import) checkRoutes() {
	im.Listen = im.freeAddress()
	c := &config.Config{Policies: map[string]cors.Policy{}, Gateway: config.Gateway{Listen: im.Listen}}
	var routes []*Route
	for i := range im.Routes {
		switch r := &im.Routes[i]; {
		case r.Problem != "":
		case len(routes) == maxRoutes:
			r.Problem = fmt.Sprintf("there are more than %d routes", maxRoutes)
		default:
			routes = append(routes, r)
			c.Policies[r.Policy] = *im.policy(r.Policy)
			u, _ := config.ParseUpstream(r.Upstream)
			c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Path: r.Path, Upstream: u, Policy: r.Policy})
		}
	}
	if len(routes) == 0 || refusal(c) == "" {
		return
	}
	all := c.Gateway.Routes
	c.Gateway.Routes = nil
	for i, r := range routes {
		c.Gateway.Routes = append(c.Gateway.Routes, all[i])
		if r.Problem = refusal(c); r.Problem != "" {
			c.Gateway.Routes = c.Gateway.Routes[:len(c.Gateway.Routes)-1]
		}
	}
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
		return "another route has the same path"
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
