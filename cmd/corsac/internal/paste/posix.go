package paste

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
)

// command is a command line: its words, and the line on which it begins.
type command struct {
	words []string
	line  int
}

// posixCommands splits text into simple commands as a POSIX shell does, with
// the $'…' of bash
// (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02).
// It drops redirections, and pipes with everything after them. Variables have
// the values that the text gives them; any other expansion is an error.
func posixCommands(text string, values given) ([]command, error) {
	s := &posixScanner{text: text, line: 1, values: map[string]string{}, given: values}
	for s.pos < len(s.text) {
		if err := s.step(); err != nil {
			return nil, err
		}
		if len(s.commands) > maxCommands {
			return nil, errTooMany
		}
	}
	if err := s.endWord(); err != nil {
		return nil, err
	}
	s.endCommand()
	return s.commands, nil
}

type posixScanner struct {
	text      string
	pos, line int

	word     strings.Builder
	inWord   bool // a word has begun; it may be empty, as in ''
	current  command
	values   map[string]string // of variables, by the text
	given    given
	grown    int  // total length of their expansions
	piped    bool // the words belong to a command after a pipe
	target   bool // the next word is the target of a redirection
	commands []command
}

// rest returns what has not been read yet.
func (s *posixScanner) rest() string { return s.text[s.pos:] }

func (s *posixScanner) fail(what, hint string) error {
	return &problem{line: s.line, what: what, hint: hint}
}

// take reads n bytes.
func (s *posixScanner) take(n int) string {
	part := s.text[s.pos : s.pos+n]
	s.line += strings.Count(part, "\n")
	s.pos += n
	return part
}

// add reads n bytes into the word.
func (s *posixScanner) add(n int) {
	s.inWord = true
	s.word.WriteString(s.take(n))
}

// step reads one element outside quotes.
func (s *posixScanner) step() error {
	if n := continuation(s.rest()); n > 0 {
		s.take(n)
		return nil
	}
	if n := looseContinuation(s.rest(), '\\'); n > 0 {
		s.take(n)
		return s.endWord()
	}
	switch c := s.text[s.pos]; c {
	case ' ', '\t', '\r':
		s.take(1)
		return s.endWord()
	case '\n', ';', '&', '|', '>', '<', '(', ')':
		return s.operator(c)
	case '\'':
		return s.single()
	case '"':
		return s.double()
	case '\\':
		s.take(1)
		if s.pos < len(s.text) {
			s.add(1)
		}
		return nil
	case '$', '`':
		return s.dollar()
	case '#':
		if !s.inWord {
			s.take(lineLength(s.rest()))
			return nil
		}
	}
	r, n := utf8.DecodeRuneInString(s.rest())
	switch r {
	case '“', '”', '‘', '’':
		return s.fail("a shell does not read typographic quotes as quotes", `write plain quotes, ' or "`)
	case '–', '—', '−':
		if !s.inWord {
			return s.fail("a typographic dash does not begin an option", "write -")
		}
	case '\u00a0': // a non-breaking space, copied from a page
		s.take(n)
		return s.endWord()
	}
	s.add(n)
	return nil
}

// continuation returns the length of a backslash and the line break that it
// removes, or 0.
func continuation(s string) int {
	switch {
	case strings.HasPrefix(s, "\\\n"):
		return 2
	case strings.HasPrefix(s, "\\\r\n"): // it went through a Windows clipboard
		return 3
	}
	return 0
}

// looseContinuation returns the length of a mark and the line break after it,
// or 0. Blanks may come between them, and the mark may be that of another
// shell: the line is meant to continue.
func looseContinuation(s string, mark byte) int {
	if s[0] != mark && s[0] != '`' {
		return 0
	}
	blanks := strings.TrimLeft(s[1:], " \t")
	if n := lineBreak(blanks); n > 0 {
		return len(s) - len(blanks) + n
	}
	return 0
}

func lineLength(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i
	}
	return len(s)
}

