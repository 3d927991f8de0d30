package shell

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// WindowsWord quotes a word if necessary, for PowerShell. Without a dollar sign, a
// backtick, a quote and what people would not see as it is, cmd.exe reads it in the
// same way; with them, it reads another word, but still one. Bytes that are not UTF-8
// become the replacement character.
func WindowsWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, isSpecialOnWindows) && !strings.HasPrefix(s, "@") && !splits(s) {
		return s
	}
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '`' || r == '$':
			b.WriteString("`" + string(r))
		case endsQuotes(r) || r == '\n' || r == '\t' || NeedsEscape(string(r)), r == '\\' && i == len(s)-1:
			fmt.Fprintf(&b, "$([char]::ConvertFromUtf32(0x%x))", r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

// isSpecialOnWindows reports whether a character must be quoted. A comma makes a
// list in PowerShell, and an equals sign separates words in cmd.exe.
func isSpecialOnWindows(r rune) bool {
	plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(`-_./:@+\`, r)
	return !plain
}

// splits reports whether PowerShell makes two words of one that begins like the
// name of a parameter.
func splits(s string) bool { return strings.HasPrefix(s, "-") && strings.ContainsAny(s, ".:") }

// endsQuotes reports whether a character ends a word in double quotes: PowerShell
// also knows the quotes of typography.
func endsQuotes(r rune) bool { return r == '"' || r >= '\u201c' && r <= '\u201f' }
