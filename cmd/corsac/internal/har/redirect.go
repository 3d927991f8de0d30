package har

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// maxRedirects is the number of redirects that browsers follow.
const maxRedirects = 20

// chain returns entry i and the entries of its redirects, and marks them as
// used.
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

// redirectOf finds where a redirect led: the next request for that URL that can
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

// pairRefused fills k.refused. If a chain ends in a redirect, the next
// preflight for its target may be the last request that was sent. A browser's
// file also has the request that was then refused; a server's file does not.
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

// asksAfter reports whether e can be the preflight of the next request after a
// redirect. page is the origin of the page, or "" if unknown.
func (e *Entry) asksAfter(redirect *Entry, page string) bool {
	method, origin := e.Headers.Get("Access-Control-Request-Method"), e.Headers.Get("Origin")
	return strings.EqualFold(method, methodAfter(redirect.Status, redirect.Method)) &&
		(page == "" || origin == page || origin == "null")
}

// target returns the key of the URL to which a response redirects.
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
	u, err := weburl.ParseLocation(locations[0], base)
	if err != nil {
		return "", false
	}
	return u.StringNoFragment(), true
}

// follows reports whether e can be the next request after a redirect, by its
// method, page and origin. A server does not know the page of a request whose
// Origin became null in a redirect.
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

// methodAfter returns the method after a redirect
// (https://fetch.spec.whatwg.org/#http-redirect-fetch, step 12).
func methodAfter(status int, method string) string {
	switch {
	case (status == 301 || status == 302) && method == "POST", status == 303 && method != "GET" && method != "HEAD":
		return "GET"
	}
	return method
}
