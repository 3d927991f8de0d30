package yamlread

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// refuseSyntax reports that the document is not YAML: what the parser says, or
// better what it cannot know, which is what somebody meant.
func (d *Decoder) refuseSyntax(err error) {
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) || syntax.Token == nil {
		d.Refuse(Place{}, Error{Code: CodeSyntax, Why: err.Error()})
		return
	}
	at := placeOf("", syntax.Token)
	message := strings.TrimSpace(syntax.Message)
	for _, guess := range []func(Place, string) (Place, Error){d.star, d.tab, d.variable, d.openQuote, d.openBracket, d.dash, d.deeper, d.needsQuotes, d.indentation} {
		if where, e := guess(at, message); e.Why != "" {
			e.Code = CodeSyntax
			d.Refuse(where, e)
			return
		}
	}
	d.Refuse(at, Error{Code: CodeSyntax, Why: "this is not YAML: " + message})
}

// star guesses that an unquoted asterisk at a place, just before it, or at the end
// of the line before, was meant as text.
func (d *Decoder) star(at Place, _ string) (Place, Error) {
	e := Error{Value: "*", Why: "YAML reads an unquoted asterisk as the name of an alias", Fix: `write "*" with its quotes`}
	line := []rune(d.line(at.Line))
	for i := min(at.Column-1, len(line)-1); i >= 0 && i >= at.Column-3; i-- {
		if line[i] != '*' {
			continue
		}
		if i+1 < len(line) && !strings.ContainsRune(" ,]}", line[i+1]) {
			return at, Error{}
		}
		switch before := strings.TrimRight(string(line[:i]), " "); {
		case i > 0 && line[i-1] == ':': // any port
			e.Fix = "write the whole value in quotes"
		case strings.HasSuffix(before, ":"): // of a field, which is a list wherever it may be this
			e.Fix = `write ["*"]`
		}
		return Place{Line: at.Line, Column: i + 1}, e
	}
	before := strings.TrimRight(d.line(at.Line-1), " ")
	if !strings.HasSuffix(before, " *") {
		return at, Error{}
	}
	return Place{Line: at.Line - 1, Column: utf8.RuneCountInString(before)}, e
}

func (d *Decoder) tab(at Place, _ string) (Place, Error) {
	line := []rune(d.line(at.Line))
	if at.Column >= 1 && at.Column <= len(line) && line[at.Column-1] == '\t' {
		return at, Error{Why: "YAML forbids tabs in indentation", Fix: "write spaces"}
	}
	return at, Error{}
}

// variable guesses that something should be replaced by a value.
func (d *Decoder) variable(at Place, _ string) (Place, Error) {
	found := placeholder.FindStringIndex(d.line(at.Line))
	if found == nil {
		return at, Error{}
	}
	text := d.line(at.Line)[found[0]:found[1]]
	at.Column = utf8.RuneCountInString(d.line(at.Line)[:found[0]]) + 1
	e, _ := unread(text)
	return at, e
}

// openQuote looks for the first quote that its line does not close.
func (d *Decoder) openQuote(at Place, message string) (Place, Error) {
	if !strings.Contains(message, "end character") && !strings.Contains(message, "must be specified") {
		return at, Error{}
	}
	for n := 1; n <= at.Line; n++ {
		if column, quote := scanLine(d.line(n), nil); column > 0 {
			return Place{Line: n, Column: column}, Error{Why: "the quotes that open here are not closed in this line", Fix: fmt.Sprintf("write %c at the end of the value", quote)}
		}
		if column, quote := goesOn(d.line(n)); column > 0 && n == at.Line {
			return Place{Line: n, Column: column}, Error{Why: "the value goes on after its quotes", Fix: fmt.Sprintf("write %c at the beginning and at the end of each value", quote)}
		}
	}
	return at, Error{}
}

// goesOn returns the column, from 1, and the form of quotes that close in the middle
// of a word; 0 if none do. The quotes before them are often not closed.
func goesOn(line string) (column int, quote rune) {
	found := closedWithin.FindStringSubmatchIndex(line)
	if found == nil {
		return 0, 0
	}
	return utf8.RuneCountInString(line[:found[2]]) + 1, rune(line[found[2]])
}

// closedWithin matches a value in quotes with a word right after it.
var closedWithin = regexp.MustCompile(`[\[{, ](?:'[^']*|"[^"\\]*)(['"])[^\s,:\]}#'"]`)

// scanLine goes through a line of YAML. It calls bracket, if there is one, for each
// bracket outside of quotes and comments, and returns the column, from 1, and the
// form of quotes that are not closed; 0 if all are.
func scanLine(line string, bracket func(column int, r rune)) (column int, quote rune) {
	before, n := ' ', 0
	for _, r := range line {
		n++
		switch {
		case quote != 0:
			if r == quote && !(quote == '"' && before == '\\') {
				quote = 0
			}
		case r == '#' && before == ' ':
			return 0, 0
		case (r == '"' || r == '\'') && strings.ContainsRune(" [{,", before):
			quote, column = r, n
		case strings.ContainsRune("[]{}", r) && bracket != nil:
			bracket(n, r)
		}
		before = r
	}
	if quote == 0 {
		return 0, 0
	}
	return column, quote
}

