package har

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/fetch"
)

// party is a preflight, or a request that may have one, with the properties
// that show which belong together.
type party struct {
	index          int // index of its entry
	method, origin string
	// through is the page's origin if the request follows a redirect, because
	// its own Origin may then be null.
	through string
	// asks are the headers that a preflight asks for, or for which a request
	// needs one; has are all headers of a request. Both are sorted and in lower
	// case.
	asks, has []name
	// refused preflights belong to requests without a response.
	refused bool
	// sent says that the headers of a request are those that were sent, and
	// that there was a response.
	sent   bool
	paired bool
}

// name is the name of a header. Files may leave out secret headers: browsers
// leave out Authorization, and other programs leave out similar headers.
type name struct {
	string
	secret bool
}

// maxCandidates bounds the entries of one URL that are compared, and maxWork
// the header names.
const (
	maxCandidates = 1000
	maxWork       = 1 << 22
)

// pairing pairs the preflights and the requests for one URL.
type pairing struct {
	preflights, requests []*party
	window               int // how many requests before and after a preflight are compared
	work                 int // how many pairs were compared
}

// pairPreflights fills k.preflight, by request.
func (k *linker) pairPreflights(chains [][]int) {
	groups := map[string]*pairing{}
	for i, e := range k.log.Entries {
		if e.preflight {
			g := groups[k.keys[i]]
			if g == nil {
				g = &pairing{}
				groups[k.keys[i]] = g
			}
			g.preflights = append(g.preflights, newPreflight(i, e))
		}
	}
	for _, chain := range chains {
		first := ""
		for hop, i := range chain {
			g, e := groups[k.keys[i]], k.log.Entries[i]
			if hop == 0 && len(chain) > 1 {
				page, _, _ := fetch.InferRequest(&e.Recorded)
				first = page.Origin
			}
			if g == nil || isDocument(e) || e.Headers.Get("Sec-Fetch-Mode") == string(fetch.ModeNoCORS) {
				continue
			}
			r := newRequest(i, e)
			if hop > 0 {
				r.through = first
			}
			g.requests = append(g.requests, r)
		}
	}
	for _, g := range groups {
		g.pair(func(preflight, request int) { k.preflight[request] = preflight })
		k.work += g.work
	}
}

func newPreflight(i int, e *Entry) *party {
	return &party{
		index: i, origin: e.Headers.Get("Origin"), method: e.Headers.Get("Access-Control-Request-Method"),
		asks: names(e.Headers.Get("Access-Control-Request-Headers")), refused: e.refuses(),
	}
}

func newRequest(i int, e *Entry) *party {
	page, script, _ := fetch.InferRequest(&e.Recorded)
	r := &party{index: i, origin: page.Origin, method: e.Method, refused: !e.isAnswered(), sent: isWire(e) && e.isAnswered()}
	for _, h := range e.Headers {
		r.has = append(r.has, newName(h.Name))
	}
	for _, h := range script.Headers {
		if !isSafelisted(h) {
			r.asks = append(r.asks, newName(h.Name))
		}
	}
	r.asks, r.has = sorted(r.asks), sorted(r.has)
	return r
}

// pair calls found for each preflight and its request. It makes the most
// certain pairs first, which makes the others more certain.
func (g *pairing) pair(found func(preflight, request int)) {
	slices.SortFunc(g.requests, func(a, b *party) int { return a.index - b.index })
	names := 0
	for _, p := range slices.Concat(g.preflights, g.requests) {
		names += 1 + len(p.asks) + len(p.has)
	}
	g.window = max(4, min(maxCandidates, maxWork/max(1, names))) // the window is smaller if there are many names, to limit the work
	for rank := range never {
		for _, p := range g.preflights {
			if p.paired {
				continue
			}
			if r := g.find(p, rank); r != nil {
				p.paired, r.paired = true, true
				found(p.index, r.index)
			}
		}
	}
}

// find returns the nearest request that fits a preflight with that rank. If it
// comes before the preflight, find returns the first of the requests made
// together with it: of parallel requests, the first has the first preflight.
func (g *pairing) find(p *party, rank int) *party {
	before, _ := slices.BinarySearchFunc(g.requests, p.index, func(r *party, i int) int { return r.index - i })
	after := before
	before--
	for range 2 * g.window {
		at := after
		switch {
		case before < 0 && after >= len(g.requests):
			return nil
		case after >= len(g.requests), before >= 0 && p.index-g.requests[before].index <= g.requests[after].index-p.index:
			at = before
			before--
		default:
			after++
		}
		if g.fits(p, at, rank) {
			return g.first(p, at, rank)
		}
	}
	return nil
}

// together is the greatest distance in a file between entries that were made
// together.
const together = 8

