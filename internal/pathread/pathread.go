// Package pathread knows how servers read the path of a request. It is what
// cors.Router and the gateway decide by, so that no server behind them reads a
// path as one that has another policy.
//
//   - A reading is what is left of a path after a server has taken some steps:
//     decoded it, resolved its dots, merged its slashes, and so on. Servers take
//     different steps, in any order, some more than once, and there may be
//     several servers in a row.
//   - [Agree] goes through all readings: the set is closed under every step. What
//     has more readings than it looks at is refused.
//   - A reading is compared with the prefixes of routes byte by byte, and by
//     [Table.MatchFolded] as servers do that ignore case.
//   - [Plain] recognises the paths that have one reading, which cost nothing.
//   - [Routing.Settled] puts these together: it is the decision.
package pathread

import "strings"

// The bounds of [Agree]: what an honest path needs is a tenth of them, and the
// worst path costs a few milliseconds.
const (
	maxReadings = 256
	maxBytes    = 128 << 10 // of all readings together
)

// Routing is where the readings of one path lead.
type Routing struct {
	// Uniform says that all paths lead to the same policy.
	Uniform bool

	// Exact reports whether a reading has the policy of the path itself, and
	// Folded, whether it has that policy to servers that ignore case.
	Exact, Folded func(reading string) bool

	// Folds reports whether Folded can differ from Exact for a reading.
	Folds func(reading string) bool
}

// Settled reports whether an escaped path has one policy, however servers read
// it. If not, it must be refused. It is confined if something stands before it
// that no reading may leave, such as the base of an upstream.
func (r Routing) Settled(path string, confined bool) bool {
	folded := func(reading string) bool { return !r.Folds(reading) || r.Folded(reading) }
	both := func(reading string) bool { return r.Exact(reading) && folded(reading) }
	switch {
	case r.Uniform && !confined:
		return true
	case Plain(path):
		return folded(path)
	case !strings.HasPrefix(path, "/"): // it has no readings but itself
		return both(path)
	}
	return Agree(path, confined, both)
}

// Plain reports whether every server reads an escaped path in the same way,
// except for its case.
func Plain(path string) bool {
	segment := 0 // where the segment began
	for i := range len(path) {
		switch c := path[i]; {
		case c == '%' || c == '\\' || c == ';' || c == '#' || c <= ' ':
			return false
		case c == '/' && i > 0 && (i == segment || path[i-1] == '.'):
			return false
		case c == '/':
			segment = i + 1
		case c == '.' && i == segment:
			return false
		}
	}
	return !strings.HasSuffix(path, ".")
}

// Agree reports whether ok accepts every reading of an escaped path. It is false as
// well if there are too many readings, and, if confined, if a reading has a ".."
// that leads out of the path: then what stands before it, such as the base of an
// upstream, does not hold.
//
// The path begins with a slash, and so does every reading. Some servers compare a
// path with their routes before they decode it: the first reading is the path as it
// is. In what ok gets, the bytes are decoded that a request cannot have otherwise:
// whether written or decoded, they stand for themselves.
func Agree(path string, confined bool, ok func(reading string) bool) bool {
	w := walk{seen: make(map[string]struct{}, 16)}
	if !w.add(path) {
		return false
	}
	for i := 0; i < len(w.readings); i++ {
		reading := w.readings[i]
		if !ok(comparableForm(reading)) {
			return false
		}
		for _, step := range steps {
			if !w.add(step(reading)) {
				return false
			}
		}
		for _, dots := range []dots{plainDots, encodedDots} {
			resolved, climbs := resolve(reading, dots)
			if climbs && confined || !w.add(resolved) {
				return false
			}
		}
	}
	return true
}

// comparableForm returns a reading in the form that is compared with prefixes.
func comparableForm(reading string) string {
	return unescape(reading, func(c byte) bool {
		return c <= ' ' || c >= 0x7f || strings.IndexByte("\"%<>^`{|}", c) >= 0
	})
}

// walk is a breadth-first walk through the readings of a path.
type walk struct {
	readings []string
	seen     map[string]struct{}
	bytes    int
}

// add adds a reading. It reports false if that is one too many.
func (w *walk) add(reading string) bool {
	if _, again := w.seen[reading]; again {
		return true
	}
	w.bytes += len(reading)
	if len(w.readings) == maxReadings || w.bytes > maxBytes {
		return false
	}
	w.seen[reading] = struct{}{}
	w.readings = append(w.readings, reading)
	return true
}
