package diagnose

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// get asks for a URL from the page.
func (s *scene) get(url, why string) *question {
	return &question{why: why, method: http.MethodGet, url: url, origin: s.sent()}
}

// preflightFor asks whether a URL allows a method and headers to an origin.
func preflightFor(url, from, method string, headers []string, why string) *question {
	return &question{why: why, method: http.MethodOptions, url: url, origin: from, asks: method, headers: headers}
}

// method is the method with which the URL is asked itself: the request's own if it
// is harmless or may be sent, otherwise GET.
func (s *scene) method() string {
	m := s.v.Request.Method
	if m == http.MethodGet || m == http.MethodHead || s.Send && m != "" {
		return m
	}
	return http.MethodGet
}

// actual is the request itself, although its preflight failed.
func (s *scene) actual() *reply {
	q := s.get(s.target(), "as if the preflight had passed")
	q.method = s.method()
	return s.ask(q)
}

// asGet is a GET of the URL.
func (s *scene) asGet() *reply { return s.ask(s.get(s.target(), "with GET")) }

// again is the same request once more, without what the browser does around it.
func (s *scene) again(n int, why string) *reply {
	q := s.get(s.target(), why)
	q.method = s.method()
	if s.preflight() {
		q = s.preflightAgain(why)
	}
	q.again = n
	return s.ask(q)
}

// preflightAgain asks what the failed preflight asked.
func (s *scene) preflightAgain(why string) *question {
	return preflightFor(s.target(), s.sent(), s.last.Headers.Get(protocol.RequestMethod), s.askedHeaders(), why)
}

// withoutOrigin is the request of a client that is not a page.
func (s *scene) withoutOrigin() *reply {
	q := s.get(s.target(), "without Origin")
	q.method, q.origin = s.method(), ""
	return s.ask(q)
}

// from is the request of a page of another origin.
func (s *scene) from(o string) *reply {
	why := "from the page " + o
	if s.preflight() {
		q := s.preflightAgain(why)
		q.origin = o
		return s.ask(q)
	}
	q := s.get(s.target(), why)
	q.method, q.origin = s.method(), o
	return s.ask(q)
}

// stranger is an origin that no server lists.
func (s *scene) stranger() string { return "https://corsac-" + s.token + ".example" }

// preflightHere asks whether a preflight for the request would pass where the
// request itself failed.
func (s *scene) preflightHere() *reply {
	method := s.v.Request.Method
	if s.preflight() {
		method = s.last.Headers.Get(protocol.RequestMethod)
	}
	return s.ask(preflightFor(s.target(), s.sent(), method, nil, "a preflight"))
}

// bareOptions is OPTIONS without the headers of a preflight.
func (s *scene) bareOptions() *reply {
	return s.ask(&question{why: "OPTIONS that is not a preflight", method: http.MethodOptions, url: s.target(), plain: true})
}

// fresh is the same request past every cache.
func (s *scene) fresh() *reply {
	why := "with a query that no cache knows"
	q := s.get(s.withQuery(), why)
	q.method = s.method()
	if s.preflight() {
		q = s.preflightAgain(why)
		q.url = s.withQuery()
	}
	return s.ask(q)
}

func (s *scene) withQuery() string {
	u := *s.url
	if u.HasQuery && u.Query != "" {
		u.Query += "&"
	}
	u.Query, u.HasQuery = u.Query+"corsac="+s.token, true
	return u.StringNoFragment()
}

// at returns a URL of the same server.
func (s *scene) at(path string) string {
	u := *s.url
	u.Path, u.Query, u.HasQuery = path, "", false
	return u.StringNoFragment()
}

// nowhere is a URL beside the request's that does not exist.
func (s *scene) nowhere() *reply {
	dir := s.url.Path[:strings.LastIndex(s.url.Path, "/")+1]
	return s.ask(s.get(s.at(dir+"corsac-"+s.token), "a URL that does not exist"))
}

// maxElsewhere bounds the other URLs of a server that are asked for.
const maxElsewhere = 4

// elsewhere are answers of the same server at other URLs that may exist.
func (s *scene) elsewhere() []*reply {
	var paths []string
	add := func(path string) {
		if path != s.url.Path && !slices.Contains(paths, path) && len(paths) < maxElsewhere {
			paths = append(paths, path)
		}
	}
	path := strings.TrimSuffix(s.url.Path, "/")
	for i := strings.LastIndex(path, "/"); i > 0 && len(paths) < maxElsewhere-2; i = strings.LastIndex(path, "/") {
		path = path[:i]
		add(path)
	}
	add("/")
	add("/api")
	questions := make([]*question, len(paths))
	for i, p := range paths {
		questions[i] = s.get(s.at(p), "another URL of the server")
	}
	return s.all(questions...)
}

