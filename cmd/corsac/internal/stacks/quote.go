package stacks

import (
	"fmt"
	"strconv"
	"strings"
)

// The functions of this file return a string as a literal of a language. What
// they return is printable ASCII in one line, whatever the string is, so that
// nothing can end the literal early, or hide in it.

// escapes says how a language writes what cannot stand in a literal.
type escapes struct {
	quote   byte
	special string // bytes that need a backslash, besides quote and backslash
	// low is the format of control characters, and high that of characters that
	// are not ASCII; astral is that of those above U+FFFF, or "" for two
	// surrogates in the format of high.
	low, high, astral string
}

// literal returns s as a literal. Bytes that are not UTF-8 become U+FFFD.
func (e escapes) literal(s string) string {
	var b strings.Builder
	b.WriteByte(e.quote)
	for _, r := range s {
		switch {
		case r == rune(e.quote) || r == '\\' || r < 0x80 && strings.ContainsRune(e.special, r):
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, e.low, r)
		case r < 0x7f:
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, e.high, r)
		case e.astral != "":
			fmt.Fprintf(&b, e.astral, r)
		default:
			fmt.Fprintf(&b, e.high, 0xd800+(r-0x10000)>>10)
			fmt.Fprintf(&b, e.high, 0xdc00+(r-0x10000)&0x3ff)
		}
	}
	b.WriteByte(e.quote)
	return b.String()
}

// jsString returns a literal of JavaScript and TypeScript.
func jsString(s string) string {
	return escapes{quote: '\'', low: `\x%02x`, high: `\u%04x`}.literal(s)
}

// pyString returns a literal of Python.
func pyString(s string) string {
	return escapes{quote: '"', low: `\x%02x`, high: `\u%04x`, astral: `\U%08x`}.literal(s)
}

// hclString returns a literal of Terraform, where ${ and %{ begin a template.
func hclString(s string) string {
	literal := escapes{quote: '"', low: `\u%04x`, high: `\u%04x`, astral: `\U%08x`}.literal(s)
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(literal)
}

// goString returns a literal of Go.
func goString(s string) string { return strconv.QuoteToASCII(s) }

// javaString returns a literal of Java. Its escapes with u are replaced before
// anything else is read, so control characters are written in octal.
func javaString(s string) string {
	return escapes{quote: '"', low: `\%03o`, high: `\u%04x`}.literal(s)
}

// csharpString returns a literal of C#.
func csharpString(s string) string {
	return escapes{quote: '"', low: `\u%04x`, high: `\u%04x`}.literal(s)
}

// rubyString returns a literal of Ruby. A # may begin an interpolation.
func rubyString(s string) string {
	return escapes{quote: '"', special: "#", low: `\x%02x`, high: `\u%04x`, astral: `\u{%x}`}.literal(s)
}

// phpString returns a literal of PHP: one in single quotes, in which nothing is
// replaced, as long as that can be.
func phpString(s string) string {
	e := escapes{quote: '\''}
	for _, r := range s {
		if r < ' ' || r >= 0x7f {
			e = escapes{quote: '"', special: "$", low: `\x%02x`, high: `\u{%x}`, astral: `\u{%x}`}
		}
	}
	return e.literal(s)
}

// rustString returns a literal of Rust.
func rustString(s string) string {
	return escapes{quote: '"', low: `\x%02x`, high: `\u{%x}`, astral: `\u{%x}`}.literal(s)
}

// jsRegexp returns a pattern as a literal of JavaScript.
func jsRegexp(p pattern) string { return "/" + escapeSlashes(p.anchored()) + "/" }

// rubyRegexp returns a pattern as a literal of Ruby.
func rubyRegexp(p pattern) string { return `/\A` + escapeSlashes(p.group()) + `\z/` }

// escapeSlashes returns a regular expression for a literal between slashes.
// Patterns never have a slash with a backslash.
func escapeSlashes(re string) string { return strings.ReplaceAll(re, "/", `\/`) }

// pyRegexp returns a raw string of Python for a pattern, which contains neither
// quotes nor a backslash at the end.
func pyRegexp(p pattern) string { return `r"` + p.anchored() + `"` }

// goRegexp returns a raw string of Go for a pattern, which contains no quotes.
func goRegexp(p pattern) string { return "`" + p.anchored() + "`" }

// list returns literals, separated by commas.
func list(literal func(string) string, values ...string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = literal(v)
	}
	return strings.Join(quoted, ", ")
}

// code is the lines of a snippet.
type code struct{ strings.Builder }

// line adds a line. Values of a policy come as literals of the language.
func (c *code) line(format string, args ...any) {
	if len(args) == 0 {
		c.WriteString(format)
	} else {
		fmt.Fprintf(c, format, args...)
	}
	c.WriteByte('\n')
}

// when adds a line if ok.
func (c *code) when(ok bool, format string, args ...any) {
	if ok {
		c.line(format, args...)
	}
}

// lines returns the lines without a newline at the end.
func (c *code) lines() string { return strings.TrimSuffix(c.String(), "\n") }

// bounds returns the bounds of a repetition in a regular expression.
func bounds(low, high int) string {
	switch high {
	case low:
		return fmt.Sprintf("{%d}", low)
	case -1:
		return fmt.Sprintf("{%d,}", low)
	default:
		return fmt.Sprintf("{%d,%d}", low, high)
	}
}

// commas returns names as the value of a header.
func commas(names []string) string { return strings.Join(names, ", ") }

// decimal returns a number as the value of a header.
func decimal(n int) string { return strconv.Itoa(n) }
