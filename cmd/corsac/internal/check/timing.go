package check

import (
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
// took (https://w3c.github.io/resource-timing/#dfn-timing-allow-check), if a
// response has Timing-Allow-Origin. Each response to another origin needs it.
func timings(o *fetch.Outcome) []string {
	named, allowed := false, true
	for i := range o.Wire {
		w := &o.Wire[i]
		if w.Kind == fetch.KindPreflight || !crosses(o, w) {
			continue
		}
		lines := w.ResponseHeaders.Values("Timing-Allow-Origin")
		named = named || len(lines) > 0
		allowed = allowed && slices.ContainsFunc(strings.Split(strings.Join(lines, ","), ","), func(s string) bool {
			s = strings.Trim(s, " \t")
			return s == "*" || s == o.Origin
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
