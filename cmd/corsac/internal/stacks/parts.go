package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// served is a part of what a server does with requests.
type served struct {
	Part

	// title names it in sentences, such as route /api.
	title string
	// at is where it begins in its file.
	file string
	at   int
	// cors says that its answers have CORS headers, so that it is a part of a site.
	cors bool
	// in is the file of losses, if that is not the one of the site; they say what a route does not do of it.
	in     *source.File
	losses []Remark

	// Of a table that is ranked: the part with the highest rank has a request.
	rank int
	// entryPoints are where its requests come in; nil for everywhere. redirects says
	// that they are only sent elsewhere, which does not guard other entry points.
	entryPoints []string
	redirects   bool
}

// partTable has all parts of what a server does, in the order of its files.
type partTable struct {
	parts []served
	// ordered says that the first part that matches has a request, and not the one
	// with the longest path.
	ordered bool
	// ranked says that the part with the highest rank has a request.
	ranked bool
	// anyHost says that a part for all hosts may have a request before one for its
	// host. Otherwise, a host has only the parts that are for it.
	anyHost bool
}

// maxParts bounds the parts of a table. With more, there are no routes.
const maxParts = 500

// add adds a part for each of some hosts, or for all hosts if there are none.
func (t *partTable) add(s served, hosts ...string) {
	if len(hosts) == 0 {
		hosts = []string{""}
	}
	for _, name := range hosts {
		if len(t.parts) > maxParts {
			return
		}
		p := s
		host, ok := routeHost(name)
		if p.Host = host; !ok {
			p.Match = firstOf(p.Match, "the host "+name)
			p.Barrier = firstOf(p.Barrier, "the gateway has no hosts like "+strings.ReplaceAll(name, proxyUnknown, "…"))
		}
		t.parts = append(t.parts, p)
	}
}

// of returns the parts that are a site's, and what is not carried over of them. A
// part whose route would have requests of another part has a barrier.
func (t *partTable) of(own func(*served) bool) (parts []Part, losses []Remark) {
	var others []*served
	for i := range t.parts {
		if !own(&t.parts[i]) {
			others = append(others, &t.parts[i])
		}
	}
	known := false
	for i := range t.parts {
		p := t.parts[i]
		if !own(&p) || p.redirects && t.elsewhere(&p, own) {
			continue
		}
		if p.open() {
			p.Barrier = t.taken(i, others)
		}
		if p.open() {
			known = true
			losses = append(losses, p.losses...)
		}
		if !slices.Contains(parts, p.Part) {
			parts = append(parts, p.Part)
		}
	}
	for i := range parts {
		if p := &parts[i]; known && p.Upstream == "" && p.Barrier == "" {
			p.Barrier = "where its requests go is not known"
		}
	}
	return parts, losses
}

// elsewhere reports whether the requests that a part redirects are those of another
// one of the same site.
func (t *partTable) elsewhere(p *served, own func(*served) bool) bool {
	return slices.ContainsFunc(t.parts, func(o served) bool {
		return own(&o) && !o.redirects && o.Host == p.Host && o.Path == p.Path && o.Exact == p.Exact
	})
}

// open reports whether a part has a route, as far as is known.
func (p *Part) open() bool { return p.Upstream != "" && p.Barrier == "" && p.Match == "" }

// taken says why a part has no route: another one has some of its requests, and
// the route would have them. It is "" if there is no reason.
func (t *partTable) taken(i int, others []*served) string {
	p := &t.parts[i]
	if len(t.parts) > maxParts {
		return fmt.Sprintf("there are more than %d routes", maxParts)
	}
	if t.ranked {
		return t.outranked(i)
	}
	for j := 0; t.ordered && j < i; j++ {
		if e := &t.parts[j]; hostWithin(p.Host, e.Host) && pathBegins(p.Path, e.Path) && (!e.Exact || p.Exact) && (e.Barrier != "" || !e.is(p.file, p.at)) {
			return e.title + " is before it, and has its requests"
		}
	}
	if host := t.unrouted(p); host != "" {
		return "it would have the requests for other paths of " + host + ", too, which has routes of its own"
	}
	for _, o := range others {
		if o.cors && o.Barrier == "" || !t.takesFrom(p, o) {
			continue
		}
		if o.Barrier != "" {
			return fmt.Sprintf("%s has some of its requests, and %s", o.title, o.Barrier)
		}
		return o.title + " has some of its requests, without CORS headers, and the route would add them"
	}
	return ""
}

// unrouted returns a host that a part stands for and that has parts of its own, but
// none for some paths of that part: the server lets no other host have them. It is
// "" if there is none.
func (t *partTable) unrouted(p *served) string {
	for i := range t.parts {
		host := t.parts[i].Host
		if !t.anyHost && host != p.Host && hostWithin(host, p.Host) && !t.routes(host, p.Path) {
			return host
		}
	}
	return ""
}

// routes reports whether a part of a host has all of its paths below one.
func (t *partTable) routes(host, path string) bool {
	for i := range t.parts {
		p := &t.parts[i].Part
		if p.Host == host && p.Match == "" && !p.Exact && strings.HasPrefix(path+"/", strings.TrimSuffix(p.Path, "/")+"/") {
			return true
		}
	}
	return false
}

