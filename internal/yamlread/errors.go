package yamlread

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The codes of an [Error] that this package finds. Readers add their own. Codes
// are stable.
const (
	CodeTooLarge        = "file.too-large"         // beyond a bound, such as MaxSize
	CodeEncoding        = "file.encoding"          // not UTF-8
	CodeTooManyMistakes = "file.too-many-mistakes" // so that not all of them are reported
	CodeSyntax          = "yaml.syntax"            // not YAML
	CodeTooDeep         = "yaml.too-deep"          // nested deeper than anyone needs
	CodeTooManyAliases  = "yaml.aliases"           // aliases that expand to too much, or lead in a circle
	CodeAliasUnknown    = "yaml.alias-unknown"     // an alias without its anchor
	CodeDocuments       = "yaml.documents"         // more than one document
	CodeDuplicateKey    = "yaml.duplicate-key"     // a key that is there twice
	CodeFieldUnknown    = "field.unknown"          // a field that does not exist
	CodeFieldType       = "field.type"             // a value of the wrong type
	CodeFieldMissing    = "field.missing"          // a field that must be there
	CodeDurationInvalid = "duration.invalid"       // not a duration, or not a sensible one
)

// Error is one mistake in a document.
type Error struct {
	File   string `json:"file"`             // its name in messages; may be empty
	Line   int    `json:"line"`             // from 1; 0 if the mistake is in no line
	Column int    `json:"column"`           // from 1, in characters
	Field  string `json:"field"`            // such as policies.app.allow_origins[2]
	Value  string `json:"value"`            // as read
	Code   string `json:"code"`             // which kind of mistake it is
	Reason string `json:"reason,omitempty"` // a finer code, that of an origin.Error
	Why    string `json:"message"`          // what is wrong
	Fix    string `json:"fix,omitempty"`    // what to write instead
	Err    error  `json:"-"`                // the cause, or nil
	Secret bool   `json:"-"`                // the line must not be shown

	source string // the line
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.Err }

// Position is file, line and column, as far as they are known.
func (e *Error) Position() string {
	switch {
	case e.Line == 0:
		return e.File
	case e.File == "":
		return fmt.Sprintf("%d:%d", e.Line, e.Column)
	default:
		return fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
	}
}

// Message is the error without its position.
func (e *Error) Message() string {
	var b strings.Builder
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	if e.Value != "" {
		fmt.Fprintf(&b, "%q: ", abbreviate(e.Value))
	}
	b.WriteString(e.Why)
	if e.Fix != "" {
		b.WriteString("; " + e.Fix)
	}
	return b.String()
}

// Error is one line: where, what, why, and what to write instead.
func (e *Error) Error() string {
	if position := e.Position(); position != "" {
		return position + ": " + e.Message()
	}
	return e.Message()
}

// Excerpt returns the line that the error is in and a caret that, in a line
// below it, is at the column. Both are empty if the error is in no line. Of a long
// line it returns the part around the column. Control characters, which a
// terminal would obey, are shown as blanks.
func (e *Error) Excerpt() (line, caret string) {
	if e.Line == 0 || e.source == "" {
		return "", ""
	}
	const width = 100
	part, at := window(e.source, e.Column-1, width)
	printable := strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError {
			return ' '
		}
		return r
	}, part)
	return strings.TrimRight(printable, " "), strings.Repeat(" ", at) + "^"
}

// window returns the width characters of s around the one at an index, and its
// index among them.
func window(s string, at, width int) (part string, index int) {
	length := utf8.RuneCountInString(s)
	at = min(at, length)
	if length <= width {
		return s, at
	}
	first, n, from := max(0, at-width/2), 0, 0
	for i := range s {
		switch n {
		case first:
			from = i
		case first + width:
			return s[from:i], at - first
		}
		n++
	}
	return s[from:], at - first
}

// Errors are all the mistakes in a document, in its order.
type Errors []*Error

// Error has a line for each mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes for [errors.As].
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

func abbreviate(s string) string {
	const longest = 100
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}
