package stacks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// nginxEdits collects changes of files. Those of a file that is included in
// several places are made once.
type nginxEdits struct {
	edits   map[string][]source.Edit
	files   map[string]*source.File
	deleted map[nginxPlace]bool
	// widened are blocks in one line that have been put on several.
	widened map[nginxPlace]bool
	// replaced are words that have another text.
	replaced map[nginxPlace]bool
}

// nginxPlace is where a directive begins.
type nginxPlace struct {
	file  string
	start int
}

func (n *nginxNode) at() nginxPlace { return nginxPlace{n.file.Name, n.span().Start} }

func newNginxEdits() *nginxEdits {
	return &nginxEdits{map[string][]source.Edit{}, map[string]*source.File{}, map[nginxPlace]bool{}, map[nginxPlace]bool{}, map[nginxPlace]bool{}}
}

func (e *nginxEdits) add(f *source.File, edit source.Edit) {
	e.files[f.Name] = f
	if !slices.Contains(e.edits[f.Name], edit) {
		e.edits[f.Name] = append(e.edits[f.Name], edit)
	}
}

// replace puts text in the place of a word.
func (e *nginxEdits) replace(n *nginxNode, word int, text string) {
	w := n.Words[word]
	e.replaced[nginxPlace{n.file.Name, w.Start}] = true
	e.add(n.file, source.Edit{Span: source.Span{Start: w.Start, End: w.End}, New: text})
}

// delete removes a directive: its lines, with a comment at their end, if there is
// nothing else in them.
func (e *nginxEdits) delete(n *nginxNode) {
	e.deleted[n.at()] = true
	f := n.file
	start, end := f.LineStart(n.Start), f.LineEnd(n.End)
	before, after := f.Text[start:n.Start], strings.TrimSpace(f.Text[n.End:end])
	if strings.TrimSpace(before) != "" || after != "" && !strings.HasPrefix(after, "#") {
		start, end = n.Start, n.End
		start -= len(before) - len(strings.TrimRight(before, " \t"))
	}
	e.add(f, source.Edit{Span: source.Span{Start: start, End: end}})
}

// gone reports whether a directive, or one around it, is deleted.
func (e *nginxEdits) gone(n *nginxNode) bool {
	for ; n != nil && n.Directive != nil; n = n.parent {
		if e.deleted[n.at()] {
			return true
		}
	}
	return false
}

