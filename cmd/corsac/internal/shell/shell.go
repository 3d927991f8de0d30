// Package shell quotes words for a POSIX shell, so that people can paste a
// command.
package shell

import (
	"fmt"
	"strings"
)

// Join returns a command line of words, quoted where necessary.
func Join(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Word(word)
	}
	return strings.Join(quoted, " ")
}

// Word quotes a word if necessary. Control characters become escapes.
func Word(s string) string {
	switch {
	case s != "" && !strings.ContainsFunc(s, isSpecial):
		return s
	case !strings.ContainsFunc(s, IsControl):
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7f || c == '\\' || c == '\'' {
			fmt.Fprintf(&b, `\0%03o`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return `"$(printf %b '` + b.String() + `')"`
}

func isSpecial(r rune) bool {
	plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r)
	return !plain
}

// IsControl reports whether a character cannot be in a word unescaped.
func IsControl(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }
