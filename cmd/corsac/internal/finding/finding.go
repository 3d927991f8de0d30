// Package finding is what corsac finds wrong, anywhere: the root cause of a refusal,
// a mistake in a file, a weakness of a server.
//
//   - There is one type, that of the JSON verdict, whatever command finds it. The
//     packages that find things return it; package report prints it in every form.
//   - The Cause of a finding is stable. It is what users filter by.
package finding

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Finding is something that is wrong.
type Finding = verdict.Finding

// Place is where it is.
type Place = verdict.Place

// Fix is what to do about it.
type Fix = verdict.Fix

// Severity is how bad it is.
type Severity = verdict.Severity

// The severities.
const (
	Error   = verdict.SeverityError
	Warning = verdict.SeverityWarning
	Note    = verdict.SeverityNote
)

// Position returns file, line and column, as far as they are known.
func Position(p *Place) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// maxExcerpt is how much of a line is shown, in characters.
const maxExcerpt = 100

// Caret returns the line of a place and, to stand below it, a caret under the
// column. Of a long line it returns the part around the column. Both are empty if
// there is no line. What a terminal would not show, or would obey, is blank.
func Caret(p *Place) (line, caret string) {
	if p.Excerpt == "" || p.Column < 1 {
		return "", ""
	}
	printable := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, p.Excerpt))
	at := min(p.Column-1, len(printable))
	if start := at - maxExcerpt/2; start > 0 && len(printable) > maxExcerpt {
		printable, at = printable[start:], at-start
	}
	if len(printable) > maxExcerpt {
		printable = printable[:maxExcerpt]
	}
	return strings.TrimRight(string(printable), " "), strings.Repeat(" ", at) + "^"
}
