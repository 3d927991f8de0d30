// Package js reads JavaScript and TypeScript, with JSX, as tokens with positions.
//
//   - [Scan] splits a text into tokens that cover it; [Parse] makes a [Program]
//     of them, which knows brackets, statements, functions and the declarations
//     of names.
//   - A [Value] is what an expression is if it is written in the file: literals,
//     and names of constants. Everything else is dynamic, never guessed.
//   - Nothing is printed from a tree: who changes a file does it with the
//     positions of tokens.
package js

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/bracket"
)

// Dialect is the language of a file.
type Dialect uint8

// The dialects.
const (
	JavaScript Dialect = iota // with JSX
	TypeScript                // without JSX
	TSX                       // TypeScript with JSX
)

// DialectOf returns the dialect of a file by the end of its name.
func DialectOf(name string) Dialect {
	switch {
	case strings.HasSuffix(name, ".tsx"):
		return TSX
	case strings.HasSuffix(name, ".ts"), strings.HasSuffix(name, ".mts"), strings.HasSuffix(name, ".cts"):
		return TypeScript
	default:
		return JavaScript
	}
}

// Kind is the kind of a token.
type Kind uint8

// The kinds.
const (
	Space Kind = iota
	Comment
	Name           // also keywords and private names
	Number         //
	String         // with its quotes
	Template       // `…` without a substitution
	TemplateHead   // `…${
	TemplateMiddle // }…${
	TemplateTail   // }…`
	RegExp         // with slashes and flags
	Punctuator     //
	JSXText        // text between tags, and strings in tags
	Bad            // what no token is, such as a string without an end
)

// Token is a piece of a program.
type Token = bracket.Token[Kind]

// Scan returns tokens that cover a text, one after the other.
func Scan(text string, d Dialect) []Token {
	l := lexer{text: text, dialect: d, operand: true}
	for l.at < len(l.text) {
		l.next()
	}
	return l.tokens
}
