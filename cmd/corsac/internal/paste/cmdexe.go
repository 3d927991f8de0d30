package paste

import (
	"fmt"
	"strings"
)

// cmdCommands splits text into commands as cmd.exe does, and those into words as programs do that
// are built with Microsoft's C. Percent signs are left alone, as on a command line where no such
// variable is set.
//
// Chromium, which writes a caret before every quote, also doubles every backslash. The C runtime takes
// two for one only before a quote: the others are meant to be one all the same.
func cmdCommands(text string) (commands []command, err error) {
	if name := cmdVariable().FindStringSubmatch(text); name != nil {
		return nil, &Error{Problem: fmt.Sprintf("what %s stands for is not known here", name[1]), Hint: "write its value; where only CORS matters, any value will do"}
	}
	line := 1
	doubled := strings.Contains(text, `^"`)
	for text != "" {
		if len(commands) > maxCommands {
			return nil, errTooMany
		}
		raw, n := cmdLine(text)
		if words := argv(raw, doubled); len(words) > 0 {
			commands = append(commands, command{words: words, line: line})
		}
		line += strings.Count(text[:n], "\n")
		text = text[n:]
	}
	return commands, nil
}

// cmdVariable finds variables. What begins with two hexadecimal digits can be a byte of a URL.
var cmdVariable = lazily(`(?i)[^^](%(?:[g-z_]\w*|[a-f][g-z_]\w*)%)`)

// isForCmd reports whether a paste is for cmd.exe: whether a caret outside of quotes stands before a
// quote or a line break, or curl.exe is given words in double quotes only.
func isForCmd(text string) bool {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\' && quote == '"':
			i++
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '\'' || c == '"':
			quote = c
		case c == '^' && (strings.HasPrefix(text[i+1:], `"`) || looseContinuation(text[i:], '^') > 0):
			return true
		}
	}
	return strings.Contains(text, "curl.exe") && !strings.Contains(text, "'")
}

// cmdLine reads one command and gives it as its program gets it: carets taken away, and all from
// the first pipe or redirection on. n is how much was read, up to what ends the command.
//
// A caret takes the meaning of the character behind it. Before a line break it takes both, and the
// meaning of the character on the next line, so that two line breaks make one. Between quotes it
// stands for itself. A quote without a caret begins and ends quotes, for cmd.exe and, whatever that
// thinks, for the program.
func cmdLine(text string) (raw string, n int) {
	var b strings.Builder
	quoted, dropped := false, false
	keep := func(s string) {
		if !dropped {
			b.WriteString(s)
		}
	}
	for n < len(text) {
		c := text[n]
		n++
		switch {
		case c == '\r' && strings.HasPrefix(text[n:], "\n"):
		case c == '\n':
			return b.String(), n
		case c == '"':
			quoted = !quoted
			keep(`"`)
		case quoted:
			keep(text[n-1 : n])
		case (c == '^' || c == '`') && looseContinuation(text[n-1:], '^') > 0 && lineBreak(text[n:]) == 0:
			n += looseContinuation(text[n-1:], '^') - 1
			keep(" ")
		case c == '^':
			n += lineBreak(text[n:])
			escaped := max(lineBreak(text[n:]), min(1, len(text)-n))
			keep(strings.ReplaceAll(text[n:n+escaped], "\r\n", "\n"))
			n += escaped
		case c == '&':
			return b.String(), n
		case c == '|', c == '>', c == '<':
			dropped = true
		default:
			keep(text[n-1 : n])
		}
	}
	return b.String(), n
}

// lineBreak is the length of a line break at the beginning of s, 0 for none.
func lineBreak(s string) int {
	switch {
	case strings.HasPrefix(s, "\r\n"):
		return 2
	case strings.HasPrefix(s, "\n"):
		return 1
	}
	return 0
}

// argv splits a command line as Microsoft's C runtime does: 2n backslashes and a quote are n
// backslashes and a quote that begins or ends quotes; with one backslash more the quote is meant.
// Two quotes between quotes are one that is meant. With doubled, two backslashes are one everywhere.
// https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
func argv(raw string, doubled bool) (words []string) {
	var word strings.Builder
	inWord, quoted := false, false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if !quoted && (c == ' ' || c == '\t') {
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
			continue
		}
		inWord = true
		switch c {
		case '\\':
			slashes := len(raw[i:]) - len(strings.TrimLeft(raw[i:], `\`))
			i += slashes - 1
			if i+1 == len(raw) || raw[i+1] != '"' {
				if doubled {
					slashes = (slashes + 1) / 2
				}
				word.WriteString(raw[i+1-slashes : i+1])
				continue
			}
			word.WriteString(raw[i+1-slashes/2 : i+1])
			if slashes%2 == 1 {
				word.WriteByte('"')
				i++
			}
		case '"':
			if quoted && i+1 < len(raw) && raw[i+1] == '"' {
				word.WriteByte('"')
				i++
				continue
			}
			quoted = !quoted
		default:
			word.WriteByte(c)
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
