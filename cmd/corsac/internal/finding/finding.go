// Package finding has the type of what corsac finds wrong anywhere: the root
// cause of a refusal, a mistake in a file, a weakness of a server.
//
//   - There is one type for all commands, that of the JSON verdict. Packages
//     that find things return it; package report prints it in every form.
//   - The Cause of a finding is stable, so that users can filter by it.
package finding

import (
	"fmt"
	"strings"

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

// Confidence is how sure it is.
type Confidence = verdict.Confidence

// The degrees of confidence. Certain is also that of findings that are read, not
// guessed.
const (
	Certain  = verdict.ConfidenceCertain
	Likely   = verdict.ConfidenceLikely
	Possible = verdict.ConfidencePossible
)

// Position returns file, line and column, as far as they are known.
func Position(p *Place) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Line returns a finding in one line: where, what, and what to do.
func Line(f *Finding) string {
	s := f.Title
	if p := f.Place; p != nil && p.File != "" {
		s = Position(p) + ": " + s
	}
	if f.Fix.Text != "" {
		s += "; " + f.Fix.Text
	}
	return s
}

// Mistakes are findings in what a user wrote, as an error. There is at least
// one.
type Mistakes []Finding

// Error returns one line per mistake.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i := range m {
		lines[i] = Line(&m[i])
	}
	return strings.Join(lines, "\n")
}

// Lines returns an error in lines: one for each part of what [errors.Join]
// returned, and for each mistake. A newline in any other error is from a value,
// and stays in its line.
func Lines(err error) (lines []string) {
	for _, part := range joined(err) {
		mistakes, ok := part.(Mistakes) //nolint:errorlint // wrapped errors have a text around them
		if !ok {
			lines = append(lines, inWords(part))
		}
		for i := range mistakes {
			lines = append(lines, Line(&mistakes[i]))
		}
	}
	return lines
}

// joined returns the errors that [errors.Join] has made one.
func joined(err error) (parts []error) {
	if one, ok := err.(interface{ Unwrap() error }); ok { // a wrapper that adds no text
		if inner := one.Unwrap(); inner != nil && inner.Error() == err.Error() {
			return joined(inner)
		}
	}
	e, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var texts []string
	for _, part := range e.Unwrap() {
		parts = append(parts, joined(part)...)
		texts = append(texts, part.Error())
	}
	if _, ok := err.(Mistakes); ok || strings.Join(texts, "\n") != err.Error() { //nolint:errorlint // as in Lines
		return []error{err}
	}
	return parts
}
