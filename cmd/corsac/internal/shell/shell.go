// Package shell quotes words for shells, so that people can paste a command: for
// those of POSIX, and for PowerShell and cmd.exe.
package shell

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/internal/visible"
)

// Join returns a command line of words for a POSIX shell, quoted where necessary.
func Join(words []string) string { return join(words, Word) }

// Command returns a command line of words for the shell of whoever reads it
// ([WriteFor]): [WindowsWord] quotes them for PowerShell and cmd.exe, and [Word]
// for others. If the first is corsac, it becomes what starts corsac there.
func Command(words []string) string { return reader.command(words) }

// Lines returns the command lines that do one after the other what a POSIX shell
// does with commands joined by &&, which PowerShell 5 does not know. For other
// shells, it is one.
func Lines(command string) []string { return reader.lines(command) }

func join(words []string, quote func(string) string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quote(word)
	}
	return strings.Join(quoted, " ")
}

// Word quotes a word for a POSIX shell if necessary. What is not UTF-8, or what people would not see as
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