// first goes back from request i, if that comes before the preflight.
func (g *pairing) first(p *party, i, rank int) *party {
	first := g.requests[i]
	for range g.window {
		if i == 0 || first.index > p.index || g.requests[i].index-g.requests[i-1].index > together {
			break
		}
		if i--; g.fits(p, i, rank) {
			first = g.requests[i]
		}
	}
	return first
}

func (g *pairing) fits(p *party, i, rank int) bool {
	r := g.requests[i]
	if r.paired {
		return false
	}
	g.work++
	return rankOf(p, r) == rank
}

// The ranks of a preflight and a request. Files leave out secret headers, and
// headers that the browser did not know yet; a pair that differs only in these
// is explained.
const (
	exact               = iota // the preflight asks for exactly what the request has
	explained                  // the preflight asks for more, which the file may have left out
	exactUnanswered            // as exact, but only one of the two was refused
	explainedUnanswered        // as explained, but only one of the two was refused
	odd                        // they differ
	oddUnanswered              // as odd, but only one of the two was refused
	never                      // they do not belong together
)

func rankOf(p, r *party) int {
	if p.method != "" && !strings.EqualFold(p.method, r.method) {
		return never
	}
	if p.origin != "" && r.origin != "" && p.origin != r.origin && (r.origin != "null" || p.origin != r.through) {
		return never
	}
	uncovered, _ := missing(r.asks, p.asks)
	extra, secrets := missing(p.asks, r.has)
	rank := odd
	switch {
	case extra > secrets && r.sent && (len(r.asks) > 0 || isSimple(r.method)):
		return never
	case uncovered == 0 && extra == 0:
		rank = exact
	case uncovered == 0 && (extra == secrets || !r.sent):
		rank = explained
	}
	switch {
	case p.refused == r.refused:
		return rank
	case rank == odd:
		return odd + 1
	}
	return rank + 2
}

// missing returns how many members of a are not in b, and how many of those are
// secret. Both lists are sorted.
func missing(a, b []name) (n, secret int) {
	for _, x := range a {
		for len(b) > 0 && b[0].string < x.string {
			b = b[1:]
		}
		if len(b) > 0 && b[0].string == x.string {
			continue
		}
		n++
		if x.secret {
			secret++
		}
	}
	return n, secret
}

func isSimple(method string) bool { return method == "GET" || method == "HEAD" || method == "POST" }

// isSafelisted reports roughly whether a header needs no preflight; enough to
// distinguish requests.
func isSafelisted(h fetch.Header) bool {
	switch strings.ToLower(h.Name) {
	case "accept", "accept-language", "content-language":
		return true
	case "range":
		return strings.HasPrefix(h.Value, "bytes=")
	case "content-type":
		essence, _, _ := strings.Cut(strings.ToLower(h.Value), ";")
		switch strings.TrimSpace(essence) {
		case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
			return true
		}
	}
	return false
}

// refuses reports roughly whether the response to a preflight refuses the
// request; enough to distinguish two preflights.
func (e *Entry) refuses() bool {
	origin := e.ResponseHeaders.Get("Access-Control-Allow-Origin")
	if e.Status < 200 || e.Status > 299 || origin != "*" && origin != e.Headers.Get("Origin") {
		return true
	}
	method := strings.ToLower(e.Headers.Get("Access-Control-Request-Method"))
	methods := names(e.ResponseHeaders.Get("Access-Control-Allow-Methods"))
	if !isSimple(strings.ToUpper(method)) && !contains(methods, method) && !contains(methods, "*") {
		return true
	}
	headers := names(e.ResponseHeaders.Get("Access-Control-Allow-Headers"))
	n, _ := missing(names(e.Headers.Get("Access-Control-Request-Headers")), headers)
	return n > 0 && !contains(headers, "*")
}

// isAnswered reports whether a request reached the server.
func (e *Entry) isAnswered() bool {
	return e.Status != 0 || len(e.ResponseHeaders) > 0 || networkError(e.Failure) != ""
}

// names returns the names in a list, sorted and in lower case.
func names(list string) []name {
	var names []name
	for s := range strings.SplitSeq(list, ",") {
		if s = strings.Trim(s, " \t"); s != "" {
			names = append(names, newName(s))
		}
	}
	return sorted(names)
}

func newName(s string) name {
	s = strings.ToLower(s)
	return name{s, mask.IsSecretHeader(s)}
}

func sorted(names []name) []name {
	slices.SortFunc(names, func(a, b name) int { return strings.Compare(a.string, b.string) })
	return slices.Compact(names)
}

func contains(names []name, s string) bool {
	return slices.ContainsFunc(names, func(n name) bool { return n.string == s })
}
