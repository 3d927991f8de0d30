package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The codes of an [Error] besides those of package cors. They are stable.
const (
	CodeUnreadable      = "file.unreadable"        // the file cannot be read
	CodeTooLarge        = "file.too-large"         // larger than MaxSize
	CodeEncoding        = "file.encoding"          // not UTF-8
	CodeSyntax          = "yaml.syntax"            // not YAML
	CodeTooDeep         = "yaml.too-deep"          // nested deeper than anyone needs
	CodeTooManyAliases  = "yaml.aliases"           // aliases that grow without end, or lead in a circle
	CodeAliasUnknown    = "yaml.alias-unknown"     // an alias without its anchor
	CodeDocuments       = "yaml.documents"         // more than one document
	CodeDuplicateKey    = "yaml.duplicate-key"     // a key that is there twice
	CodeFieldUnknown    = "field.unknown"          // a field that does not exist
	CodeFieldType       = "field.type"             // a value of the wrong type
	CodeFieldMissing    = "field.missing"          // a field that must be there
	CodePoliciesMissing = "policies.missing"       // there is no policy
	CodePolicyName      = "policy.name"            // not a name
	CodeGatewayMissing  = "gateway.missing"        // serve has nothing to serve
	CodeListenInvalid   = "listen.invalid"         // not a TCP address
	CodeRoutesMissing   = "routes.missing"         // a gateway without routes
	CodeRoutePath       = "route.path-invalid"     // not a path prefix
	CodeRouteHost       = "route.host-invalid"     // not a host
	CodeRouteUpstream   = "route.upstream-invalid" // not the URL of an upstream
	CodeRoutePolicy     = "route.policy-unknown"   // there is no such policy
	CodeRouteLoop       = "route.loop"             // the upstream is the gateway itself
	CodeRouteDuplicate  = "route.duplicate"        // another route takes the same requests
	CodeDurationInvalid = "duration.invalid"       // not a duration, or not a sensible one
)

// Error is one mistake in a configuration.
type Error struct {
	File   string `json:"file"`
	Line   int    `json:"line"`   // from 1; 0 if the mistake is in no line
	Column int    `json:"column"` // from 1, in characters
	Field  string `json:"field"`  // such as policies.app.allow_origins[2]
	Value  string `json:"value"`  // as read
	Code   string `json:"code"`
	Reason string `json:"reason,omitempty"` // a finer code, that of an origin.Error
	Why    string `json:"message"`
	Fix    string `json:"fix,omitempty"` // what to write instead

	source string // the line
	secret bool   // which must not be shown
}

// Position is file, line and column, as far as they are known.
func (e *Error) Position() string {
	if e.Line == 0 {
		return e.File
	}
	return fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
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
func (e *Error) Error() string { return e.Position() + ": " + e.Message() }

// Excerpt returns the line that the error is in and, to stand below it, a caret
// at the column. Both are empty if it is in no line. What a terminal would not
// show, or obey, is shown as blanks.
func (e *Error) Excerpt() (line, caret string) {
	if e.Line == 0 || e.source == "" {
		return "", ""
	}
	const width = 100
	printable := []rune(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError {
			return ' '
		}
		return r
	}, e.source))
	at := min(e.Column-1, len(printable))
	if start := at - width/2; start > 0 && len(printable) > width {
		printable, at = printable[start:], at-start
	}
	if len(printable) > width {
		printable = printable[:width]
	}
	return strings.TrimRight(string(printable), " "), strings.Repeat(" ", at) + "^"
}

// Errors are all the mistakes in a configuration, in the order of the file.
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