// otherOrigins are origins that a server may allow instead of the page's, the
// likeliest first.
func (s *scene) otherOrigins() (list []string) {
	add := func(o string) {
		parsed, err := origin.Parse(o)
		if err == nil && o != s.sent() && !parsed.IsOpaque() && !slices.Contains(list, o) {
			list = append(list, o)
		}
	}
	if site, ok := s.server.RegistrableDomain(); ok {
		add("https://app." + site)
		add("https://" + site)
	}
	for _, o := range nearby(s.page) {
		add(o)
	}
	add("http://localhost:3000")
	add(s.server.String())
	return list[:min(len(list), maxOrigins)]
}

// nearby are origins for which an origin is often mistaken.
func nearby(o origin.Origin) (list []string) {
	if o.IsOpaque() || !isWeb(o.Scheme()) {
		return nil
	}
	scheme, host := o.Scheme()+"://", o.Host()
	port := strings.TrimPrefix(o.String(), scheme+host)
	switch host {
	case "localhost":
		return []string{scheme + "127.0.0.1" + port}
	case "127.0.0.1", "[::1]":
		return []string{scheme + "localhost" + port}
	}
	other := "www." + host
	if apex, ok := strings.CutPrefix(host, "www."); ok {
		other = apex
	}
	return []string{map[string]string{"http": "https", "https": "http"}[o.Scheme()] + "://" + host, scheme + other + port}
}

// maxOrigins bounds the other origins that are tried.
const maxOrigins = 5

// allowedElse is the answer that allows an origin other than the page's, nil if
// none of those that are tried does.
func (s *scene) allowedElse() *reply {
	list := append([]string{s.stranger()}, s.otherOrigins()...)
	if !s.showsCORS() {
		list = list[:min(len(list), 4)] // a server without CORS is more likely
	}
	for _, o := range list {
		if r := s.from(o); r.allows(o, false) {
			return r
		}
	}
	return nil
}

// families are the loopback addresses that a name stands for.
var families = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// otherFamily is the answer at the loopback address that did not answer, or that
// the URL does not name; nil if the URL is not of this machine.
func (s *scene) otherFamily() *reply {
	var to netip.Addr
	switch host := strings.Trim(s.url.Host, "[]"); {
	case host == "127.0.0.1":
		to = families[1]
	case host == "::1":
		to = families[0]
	case host == "localhost", strings.HasSuffix(host, ".localhost"):
		from, err := netip.ParseAddrPort(s.last.Remote)
		if err != nil || !from.Addr().IsLoopback() {
			return nil
		}
		to = families[0]
		if from.Addr().Unmap().Is4() {
			to = families[1]
		}
	default:
		return nil
	}
	q := s.get(s.target(), "at "+to.String())
	if s.preflight() {
		q = s.preflightAgain(q.why)
	}
	q.method, q.address, q.plain = http.MethodGet, to, true
	if s.preflight() {
		q.method = http.MethodOptions
	}
	return s.ask(q)
}

// otherScheme is the answer of the same port to the other of http and https.
func (s *scene) otherScheme() *reply {
	u := *s.url
	port := u.EffectivePort()
	u.Scheme = map[string]string{"http": "https", "https": "http"}[u.Scheme]
	if u.Scheme == "" {
		return nil
	}
	if u.Port = port; weburl.DefaultPort(u.Scheme) == port {
		u.Port = -1
	}
	u.Query, u.HasQuery = "", false // which may have a key, and here anybody may listen
	q := s.get(u.StringNoFragment(), u.Scheme+" on the same port")
	q.insecure = true
	return s.ask(q)
}

// direct is the request of the page to another URL, such as where a redirect
// leads to.
func (s *scene) direct(url, why string) *reply {
	q := s.get(url, why)
	q.origin = s.v.Request.Origin
	q.method = s.method()
	return s.ask(q)
}

// directPreflight is the preflight of the page for another URL.
func (s *scene) directPreflight(url, why string) *reply {
	w := s.last
	if w.Kind != fetch.KindPreflight {
		return s.ask(preflightFor(url, s.v.Request.Origin, s.v.Request.Method, nil, why))
	}
	return s.ask(preflightFor(url, s.v.Request.Origin, w.Headers.Get(protocol.RequestMethod), s.askedHeaders(), why))
}
