package paste

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
)

// cmdCommands splits text into commands as cmd.exe does, and commands into
// words as Microsoft's C runtime does. Percent signs are kept, as on a command
// line where no such variable is set.
//
// Chromium writes a caret before every quote and also doubles every backslash.
// The C runtime reads two backslashes as one only before a quote, but in such a
// command every pair stands for one.
func cmdCommands(text string, values given) (commands []command, err error) {
	if text, err = withVariables(text, values); err != nil {
		return nil, err
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

// withVariables returns a text with the values of its variables. Those next to each
// other take two passes.
func withVariables(text string, values given) (string, error) {
	for range 2 {
		var b strings.Builder
		last := 0
		for _, at := range cmdVariable.Get().FindAllStringSubmatchIndex(text, -1) {
			name := text[at[2]:at[3]]
			value, ok := values.get(strings.Trim(name, "%"))
			switch {
			case !ok:
				return "", &problem{
					line: 1 + strings.Count(text[:at[2]], "\n"), name: strings.Trim(name, "%"),
					what: fmt.Sprintf("the value of %s is unknown", name), hint: hintValue,
				}
			case b.Len()+len(value) > MaxInput:
				return "", &problem{what: "the values of the variables are too long", hint: "write them where they are used"}
			}
			b.WriteString(text[last:at[2]] + value)
			last = at[3]
		}
		text = b.String() + text[last:]
	}
	return text, nil
}

// cmdVariable finds variables. A name that begins with two hexadecimal digits
// is left out, because it can be a percent-encoded byte of a URL.
var cmdVariable = lazyregexp.New(`(?i)[^^](%(?:[g-z_]\w*|[a-f][g-z_]\w*)%)`)

// doubledJSON finds quotes in JSON that are doubled, as cmd.exe wants them between
// quotes.
var doubledJSON = lazyregexp.New(`[{,\[:]\s*""\w|\w""\s*[:,}\]]`)

// isForCmd reports whether a paste is for cmd.exe: there is a caret outside
// quotes before a quote or a line break, or curl.exe has only words in double
// quotes.
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
	return !strings.Contains(text, "'") && (strings.Contains(text, "curl.exe") || doubledJSON.MatchString(text))
}

// cmdLine returns one command as its program gets it: without carets, and
// without everything from the first pipe or redirection on. n is the number of
// bytes read, up to the end of the command.
//
// A caret takes away the meaning of the next character. Before a line break it
// removes the line break and the meaning of the first character on the next
// line, so two line breaks make one. Inside quotes it stands for itself. A
// quote without a caret begins or ends quotes, both for cmd.exe and for the
// program.
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

// lineBreak returns the length of a line break at the beginning of s, or 0.
func lineBreak(s string) int {
	switch {
	case strings.HasPrefix(s, "\r\n"):
		return 2
	case strings.HasPrefix(s, "\n"):
		return 1
	}
	return 0
}

// argv splits a command line as Microsoft's C runtime does
// (https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments):
// 2n backslashes before a quote are n backslashes, and the quote begins or ends
// quotes; with one more backslash, the quote is literal. Inside quotes, two
// quotes are one literal quote. If doubled, two backslashes are one everywhere.
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