// final returns the edits without those inside of what is deleted.
func (e *nginxEdits) final() map[string][]source.Edit {
	final := map[string][]source.Edit{}
	for name, edits := range e.edits {
		kept := slices.DeleteFunc(slices.Clone(edits), func(x source.Edit) bool {
			return slices.ContainsFunc(edits, func(y source.Edit) bool {
				return y.New == "" && y != x && y.Start <= x.Start && x.End <= y.End && x.Start < y.End && (x.Start > y.Start || x.End > x.Start)
			})
		})
		slices.SortStableFunc(kept, func(a, b source.Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
		if len(kept) > 0 {
			final[name] = withoutOrphans(e.files[name], kept, "#")
		}
	}
	return final
}

// indentOf returns the white space before the lines in a block.
func (n *nginxNode) indentOf() string {
	for _, c := range n.children {
		if c.file == n.file && c.begins() {
			return n.file.Indent(c.Start)
		}
	}
	if n.Directive == nil {
		return ""
	}
	return n.file.Indent(n.Start) + n.file.IndentUnit("    ")
}

// begins reports whether a directive is the first of its line.
func (n *nginxNode) begins() bool {
	return strings.TrimLeft(n.file.Text[n.file.LineStart(n.Start):n.Start], " \t") == ""
}

// ends reports whether nothing but a comment follows an offset in its line.
func ends(f *source.File, at int) bool {
	rest := strings.TrimSpace(f.Text[at:f.LineEnd(at)])
	return rest == "" || strings.HasPrefix(rest, "#")
}

// block returns lines for a block. A tab at the beginning of one is a level of
// the file's own indentation.
func (n *nginxNode) block(indent string, lines []string) string {
	var b strings.Builder
	unit := n.file.IndentUnit("    ")
	for _, line := range lines {
		if line != "" {
			bare := strings.TrimLeft(line, "\t")
			b.WriteString(indent + strings.Repeat(unit, len(line)-len(bare)) + bare)
		}
		b.WriteString(n.file.NewLine())
	}
	return b.String()
}

// after inserts lines after a directive.
func (e *nginxEdits) after(n *nginxNode, lines []string) {
	f := n.file
	if !ends(f, n.End) {
		e.add(f, source.Insert(n.End, " "+inLine(lines)))
		return
	}
	text := n.block(f.Indent(n.Start), lines)
	at := f.LineEnd(n.End)
	if !strings.HasSuffix(f.Text[:at], "\n") {
		text = f.NewLine() + strings.TrimSuffix(text, f.NewLine())
	}
	e.add(f, source.Insert(at, text))
}

// before inserts lines before a directive, and before the comments that stand
// right above it if above is true.
func (e *nginxEdits) before(n *nginxNode, lines []string, above bool) {
	f := n.file
	if !n.begins() {
		e.add(f, source.Insert(n.Start, inLine(lines)+" "))
		return
	}
	at := f.LineStart(n.Start)
	if above {
		at = aboveComments(f, n.Start)
	}
	e.add(f, source.Insert(at, n.block(f.Indent(n.Start), lines)))
}

// aboveComments returns the beginning of the line of an offset, or of the comments
// right above it.
func aboveComments(f *source.File, offset int) int {
	at := f.LineStart(offset)
	for at > 0 {
		start := f.LineStart(at - 1)
		if !strings.HasPrefix(strings.TrimLeft(f.Text[start:at], " \t"), "#") {
			break
		}
		at = start
	}
	return at
}

// inLine returns lines as one.
func inLine(lines []string) string {
	var bare []string
	for _, line := range lines {
		if line = strings.TrimLeft(line, "\t"); line != "" {
			bare = append(bare, line)
		}
	}
	return strings.Join(bare, " ")
}

// top inserts lines at the beginning of a block.
func (e *nginxEdits) top(n *nginxNode, lines []string) {
	f := n.file
	switch {
	case n.Directive == nil:
		e.before(n.children[0], lines, true)
	case ends(f, n.Open+1):
		e.add(f, source.Insert(f.LineEnd(n.Open+1), n.block(n.indentOf(), lines)))
	case f.LineStart(n.Open) != f.LineStart(n.Close):
		e.before(n.children[0], lines, false)
	default:
		e.widen(n, lines)
	}
}

// widen puts a block in one line on several, with lines at its beginning.
func (e *nginxEdits) widen(n *nginxNode, lines []string) {
	f := n.file
	indent := f.Indent(n.Start) + f.IndentUnit("    ")
	inner := f.Text[n.Open+1 : n.Close]
	text := f.NewLine() + n.block(indent, lines)
	if e.widened[n.at()] {
		e.add(f, source.Insert(n.Open+1, strings.TrimSuffix(text, f.NewLine())))
		return
	}
	e.widened[n.at()] = true
	trimmed := strings.Trim(inner, " \t")
	if trimmed == "" {
		e.add(f, source.Edit{Span: source.Span{Start: n.Open + 1, End: n.Close}, New: text + f.Indent(n.Start)})
		return
	}
	start := n.Open + 1 + strings.Index(inner, trimmed)
	e.add(f, source.Edit{Span: source.Span{Start: n.Open + 1, End: start}, New: text + indent})
	e.add(f, source.Edit{Span: source.Span{Start: start + len(trimmed), End: n.Close}, New: f.NewLine() + f.Indent(n.Start)})
}

// nginxQuotes is how a file quotes names and values of headers; 0 for not at all
// unless it must be.
type nginxQuotes struct{ name, value byte }

// quotes returns how the headers in a block, or else in its file, are quoted.
func (n *nginxNode) quotes() (q nginxQuotes) {
	look := func(list []*nginxNode) bool {
		for _, d := range list {
			if d.kind == "add_header" && len(d.Words) > 2 && d.file == n.file {
				q = nginxQuotes{d.Words[1].Quote, d.Words[2].Quote}
				return true
			}
		}
		return false
	}
	if look(n.corsHeaders()) || look(n.named("add_header")) {
		return q
	}
	top := n
	for top.parent != nil {
		top = top.parent
	}
	found := false
	top.each(func(d *nginxNode) {
		if !found {
			found = look(d.named("add_header"))
		}
	})
	return q
}

// word returns a value as a word. quote is the quote that the file uses.
func nginxWord(value string, quote byte) string {
	if quote == 0 && (value == "" || strings.ContainsAny(value, " \t;{}'\"#\\")) {
		quote = '"'
	}
	if quote == '\'' && strings.Contains(value, "'") {
		quote = '"'
	}
	if quote == 0 {
		return value
	}
	return string(quote) + value + string(quote)
}

// header returns a line that adds a header.
func (q nginxQuotes) header(name, value string) string {
	return "add_header " + nginxWord(name, q.name) + " " + nginxWord(value, q.value) + " always;"
}
