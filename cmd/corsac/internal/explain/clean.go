package explain

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

// ansi are the escape sequences of terminals.
var ansi = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])`)

// quoting is what mail programs and Markdown put before a line.
var quoting = regexp.MustCompile(`(?m)^[ \t]*(?:[>|│][ \t]?)+`)

// straight replaces typographic quotes, so that patterns know two characters.
var straight = strings.NewReplacer(
	"‘", "'", "’", "'", "‚", "'", "‛", "'", "′", "'", "`", "'", "´", "'", "‹", "'", "›", "'", "&apos;", "'",
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`, "″", `"`, "«\u00a0", `"`, "\u00a0»", `"`, "« ", `"`, " »", `"`, "«", `"`, "»", `"`, "「", `"`, "」", `"`, "『", `"`, "』", `"`,
	"\u00a0", " ", "\u202f", " ", "\u2011", "-", "\u2010", "-", "\r\n", "\n", "\r", "\n",
)

// clean brings pasted text into the form that patterns match: without styling,
// with straight quotes, and without what was put before its lines.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	text = ansi.ReplaceAllString(text, "")
	if strings.Contains(text, "&") {
		text = html.UnescapeString(text)
	}
	text = straight.Replace(text)
	text = quoting.ReplaceAllString(text, "")
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
	}, text)
}

// unwrap removes line breaks, with the indentation that follows them, for text
// that was broken in the middle of words.
var unwrap = regexp.MustCompile(`[ \t]*\n[ \t]*`)

// inner are blanks that contain a line break.
var inner = regexp.MustCompile(`\s*\n\s*`)

// oneLine is a field of a message on one line.
func oneLine(s string) string {
	return clip(strings.TrimSpace(inner.ReplaceAllString(s, " ")))
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
