package diagnose

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// spelling is a way in which a URL differs from one for which people mistake it.
type spelling uint8

const (
	slash  spelling = 1 << iota // with or without the slash at the end, and // as /
	scheme                      // the other of http and https, on their own ports
	www                         // with or without www.

	anySpelling = slash | scheme | www
)

// otherSpelling is the answer at another spelling of a URL where the page's request
// would pass, nil if there is none. The spellings are asked one after the other, with
// harmless methods, and only the named origin gets what is the user's.
func (s *scene) otherSpelling(u *weburl.URL, kinds spelling) *reply {
	for _, q := range spellings(u, kinds) {
		if strings.HasPrefix(q.url, "http:") && strings.HasPrefix(s.v.Request.Origin, "https:") {
			continue // which is mixed content
		}
		passes := func(r *reply) bool { return r.success() && r.allows(q.origin, s.credentialed()) }
		q.method, q.origin = http.MethodGet, s.v.Request.Origin
		if s.preflight() {
			again := s.preflightAgain(q.why)
			again.url, again.origin = q.url, q.origin
			q, passes = again, func(r *reply) bool { return r.grants(s.credentialed()) }
		}
		if r := s.ask(q); passes(r) {
			return r
		}
	}
	return nil
}

// spellings are the questions for other spellings of a URL, without method and
// origin. A query may have a key, so it goes to no other origin.
func spellings(u *weburl.URL, kinds spelling) (list []*question) {
	add := func(why string, change func(*weburl.URL)) {
		other := *u
		change(&other)
		list = append(list, &question{why: why, url: other.StringNoFragment()})
	}
	last := u.Path[strings.LastIndex(u.Path, "/")+1:]
	switch {
	case kinds&slash == 0:
	case strings.Contains(u.Path, "//"):
		add("with / instead of //", func(u *weburl.URL) { u.Path = strings.ReplaceAll(u.Path, "//", "/") })
	case last != "" && !strings.Contains(last, "."):
		add("with a slash at the end", func(u *weburl.URL) { u.Path += "/" })
	case last == "" && len(u.Path) > 1:
		add("without the slash at the end", func(u *weburl.URL) { u.Path = strings.TrimSuffix(u.Path, "/") })
	}
	if other := map[string]string{"http": "https", "https": "http"}[u.Scheme]; kinds&scheme != 0 && other != "" && u.Port < 0 {
		add("over "+other, func(u *weburl.URL) { u.Scheme, u.Query, u.HasQuery = other, "", false })
	}
	if kinds&www != 0 {
		if host, why := otherHost(u); host != "" {
			add(why, func(u *weburl.URL) { u.Host, u.Query, u.HasQuery = host, "", false })
		}
	}
	return list
}

// otherHost is the host of a URL with or without www., "" for a host of which
// neither is usual.
func otherHost(u *weburl.URL) (host, why string) {
	at, err := origin.ParseURL(u.StringNoFragment())
	if err != nil {
		return "", ""
	}
	site, ok := at.RegistrableDomain()
	switch {
	case ok && u.Host == site:
		return "www." + u.Host, "with www."
	case ok && u.Host == "www."+site:
		return site, "without www."
	}
	return "", ""
}

// callInstead says that the page should call another spelling of the URL, and what
// the fix is otherwise.
func (f *shown) callInstead(r *reply, otherwise string) *shown {
	if r == nil {
		return f
	}
	f.fix = strings.TrimSpace("Call {spelling} from the page: it allows this page. " + otherwise)
	return f.also(r).with("spelling", r.question.url)
}