// outranked is taken for a table that is ranked.
func (t *partTable) outranked(i int) string {
	p := &t.parts[i]
	for j := range t.parts {
		o := &t.parts[j]
		if j == i || o.rank < p.rank || !p.overlaps(o) {
			continue
		}
		same := o.is(p.file, p.at) && o.Upstream == p.Upstream && o.PreserveHost == p.PreserveHost
		switch {
		case o.Barrier != "":
			return fmt.Sprintf("%s has some of its requests, and %s", o.title, o.Barrier)
		case same, o.cors && o.open() && o.isWithin(p):
		case !o.cors:
			return o.title + " has some of its requests, without CORS headers, and the route would add them"
		default:
			return o.title + " is before it, and has some of its requests"
		}
	}
	return ""
}

// overlaps reports whether there may be requests that two parts match. If they do not
// share an entry point, only a guard counts: the gateway has one listener.
func (p *served) overlaps(o *served) bool {
	apart := len(p.entryPoints) > 0 && len(o.entryPoints) > 0 && !slices.ContainsFunc(p.entryPoints, func(name string) bool { return slices.Contains(o.entryPoints, name) })
	if apart && (o.Barrier == "" || o.redirects) {
		return false
	}
	hosts := hostWithin(p.Host, o.Host) || hostWithin(o.Host, p.Host)
	return hosts && (covers(p, o) || covers(o, p))
}

// covers reports whether a part has the paths of another.
func covers(p, o *served) bool {
	return pathBegins(o.Path, strings.TrimSuffix(p.Path, "/")) && (!p.Exact || o.Exact && o.Path == p.Path)
}

// isWithin reports whether the gateway prefers the route of a part to that of
// another, where both match.
func (p *served) isWithin(o *served) bool {
	if p.Host != o.Host {
		return hostWithin(p.Host, o.Host)
	}
	return len(p.Path) > len(o.Path)
}

// takesFrom reports whether the route of a part would have requests of another.
func (t *partTable) takesFrom(p, o *served) bool {
	if p.Exact && !(o.Exact && o.Path == p.Path) && o.Match == "" {
		return false
	}
	within := pathBegins(o.Path, strings.TrimSuffix(p.Path, "/"))
	around := pathBegins(p.Path, o.Path) && !o.Exact
	switch {
	case o.Host != p.Host && hostWithin(o.Host, p.Host):
		return within || around
	case o.Host == p.Host, (t.anyHost || o.Match != "") && hostWithin(p.Host, o.Host):
		return within || around && o.Match != ""
	}
	return false
}

// pathBegins reports whether a path begins with another, ignoring case: servers and
// upstreams may do so.
func pathBegins(path, with string) bool {
	return strings.HasPrefix(strings.ToLower(path), strings.ToLower(with))
}

// pathsMeet reports whether one of two paths may begin with the other, so that
// requests of one may be requests of the other.
func pathsMeet(a, b string) bool {
	return pathBegins(a, strings.TrimSuffix(b, "/")) || pathBegins(b, strings.TrimSuffix(a, "/"))
}

// hostWithin reports whether a host is one of those that another stands for.
func hostWithin(host, of string) bool {
	suffix, wild := strings.CutPrefix(of, "*")
	return of == "" || host == of || wild && strings.HasSuffix(host, suffix)
}

// routeHost returns a host as the gateway has it; "" for all hosts. ok is false for
// one that it cannot have.
func routeHost(name string) (host string, ok bool) {
	host = strings.ToLower(name)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.Trim(host[i+1:], "0123456789*") == "" {
		host = host[:i]
	}
	if host = strings.TrimSuffix(host, "."); host == "" || host == "*" {
		return "", host != "" || name == ""
	}
	bare := strings.TrimPrefix(host, "*.")
	return host, bare != "" && strings.Trim(bare, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}

// notCarried ends the reasons why a route is not carried over.
const notCarried = ", and is not carried over"

// setParts gives a site those parts of a table that are its own.
func (s *confSite) setParts(t *partTable, own func(*served) bool) {
	parts, losses := t.of(own)
	if len(parts) == 0 {
		return
	}
	s.Parts, s.Upstream = parts, ""
	for i := range parts {
		if parts[i].open() {
			s.Upstream = firstOf(s.Upstream, parts[i].Upstream)
		}
	}
	for _, r := range losses {
		if r.File == nil {
			r.File = s.File
		}
		s.addRemark(r)
	}
}

// lose adds a remark on what a route does not do of a part.
func (p *served) lose(at source.Span, format string, args ...any) {
	p.losses = append(p.losses, Remark{Kind: Lost, Text: fmt.Sprintf(format, args...), File: p.in, Span: at})
}

// is reports whether a part begins at a place.
func (p *served) is(file string, at int) bool { return p.file == file && p.at == at }

// giveHeader is about a header that the server gives to the upstream.
func (p *served) giveHeader(how, name string, at source.Span) {
	switch {
	case isCredential(name):
		p.Barrier = firstOf(p.Barrier, how+" "+name+" gives the upstream a credential"+notCarried)
	case !isUsualHeader(name):
		p.lose(at, "%s %s applies to %s"+notCarried+".", how, name, p.title)
	}
}

// giveHost is about the name that the upstream gets as Host.
func (p *served) giveHost(name string, at source.Span) {
	if p.PreserveHost = false; !ownHost(name, p.Upstream) {
		p.lose(at, "%s gets %s as its Host; from a route, it gets that of its URL.", p.Upstream, name)
	}
}

// more says that a route has one upstream of several.
func (p *served) more(rest []string, at source.Span) {
	if len(rest) > 0 {
		p.lose(at, "The upstream of %s has more servers, and a route has one: %s left out.", p.title, strings.Join(rest, ", "))
	}
}
