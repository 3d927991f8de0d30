package explain

import (
	"slices"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/cause"
)

// Entry is a cause or a class of messages, as the reference shows it.
type Entry struct {
	// Slug is the stable name; Aliases are other spellings of it.
	Slug    string   `json:"slug"`
	Aliases []string `json:"aliases,omitempty"`
	// Title says what is wrong; When says what shows it; Why what is going on;
	// Fix what to change. Words in braces stand for particulars.
	Title string `json:"title"`
	When  string `json:"when,omitempty"`
	Why   string `json:"why"`
	Fix   string `json:"fix,omitempty"`
	// Side says who has to change something; it is "" for a class of messages.
	Side cause.Side `json:"side,omitempty"`
	// Severity is that of a finding with the cause.
	Severity finding.Severity `json:"severity,omitempty"`
	// Apart says of a class of messages how its causes can be distinguished.
	Apart string `json:"apart,omitempty"`
	// Message is a sample of a message, or "".
	Message string `json:"message,omitempty"`
}

// IsClass reports whether the entry is a class of messages, not a cause.
func (e *Entry) IsClass() bool { return e.Apart != "" }

// Catalogue returns everything that a finding or a message can be, sorted by
// slug.
func Catalogue() []Entry { return slices.Clone(catalogue()) }

var catalogue = sync.OnceValue(func() []Entry {
	var all []Entry
	for _, c := range diagnose.All() {
		all = append(all, Entry{Slug: c.Slug, Aliases: c.Aliases, Title: c.Title, When: c.When, Why: c.Why, Fix: c.Fix, Side: c.Side, Severity: c.Severity})
	}
	for _, t := range diagnose.Texts() {
		if i := slices.IndexFunc(all, func(e Entry) bool { return e.Slug == t.Slug }); i >= 0 {
			all[i].Apart, all[i].Message = t.Apart, t.Message
			continue
		}
		all = append(all, Entry{Slug: t.Slug, Aliases: t.Aliases, Title: t.Title, Why: t.Why, Apart: t.Apart, Message: t.Message})
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Slug, b.Slug) })
	return all
})

// Lookup returns the entry of a slug or alias, with general words for
// particulars; ok is false if there is none.
func Lookup(slug string) (e Entry, ok bool) {
	e, ok = lookup(slug)
	general := &words{slug: e.Slug}
	e.Title, e.When, e.Why, e.Fix = general.fill(e.Title), general.fill(e.When), general.fill(e.Why), general.fill(e.Fix)
	return e, ok
}

func lookup(slug string) (e Entry, ok bool) {
	all := catalogue()
	i := slices.IndexFunc(all, func(e Entry) bool { return e.Slug == slug || slices.Contains(e.Aliases, slug) })
	if i < 0 {
		return Entry{Slug: slug}, false
	}
	return all[i], true
}
