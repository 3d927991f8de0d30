package conftree

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// Bounds on what is read of a file. The parser is slow, and its work is more than
// linear.
const (
	maxDocuments = 1000    // documents
	maxPieces    = 100     // parts of a broken one
	maxDocument  = 1 << 18 // bytes of a document
)

// readYAML reads the documents of a text. One that cannot be read as a whole is
// read in the parts that begin at the left margin after a blank line, such as the
// pieces of an example.
func readYAML(text string, wanted func(string) bool) (docs []*Document) {
	masked, templates := mask(text)
	for _, span := range documents(masked) {
		if wanted != nil && !wanted(text[span.Start:span.End]) {
			continue
		}
		if len(docs) == maxDocuments {
			return append(docs, failed(span.Start, fmt.Sprintf("it has more than %d documents", maxDocuments)))
		}
		d := readOne(text, masked, span, templates)
		if d.Problem == "" {
			docs = append(docs, d)
			continue
		}
		docs = append(docs, readPieces(text, masked, span, templates, d)...)
	}
	return docs
}

// readPieces returns the parts of a broken document that can be read, and the
// document itself with what is wrong.
func readPieces(text, masked string, span source.Span, templates []source.Span, broken *Document) []*Document {
	list := []*Document{broken}
	parts := pieces(masked, span)
	if len(parts) == 1 || len(parts) > maxPieces {
		return list
	}
	for _, piece := range parts {
		if d := readOne(text, masked, piece, templates); d.Problem == "" && d.Root != nil {
			list = append(list, d)
		}
	}
	return list
}

// documents returns where the documents of a text are, without the lines that
// separate them. In YAML, no line of text can look like those.
func documents(text string) (list []source.Span) {
	start, offset := 0, 0
	for line := range lines(text) {
		end := offset + len(line)
		if marker := len(line) >= 3 && (line[:3] == "---" || line[:3] == "...") && strings.Trim(line[3:min(len(line), 4)], " \t\r\n") == ""; marker {
			list = append(list, source.Span{Start: start, End: offset})
			start = offset + 3
		} else if strings.HasPrefix(line, "%") && strings.TrimSpace(text[start:offset]) == "" {
			start = end // a directive
		}
		offset = end
	}
	return append(list, source.Span{Start: start, End: len(text)})
}

// lines yields the lines of a text with their ends: \n, \r\n or \r.
func lines(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			i := strings.IndexAny(text, "\r\n")
			switch {
			case i < 0:
				i = len(text)
			case strings.HasPrefix(text[i:], "\r\n"):
				i += 2
			default:
				i++
			}
			if !yield(text[:i]) {
				return
			}
			text = text[i:]
		}
	}
}

// pieces returns the parts of a document that begin at the left margin after a
// blank line.
func pieces(text string, span source.Span) (list []source.Span) {
	start, offset, blank := span.Start, span.Start, false
	for line := range lines(span.In(&source.File{Text: text})) {
		if blank && strings.Trim(line[:1], " \t\r\n") != "" {
			list = append(list, source.Span{Start: start, End: offset})
			start = offset
		}
		blank = strings.TrimSpace(line) == ""
		offset += len(line)
	}
	return append(list, source.Span{Start: start, End: span.End})
}

// readOne reads one document.
func readOne(text, masked string, span source.Span, templates []source.Span) *Document {
	if span.End-span.Start > maxDocument {
		return failed(span.Start, fmt.Sprintf("it is larger than %d KiB", maxDocument>>10))
	}
	// What a line with a marker has after it keeps its column.
	line := strings.LastIndexAny(masked[:span.Start], "\r\n") + 1
	indent := utf8.RuneCountInString(masked[line:span.Start])
	part := strings.Repeat(" ", indent) + masked[span.Start:span.End]
	root, err := yamlread.Root("", []byte(part))
	if err != nil {
		return failed(failure(masked, line, span, err))
	}
	r := newYAMLReader(text, masked, source.Span{Start: line, End: span.End}, templates)
	d := &Document{Root: r.value(root, 0)}
	if r.nodes > maxNodes {
		return failed(span.Start, "it has too many values")
	}
	for i, t := range r.templates {
		if !r.used[i] {
			d.Lines = append(d.Lines, t)
		}
	}
	return d
}

// failure returns where a document is broken, and what is wrong.
func failure(masked string, line int, span source.Span, err error) (int, string) {
	var mistakes yamlread.Errors
	if !errors.As(err, &mistakes) || len(mistakes) == 0 || mistakes[0].Line == 0 {
		return span.Start, err.Error()
	}
	at := newLineIndex(masked, line, span.End).offset(mistakes[0].Line, mistakes[0].Column)
	return at, mistakes[0].Why
}

// lineIndex knows where the lines of a part of a text begin.
type lineIndex struct {
	text   string
	starts []int
	end    int

	// What was asked for last: in a long line, the next place is not far.
	line, column, at int
}

func newLineIndex(text string, start, end int) *lineIndex {
	x := &lineIndex{text: text, starts: []int{start}, end: end}
	for line := range lines(text[start:end]) {
		start += len(line)
		x.starts = append(x.starts, start)
	}
	return x
}

// offset returns the offset of a line and a column in characters, both from 1. A
// mark at the beginning of the text counts as none.
func (x *lineIndex) offset(line, column int) int {
	if line < 1 || line > len(x.starts) {
		return x.end
	}
	at := x.starts[line-1]
	if at == 0 && strings.HasPrefix(x.text, bom) {
		at += len(bom)
	}
	from := 1
	if line == x.line && x.column <= column {
		from, at = x.column, x.at
	}
	for ; from < column && at < x.end; from++ {
		_, size := utf8.DecodeRuneInString(x.text[at:])
		at += size
	}
	x.line, x.column, x.at = line, from, at
	return min(at, x.end)
}

// mask returns a text of the same length in which nothing of its templates is
// left that a parser could stumble over, and where they are. A line of templates
// becomes a comment.
func mask(text string) (string, []source.Span) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	masked := []byte(text)
	var templates []source.Span
	for at := 0; ; {
		i := strings.Index(text[at:], "{{")
		if i < 0 {
			break
		}
		start := at + i
		j := strings.Index(text[start:], "}}")
		if j < 0 {
			break
		}
		end := start + j + 2
		for k := start; k < end; k++ {
			if masked[k] != '\n' && masked[k] != '\r' {
				masked[k] = 'x'
			}
		}
		templates = append(templates, source.Span{Start: start, End: end})
		at = end
	}
	comments(text, masked, templates)
	return string(masked), templates
}

// comments makes a comment of each line that has only templates.
func comments(text string, masked []byte, templates []source.Span) {
	offset := 0
	for line := range lines(text) {
		start, end := offset, offset+len(strings.TrimRight(line, "\r\n"))
		offset += len(line)
		for len(templates) > 0 && templates[0].End <= start {
			templates = templates[1:]
		}
		if len(templates) == 0 {
			return
		}
		if first := max(start, templates[0].Start); first < end && onlyBetween(text, start, end, templates) {
			masked[first] = '#'
		}
	}
}

// onlyBetween reports whether a part of a text has only blanks besides templates.
func onlyBetween(text string, start, end int, templates []source.Span) bool {
	for _, t := range templates {
		if t.Start >= end {
			break
		}
		if t.Start > start && strings.TrimSpace(text[start:t.Start]) != "" {
			return false
		}
		start = max(start, min(end, t.End))
	}
	return strings.TrimSpace(text[start:end]) == ""
}
