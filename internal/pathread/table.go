package pathread

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Table finds the value of the longest prefix that takes a path. A prefix takes
// whole segments: /api takes /api, /api/ and /api/items, but not /apis.
type Table[T any] struct {
	// Same reports whether it makes no difference which of two values a path
	// gets.
	Same func(a, b T) bool

	exact, folded map[string]entry[T]
	longest       int  // of the prefixes, in bytes
	mixed         bool // there are values that are not the same
	first         T
	foldable      bool // a prefix differs from itself folded
}

type entry[T any] struct {
	value T
	// cased says that prefixes which differ only by case have values that are not
	// the same, so that case matters to who wrote them.
	cased bool
}

// Add adds a prefix as it is decoded by [DecodeSegments]; a slash at its end
// changes nothing. It reports false, and changes nothing, if the prefix is there
// already.
func (t *Table[T]) Add(prefix string, value T) bool {
	prefix = strings.TrimRight(prefix, "/")
	if _, taken := t.exact[prefix]; taken {
		return false
	}
	if t.exact == nil {
		t.exact, t.folded, t.first = map[string]entry[T]{}, map[string]entry[T]{}, value
	}
	t.exact[prefix] = entry[T]{value: value}
	fold := Fold(prefix)
	before, twice := t.folded[fold]
	t.folded[fold] = entry[T]{value, before.cased || twice && !t.Same(before.value, value)}
	t.longest = max(t.longest, len(prefix), len(fold))
	t.mixed = t.mixed || !t.Same(t.first, value)
	t.foldable = t.foldable || fold != prefix
	return true
}

// Uniform reports whether every path has a value, and all values are the same.
func (t *Table[T]) Uniform() bool {
	_, all := t.exact[""]
	return all && !t.mixed
}

// Match returns the value of the longest prefix that takes a path.
func (t *Table[T]) Match(path string) (value T, ok bool) {
	e, ok := t.find(t.exact, path)
	return e.value, ok
}

// MatchFolded is Match for servers that ignore case. Prefixes that differ only by
// case and have values that are not the same are still distinguished: the
// server behind them must do so, too.
func (t *Table[T]) MatchFolded(path string) (value T, ok bool) {
	e, ok := t.find(t.folded, Fold(path))
	if e.cased {
		return t.Match(path)
	}
	return e.value, ok
}

// Folds reports whether MatchFolded can differ from Match for a path.
func (t *Table[T]) Folds(path string) bool {
	if t.foldable {
		return true
	}
	for i := range min(len(path), t.longest) {
		if c := path[i]; 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// find takes nothing that does not begin with a slash, such as the target of
// OPTIONS *.
func (t *Table[T]) find(prefixes map[string]entry[T], path string) (e entry[T], ok bool) {
	if !strings.HasPrefix(path, "/") {
		return e, false
	}
	for prefix := path[:t.cut(path)]; ; prefix = prefix[:strings.LastIndexByte(prefix, '/')] {
		if e, ok := prefixes[prefix]; ok {
			return e, true
		}
		if prefix == "" {
			return e, false
		}
	}
}

// cut returns how much of a path can be a prefix, by whole segments, so that a long
// path costs no more than the prefixes do.
func (t *Table[T]) cut(path string) int {
	if len(path) <= t.longest {
		return len(path)
	}
	return max(0, strings.LastIndexByte(path[:t.longest+1], '/'))
}

// Fold returns the form that all strings have in common that differ from s only by
// case.
func Fold(s string) string { return strings.Map(foldRune, s) }

func foldRune(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r == 'İ' || r == 'ı': // whose lower or upper case is that of i, in some languages
		return 'i'
	case r < utf8.RuneSelf && r != 'k' && r != 's': // which have relatives beyond ASCII
		return r
	case r == utf8.RuneError:
		return r
	}
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	if 'A' <= least && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}
