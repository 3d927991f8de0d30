package explain

import (
	"cmp"
	"slices"
	"strings"
)

// text explains messages and logs.
func (e *explainer) text(input string) *Explanation {
	pasted := lines(input)
	text := clean(pasted)
	found := e.readings(text)
	if joined := e.readings(clean(unwrap(pasted))); isBetter(joined, found) {
		found = joined
	}
	if quoted := requote(text); quoted != "" {
		if unquoted := e.readings(quoted); isBetter(unquoted, found) {
			found = unquoted
		}
	}
	if len(found) == 0 {
		return e.unrecognised(text)
	}
	return e.combine(found)
}

// isBetter reports whether a says more than b: by the first of the rules, then
// by the length of its match, then by what is known of the request.
func isBetter(a, b []*reading) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) > 0
	}
	x, y := best(a), best(b)
	return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(x.order, y.order), cmp.Compare(y.length, x.length), cmp.Compare(known(b), known(a))) < 0
}

// known is how many particulars of the requests are known.
func known(list []*reading) (n int) {
	for _, r := range list {
		for _, field := range []string{r.URL, r.Origin, r.Status, r.Destination} {
			if field != "" {
				n++
			}
		}
	}
	return n
}

// best returns the message that says most; of equals the first.
func best(found []*reading) *reading {
	return slices.MinFunc(found, func(a, b *reading) int { return int(a.rank) - int(b.rank) })
}

// combine makes the best message the explanation of all. The others follow it,
// without those that only say that something failed.
func (e *explainer) combine(found []*reading) *Explanation {
	top := best(found)
	for _, r := range found {
		if r != top && (r.URL == "" || top.URL == "" || r.URL == top.URL) {
			top.learn(r)
		}
	}
	x := e.explain(top)
	seen := []*reading{top}
	for _, r := range found {
		repeats := slices.ContainsFunc(seen, func(s *reading) bool {
			return s.slug == r.slug && (r.URL == "" || s.URL == r.URL) && s.Header == r.Header
		})
		if r == top || repeats || r.rank != top.rank {
			continue
		}
		seen = append(seen, r)
		x.Messages = append(x.Messages, e.explain(r))
	}
	return x
}

// learn takes what another message says about the same request. The status of a
// request is not that of its preflight, and a message without URL may be about
// another request.
func (r *reading) learn(other *reading) {
	before := r.Status
	isSame := r.URL != "" && r.URL == other.URL && !r.preflight
	r.fill(&other.Extract)
	switch {
	case r.Status == before:
	case !isSame:
		r.Status = before
	case slices.Contains(byStatus, r.slug) && r.rule.refine != nil:
		r.notes = nil
		r.rule.refine(r)
	}
}

// window is how far before and after a message its other parts are.
const window = 2048

// readings returns the messages in a text, in its order.
func (e *explainer) readings(text string) []*reading {
	lowered, w := lower(text), work{maxWork}
	var found []*reading
	for i := range rules() {
		r := &rules()[i]
		for _, m := range r.find(text, lowered, &w) {
			if len(found) == maxMessages || overlaps(found, m[0], m[1]) {
				continue
			}
			x := newReading(r, text, m)
			x.order = i
			found = append(found, x)
		}
	}
	slices.SortStableFunc(found, func(a, b *reading) int { return a.start - b.start })
	for i, r := range found {
		from, to := max(0, r.start-window), min(len(text), r.end+window)
		if i > 0 {
			from = max(from, found[i-1].end)
		}
		if i+1 < len(found) {
			to = min(to, found[i+1].start)
		}
		r.before, r.after = text[from:r.start], text[r.end:to]
		r.frame()
		r.length = len(strings.Join(strings.Fields(text[r.start:r.end]), ""))
		if r.Origin == "" {
			r.Origin = e.Origin
		}
		if r.rule.refine != nil {
			r.rule.refine(r)
		}
	}
	return found
}

func overlaps(found []*reading, start, end int) bool {
	return slices.ContainsFunc(found, func(r *reading) bool { return start < r.end && r.start < end })
}
