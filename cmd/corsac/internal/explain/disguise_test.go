package explain_test

import (
	"html"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// disguises are what happens to messages on their way to explain.
var disguises = map[string]func(string) string{
	"typographic quotes": func(s string) string {
		return strings.NewReplacer("'", "’", `"`, "”").Replace(s)
	},
	"straight quotes": func(s string) string {
		return strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`).Replace(s)
	},
	"wrapped at blanks": func(s string) string { return wrap(s, 60) },
	"wrapped in words":  func(s string) string { return hardWrap(s, 77) },
	"HTML":              html.EscapeString,
	"colours": func(s string) string {
		return "\x1b[31m" + strings.ReplaceAll(s, " at ", "\x1b[0m at \x1b[1;4m") + "\x1b[0m"
	},
	"quoted mail":       func(s string) string { return "> " + strings.ReplaceAll(wrap(s, 70), "\n", "\n> ") },
	"Markdown":          func(s string) string { return "I get this:\n\n```\n" + s + "\n```\n\nPlease help" },
	"a prefix":          func(s string) string { return "app.3f2a.js:12:3456 " + s },
	"a virtual machine": func(s string) string { return "VM123:1 " + s },
	"a stack": func(s string) string {
		return s + "\n    at load (app.js:10:5)\n    at async https://app.example.org/main.js:3:7"
	},
	"a time": func(s string) string { return "12:34:56.789 " + s + " app.js:12:34" },
	"noise": func(s string) string {
		return "[vite] connecting...\nDownload the React DevTools for a better development experience\n" + s + "\nWarning: Each child in a list should have a unique \"key\" prop."
	},
	"Windows lines": func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") + "\r\n" },
}

// TestDisguises checks that messages are recognised whatever happened to them.
func TestDisguises(t *testing.T) {
	testenv.OneGoroutine(t)
	for name, disguise := range disguises {
		for _, s := range append(samples(t, "messages.json"), samples(t, "field.json")...) {
			if s.Slug == explain.NotCORS {
				continue
			}
			x := explain.Explain([]byte(disguise(s.Text)), explain.Options{})
			if x.Slug != s.Slug {
				t.Errorf("%s, %s: slug %s, want %s\n%s", name, s.ID, x.Slug, s.Slug, disguise(s.Text))
				continue
			}
			checkCauses(t, name+", "+s.ID, x, s.Causes)
			checkExtract(t, name+", "+s.ID, x, s.Extract)
		}
	}
}

// wrap breaks lines at blanks.
func wrap(s string, width int) string {
	var b strings.Builder
	n := 0
	for i, word := range strings.Split(s, " ") {
		switch {
		case i == 0:
		case n+1+len(word) > width:
			b.WriteByte('\n')
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += len(word)
	}
	return b.String()
}

// hardWrap breaks lines anywhere.
func hardWrap(s string, width int) string {
	var b strings.Builder
	n := 0
	for _, c := range s {
		switch {
		case c == '\n':
			n = -1
		case n == width:
			b.WriteByte('\n')
			n = 0
		}
		b.WriteRune(c)
		n++
	}
	return b.String()
}
