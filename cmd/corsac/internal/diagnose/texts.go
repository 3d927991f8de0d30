package diagnose

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch/cause"
)

// Text is a cause that shows only in what browsers, programs and servers print,
// or a class of messages that many causes share.
//
// Words in braces stand for particulars, as in [cause.Cause].
type Text struct {
	// Slug is the stable name; Aliases are other spellings of it.
	Slug    string
	Aliases []string
	// Title says what is wrong, in at most about 70 characters.
	Title string
	// Side says who has to change something; empty for a class.
	Side cause.Side
	// Why says in a sentence or two what is going on, Fix what to change.
	Why, Fix string
	// Apart says of a class how its causes can be distinguished; empty for a
	// cause.
	Apart string
	// Message is a sample: explain recognises it as this slug.
	Message string
}

// Texts returns every cause that only texts show, and every class of messages,
// sorted by slug.
func Texts() []*Text {
	all := slices.Concat(classes, textCauses)
	slices.SortFunc(all, func(a, b *Text) int { return strings.Compare(a.Slug, b.Slug) })
	return all
}

// classes are the messages that say which check failed, but not why, and
// textCauses the causes that no response shows. Each has a file of its own.
var classes, textCauses []*Text

// class adds a class of messages.
func class(t *Text) *Text { //nolint:unparam // its result makes it the value of a variable
	classes = append(classes, t)
	return t
}

// textCause adds a cause that no response shows. It is in the catalogue, like all
// others.
func textCause(t *Text) *Text { //nolint:unparam // its result makes it the value of a variable
	textCauses = append(textCauses, t)
	register(&Cause{Slug: t.Slug, Aliases: t.Aliases, Title: t.Title, Why: t.Why, Fix: t.Fix, Side: t.Side})
	return t
}

const oneSentence = "Browsers use one sentence for all of them. "
