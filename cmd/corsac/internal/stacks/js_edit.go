package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// jsStyle is how a file is written.
type jsStyle struct {
	quote     byte
	semicolon bool
	nl, unit  string
}

// style returns how a file is written, by what most of it does.
func (x *jsFile) style() jsStyle {
	s := jsStyle{quote: '\'', semicolon: true, nl: x.file.NewLine(), unit: x.file.IndentUnit("  ")}
	double := 0
	for _, t := range x.Tokens {
		if t.Kind == js.String {
			if x.Text[t.Start] == '"' {
				double++
			} else {
				double--
			}
		}
	}
	if double > 0 {
		s.quote = '"'
	}
	with, without := 0, 0
	for _, r := range x.Statements(-1) {
		switch first := x.At(r.Start); {
		case x.At(r.End-1) == ";":
			with++
		case first != "function" && first != "if" && first != "class" && first != "for" && first != "export" && first != "async" && first != "try":
			without++
		}
	}
	s.semicolon = with >= without
	return s
}

// string returns a literal with the quotes of the style.
func (s *jsStyle) string(text string) string {
	return escapes{quote: s.quote, low: `\x%02x`, high: `\u%04x`}.literal(text)
}

// end returns what a statement ends with.
func (s *jsStyle) end() string {
	if s.semicolon {
		return ";"
	}
	return ""
}

// multiline reports whether the items between brackets stand on lines of their
// own.
func (x *jsFile) multiline(open int) bool { return x.Newline(open + 1) }

// insertProp returns edits that add a property to an object, before another
// one or at its end.
func (x *jsFile) insertProp(object *js.Value, before *js.Prop, text string) []source.Edit {
	return x.insertItem(object.Range.Start, before, text)
}

// insertItem adds a property or an item between brackets, before another one or
// at the end.
func (x *jsFile) insertItem(open int, before *js.Prop, text string) []source.Edit {
	if x.At(open) == "(" { // the value was in parentheses
		open++
	}
	end := x.Partner(open)
	nl := x.file.NewLine()
	if before != nil {
		start := x.Tokens[before.Start].Start
		if x.Newline(before.Start) {
			return []source.Edit{source.Insert(start, text+","+nl+x.file.Indent(start))}
		}
		return []source.Edit{source.Insert(start, text+", ")}
	}
	if end == open+1 {
		return []source.Edit{{Span: source.Span{Start: x.Tokens[open].End, End: x.Tokens[end].Start}, New: x.between(open, text)}}
	}
	last := end - 1
	comma := x.At(last) == ","
	at := x.Tokens[last].End
	switch {
	case x.multiline(open):
		indent := x.file.Indent(x.Tokens[open+1].Start)
		after := x.afterComment(at)
		if comma {
			return []source.Edit{source.Insert(after, nl+indent+text+",")}
		}
		return []source.Edit{source.Insert(at, ","), source.Insert(after, nl+indent+text)}
	case comma:
		return []source.Edit{source.Insert(at, " "+text)}
	default:
		return []source.Edit{source.Insert(at, ", "+text)}
	}
}

// afterComment returns the end of the comment that follows an offset up to the end
// of its line, or the offset.
func (x *jsFile) afterComment(at int) int {
	line := strings.TrimRight(x.Text[at:x.file.LineEnd(at)], "\r\n")
	if strings.HasPrefix(strings.TrimSpace(line), "//") {
		return at + len(line)
	}
	return at
}

// between returns what an empty pair of brackets gets inside.
func (x *jsFile) between(open int, text string) string {
	switch {
	case x.At(open) == "[" || x.At(open) == "(":
		return text
	case !strings.Contains(text, "\n") && !strings.HasSuffix(x.file.Name, ".json"):
		return " " + text + " "
	}
	nl, indent := x.file.NewLine(), x.file.Indent(x.Tokens[open].Start)
	return nl + indent + x.file.IndentUnit("  ") + text + nl + indent
}

// withoutItem returns an edit that takes an item or a property away, with its
// comma.
func (x *jsFile) withoutItem(r js.Range) source.Edit {
	span := x.Span(r)
	switch {
	case x.At(r.End) == ",":
		span.End = x.Tokens[r.End].End
		if x.Newline(r.Start) && x.Newline(r.End+1) {
			return source.Edit{Span: x.wholeLines(span)}
		}
		for span.End < len(x.Text) && (x.Text[span.End] == ' ' || x.Text[span.End] == '\t') {
			span.End++
		}
	case x.At(r.Start-1) == ",":
		span.Start = x.Tokens[r.Start-1].Start
	}
	return source.Edit{Span: span}
}

// wholeLines widens a span that is alone on its lines to all of them.
func (x *jsFile) wholeLines(s source.Span) source.Span {
	start, end := x.file.LineStart(s.Start), x.file.LineEnd(s.End)
	if strings.TrimSpace(x.Text[start:s.Start]) == "" && strings.TrimSpace(x.Text[s.End:end]) == "" {
		return source.Span{Start: start, End: end}
	}
	return s
}

// withoutStatement returns an edit that takes a statement away, with its line if
// nothing else is there.
func (x *jsFile) withoutStatement(r js.Range) source.Edit {
	whole := x.wholeLines(x.Span(r))
	if whole == x.Span(r) {
		for whole.End < len(x.Text) && x.Text[whole.End] == ' ' {
			whole.End++
		}
		return source.Edit{Span: whole}
	}
	if before := x.Text[:whole.Start]; blankBefore(before) {
		// Of two empty lines one stays.
		rest := x.Text[whole.End:]
		line, _, _ := strings.Cut(rest, "\n")
		if strings.TrimSpace(line) == "" && len(line) < len(rest) {
			whole.End += len(line) + 1
		}
	}
	return source.Edit{Span: whole}
}

// blankBefore reports whether a text ends with an empty line, or is empty.
func blankBefore(text string) bool {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return strings.TrimSpace(lines[len(lines)-1]) == ""
}
