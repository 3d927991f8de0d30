// Package shell quotes words for a POSIX shell, so that people can paste a
// command.
package shell

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/internal/visible"
)

// Join returns a command line of words, quoted where necessary.
func Join(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Word(word)
	}
	return strings.Join(quoted, " ")
}

// Word quotes a word if necessary. What is not UTF-8, or what people would not see as
// it is, becomes escapes.
func Word(s string) string {
	switch {
	case s != "" && !strings.ContainsFunc(s, isSpecial):
		return s
	case !NeedsEscape(s):
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for rest := s; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		if char := rest[:size]; r == '\\' || r == '\'' || r == '\n' || r == '\t' || NeedsEscape(char) {
			for i := range size {
				fmt.Fprintf(&b, `\0%03o`, char[i])
			}
		} else {
			b.WriteString(char)
		}
		rest = rest[size:]
	}
	return `"$(printf %b '` + b.String() + `')"`
}

func isSpecial(r rune) bool {
	plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r)
	return !plain
}

// NeedsEscape reports whether a text cannot be printed in quotes: it is not
// UTF-8, or people would not see it as it is.
func NeedsEscape(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && visible.Hidden(r) })
}
