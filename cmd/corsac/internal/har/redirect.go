package har

import (
	"slices"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// maxRedirects is how many browsers follow.
const maxRedirects = 20

// chain is entry i and the entries of its redirects, all of which are used then.
func (k *linker) chain(i int) []int {
	k.used[i] = true
	chain := []int{i}
	for len(chain) <= maxRedirects {
		next, ok := k.redirectOf(chain[len(chain)-1])
		if !ok {
			break
		}
		k.used[next] = true
		chain = append(chain, next)
	}
	return chain
}

// redirectOf finds where a redirect went: the next request for that URL that it may have become.
func (k *linker) redirectOf(i int) (int, bool) {
	e := k.log.Entries[i]
	target, ok := target(e)
	if !ok {
		return 0, false
	}
	candidates := k.byURL[target]
	at, _ := slices.BinarySearch(candidates, i+1)
	for _, j := range candidates[at:min(len(candidates), at+maxCandidates)] {
		if k.work++; !k.used[j] && k.log.Entries[j].follows(e) {
			return j, true
		}
	}
	return 0, false
}

// target is where an answer redirects to, as the key of a URL.
func target(e *Entry) (string, bool) {
	locations := e.ResponseHeaders.Values("Location")
	switch e.Status {
	case 301, 302, 303, 307, 308: // the redirect statuses of the Fetch standard
	default:
		return "", false
	}
	base, err := weburl.Parse(e.URL, nil)
	if err != nil || len(locations) == 0 || locations[0] == "" {
		return "", false
	}
	u, err := weburl.Parse(locations[0], base)
	if err != nil {
		return "", false
	}
	return u.StringNoFragment(), true
}

// follows reports whether e may be what a redirect became, by its method, its page and its origin.
func (e *Entry) follows(redirect *Entry) bool {
	if e.Method != methodAfter(redirect.Status, redirect.Method) || e.pageRef != redirect.pageRef {
		return false
	}
	before, _, _ := fetch.InferRequest(&redirect.Recorded)
	now, _, _ := fetch.InferRequest(&e.Recorded)
	return before.Origin == "" || now.Origin == "" || now.Origin == before.Origin ||
		e.Headers.Get("Origin") == "null" // which is what a redirect from origin to origin makes of it
}

// methodAfter is https://fetch.spec.whatwg.org/#http-redirect-fetch, step 12.
func methodAfter(status int, method string) string {
	switch {
	case (status == 301 || status == 302) && method == "POST", status == 303 && method != "GET" && method != "HEAD":
		return "GET"
	}
	return method
}
