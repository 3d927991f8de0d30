package conftree

import (
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// readHCL reads a file of Terraform. Blocks are maps, with a key for each of
// their labels, as in the JSON form of it:
//
//	resource "aws_s3_bucket" "b" { … }  is  resource: {aws_s3_bucket: {b: …}}
func readHCL(text string) *Document {
	r := &hclReader{text: text, at: len(text) - len(strings.TrimPrefix(text, bom))}
	root := r.body(0)
	if r.problem == "" && r.at < len(text) {
		r.fail("a block ends here that did not begin")
	}
	if r.problem != "" {
		return failed(min(r.failedAt, len(text)), "it is not HCL: "+r.problem)
	}
	return &Document{Root: root}
}

type hclReader struct {
	text     string
	at       int
	nodes    int
	strings  int // texts in quotes around the place, in templates of each other
	problem  string
	failedAt int
}

// fail notes the first problem, and ends the reading.
func (r *hclReader) fail(problem string) {
	if r.problem == "" {
		r.problem, r.failedAt = problem, r.at
	}
	r.at = len(r.text)
}

// peek returns the next byte, or 0 at the end.
func (r *hclReader) peek() byte {
	if r.at >= len(r.text) {
		return 0
	}
	return r.text[r.at]
}

// skip passes blanks and comments, and ends of lines if newlines is true.
func (r *hclReader) skip(newlines bool) {
	for r.at < len(r.text) {
		rest := r.text[r.at:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || newlines && rest[0] == '\n':
			r.at++
		case rest[0] == '#' || strings.HasPrefix(rest, "//"):
			r.at += lengthTo(rest, "\n", 0)
		case strings.HasPrefix(rest, "/*"):
			r.at += lengthTo(rest, "*/", 2)
		default:
			return
		}
	}
}

// lengthTo returns the length of s up to an end, and of as many bytes of it, or
// all of s.
func lengthTo(s, end string, and int) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + and
	}
	return len(s)
}

// body reads the attributes and blocks up to a closing brace.
func (r *hclReader) body(depth int) *Node {
	n := &Node{Kind: Map, Span: source.Span{Start: r.at}}
	if depth > maxDepth {
		r.fail("it is nested too deep")
	}
	for r.problem == "" {
		r.skip(true)
		if r.peek() == 0 || r.peek() == '}' {
			break
		}
		key := r.name()
		r.skip(false)
		switch {
		case key.Start == key.End:
			r.fail("a name is missing")
		case r.peek() == '=':
			r.at++
			n.Pairs = append(n.Pairs, Pair{key.In(&source.File{Text: r.text}), key, r.expression(depth + 1)})
		default:
			n.Pairs = append(n.Pairs, r.block(key, depth+1))
		}
		if r.nodes++; r.nodes > maxNodes {
			r.fail("it has too many values")
		}
	}
	n.End = r.at
	return n
}

// name returns where a name is.
func (r *hclReader) name() source.Span {
	start := r.at
	for r.at < len(r.text) {
		c := r.text[r.at]
		if c != '_' && c != '-' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		r.at++
	}
	return source.Span{Start: start, End: r.at}
}

// maxLabels is how many labels a block may have.
const maxLabels = 8

// block reads the labels and the body of a block.
func (r *hclReader) block(key source.Span, depth int) Pair {
	labels := []source.Span{key}
	for r.problem == "" && r.peek() != '{' {
		var label source.Span
		if r.peek() == '"' {
			s := r.quoted()
			label = s.inner
		} else {
			label = r.name()
		}
		if label.Start == label.End || len(labels) > maxLabels {
			r.fail("{ or = is missing")
			break
		}
		labels = append(labels, label)
		r.skip(false)
	}
	start := r.at
	r.at = min(r.at+1, len(r.text))
	n := r.body(depth)
	if r.peek() != '}' {
		r.fail("a block does not end")
	}
	r.at = min(r.at+1, len(r.text))
	n.Span = source.Span{Start: start, End: r.at}
	for i := len(labels) - 1; i > 0; i-- {
		name := labels[i].In(&source.File{Text: r.text})
		n = &Node{Kind: Map, Span: n.Span, Pairs: []Pair{{name, labels[i], n}}}
	}
	return Pair{key.In(&source.File{Text: r.text}), key, n}
}

// expression reads a value. One that is not a literal is Code.
func (r *hclReader) expression(depth int) *Node {
	r.skip(false)
	start := r.at
	n := r.primary(depth)
	end := r.at
	r.skip(false)
	if c := r.peek(); n != nil && (c == 0 || strings.IndexByte("\n,]}", c) >= 0) {
		n.End = end
		return n
	}
	r.rest()
	return &Node{Kind: Code, Span: source.Span{Start: start, End: r.at}}
}

