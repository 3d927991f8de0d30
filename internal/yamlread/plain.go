package yamlread

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// quotes are what word processors and chats put in place of " and '.
const quotes = "“”„‟‘’‚‛«»‹›＂＇"

// placeholder is what other programs replace by a value: ${NAME}, $NAME alone,
// $(command), or {{ name }}.
var placeholder = regexp.MustCompile(`\$\{[A-Za-z_][^}]*\}|^\$\(.*\)$|\{\{[^}]*\}\}|^\$[A-Za-z_][A-Za-z0-9_]*$`)

// unread returns the mistake in text that cannot be meant as it is read, and whether
// there is one: quotes that are not YAML's, or a variable.
func unread(text string) (Error, bool) {
	switch {
	case placeholder.MatchString(text):
		return Error{
			Code: CodeFieldType, Value: text, Why: "variables are not replaced",
			Fix: "write the value itself, or let another program, such as envsubst, replace it first",
		}, true
	case text != "" && (strings.ContainsRune(quotes, firstRune(text)) || strings.ContainsRune(quotes, lastRune(text))):
		straight := strings.TrimFunc(text, func(r rune) bool { return strings.ContainsRune(quotes, r) })
		return Error{
			Code: CodeFieldType, Value: text, Why: "its quotes are not those of YAML, so they count as text",
			Fix: "write " + strconv.Quote(straight),
		}, true
	}
	return Error{}, false
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// asList returns what to write in place of text where a list must be.
func asList(text string) string {
	text = strings.Trim(text, "[] ")
	if rest, ok := strings.CutPrefix(text, "-"); ok && rest != "" {
		first, _, _ := strings.Cut(rest, " -")
		return fmt.Sprintf("write a blank after each dash, such as %q", "- "+abbreviate(first))
	}
	entries := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	return "write " + WriteTexts(entries)
}

// field is what was meant as a field.
var field = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*) ?[:=] ?([^/ ].*)$`)

// RefuseMapping is [Decoder.RefuseType] where a mapping must be. If the value is text
// that was meant as a field, such as name:value or name = value, fix is how to write
// that.
func (d *Decoder) RefuseMapping(v Value, want, fix string) {
	text, _ := v.Text()
	if m := field.FindStringSubmatch(text); m != nil {
		fix = fmt.Sprintf("write a colon and a blank after the name: %q", abbreviate(m[1]+": "+m[2]))
	}
	d.RefuseType(v, want, fix)
}
