package verify

import (
	"context"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/httpcache"
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

func varyOfAllowed(ctx context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
	switch w := last(v); {
	case w == nil, hasVary(w), storage(w) == httpcache.Never:
		return nil, nil
	case !w.ResponseHeaders.Has("Access-Control-Allow-Origin"):
		return nil, errUnreadable
	}
	if r.constant(ctx) {
		return nil, nil
	}
	return c.finding(v), nil
}

// constant reports whether pages of every origin get the same
// Access-Control-Allow-Origin, that of the one page that may read the response. A
// cache then does no harm.
func (r *run) constant(ctx context.Context) bool {
	value := func(origin string) string {
		v, err := r.ask(ctx, &Ask{Origin: origin, URL: r.url, Method: "GET"})
		if err != nil || last(v) == nil {
			return ""
		}
		return last(v).ResponseHeaders.Get("Access-Control-Allow-Origin")
	}
	allowed := value(r.allowed[0].origin)
	return allowed != "" && allowed == value("https://"+r.word+".example") && allowed == value(r.server.String())
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
	switch storage(w) {
	case httpcache.Never:
		return nil, nil
	case httpcache.IfConfigured:
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

// storage is what shared caches do with a response.
func storage(w *verdict.Wire) httpcache.Storage {
	return httpcache.StorageOf(w.Status, w.ResponseHeaders)
}
