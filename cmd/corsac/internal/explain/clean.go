package explain

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
)

// ansi are the escape sequences of terminals.
var ansi = lazyregexp.New(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])`)

// quoting is what mail programs and Markdown put before a line.
var quoting = lazyregexp.New(`(?m)^[ \t]*(?:[>|│][ \t]?)+`)

// straight replaces typographic quotes, so that patterns know two characters.
var straight = strings.NewReplacer(
	"‘", "'", "’", "'", "‚", "'", "‛", "'", "′", "'", "`", "'", "´", "'", "‹", "'", "›", "'", "&apos;", "'",
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`, "″", `"`, "«\u00a0", `"`, "\u00a0»", `"`, "« ", `"`, " »", `"`, "«", `"`, "»", `"`, "「", `"`, "」", `"`, "『", `"`, "』", `"`,
	"\u00a0", " ", "\u202f", " ", "\u2011", "-", "\u2010", "-",
)

// lines removes styling, and what was put before the lines of a text.
func lines(text string) string {
	text = ansi.Get().ReplaceAllString(strings.ToValidUTF8(text, "\ufffd"), "")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	return quoting.Get().ReplaceAllString(text, "")
}

// clean brings a text into the form that patterns match: with straight quotes,
// and without escapes and control characters.
func clean(text string) string {
	if strings.Contains(text, "&") {
		text = html.UnescapeString(text)
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.Is(unicode.Cf, r) && r != '\u200b': // that is a value that a message may show
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, straight.Replace(text))
}

// minWidth is the least width at which terminals break lines.
const minWidth = 20

// slack is how much shorter than the longest line a line may be that a terminal
// broke: the mark of a quotation is gone, or a blank at its end.
const slack = 2

// unwrap joins what a terminal broke in the middle of words: a line of the
// greatest length with the next one. It returns "" if that changes nothing.
func unwrap(text string) string {
	list := strings.Split(strings.TrimRight(text, "\n"), "\n")
	width := minWidth
	for _, line := range list {
		width = max(width, utf8.RuneCountInString(line))
	}
	var b strings.Builder
	joined := false
	for i, line := range list {
		b.WriteString(line)
		switch {
		case i+1 == len(list):
		case utf8.RuneCountInString(line) >= width-slack:
			joined = true
		default:
			b.WriteByte('\n')
		}
	}
	if !joined {
		return ""
	}
	return b.String()
}

// inner are blanks that contain a line break.
var inner = lazyregexp.New(`\s*\n\s*`)

// oneLine is a field of a message on one line.
func oneLine(s string) string {
	return clip(strings.TrimSpace(inner.Get().ReplaceAllString(s, " ")))
}

// noBlanks is a field that contains no blanks, such as a URL, even if its text
// was wrapped.
func noBlanks(s string) string {
	return clip(strings.Join(strings.Fields(s), ""))
}

func clip(s string) string {
	if len(s) > maxField {
		s = strings.ToValidUTF8(s[:maxField], "")
	}
	return s
}