// openBracket looks for the bracket that is open at a place.
func (d *Decoder) openBracket(at Place, message string) (Place, Error) {
	missing := strings.Contains(message, "must be specified") || strings.Contains(message, "not found")
	if !missing || d.isBalanced() {
		return at, Error{}
	}
	type opened struct {
		Place
		closing rune
	}
	var open []opened
	for n := 1; n <= at.Line; n++ {
		scanLine(d.line(n), func(column int, r rune) {
			switch {
			case n == at.Line && column > at.Column:
			case r == '[':
				open = append(open, opened{Place{Line: n, Column: column}, ']'})
			case r == '{':
				open = append(open, opened{Place{Line: n, Column: column}, '}'})
			case len(open) > 0 && (n < at.Line || column < at.Column):
				open = open[:len(open)-1]
			}
		})
	}
	if len(open) == 0 {
		return at, Error{}
	}
	last := open[len(open)-1]
	if last.Line == at.Line && strings.Contains(message, "must be specified") {
		return at, Error{Why: fmt.Sprintf("a comma or %c is missing before this", last.closing), Fix: "or write the value in quotes"}
	}
	return last.Place, Error{Why: "this bracket is not closed", Fix: fmt.Sprintf("write %c at the end of the list", last.closing)}
}

// isBalanced reports whether the document closes as many brackets as it opens.
func (d *Decoder) isBalanced() bool {
	open := 0
	for _, line := range d.lines {
		scanLine(line, func(_ int, r rune) {
			if open++; r == ']' || r == '}' {
				open -= 2
			}
		})
	}
	return open == 0
}

// dash guesses that an entry of a list lacks the blank after its dash.
func (d *Decoder) dash(at Place, _ string) (Place, Error) {
	entry, ok := strings.CutPrefix(strings.TrimSpace(d.line(at.Line)), "-")
	if !ok || entry == "" || entry[0] == ' ' || entry[0] == '-' {
		return at, Error{}
	}
	return at, Error{Why: "a dash without a blank after it begins no entry", Fix: fmt.Sprintf("write %q", "- "+abbreviate(entry))}
}

// deeperDash is what is wrong with a dash that is indented further than that of the
// entry above it.
const deeperDash = "this dash is indented further than the one above, so YAML reads it as text of that entry"

// deeper guesses that the last line before a place is an entry that was meant to
// follow the one above it.
func (d *Decoder) deeper(at Place, _ string) (Place, Error) {
	n := min(at.Line, len(d.lines))
	for n > 1 && strings.TrimSpace(d.line(n)) == "" {
		n--
	}
	line, above := d.line(n), d.line(n-1)
	if !isEntry(line) || !isEntry(above) || indentOf(line) <= indentOf(above) || strings.HasSuffix(strings.TrimSpace(above), ":") {
		return at, Error{}
	}
	return Place{Line: n, Column: indentOf(line) + 1}, Error{Why: deeperDash, Fix: fmt.Sprintf("begin it in column %d", indentOf(above)+1)}
}

// indentation guesses that a line belongs to another column: to that of the lines
// of its kind above it.
func (d *Decoder) indentation(at Place, _ string) (Place, Error) {
	line := d.line(at.Line)
	indent, entry := indentOf(line), isEntry(line)
	if at.Column > indent+1 || !entry && !strings.Contains(line, ":") {
		return at, Error{}
	}
	nearest, as, within := -1, 0, indent+1
	for n := at.Line - 1; n >= 1; n-- {
		above := d.line(n)
		own := indentOf(above)
		if strings.TrimSpace(above) == "" || strings.HasPrefix(strings.TrimSpace(above), "#") || own >= within && own <= indent {
			continue
		}
		if isEntry(above) == entry && own != indent && (nearest < 0 || abs(own-indent) < abs(nearest-indent)) {
			nearest, as = own, n
		}
		if own == 0 || isEntry(above) == entry && own == indent {
			break
		}
	}
	if nearest < 0 {
		return at, Error{}
	}
	at.Column = indent + 1
	return at, Error{Why: "its indentation does not fit the lines above it", Fix: fmt.Sprintf("begin it in column %d, as line %d", nearest+1, as)}
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func isEntry(line string) bool { return strings.HasPrefix(strings.TrimSpace(line)+" ", "- ") }

func abs(n int) int { return max(n, -n) }

// needsQuotes guesses that text has a sign that means something in YAML.
func (d *Decoder) needsQuotes(at Place, message string) (Place, Error) {
	switch {
	case strings.Contains(message, "invalid key") && strings.Contains(d.line(at.Line), "//["):
		return at, Error{Why: "an address in brackets is a list to YAML", Fix: "write the whole value in quotes"}
	case strings.Contains(message, "reserved character"):
		return at, Error{Why: "no value begins with this sign in YAML", Fix: "write the value in quotes"}
	case strings.Contains(message, "mapping value is not allowed"):
		return at, Error{Why: "a colon and a blank within a value begin another field", Fix: "write the value in quotes, or the field in its own line"}
	}
	return at, Error{}
}
