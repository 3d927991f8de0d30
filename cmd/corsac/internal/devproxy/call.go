package devproxy

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// call is a request on its way through the proxy.
type call struct {
	*setup

	in      *forward.Incoming
	match   devroute.Match
	route   *route
	server  *server
	mapping rewrite.Mapping
	front   *front
	asked   forward.Target // what the browser asked for
	said    http.Header    // of CORS, by the server, in the mode add; nil if it was not asked
}

// serve answers a request.
func (c *call) serve(w http.ResponseWriter, r *http.Request) {
	target, isPath := forward.TargetOf(r)
	front, allowed := c.frontOf(r)
	switch {
	case !allowed:
		c.refuse(w, r, foreignHost(r.Host))
		return
	case !isPath || strings.EqualFold(r.Method, http.MethodTrace) || strings.EqualFold(r.Method, http.MethodConnect):
		c.refuse(w, r, notForwarded())
		return
	}
	c.front, c.asked = front, target
	var found bool
	c.match, found = c.table.Find(front.host, target.Path)
	if !found {
		c.refuse(w, r, c.noRoute(target.Path))
		return
	}
	c.route = &c.routes[c.match.Index]
	switch {
	case c.match.Ambiguous:
		c.refuse(w, r, ambiguousPath())
		return
	case c.hops.IsLoop(r.Header):
		c.refuse(w, r, loop(c.match.Upstream))
		return
	}
	record.Note(w, record.Proxied{Route: c.route.Host + c.route.Path, Mode: string(c.mode()), Policy: c.route.Policy})
	c.in.Target = target
	if c.match.Route.StripPrefix {
		c.in.Target.Path = "/" + strings.TrimPrefix(target.Path[len(c.match.Prefix):], "/")
	}
	if c.match.Upstream != "" {
		record.Note(w, record.Proxied{Meant: strings.TrimRight(c.match.Upstream, "/") + c.in.Target.String()})
	}
	c.route.handler.ServeHTTP(w, r)
}

// mode is what the route does with CORS.
func (c *call) mode() devroute.Mode { return cmp.Or(c.match.Route.Mode, devroute.SameOrigin) }

// isObserved reports whether the proxy must not change anything: in the mode observe,
// and without a route if that is the mode of all.
func (c *call) isObserved() bool {
	if c.route == nil {
		return c.observes
	}
	return c.mode() == devroute.Observe
}

// answer answers a request, as the policy has left it.
func (c *call) answer(w http.ResponseWriter, r *http.Request) {
	if !c.injectFaults(w, r) {
		return
	}
	if mock := c.match.Route.Mock; mock != nil {
		serveMock(w, r, mock)
		return
	}
	if c.Replay != nil && !c.route.isPage {
		c.replay(w, r)
		return
	}
	var err error
	if c.server, err = c.setup.server(c.match); err != nil {
		c.respondWith(w, r, notAServer(c.match.Upstream, err))
		return
	}
	if !c.isObserved() {
		c.mapping = c.mappingOf()
		if f := c.translate(r); f != nil {
			c.respondWith(w, r, *f)
			return
		}
	}
	if c.Plain {
		r.Header.Del("Accept-Encoding")
	}
	record.Note(w, record.Proxied{Sent: c.sent()})
	c.server.Forward(c.in, w, r)
}

// replay answers from the recording, for what the browser asked for, or for what the
// server would get.
func (c *call) replay(w http.ResponseWriter, r *http.Request) {
	asked, _ := forward.TargetOf(r) // it has been read before
	if !c.Replay.Serve(w, r.Method, asked.String(), c.in.Target.String()) {
		c.respondWith(w, r, notRecorded(r.Method, asked.String(), c.Replay.Targets(r.Method, 5)))
	}
}

// mappingOf returns how the addresses of the server correspond to the browser's.
func (c *call) mappingOf() rewrite.Mapping {
	m := rewrite.Mapping{Front: c.front.side, Upstream: c.server.side}
	if c.match.Route.StripPrefix {
		m.Front.Path = c.match.Prefix
	}
	return m
}

// translate makes a request of the page one of the server's own pages. It returns
// the answer if the request must not be forwarded.
func (c *call) translate(r *http.Request) *failure {
	var changes []rewrite.Change
	if c.mode() == devroute.SameOrigin {
		switch sender := hostguard.SenderOf(r.Header, c.front.origin); {
		case sender == hostguard.Foreign && !hostguard.ChangesNothing(r):
			f := foreignPage(r, c.match.Route.Path)
			return &f
		case sender != hostguard.Foreign:
			changes = c.mapping.Identity(r.Header)
		}
	}
	changes = append(changes, c.mapping.Cookies(r.Header)...)
	c.noteChanges(changes)
	return nil
}

// respond translates the header of a response.
func respond(in *forward.Incoming, _ int, h http.Header) http.Handler {
	c := in.Owner.(*call)
	if !c.isObserved() && rewrite.Concerns(h) {
		c.translateBack(h)
	}
	return nil
}

// translateBack translates what a response says about its server.
func (c *call) translateBack(h http.Header) {
	x := &rewrite.Exchange{Mapping: c.mapping, Others: c.others(), Leads: c.leads}
	var err error
	if x.Asked, err = weburl.Parse(c.front.origin+c.asked.String(), nil); err != nil {
		return
	}
	if x.Sent, err = weburl.Parse(c.sent(), nil); err != nil {
		return
	}
	c.noteChanges(x.Response(h))
}

// sent returns the URL that the server gets.
func (c *call) sent() string {
	return c.server.base + c.in.Target.String()
}

// others returns the mappings of the other routes, as far as they are fixed.
func (c *call) others() (others []rewrite.Mapping) {
	for i := range c.routes {
		rt := &c.routes[i]
		if i == c.match.Index || !rt.isFixed {
			continue
		}
		m := rewrite.Mapping{Front: c.mapping.Front, Upstream: rt.side}
		m.Front.Path = ""
		if rt.StripPrefix {
			m.Front.Path = strings.TrimRight(rt.Path, "/")
		}
		others = append(others, m)
	}
	return others
}

// leads reports whether a path of the front leads to the server of a mapping.
func (c *call) leads(path string, m rewrite.Mapping) bool {
	host := strings.Trim(c.mapping.Front.Host, "[]")
	found, ok := c.table.Find(host, path)
	return ok && found.Upstream != "" && upstreamSide(found.Upstream) == m.Upstream
}

// noteChanges records and logs what has been changed of a message.
func (c *call) noteChanges(changes []rewrite.Change) {
	if len(changes) == 0 {
		return
	}
	record.Note(c.in, record.Proxied{Changes: changes})
	ctx := context.Background()
	if !c.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	for _, change := range changes {
		c.Log.LogAttrs(ctx, slog.LevelDebug, "changed",
			slog.String("header", change.Header), slog.String("before", maskedLine(change.Header, change.Before)),
			slog.String("after", maskedLine(change.Header, change.After)), slog.String("why", change.Why))
	}
}
