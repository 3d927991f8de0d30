package har

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// maxRedirects is how many browsers follow.
const maxRedirects = 20

// chain returns entry i and the entries of its redirects, and marks all as used.
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

// redirectOf finds where a redirect went: the next request for that URL that may
// follow it.
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

// pairRefused fills k.refused: where a chain ends in a redirect, the next preflight
// for its target may be the last that was sent. A browser's file has the request
// that was refused then; that of a server has not.
func (k *linker) pairRefused(chains [][]int) {
	paired := map[int]bool{}
	for _, j := range k.preflight {
		paired[j] = true
	}
	byURL := map[string][]int{}
	for j, e := range k.log.Entries {
		if e.preflight && !paired[j] {
			byURL[k.keys[j]] = append(byURL[k.keys[j]], j)
		}
	}
	for _, chain := range chains {
		i := chain[len(chain)-1]
		redirect := k.log.Entries[i]
		target, ok := target(redirect)
		candidates := byURL[target]
		if !ok || len(candidates) == 0 {
			continue
		}
		page, _, _ := fetch.InferRequest(&redirect.Recorded)
		at, _ := slices.BinarySearch(candidates, i+1)
		for _, j := range candidates[at:min(len(candidates), at+maxCandidates)] {
			if k.work++; !paired[j] && k.log.Entries[j].asksAfter(redirect, page.Origin) {
				k.refused[i], paired[j] = j, true
				break
			}
		}
	}
}

// asksAfter reports whether e may be the preflight of the next request after a
// redirect, on a page whose origin is "" if it is not known.
func (e *Entry) asksAfter(redirect *Entry, page string) bool {
	method, origin := e.Headers.Get("Access-Control-Request-Method"), e.Headers.Get("Origin")
	return strings.EqualFold(method, methodAfter(redirect.Status, redirect.Method)) &&
		(page == "" || origin == page || origin == "null")
}

// target returns where an answer redirects to, as the key of a URL.
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

// follows reports whether e may be the next request after a redirect, by its
// method, its page and its origin. A server does not know the page of a request
// whose Origin a redirect has made null.
func (e *Entry) follows(redirect *Entry) bool {
	if e.Method != methodAfter(redirect.Status, redirect.Method) {
		return false
	}
	if e.pageRef != redirect.pageRef && e.pageRef != "" && redirect.pageRef != "" {
		return false
	}
	before, _, _ := fetch.InferRequest(&redirect.Recorded)
	now, _, _ := fetch.InferRequest(&e.Recorded)
	return before.Origin == "" || now.Origin == "" || now.Origin == before.Origin ||
		e.Headers.Get("Origin") == "null" // after a redirect from one origin to another
}

// methodAfter is https://fetch.spec.whatwg.org/#http-redirect-fetch, step 12.
func methodAfter(status int, method string) string {
	switch {
	case (status == 301 || status == 302) && method == "POST", status == 303 && method != "GET" && method != "HEAD":
		return "GET"
	}
	return method
}
