package explain

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
)

// rule recognises one message.
type rule struct {
	// slug is that of the message.
	slug string
	// causes are the slugs of its causes, the most likely first, separated by
	// blanks; "" means the slug itself.
	causes string
	// says is what the message says: a regular expression in which a blank is any
	// number of blanks or line breaks, ' is a quote of any style, and {name} is a
	// field; see expand.
	says string
	// refine decides what only the fields of the message show; it may be nil.
	refine func(*reading)

	matcher func() matcher
}

// fields are the words in braces of a rule.
var fields = map[string]string{
	"url":    `(?P<url>[^'"]*?(?:['"][^'"\s]+?){0,4}?)`,
	"bare":   `(?P<bare>(?:https?|wss?|file|ftp|moz-extension)://[!#-&*-;=?-~]+)`,
	"first":  `(?P<first>[^'"]*?)`,
	"page":   `(?P<page>[^'"]*?)`,
	"origin": `(?P<origin>[^'"\s]+)`,
	"method": `(?P<method>[A-Za-z-]+)`,
	"header": `(?P<header>[!#$%&*+.^_|~0-9A-Za-z-]+)`,
	"value":  `(?P<value>[^\n]*?)`,
	"status": `(?P<status>[0-9]{3})`,
	"cookie": `(?P<cookie>[^'"]*?)`,
}

// braces are the fields of a pattern. Repetitions such as {3} are none.
var braces = lazyregexp.New(`\{([a-z]+)\}`)

// expand returns the expression of a pattern.
func expand(says string) string {
	var b strings.Builder
	b.WriteString(`(?is)`)
	inClass := false
	for i := 0; i < len(says); i++ {
		c := says[i]
		switch {
		case c == '\\' && i+1 < len(says):
			i++
			b.WriteString(says[i-1 : i+1])
		case c == ' ' && inClass:
			b.WriteString(`\s`)
		case c == ' ':
			b.WriteString(`\s*`)
		case c == '\'' && !inClass:
			b.WriteString(`['"]`)
		default:
			inClass = c == '[' || inClass && c != ']'
			b.WriteByte(c)
		}
	}
	return braces.Get().ReplaceAllStringFunc(b.String(), func(field string) string { return fields[strings.Trim(field, "{}")] })
}

// matcher is the expression of a rule, and words in lower case one of which
// occurs in each match. The expression is compiled when one occurs.
type matcher struct {
	words      []string
	expression func() *regexp.Regexp
}

// newMatcher makes the matcher of a pattern.
func newMatcher(says string) matcher {
	expression := expand(says)
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		panic(err) // a rule of this package
	}
	return matcher{wordsOf(tree), sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })}
}

// wordsOf returns literals in lower case one of which each match contains: the
// longest ones that there are, or nil.
func wordsOf(tree *syntax.Regexp) (best []string) {
	switch tree.Op {
	case syntax.OpLiteral:
		if s := strings.ToLower(string(tree.Rune)); isASCII(s) {
			return []string{s}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return wordsOf(tree.Sub[0])
	case syntax.OpConcat:
		for _, sub := range tree.Sub {
			if list := wordsOf(sub); shortest(list) > shortest(best) {
				best = list
			}
		}
	case syntax.OpAlternate:
		for _, sub := range tree.Sub {
			list := wordsOf(sub)
			if list == nil {
				return nil
			}
			best = append(best, list...)
		}
	}
	return best
}

// shortest returns the length of the shortest of some words, 0 for none.
func shortest(words []string) int {
	if len(words) == 0 {
		return 0
	}
	return len(slices.MinFunc(words, func(a, b string) int { return len(a) - len(b) }))
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' })
}

// lower returns text with the letters A to Z in lower case: unlike that of
// strings.ToLower, the result has the same length.
func lower(text string) string {
	b := []byte(text)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// lazily compiles the patterns of rules on first use, so that a program that
// explains nothing does not pay for them.
func lazily(groups ...[]rule) []rule {
	var all []rule
	for _, group := range groups {
		for _, r := range group {
			r.matcher = sync.OnceValue(func() matcher { return newMatcher(r.says) })
			all = append(all, r)
		}
	}
	return all
}

// work bounds how often patterns are tried on one input.
type work struct{ left int }

// The bounds of work: how many windows of a text are searched, by all rules and
// by one.
const (
	maxWork     = 2000
	maxRuleWork = 40
)

// find returns the matches of r in text, as
// [regexp.Regexp.FindAllStringSubmatchIndex] does.
func (r *rule) find(text, lowered string, w *work) (matches [][]int) {
	m := r.matcher()
	from := 0
	for range maxRuleWork {
		at, length := m.next(lowered[from:])
		if at < 0 || w.left == 0 {
			break
		}
		w.left--
		at += from
		begin, end := max(from, at-window), min(len(text), at+length+window)
		match := m.expression().FindStringSubmatchIndex(text[begin:end])
		if match == nil {
			from = at + length
			continue
		}
		for j := range match {
			if match[j] >= 0 {
				match[j] += begin
			}
		}
		matches = append(matches, match)
		from = max(match[1], at+length)
	}
	return matches
}

// next returns where the first of the words is in a text, and its length; -1 for
// nowhere.
func (m *matcher) next(lowered string) (at, length int) {
	at = -1
	for _, word := range m.words {
		if at >= 0 {
			lowered = lowered[:min(len(lowered), at+len(word))]
		}
		if i := strings.Index(lowered, word); i >= 0 && (at < 0 || i < at) {
			at, length = i, len(word)
		}
	}
	return at, length
}

// reading is a message that a rule recognised.
type reading struct {
	Extract

	rule   *rule
	order  int // of the rule
	slug   string
	causes []string
	rank   rank
	notes  []string
	title  string // of a message that is not CORS
	// code is the name of an error, such as ERR_FAILED.
	code string
	// preflight says that the message is about a preflight; after is the text
	// that follows the message.
	preflight     bool
	before, after string
	start, end    int
	length        int // without blanks
	// filtered says that causes are without those that cannot be.
	filtered bool
}

// rank orders messages of one input.
type rank uint8

const (
	decisive rank = iota // names the check that failed
	symptom              // says that something failed, but not what
	other                // is not about CORS
)

// is sets slug and causes, the slug itself if there are none.
func (r *reading) is(slug string, causes ...string) {
	r.slug, r.causes = slug, causes
	if len(causes) == 0 {
		r.causes = []string{slug}
	}
}
