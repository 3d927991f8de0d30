package verify

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// varies looks for Vary: Origin on every kind of response.
//
// Where it is missing on the response to an allowed origin, the policy is broken:
// a cache would give the header for one page to another, and every server can do
// better. On the other responses it is missing by design in several frameworks
// (Starlette, gin-contrib/cors, ASP.NET, Tomcat). That does harm only once a cache
// keeps such a response and gives it to a page, so it is a violation only if the
// response says that caches may keep it, or shows that one did, and a warning
// otherwise. What no cache may keep is right without it.
func varies(r *run) []trial {
	if slices.Equal(r.Policy.AllowOrigins, []string{"*"}) {
		return nil // the response is the same for all
	}
	return []trial{
		{name: "Vary on the response to an allowed origin", ask: Ask{Origin: r.allowed[0].origin, URL: r.url, Method: "GET"}, judge: varyOfAllowed},
		{name: "Vary on the response to a refused origin", ask: Ask{Origin: "https://" + r.word + ".example", URL: r.url, Method: "GET"}, judge: varyOfOthers},
		{name: "Vary on the response without an origin", ask: Ask{Origin: r.server.String(), URL: r.url, Method: "GET"}, judge: varyOfOthers},
	}
}

func varyOfAllowed(_ context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
	switch w := last(v); {
	case w == nil, hasVary(w), isKept(w) == never:
		return nil, nil
	case !w.ResponseHeaders.Has("Access-Control-Allow-Origin"):
		return nil, errUnreadable
	}
	return c.finding(v), nil
}

func varyOfOthers(ctx context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
	w := last(v)
	switch {
	case w == nil, hasVary(w):
		return nil, nil
	case w.ResponseHeaders.Has("Access-Control-Allow-Origin"):
		return varyOfAllowed(ctx, r, c, v)
	}
	allowed, err := r.ask(ctx, &Ask{Origin: r.allowed[0].origin, URL: r.url, Method: "GET"})
	if err != nil || last(allowed) == nil || !last(allowed).ResponseHeaders.Has("Access-Control-Allow-Origin") {
		return nil, errUnreadable // the response may be the same for all
	}
	switch isKept(w) {
	case never:
		return nil, nil
	case maybe:
		f := c.finding(v, "nothing in the response says that a cache may keep it")
		f.Severity = finding.Warning
		f.Why = "Without a cache between the server and its users, nothing happens. A cache or CDN that keeps this response gives it to pages of allowed origins, too, which are then refused at times that nobody can explain."
		f.Fix.Text = "Before you put a cache in front of the server, let it add Vary: Origin to every response, whatever the origin, or have the cache keep one response per Origin. Where the framework cannot, do it in a layer around it or in the proxy, or send Cache-Control: no-store."
		return f, nil
	}
	return c.finding(v), nil
}

func hasVary(w *verdict.Wire) bool {
	return lists(strings.Join(w.ResponseHeaders.Values("Vary"), ","), "Origin", true) || w.ResponseHeaders.Get("Access-Control-Allow-Origin") == "*"
}

// kept says whether shared caches keep a response.
type kept uint8

const (
	never kept = iota
	maybe      // as they are configured
	gladly
)

// keptStatus are those that caches may keep if a response says nothing about it,
// by RFC 9110, section 15.1.
var keptStatus = []int{
	http.StatusOK, http.StatusNonAuthoritativeInfo, http.StatusNoContent, http.StatusPartialContent, http.StatusMultipleChoices,
	http.StatusMovedPermanently, http.StatusPermanentRedirect, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone,
	http.StatusRequestURITooLong, http.StatusNotImplemented,
}

// isKept reports what a response says to shared caches, by RFC 9111.
func isKept(w *verdict.Wire) kept {
	h := w.ResponseHeaders
	directives := strings.ToLower(strings.Join(h.Values("Cache-Control"), ","))
	named := func(names ...string) bool {
		for d := range strings.SplitSeq(directives, ",") {
			name, value, _ := strings.Cut(strings.Trim(d, " \t"), "=")
			if slices.Contains(names, name) && value != "0" {
				return true
			}
		}
		return false
	}
	switch {
	case named("no-store", "private"):
		return never
	case named("public", "max-age", "s-maxage"), h.Has("Age"), h.Has("Expires") && directives == "":
		return gladly
	case !slices.Contains(keptStatus, w.Status):
		return never
	case h.Has("Last-Modified") && !named("no-cache"):
		return gladly // a heuristic of the standard
	}
	return maybe
}
