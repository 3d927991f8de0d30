package explain

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// possible removes the causes that cannot be, by what is known of the request.
// One remains at least.
func (r *reading) possible() {
	if r.slug == generic && r.Status != "" { // the server responded
		r.causes = r.missingCauses()
	}
	if len(r.causes) < 2 {
		return
	}
	t := r.target()
	left := slices.DeleteFunc(slices.Clone(r.causes), func(slug string) bool { return r.excludes(slug) || t.excludes(slug) })
	if t.isLocal && strings.HasPrefix(r.slug, "preflight-redirect") { // few development servers redirect to https
		if i := slices.Index(left, "preflight-redirect-https"); i >= 0 {
			left = append(slices.Delete(left, i, i+1), "preflight-redirect-https")
		}
	}
	if len(left) > 0 {
		r.filtered = len(left) < len(r.causes)
		r.causes = left
	}
}

// noResponse are the causes of which the browser gets no response.
var noResponse = []string{"connection-refused", "dns-failure", "blocked-unsafe-port", "blocked-by-extension", "server-timeout"}

// errorsOnly are the causes in which the response is an error.
var errorsOnly = []string{"error-response-without-cors", "headers-only-on-success", "url-not-found", "server-error-without-cors", "gateway-error-without-cors"}

// excludes reports whether the status shows that a cause cannot be.
func (r *reading) excludes(slug string) bool {
	switch {
	case r.Status == "":
		return false
	case slices.Contains(noResponse, slug), strings.HasPrefix(slug, "tls-"):
		return true
	}
	return strings.HasPrefix(r.Status, "2") && slices.Contains(errorsOnly, slug)
}

// target is what the URL of a request shows.
type target struct {
	known   bool
	scheme  string
	host    string
	path    string
	isLocal bool // the host needs no DNS
	badPort bool // browsers do not connect to the port
}

func (r *reading) target() *target {
	u, err := weburl.Parse(r.URL, nil)
	if err != nil || u.Host == "" {
		return &target{}
	}
	t := &target{known: true, scheme: u.Scheme, host: u.Host, path: u.Path, isLocal: isLocal(u.Host)}
	q := r.question()
	q.Answers = []verdict.Wire{{Status: 200}}
	if v, err := q.Ask(); err == nil && v.Error != nil {
		t.badPort = v.Error.Code == string(fetch.CodeUnsafePort)
	}
	return t
}

// excludes reports whether the URL shows that a cause cannot be.
func (t *target) excludes(slug string) bool {
	switch {
	case !t.known:
		return false
	case strings.HasPrefix(slug, "tls-"), slug == "https-to-http-port":
		return t.scheme == "http" || t.scheme == "ws"
	}
	switch slug {
	case "blocked-unsafe-port":
		return !t.badPort
	case "dns-failure":
		return t.isLocal
	case "preflight-redirect-trailing-slash":
		return t.path == "" || t.path == "/"
	case "preflight-redirect-double-slash":
		return !strings.Contains(t.path, "//")
	case "preflight-redirect-www":
		return !hasWWW(t.scheme, t.host)
	}
	return false
}

// isLocal reports whether a host is the machine itself or an address.
func isLocal(host string) bool {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// hasWWW reports whether a host has another form with or without www: it begins
// with www, or is a domain that was registered.
func hasWWW(scheme, host string) bool {
	if strings.HasPrefix(host, "www.") {
		return true
	}
	o, err := origin.Parse(scheme + "://" + host)
	return err == nil && strings.Contains(host, ".") && !isLocal(host) && o.Site() == scheme+"://"+host
}

// otherForm returns the URL that a redirect which is a cause leads to, or "" if
// that is not known.
func otherForm(slug, url string) string {
	u, err := weburl.Parse(url, nil)
	if err != nil || u.Host == "" {
		return ""
	}
	scheme, rest, _ := strings.Cut(url, "://")
	place, after := rest, ""
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		place, after = rest[:i], rest[i:]
	}
	host, path, _ := strings.Cut(place, "/")
	path = "/" + path
	switch slug {
	case "preflight-redirect-https", "redirect-https-upgrade":
		if scheme != "http" || strings.Contains(host, ":") {
			return ""
		}
		scheme = "https"
	case "preflight-redirect-trailing-slash":
		if trimmed, ok := strings.CutSuffix(path, "/"); ok {
			path = trimmed
		} else {
			path += "/"
		}
	case "preflight-redirect-double-slash":
		for strings.Contains(path, "//") {
			path = strings.ReplaceAll(path, "//", "/")
		}
	case "preflight-redirect-www":
		if bare, ok := strings.CutPrefix(host, "www."); ok {
			host = bare
		} else {
			host = "www." + host
		}
	default:
		return ""
	}
	return scheme + "://" + host + path + after
}
