package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// quote returns the quote that most strings of a file have.
func (f *pyFile) quote() string {
	double := 0
	for _, t := range f.Tokens {
		if t.Kind == python.Text {
			if text := t.In(f.File); strings.HasSuffix(text, `'`) {
				double--
			} else {
				double++
			}
		}
	}
	if double < 0 {
		return `'`
	}
	return `"`
}

// str returns a literal in the quotes of the file.
func (f *pyFile) str(s string) string {
	literal := pyString(s)
	if f.quote() == `'` && !strings.ContainsAny(s, `'"`) {
		return `'` + literal[1:len(literal)-1] + `'`
	}
	return literal
}

// list returns a list of literals.
func (f *pyFile) list(values []string) string { return "[" + list(f.str, values...) + "]" }

// lines returns text with the line ends of the file.
func (f *pyFile) lines(text string) string { return strings.ReplaceAll(text, "\n", f.NewLine()) }

// alone reports whether nothing but blanks, and a comma after it, is in the lines
// of a span besides it.
func (f *pyFile) alone(s source.Span) bool {
	before := f.Text[f.LineStart(s.Start):s.Start]
	after := strings.TrimSpace(f.Text[s.End:f.LineEnd(s.End)])
	return strings.TrimSpace(before) == "" && (after == "" || after == "," || strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(after, ",")), "#"))
}

// remove returns edits that remove elements from what is between brackets, with
// their commas: all has the spans of the elements, dropped are indexes.
func (f *pyFile) remove(all []source.Span, dropped ...int) (edits []source.Edit) {
	n := len(all)
	tail := n // the last elements, all dropped, begin there
	for tail > 0 && slices.Contains(dropped, tail-1) {
		tail--
	}
	for _, i := range dropped {
		if i < tail {
			edits = append(edits, source.Edit{Span: source.Span{Start: all[i].Start, End: all[i+1].Start}})
		}
	}
	switch {
	case tail == n:
	case tail == 0:
		edits = append(edits, source.Edit{Span: source.Span{Start: all[0].Start, End: all[n-1].End}})
	case f.alone(all[tail]) && f.alone(all[n-1]):
		edits = append(edits, source.Edit{Span: source.Span{Start: f.LineStart(all[tail].Start), End: f.LineEnd(all[n-1].End)}})
	default:
		edits = append(edits, source.Edit{Span: source.Span{Start: all[tail-1].End, End: all[n-1].End}})
	}
	return edits
}

// after returns edits that insert elements after another one, in lines of their
// own if that is.
func (f *pyFile) after(last source.Span, elements []string) []source.Edit {
	switch {
	case len(elements) == 0:
		return nil
	case !f.alone(last):
		return []source.Edit{source.Insert(last.End, ", "+strings.Join(elements, ", "))}
	}
	line, indent := f.LineEnd(last.End), f.Indent(last.Start)
	comma := strings.HasPrefix(strings.TrimLeft(f.Text[last.End:], " \t"), ",")
	text := indent + strings.Join(elements, ","+f.NewLine()+indent)
	if comma {
		return []source.Edit{source.Insert(line, text+","+f.NewLine())}
	}
	return []source.Edit{source.Insert(last.End, ","), source.Insert(line, text+f.NewLine())}
}

// setList returns edits after which a list has the values: those that are there
// already stay as they are, others are replaced one by one. texts are the values
// of its items; with keep, those that are "" stay.
func (f *pyFile) setList(e *python.Expr, texts, values []string, keep bool) (edits []source.Edit) {
	var kept, old []int
	missing := slices.Clone(values)
	spans := make([]source.Span, len(e.Items))
	for i, item := range e.Items {
		spans[i] = item.Span
		at := slices.Index(missing, texts[i])
		switch {
		case at >= 0:
			missing = slices.Delete(missing, at, at+1)
			kept = append(kept, i)
		case texts[i] == "" && keep:
			kept = append(kept, i)
		default:
			old = append(old, i)
		}
	}
	for len(old) > 0 && len(missing) > 0 {
		edits = append(edits, source.Edit{Span: spans[old[0]], New: f.str(missing[0])})
		kept = append(kept, old[0])
		old, missing = old[1:], missing[1:]
	}
	if len(kept) == 0 { // nothing of it stays
		if len(e.Items) > 0 || len(missing) > 0 {
			return []source.Edit{{Span: e.Span, New: f.list(missing)}}
		}
		return nil
	}
	last := slices.Max(kept)
	edits = append(edits, f.remove(spans, old...)...)
	var elements []string
	for _, v := range missing {
		elements = append(elements, f.str(v))
	}
	return append(edits, f.after(spans[last], elements)...)
}

// removeStmt returns an edit that removes a statement with its line, or puts pass
// in its place.
func (f *pyFile) removeStmt(s *python.Stmt, pass bool) source.Edit {
	span := source.Span{Start: f.LineStart(s.Start), End: f.LineEnd(s.End)}
	rest := strings.TrimSpace(f.Text[s.End:span.End])
	switch {
	case pass:
		return source.Edit{Span: s.Span, New: "pass"}
	case strings.TrimSpace(f.Text[span.Start:s.Start]) != "" || rest != "" && !strings.HasPrefix(rest, "#"):
		return source.Edit{Span: s.Span, New: "pass"} // one of several in a line
	}
	return source.Edit{Span: span}
}

// importsAt returns the offset for another import: after the last one of the
// module before a statement that is of one of the packages; after the last one of
// all if there is none; before that statement if there are no imports.
func (f *pyFile) importsAt(before *python.Stmt, packages ...string) int {
	at, last := -1, -1
	for _, s := range f.Body {
		if s.Start >= before.Start {
			break
		}
		if s.Keyword == "import" || s.Keyword == "from" {
			last = f.LineEnd(s.End)
			words := strings.Fields(s.In(f.File))
			if len(words) > 1 && slices.ContainsFunc(packages, func(p string) bool { return words[1] == p || strings.HasPrefix(words[1], p+".") }) {
				at = last
			}
		}
	}
	switch {
	case at >= 0:
		return at
	case last >= 0:
		return last
	}
	return f.LineStart(before.Start)
}

// top returns the statement of the module that a statement is in.
func top(s *python.Stmt) *python.Stmt {
	for s.Parent != nil {
		s = s.Parent
	}
	return s
}

// nextLine returns the offset of the line after a statement, and what must be
// inserted there first if the file ends without a line end.
func (f *pyFile) nextLine(s *python.Stmt) (at int, first string) {
	at = f.LineEnd(s.End)
	if !strings.HasSuffix(f.Text[:at], "\n") {
		first = f.NewLine()
	}
	return at, first
}
