// Package apacheconf reads configuration files of Apache httpd: the same
// directives, arguments and sections that Apache reads, each with its place.
//
//   - A backslash at the end of a line continues it, also in a comment; a # begins
//     a comment only at the beginning of a line; an argument may be in quotes of
//     either kind, in which a backslash escapes the quote and itself.
//   - It is pure, takes linear time, and the depth of sections is bounded.
package apacheconf

import "strings"

// Word is an argument, or the name of a directive.
type Word struct {
	Start, End int
	// Text is the value, without quotes and escapes.
	Text string
	// Quote is the quote around it, or 0.
	Quote byte
}

// Directive is a line, or a section with the lines in it.
type Directive struct {
	// Name is as it is in the file; Apache ignores its case.
	Name Word
	Args []Word
	// Section says that it is one, such as <VirtualHost *:80>; Children are its
	// lines, and Inner is where they are.
	Section      bool
	Children     []*Directive
	Inner, Close int
	// Start is the offset of the first byte, and End that after the last one,
	// without the end of the line.
	Start, End int
}

// Is reports whether the directive has a name, ignoring case.
func (d *Directive) Is(name string) bool { return strings.EqualFold(d.Name.Text, name) }

// Arg returns the text of an argument; "" if there are fewer.
func (d *Directive) Arg(i int) string {
	if i < 0 || i >= len(d.Args) {
		return ""
	}
	return d.Args[i].Text
}

// Error is about a text that Apache does not read.
type Error struct {
	// Offset is where in the text it is.
	Offset int
	// Problem says what it is, without the place.
	Problem string
}

func (e *Error) Error() string { return e.Problem }

// MaxDepth is how deep sections may be.
const MaxDepth = 100

// Parse returns the directives of a text. The error is an [*Error]; the
// directives before its place are returned, too.
func Parse(text string) ([]*Directive, error) {
	p := parser{text: text}
	if strings.HasPrefix(text, "\ufeff") {
		p.at = len("\ufeff")
	}
	root := &Directive{}
	open := []*Directive{root}
	for p.at < len(text) {
		start, end := p.line()
		d, closes := p.directive(start, end)
		top := open[len(open)-1]
		switch {
		case d == nil:
		case closes && (len(open) == 1 || !top.Is(d.Name.Text)):
			return root.Children, &Error{d.Start, "</" + d.Name.Text + "> has no section to end"}
		case closes:
			top.Close, top.End = d.Start, d.End
			open = open[:len(open)-1]
		default:
			top.Children = append(top.Children, d)
			if d.Section {
				d.Inner = min(end+1, len(text))
				open = append(open, d)
			}
		}
		if len(open) > MaxDepth {
			return root.Children, &Error{d.Start, "sections are too deep"}
		}
	}
	if len(open) > 1 {
		return root.Children, &Error{open[len(open)-1].Start, "<" + open[len(open)-1].Name.Text + "> is not ended"}
	}
	return root.Children, nil
}

type parser struct {
	text string
	at   int
}

// line returns where the next line is, with those that continue it, and without
// its end.
func (p *parser) line() (start, end int) {
	start = p.at
	for {
		i := strings.IndexByte(p.text[p.at:], '\n')
		if i < 0 {
			p.at = len(p.text)
			return start, len(p.text)
		}
		end = p.at + i
		p.at = end + 1
		if !strings.HasSuffix(strings.TrimSuffix(p.text[start:end], "\r"), `\`) {
			return start, end
		}
	}
}

// blank reports whether a byte is between words. What continues a line is, too.
func (p *parser) blank(i, end int) bool {
	switch c := p.text[i]; c {
	case ' ', '\t', '\r', '\n', '\v', '\f':
		return true
	case '\\':
		return i+1 < end && p.text[i+1] == '\n' || i+2 < end && p.text[i+1] == '\r' && p.text[i+2] == '\n'
	}
	return false
}

// directive reads a line. It is nil for one that is empty or a comment; closes
// says that it ends a section.
func (p *parser) directive(start, end int) (d *Directive, closes bool) {
	i := p.skip(start, end)
	if i == end || p.text[i] == '#' {
		return nil, false
	}
	for end > i && p.blank(end-1, end) {
		end--
	}
	d = &Directive{Start: i, End: end}
	if p.text[i] == '<' {
		d.Section = true
		if i++; i < end && p.text[i] == '/' {
			closes = true
			i++
		}
		if p.text[end-1] == '>' {
			end--
		}
	}
	nameEnd := i
	for nameEnd < end && !p.blank(nameEnd, end) {
		nameEnd++
	}
	d.Name = Word{Start: i, End: nameEnd, Text: p.text[i:nameEnd]}
	for i = p.skip(nameEnd, end); i < end; i = p.skip(i, end) {
		w := p.word(i, end)
		d.Args = append(d.Args, w)
		i = w.End
	}
	return d, closes
}

// skip returns the offset of the next word.
func (p *parser) skip(i, end int) int {
	for i < end && p.blank(i, end) {
		i++
	}
	return i
}

// word reads an argument.
func (p *parser) word(start, end int) Word {
	var value strings.Builder
	i, quote := start, byte(0)
	if c := p.text[i]; c == '"' || c == '\'' {
		quote = c
		i++
	}
	for ; i < end; i++ {
		c := p.text[i]
		switch {
		case c == '\\' && p.blank(i, end):
			if quote == 0 {
				return Word{Start: start, End: i, Text: value.String()}
			}
			i += strings.IndexByte(p.text[i:], '\n')
			continue
		case c == '\\' && i+1 < end && (p.text[i+1] == '\\' || quote != 0 && p.text[i+1] == quote):
			i++
			c = p.text[i]
		case quote != 0 && c == quote:
			return Word{Start: start, End: i + 1, Text: value.String(), Quote: quote}
		case quote == 0 && p.blank(i, end):
			return Word{Start: start, End: i, Text: value.String()}
		}
		value.WriteByte(c)
	}
	return Word{Start: start, End: end, Text: value.String(), Quote: quote}
}
