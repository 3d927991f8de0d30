package inspector

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// world is everything besides an exchange that decides about it. It does not change.
type world struct {
	production

	web      string // origin of the page's own server, or ""
	config   *config.Config
	file     string
	policies map[string]*cors.Middleware
}

// now returns the world as it is. Judgements of an earlier one are forgotten.
func (in *Inspector) now() *world {
	c := in.current()
	web := ""
	if c.Web != nil {
		web = originOfURL(c.Web.String())
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if w := in.world; w != nil && w.production == in.production && w.web == web && w.config == c.Config {
		return w
	}
	in.world = newWorld(in.production, web, c.Config, c.ConfigFile)
	in.judged = judged{}
	return in.world
}

func newWorld(p production, web string, c *config.Config, file string) *world {
	w := &world{production: p, web: web, config: c, file: cmp.Or(file, "corsac.yaml"), policies: map[string]*cors.Middleware{}}
	if c != nil {
		for name, policy := range c.Policies {
			if m, err := cors.New(policy); err == nil { // the file has been read, so they are right
				w.policies[name] = m
			}
		}
	}
	return w
}

func originOfURL(raw string) string {
	u, err := weburl.Parse(raw, nil)
	if err != nil {
		return ""
	}
	return u.Origin()
}

// policyFor returns the policy of the file that an exchange has in production, and
// its name: the one that the proxy applied, the one that corsac serve has for the
// path, or the only one.
func (w *world) policyFor(x *record.Exchange) (*cors.Middleware, string) {
	if name := x.Proxied.Policy; name != "" {
		return w.policies[name], name
	}
	if len(w.policies) == 1 {
		for name, m := range w.policies {
			return m, name
		}
	}
	if w.config == nil {
		return nil, ""
	}
	path := ""
	if u, err := weburl.Parse(cmp.Or(x.Proxied.URL(), x.URL), nil); err == nil {
		path = u.Path
	}
	name := w.config.PolicyAt("", path)
	return w.policies[name], name
}

// policyNames returns the names of the policies, sorted.
func (w *world) policyNames() []string {
	names := slices.AppendSeq([]string{}, maps.Keys(w.policies))
	slices.Sort(names)
	return names
}

// subject is an exchange as it would be in production.
type subject struct {
	exchange *record.Exchange
	kind     kind
	// page and request are what script does, and answer is what the server said to
	// it. They are set for the kinds request and preflight.
	page    fetch.PageConfig
	request *fetch.Request
	answer  fetch.Recorded
	// recorded says that the exchange itself was across origins, so that nothing is
	// supposed.
	recorded bool
	// asked says that nothing was recorded across origins, but the server got the
	// request with the page's origin.
	asked bool
	// answers are what the server said when it was asked; nil if it was not.
	answers *answers
	// cookies says that the request had cookies, or that the response sets one.
	cookies bool
}

// kind is what an exchange is to CORS.
type kind string

const (
	kindRequest    kind = "request"    // of a page, to a server of another origin
	kindPreflight  kind = "preflight"  // of such a request
	kindOwn        kind = "own"        // of a page, to its own server
	kindNavigation kind = "navigation" // opens a page
	kindWebSocket  kind = "websocket"
	kindProgram    kind = "program" // not of a page
	kindFault      kind = "fault"   // corsac's answer, because somebody asked for faults
)

// nowhere stands for the origin of an API that nothing is known about.
const nowhere = "http://api.localhost"

// subjectOf returns an exchange as it would be in production.
func (w *world) subjectOf(x *record.Exchange) subject {
	s := subject{exchange: x, cookies: x.Headers.Has("Cookie") || x.ResponseHeaders.Has("Set-Cookie")}
	mode, site := x.Headers.Get("Sec-Fetch-Mode"), x.Headers.Get("Sec-Fetch-Site")
	from := cmp.Or(x.Headers.Get("Origin"), originOfURL(x.Headers.Get("Referer")))
	front := originOfURL(x.URL)
	if from == "" && site == "same-origin" {
		from = front
	}
	switch {
	case x.Proxied.Fault != "" && x.Proxied.Sent == "":
		s.kind = kindFault
	case x.Status == 101, mode == "websocket", strings.EqualFold(x.Headers.Get("Upgrade"), "websocket"):
		s.kind = kindWebSocket
	case mode == "navigate", mode == "nested-navigate":
		s.kind = kindNavigation
	case from == "":
		s.kind = kindProgram
	case from != front && x.Proxied.Mode == "add":
		s.withoutCorsac(w, from)
	case from != front:
		s.across()
	case w.isOwn(x):
		s.kind = kindOwn
	default:
		s.suppose(w, front)
	}
	return s
}

// isOwn reports whether a request is for the page's own server.
func (w *world) isOwn(x *record.Exchange) bool {
	return w.web != "" && originOfURL(x.Proxied.URL()) == w.web
}

// across sets the subject of an exchange that was across origins.
func (s *subject) across() {
	s.kind, s.recorded, s.answer = kindRequest, true, s.exchange.Recorded
	if s.answer.IsPreflight() {
		s.kind = kindPreflight
	}
	s.page, s.request, _ = fetch.InferRequest(&s.answer)
}

// withoutCorsac sets the subject of an exchange that was across origins, and whose CORS
// headers are corsac's: in production, there are only those of the server. A preflight
// has not reached the server.
func (s *subject) withoutCorsac(w *world, from string) {
	x := s.exchange
	page := from
	if w.Page != "" && from == w.web {
		page = w.Page
	}
	sent := cmp.Or(x.Proxied.URL(), x.URL)
	api := cmp.Or(w.API, originOfURL(x.Proxied.URL()), nowhere)
	if page == api {
		s.kind = kindOwn
		return
	}
	s.kind, s.answer = kindRequest, x.Recorded
	if s.answer.IsPreflight() {
		s.kind = kindPreflight
	}
	s.answer.URL, s.answer.ResponseHeaders = moved(sent, api), unchanged(x, originOfURL(sent), api)
	s.answer.Headers = slices.Clone(x.Headers)
	for i := range s.answer.Headers {
		if h := &s.answer.Headers[i]; strings.EqualFold(h.Name, "Origin") {
			h.Value = page
		}
	}
	s.asked = page == from && s.kind == kindRequest && x.Proxied.Sent != "" && x.Proxied.Failure == ""
	s.page, s.request, _ = fetch.InferRequest(&s.answer)
}

// suppose sets the subject of an exchange that was within one origin, which page and
// API do not share in production.
func (s *subject) suppose(w *world, front string) {
	x := s.exchange
	page := cmp.Or(w.Page, w.web, front)
	sent := cmp.Or(x.Proxied.URL(), x.URL)
	api := cmp.Or(w.API, originOfURL(x.Proxied.URL()), nowhere)
	if page == api {
		s.kind = kindOwn
		return
	}
	s.kind, s.answer = kindRequest, x.Recorded
	s.answer.Kind = fetch.KindActual
	s.answer.URL = moved(sent, api)
	s.answer.ResponseHeaders = unchanged(x, originOfURL(sent), api)
	s.answer.Headers = fetch.Headers{{Name: "Origin", Value: page}}
	for _, h := range x.Headers {
		switch strings.ToLower(h.Name) {
		case "origin", "referer", "sec-fetch-site", "cookie":
		default:
			s.answer.Headers = append(s.answer.Headers, h)
		}
	}
	if s.cookies { // which browsers keep and send only with credentials
		s.answer.Headers = append(s.answer.Headers, fetch.Header{Name: "Cookie", Value: mask.Mark})
	}
	s.page, s.request, _ = fetch.InferRequest(&s.answer)
}

// unchanged returns the headers of a response as the server sent them, before the proxy
// changed them for its own address and in the mode add, with the server at another origin.
func unchanged(x *record.Exchange, server, api string) fetch.Headers {
	var headers fetch.Headers
	for _, h := range x.ResponseHeaders {
		was := before(x, h)
		if was == "" && h.Value != "" {
			continue // the proxy added it
		}
		h.Value = was
		if strings.EqualFold(h.Name, "Location") && originOfURL(h.Value) == server {
			h.Value = moved(h.Value, api)
		}
		headers = append(headers, h)
	}
	for _, change := range x.Proxied.Changes { // what the proxy removed
		if change.After == "" && change.Before != "" && isCORS(change.Header) {
			headers = append(headers, fetch.Header{Name: change.Header, Value: change.Before})
		}
	}
	return headers
}

// before returns the value of a header line of a response before the proxy changed it;
// "" if the proxy added the line.
func before(x *record.Exchange, h fetch.Header) string {
	for _, change := range x.Proxied.Changes {
		if strings.EqualFold(change.Header, h.Name) && change.After == h.Value {
			return change.Before
		}
	}
	return h.Value
}

func isCORS(name string) bool {
	return strings.HasPrefix(strings.ToLower(name), "access-control-")
}

// server returns the origin of the server that answers a subject in production. In
// an exchange that was across origins, the browser knows only corsac's.
func (s *subject) server(w *world) string {
	if s.recorded {
		return cmp.Or(w.API, originOfURL(s.exchange.Proxied.URL()), originOfURL(s.request.URL))
	}
	return originOfURL(s.request.URL)
}

// observation returns the exchange as package learn takes it.
func (s *subject) observation(w *world) *fetch.Recorded {
	r := s.answer
	r.URL = moved(cmp.Or(s.exchange.Proxied.URL(), r.URL), s.server(w))
	return &r
}

// moved returns a URL on another origin.
func moved(raw, origin string) string {
	u, err := weburl.Parse(raw, nil)
	if err != nil {
		return origin + "/"
	}
	return origin + strings.TrimPrefix(u.StringNoFragment(), u.Origin())
}