// primary reads a literal, or returns nil.
func (r *hclReader) primary(depth int) *Node {
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		r.fail("it is nested too deep, or has too many values")
		return nil
	}
	switch c := r.peek(); {
	case c == '"':
		return r.quoted()
	case c == '[':
		return r.list(depth)
	case c == '{':
		return r.object(depth)
	case strings.HasPrefix(r.text[r.at:], "<<"):
		return r.heredoc()
	}
	at := r.name()
	if r.peek() == '(' || r.peek() == '[' {
		return nil
	}
	n := &Node{Kind: Text, Span: at, Value: at.In(&source.File{Text: r.text}), inner: at, literal: true}
	if _, err := strconv.ParseFloat(n.Value, 64); err == nil || n.Value == "true" || n.Value == "false" {
		return n
	}
	if n.Value == "null" {
		return &Node{Span: at}
	}
	return nil
}

// rest passes what remains of an expression: up to a comma, a closing bracket or
// the end of the line, outside of brackets.
func (r *hclReader) rest() {
	open := 0
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.quoted()
			continue
		case strings.IndexByte("([{", c) >= 0:
			open++
		case open == 0 && strings.IndexByte(",)]}\n", c) >= 0:
			return
		case strings.IndexByte(")]}", c) >= 0:
			open--
		case c == '#', strings.HasPrefix(r.text[r.at:], "//"), strings.HasPrefix(r.text[r.at:], "/*"):
			r.skip(false)
			continue
		}
		r.at++
	}
}

// list reads a list.
func (r *hclReader) list(depth int) *Node {
	n := &Node{Kind: List, Span: source.Span{Start: r.at}}
	r.at++
	for r.problem == "" {
		r.skip(true)
		switch r.peek() {
		case ']':
			r.at++
			n.End = r.at
			return n
		case ',':
			r.at++
			continue
		case 0, '}', ')':
			r.fail("a list does not end")
			return n
		}
		n.Items = append(n.Items, r.expression(depth+1))
	}
	return n
}

// object reads a map in braces.
func (r *hclReader) object(depth int) *Node {
	n := &Node{Kind: Map, Span: source.Span{Start: r.at}}
	r.at++
	for r.problem == "" {
		r.skip(true)
		switch r.peek() {
		case '}':
			r.at++
			n.End = r.at
			return n
		case ',':
			r.at++
			continue
		case 0, ']', ')':
			r.fail("a map does not end")
			return n
		}
		key := r.name()
		if r.peek() == '"' && key.Start == key.End {
			key = r.quoted().inner
		}
		r.skip(false)
		if c := r.peek(); c != '=' && c != ':' {
			r.rest() // such as for … in
			if r.peek() == ')' {
				r.fail("a map does not end")
			}
			continue
		}
		r.at++
		n.Pairs = append(n.Pairs, Pair{key.In(&source.File{Text: r.text}), key, r.expression(depth + 1)})
	}
	return n
}

// quoted reads a text in quotes.
func (r *hclReader) quoted() *Node {
	start := r.at
	n := &Node{Kind: Text}
	var value strings.Builder
	open := 0 // braces of templates
	if r.strings++; r.strings > maxDepth {
		r.fail("it is nested too deep")
	}
	defer func() { r.strings-- }()
	for r.at++; ; r.at++ {
		c := r.peek()
		rest := r.text[min(r.at, len(r.text)):]
		switch {
		case c == 0 || c == '\n' && open == 0:
			r.fail("a text in quotes does not end")
			return n
		case c == '"' && open == 0:
			n.inner = source.Span{Start: start + 1, End: r.at}
			r.at++
			n.Span = source.Span{Start: start, End: r.at}
			if n.Value = value.String(); n.Template {
				n.Value = n.inner.In(&source.File{Text: r.text})
			}
			n.literal = n.inner.In(&source.File{Text: r.text}) == n.Value
			return n
		case open == 0 && (strings.HasPrefix(rest, "$${") || strings.HasPrefix(rest, "%%{")):
			value.WriteString(rest[1:3])
			r.at += 2
		case strings.HasPrefix(rest, "${") || strings.HasPrefix(rest, "%{"):
			n.Template = true
			value.WriteString(rest[:2])
			open++
			r.at++
		case c == '"':
			r.quoted() // in a template
			r.at--
		case c == '{' && open > 0:
			open++
		case c == '}' && open > 0:
			open--
		case c == '\\' && len(rest) > 1 && open == 0:
			value.WriteByte(unescaped(rest[1]))
			r.at++
		default:
			value.WriteByte(c)
		}
	}
}

// unescaped returns what a letter after a backslash stands for, as far as texts
// about origins and headers need it.
func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	}
	return c
}

// heredoc reads a text of several lines.
func (r *hclReader) heredoc() *Node {
	start := r.at
	head := r.text[start : start+lengthTo(r.text[start:], "\n", 0)]
	end := strings.TrimLeft(strings.TrimSpace(head), "<-")
	r.at += len(head)
	n := &Node{Kind: Text, Template: true}
	for r.at < len(r.text) {
		r.at++
		line := r.text[r.at : r.at+lengthTo(r.text[r.at:], "\n", 0)]
		if r.at += len(line); strings.TrimSpace(line) == end {
			n.Span = source.Span{Start: start, End: r.at}
			return n
		}
	}
	r.fail("a text of several lines does not end")
	return n
}
