// Package cfamily reads Java, Kotlin and C# as tokens with positions.
//
//   - [Scan] splits a text into tokens that cover it; [Parse] makes a [Program]
//     of them, which knows brackets, calls and the constants of the file.
//   - A [Value] is what an expression is if it is written in the file: strings,
//     numbers, truth values, lists of them, and names of constants. Everything
//     else is dynamic, never guessed.
//   - Files are hostile until read: the work is linear, nesting is bounded, and
//     nothing panics.
package cfamily

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/bracket"
)

// Language is the language of a file.
type Language uint8

// The languages.
const (
	Java Language = iota
	Kotlin
	CSharp
)

// LanguageOf returns the language of a file by the end of its name. What is
// neither Kotlin nor C# is Java.
func LanguageOf(name string) Language {
	switch {
	case strings.HasSuffix(name, ".kt"), strings.HasSuffix(name, ".kts"):
		return Kotlin
	case strings.HasSuffix(name, ".cs"), strings.HasSuffix(name, ".csx"):
		return CSharp
	default:
		return Java
	}
}

// Kind is the kind of a token.
type Kind uint8

// The kinds.
const (
	Space      Kind = iota
	Comment         // also a directive of C# such as #if
	Name            // also keywords, and names in backticks or after @
	Number          //
	String          // with its quotes, and all that is in it: also ${…} and {…}
	Char            // '…'
	Punctuator      //
	Bad             // what no token is, such as a string without an end
)

// Token is a piece of a program.
type Token = bracket.Token[Kind]

// Scan returns tokens that cover a text, one after the other.
func Scan(text string, language Language) []Token {
	l := lexer{text: text, language: language, lineStart: true}
	for l.at < len(l.text) {
		l.next()
	}
	return l.tokens
}
