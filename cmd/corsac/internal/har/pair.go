package har

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// party is a preflight, or a request that may have one, with what shows which
// belong together.
type party struct {
	index          int // of its entry
	method, origin string
	// through is the page's origin, if the request follows a redirect: its own
	// Origin may be null then.
	through string
	// asks are the headers that a preflight asks for, or that a request has to
	// ask for; has are all headers of a request. Both are sorted, and in lower
	// case.
	asks, has []name
	// refused preflights belong to requests without an answer.
	refused bool
	// sent reports that the headers of a request are those that were sent, and
	// got an answer.
	sent   bool
	paired bool
}

// name is that of a header. Files leave out secret ones.
type name struct {
	string
	secret bool
}

// maxCandidates bounds how many entries of one URL are looked at, and maxWork how
// many names of headers.
const (
	maxCandidates = 1000
	maxWork       = 1 << 22
)

// pairing finds the preflights of the requests for one URL.
type pairing struct {
	preflights, requests []*party
	window               int // how many requests before and after a preflight are looked at
	work                 int // how many pairs were
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

// pair calls found for each preflight and the request that it belongs to. The
// surest pairs come first: that makes the rest surer, too.
func (g *pairing) pair(found func(preflight, request int)) {
	slices.SortFunc(g.requests, func(a, b *party) int { return a.index - b.index })
	names := 0
	for _, p := range slices.Concat(g.preflights, g.requests) {
		names += 1 + len(p.asks) + len(p.has)
	}
	g.window = max(4, min(maxCandidates, maxWork/max(1, names))) // a narrower look for many: it costs as much
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

// find returns the nearest request that fits a preflight as well as rank says. If
// it stands before the preflight, it is the first of those that were made
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

// together is how far apart in a file entries are that were made at once.
const together = 8

// first goes back from request i, if that stands before the preflight.
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

// The ranks of a preflight and a request. Files leave out headers that are secret,
// and those that the browser did not know yet: such a pair is explained.
const (
	exact               = iota // one asks for what the other has
	explained                  // one asks for more, which the file may have left out
	exactUnanswered            // the same, but one was refused and the other was not
	explainedUnanswered        //
	odd                        // they differ
	oddUnanswered              //
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

// missing counts the members of a that are not in b, and how many of them are
// secret; both are sorted.
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

// isSecret reports whether files may leave out a header: browsers do so with
// Authorization, and other programs with what looks like it.
func isSecret(name string) bool {
	for _, part := range []string{"auth", "token", "key", "secret", "session"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

func isSimple(method string) bool { return method == "GET" || method == "HEAD" || method == "POST" }

// isSafelisted reports whether a header needs no preflight, roughly: enough to
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

// refuses reports whether the answer to a preflight refuses the request, roughly:
// enough to distinguish two preflights.
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

// isAnswered reports whether a request came as far as the server.
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
	return name{s, isSecret(s)}
}

func sorted(names []name) []name {
	slices.SortFunc(names, func(a, b name) int { return strings.Compare(a.string, b.string) })
	return slices.Compact(names)
}

func contains(names []name, s string) bool {
	return slices.ContainsFunc(names, func(n name) bool { return n.string == s })
}
