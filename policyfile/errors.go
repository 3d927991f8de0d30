package policyfile

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/yamlread"
)

// The codes of an [Error], besides those of package cors. They are stable.
const (
	CodeTooLarge        = "file.too-large"         // beyond a bound, such as MaxSize
	CodeEncoding        = "file.encoding"          // not UTF-8
	CodeTooManyMistakes = "file.too-many-mistakes" // more than 1,000, so that not all are reported
	CodeSyntax          = "yaml.syntax"            // not YAML
	CodeTooDeep         = "yaml.too-deep"          // nested too deep
	CodeTooManyAliases  = "yaml.aliases"           // aliases that expand to too much, or lead in a circle
	CodeAliasUnknown    = "yaml.alias-unknown"     // an alias without its anchor
	CodeDocuments       = "yaml.documents"         // more than one document
	CodeDuplicateKey    = "yaml.duplicate-key"     // a key that is there twice
	CodeFieldUnknown    = "field.unknown"          // a field that does not exist
	CodeFieldType       = "field.type"             // a value of the wrong type
	CodeDurationInvalid = "duration.invalid"       // not a duration
	CodePoliciesMissing = "policies.missing"       // there is no policy
	CodePolicyName      = "policy.name"            // not a name for a policy
)

// Error is one mistake in a file.
type Error struct {
	Line   int    // from 1; 0 if the mistake is in no line
	Column int    // from 1, in characters
	Field  string // where in the file, such as policies.app.allow_origins[2]
	Value  string // the value as read
	Code   string // one of the codes of this package, or a [cors.Code]
	Why    string // what is wrong
	Fix    string // what to write instead, if that is known
	Err    error  // the cause, a [*cors.ConfigError] for example, or nil

	found *yamlread.Error // with the line; nil if Parse has not made it
}

// Error is one line: line and column, field, value, what is wrong, and what to
// write instead. After a file name and a colon it is a position that editors
// recognise.
func (e *Error) Error() string {
	line := yamlread.Error{Line: e.Line, Column: e.Column, Field: e.Field, Value: e.Value, Why: e.Why, Fix: e.Fix}
	return line.Error()
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.Err }

// Excerpt returns the line that the mistake is in and a caret that, in a line below
// it, is at the column. Both are empty if the mistake is in no line. Of a long line
// it returns the part around the column. Control characters, which a terminal
// would obey, are shown as blanks.
func (e *Error) Excerpt() (line, caret string) {
	if e.found == nil {
		return "", ""
	}
	return e.found.Excerpt()
}

// Errors are the mistakes in a file, in its order.
type Errors []*Error

// Error has a line for each mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes for [errors.Is] and [errors.As].
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

func errorsOf(mistakes yamlread.Errors) Errors {
	errs := make(Errors, len(mistakes))
	for i, m := range mistakes {
		errs[i] = &Error{m.Line, m.Column, m.Field, m.Value, m.Code, m.Why, m.Fix, m.Err, m}
	}
	return errs
}