// operator reads what ends a command or redirects its output.
func (s *posixScanner) operator(c byte) error {
	if digit := s.word.String(); (c == '>' || c == '<') && len(digit) == 1 && digit[0] >= '0' && digit[0] <= '9' {
		s.word.Reset() // the number of a stream
		s.inWord = false
	}
	if next := s.rest()[1:]; c == '&' && next != "" && isNameByte(next[0]) && strings.Contains(s.word.String(), "?") {
		return s.fail("the shell ends the command at the & in the URL", "put the URL in quotes")
	}
	if err := s.endWord(); err != nil {
		return err
	}
	operator := s.take(1)
	switch c {
	case '(', ')':
		return s.fail(fmt.Sprintf("%q is shell syntax that is not supported", operator), "paste the curl command alone, or quote the word")
	case '<':
		return s.input()
	case '>':
		for s.pos < len(s.text) && strings.IndexByte("><&|", s.text[s.pos]) >= 0 {
			s.take(1)
		}
		s.target = true
		return nil
	case '&': // "&>" is a redirection, "&&" and "&" end a command
		if strings.HasPrefix(s.rest(), ">") {
			return nil
		}
	case '|':
		if !strings.HasPrefix(s.rest(), "|") {
			s.pipe()
			return nil
		}
		s.take(1)
	}
	s.endCommand()
	return nil
}

// pipe begins the command after a pipe, which may be on the next line.
func (s *posixScanner) pipe() {
	s.piped = true
	if strings.HasPrefix(s.rest(), "&") {
		s.take(1)
	}
	s.take(len(s.rest()) - len(strings.TrimLeft(s.rest(), " \t\r\n")))
}

// angled finds what manuals write for a value that the reader has to fill in,
// such as <id>.
var angled = lazyregexp.New(`^[A-Za-z_][\w .-]{0,60}>`)

// input returns the error for a redirection of input. Nothing here reads any.
func (s *posixScanner) input() error {
	switch name := angled.Get().FindString(s.rest()); {
	case name != "":
		return s.expands("<" + name)
	case strings.HasPrefix(s.rest(), "<"):
		return s.fail("here-documents are not supported", "write the body in the command: --data-raw '…'")
	}
	return s.fail("< would read a file, which a paste must not do", "write the body in the command: --data-raw '…'")
}

// single reads '…'.
func (s *posixScanner) single() error {
	end := strings.IndexByte(s.rest()[1:], '\'')
	if end < 0 {
		return s.fail("a ' is never closed", "copy the whole command")
	}
	s.take(1)
	s.add(end)
	s.take(1)
	return nil
}

// double reads "…".
func (s *posixScanner) double() error {
	begin := s.line
	s.inWord = true
	for s.take(1); s.pos < len(s.text); {
		if n := continuation(s.rest()); n > 0 {
			s.take(n)
			continue
		}
		switch c := s.text[s.pos]; {
		case c == '"':
			s.take(1)
			return nil
		case c == '\\' && s.pos+1 < len(s.text) && strings.IndexByte("$`\"\\", s.text[s.pos+1]) >= 0:
			s.take(1)
			s.add(1)
		case c == '$' || c == '`':
			if err := s.expand(); err != nil {
				return err
			}
		default:
			s.add(1)
		}
	}
	return &problem{line: begin, what: `a " is never closed`, hint: "copy the whole command"}
}

// dollar reads $'…', $"…", a variable, or a literal $.
func (s *posixScanner) dollar() error {
	switch rest := s.rest(); {
	case strings.HasPrefix(rest, "$'"):
		return s.ansi()
	case strings.HasPrefix(rest, `$"`):
		s.take(1)
		return s.double()
	default:
		return s.expand()
	}
}

// expand reads a variable or a literal $.
func (s *posixScanner) expand() error {
	name := expansion(s.rest())
	if name == "" {
		s.add(1)
		return nil
	}
	variable := strings.Trim(name, "${}")
	value, ok := s.values[variable]
	if !ok {
		value, ok = s.given.get(variable)
	}
	if !ok {
		return s.expands(name)
	}
	if s.grown += len(value); s.grown > MaxInput {
		return s.fail("the values of the variables are too long", "write them where they are used")
	}
	s.take(len(name))
	s.inWord = true
	s.word.WriteString(value)
	return nil
}

func (s *posixScanner) expands(name string) error {
	return &problem{line: s.line, what: fmt.Sprintf("the value of %s is unknown", name), hint: hintValue, name: variableName(name)}
}

// variableName is the name in an expansion; "" if it is not of a plain variable.
func variableName(expansion string) string {
	name := strings.Trim(expansion, "${}")
	if strings.ContainsFunc(name, func(r rune) bool { return r > 'z' || !isNameByte(byte(r)) }) {
		return ""
	}
	return name
}

