package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// sameOrigin notes that page and URL are of one origin, and stay so after
// redirects.
func sameOrigin(o *fetch.Outcome) []string {
	if len(o.Wire) == 0 {
		return nil
	}
	for i := range o.Wire {
		if crosses(o, &o.Wire[i]) {
			return nil
		}
	}
	return []string{"same origin: CORS is not asked, because the page and the URL have the same scheme, host and port"}
}

// crosses reports whether a request went to another origin than the page's.
func crosses(o *fetch.Outcome, w *fetch.Recorded) bool {
	target, err := origin.ParseURL(w.URL)
	return err != nil || target.String() != o.Origin
}

// timings notes whether the page can read the details of how long the request
// took (https://fetch.spec.whatwg.org/#concept-tao-check), if a response has
// Timing-Allow-Origin. Each response needs it from the first to another origin
// on. There are no details of a request that failed.
func timings(o *fetch.Outcome) []string {
	if o.Response == nil {
		return nil
	}
	crossed, named, allowed := false, false, true
	for i := range o.Wire {
		w := &o.Wire[i]
		crossed = crossed || crosses(o, w)
		if w.Kind == fetch.KindPreflight || !crossed {
			continue
		}
		from := cmp.Or(w.Headers.Get("Origin"), o.Origin) // null after some redirects
		lines := w.ResponseHeaders.Values("Timing-Allow-Origin")
		named = named || len(lines) > 0
		allowed = allowed && slices.ContainsFunc(strings.Split(strings.Join(lines, ","), ","), func(s string) bool {
			s = strings.Trim(s, " \t")
			return s == "*" || s == from
		})
	}
	switch {
	case !named:
		return nil
	case allowed:
		return []string{"the page can read the detailed timings of the request: Timing-Allow-Origin allows it"}
	}
	return []string{"the page cannot read the detailed timings of the request: Timing-Allow-Origin does not allow it on every response"}
}
