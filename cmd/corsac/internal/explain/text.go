package explain

import "slices"

// text explains messages and logs.
func (e *explainer) text(input string) *Explanation {
	text := clean(input)
	found := e.readings(text)
	if !slices.ContainsFunc(found, func(r *reading) bool { return r.rank == decisive }) {
		// Terminals break lines in the middle of words.
		joined := e.readings(unwrap.ReplaceAllString(text, ""))
		if len(joined) > 0 && (len(found) == 0 || best(joined).rank < best(found).rank) {
			found = joined
		}
	}
	if len(found) == 0 {
		return e.unrecognised(text)
	}
	return e.combine(found)
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
			top.fill(&r.Extract)
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
			found = append(found, newReading(r, text, m))
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
