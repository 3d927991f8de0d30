package gateway

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// scoped is what of a route is needed to translate addresses.
type scoped struct {
	upstream rewrite.Side
	base     string // the URL of the upstream, without a final slash
	front    string // the path that the upstream does not get, escaped
	routes   *table
}

// newScoped returns false if the addresses of the upstream stay.
func newScoped(c *config.Route, strips bool) (scoped, bool) {
	u, err := weburl.Parse(c.Upstream.String(), nil)
	if c.KeepAddresses || err != nil {
		return scoped{}, false
	}
	s := scoped{upstream: rewrite.SideOf(u, u.Path), base: u.Scheme + "://" + c.Upstream.Host + strings.TrimRight(c.Upstream.EscapedPath(), "/")}
	if strips {
		front, err := weburl.Parse("http://x/"+strings.Trim(c.Path, "/"), nil)
		if err != nil {
			return scoped{}, false
		}
		s.front = front.Path
	}
	return s, true
}

// scope translates where redirects of the upstream lead, and where its cookies apply.
func (rt *route) scope(in *forward.Incoming, h http.Header) {
	r := in.Request()
	target, _ := forward.TargetOf(r) // it has been read before
	asked, err := weburl.Parse(in.Public.Scheme+"://"+in.Public.Host+target.String(), nil)
	if err != nil {
		return
	}
	sent, err := weburl.Parse(rt.scoped.base+in.Target.String(), nil)
	if err != nil {
		return
	}
	x := &rewrite.Exchange{
		Mapping: rewrite.Mapping{Front: rewrite.SideOf(asked, rt.scoped.front), Upstream: rt.scoped.upstream},
		Asked:   asked, Sent: sent, Relative: true,
		Leads: func(path string, _ rewrite.Mapping) bool { return rt.leads(r.Host, path) },
	}
	x.Scope(h)
}

// leads reports whether a path of the gateway leads to where the route would send it.
func (rt *route) leads(host, path string) bool {
	other, ambiguous := rt.scoped.routes.find(host, path)
	if other == nil || ambiguous {
		return false
	}
	a, b := other.server.URL(), rt.server.URL()
	return a.Scheme == b.Scheme && a.Host == b.Host && other.to(path) == rt.to(path)
}

// to returns the path that the upstream gets for one of the gateway.
func (rt *route) to(path string) string {
	if rt.steps > 0 {
		path = rt.strip(path)
	}
	return strings.TrimRight(rt.server.URL().EscapedPath(), "/") + path
}