// expansion returns the expansion at the beginning of s, such as $TOKEN, or "".
func expansion(s string) string {
	if s[0] == '`' {
		return "`…`"
	}
	if len(s) < 2 {
		return ""
	}
	switch c := s[1]; {
	case c == '(':
		return "$(…)"
	case c == '{':
		if end := strings.IndexByte(s, '}'); end > 0 && end < 80 {
			return s[:end+1]
		}
		return "${…}"
	case isNameByte(c):
		n := 1
		for n < len(s) && isNameByte(s[n]) {
			n++
		}
		return s[:n]
	case strings.IndexByte("@*#?-$!", c) >= 0:
		return s[:2]
	}
	return ""
}

func isNameByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// endWord ends the word, if there is one.
func (s *posixScanner) endWord() error {
	if !s.inWord {
		return nil
	}
	word := s.word.String()
	s.word.Reset()
	s.inWord = false
	switch {
	case s.target:
		s.target = false
	case !s.piped:
		if len(s.current.words) == 0 {
			s.current.line = s.line
		}
		s.current.words = append(s.current.words, word)
	}
	return nil
}

func (s *posixScanner) endCommand() {
	words := s.current.words
	if len(words) > 0 && words[0] == "export" {
		words = words[1:]
	}
	switch {
	case len(s.current.words) == 0:
	case len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !isAssignment(w) }):
		for _, w := range words {
			name, value, _ := strings.Cut(w, "=")
			s.values[name] = value
		}
	default:
		s.commands = append(s.commands, s.current)
	}
	s.current, s.piped, s.target = command{}, false, false
}

// ansi reads $'…' as bash does, which drops everything after a NUL.
func (s *posixScanner) ansi() error {
	begin, ended := s.line, false
	s.inWord = true
	var units []uint16 // halves of a character beyond U+FFFF, which browsers write separately
	for s.take(2); s.pos < len(s.text); {
		if s.text[s.pos] == '\'' {
			s.take(1)
			return nil
		}
		decoded, unit, n := unescape(s.rest())
		s.take(n)
		if unit != 0 {
			if units = append(units, unit); len(units) < 2 {
				continue
			}
			decoded = string(utf16.DecodeRune(rune(units[0]), rune(units[1])))
		}
		units = nil
		if ended = ended || decoded == "\x00"; !ended {
			s.word.WriteString(decoded)
		}
	}
	return &problem{line: begin, what: "a $' is never closed", hint: "copy the whole command"}
}

var ansiEscapes = map[byte]string{
	'a': "\a", 'b': "\b", 'e': "\x1b", 'E': "\x1b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
	'\\': "\\", '\'': "'", '"': `"`, '?': "?",
}

// unescape decodes one character of $'…' and returns its length in s. unit is
// half of a character.
func unescape(s string) (decoded string, unit uint16, n int) {
	if s[0] != '\\' || len(s) < 2 {
		return s[:1], 0, 1
	}
	if decoded, ok := ansiEscapes[s[1]]; ok {
		return decoded, 0, 2
	}
	switch c := s[1]; {
	case c >= '0' && c <= '7':
		v, digits := leadingNumber(s[1:], 8, 3)
		return string([]byte{byte(v)}), 0, 1 + digits
	case c == 'c' && len(s) > 2:
		if s[2] == '?' {
			return "\x7f", 0, 3
		}
		return string([]byte{s[2] & 0x1f}), 0, 3
	case c == 'x', c == 'u', c == 'U':
		v, digits := leadingNumber(s[2:], 16, map[byte]int{'x': 2, 'u': 4, 'U': 8}[c])
		switch {
		case digits == 0:
			return s[:2], 0, 2
		case c == 'x':
			return string([]byte{byte(v)}), 0, 2 + digits
		case utf16.IsSurrogate(rune(v)):
			return "", uint16(v), 2 + digits
		case v > utf8.MaxRune:
			return string(utf8.RuneError), 0, 2 + digits
		}
		return string(rune(v)), 0, 2 + digits
	}
	return s[:2], 0, 2
}

// leadingNumber reads a number of at most that many digits.
func leadingNumber(s string, base uint32, digits int) (v uint32, n int) {
	for n < len(s) && n < digits {
		d := strings.IndexByte("0123456789abcdef", s[n]|0x20)
		if s[n] >= '0' && s[n] <= '9' {
			d = int(s[n] - '0')
		}
		if d < 0 || d >= int(base) {
			break
		}
		v = v*base + uint32(d)
		n++
	}
	return v, n
}
