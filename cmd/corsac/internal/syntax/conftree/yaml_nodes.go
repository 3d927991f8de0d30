package conftree

import (
	"sort"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// yamlReader makes nodes with offsets of those of the parser, which have lines
// and columns.
type yamlReader struct {
	text      string
	index     *lineIndex
	end       int
	templates []source.Span // in the document
	used      []bool        // whether a value has the template
	anchors   map[string]*Node
	nodes     int
	merged    int // pairs from merge keys
}

func newYAMLReader(text, masked string, part source.Span, templates []source.Span) *yamlReader {
	from := sort.Search(len(templates), func(i int) bool { return templates[i].End > part.Start })
	to := sort.Search(len(templates), func(i int) bool { return templates[i].Start >= part.End })
	return &yamlReader{
		text: text, index: newLineIndex(masked, part.Start, part.End), end: part.End,
		templates: templates[from:max(from, to)], used: make([]bool, max(from, to)-from), anchors: map[string]*Node{},
	}
}

// offset returns where a token begins.
func (r *yamlReader) offset(t *token.Token) int {
	if t == nil || t.Position == nil {
		return r.end
	}
	return r.index.offset(t.Position.Line, t.Position.Column)
}

// value returns the node of one of the parser, which may be nil.
func (r *yamlReader) value(n ast.Node, depth int) *Node {
	if r.nodes++; r.nodes > maxNodes || depth > 4*maxDepth {
		return &Node{Span: source.Span{Start: r.end, End: r.end}}
	}
	switch m := n.(type) {
	case nil:
		return nil
	case *ast.AnchorNode:
		v := r.value(m.Value, depth+1)
		if m.Name != nil && v != nil {
			r.anchors[m.Name.GetToken().Value] = v
		}
		return v
	case *ast.AliasNode:
		if m.Value == nil {
			return r.empty(m.GetToken())
		}
		if v := r.anchors[m.Value.GetToken().Value]; v != nil {
			return v
		}
		return r.empty(m.GetToken())
	case *ast.TagNode:
		v := r.value(m.Value, depth+1)
		if v == nil {
			v = r.empty(m.GetToken())
		}
		start := r.offset(m.GetToken())
		v.Tag, v.Start = m.GetToken().Value, min(start, v.Start)
		return v
	case *ast.MappingKeyNode:
		return r.value(m.Value, depth+1)
	case *ast.MappingNode:
		return r.mapping(m.Values, m.IsFlowStyle, m.Start, m.End, depth)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{m}, false, nil, nil, depth)
	case *ast.SequenceNode:
		return r.sequence(m, depth)
	case *ast.NullNode:
		return r.empty(m.GetToken())
	case *ast.LiteralNode:
		start := r.offset(m.GetToken())
		v := &Node{Kind: Text, Value: m.Value.Value, Span: source.Span{Start: start, End: r.blockEnd(start, m.Value.Value)}}
		r.takeTemplates(v)
		return v
	default:
		return r.scalar(n)
	}
}

// empty returns a node without a value.
func (r *yamlReader) empty(t *token.Token) *Node {
	at := r.offset(t)
	return &Node{Span: source.Span{Start: at, End: at}}
}

// blockEnd returns the end of a block scalar that begins at an offset: that of as
// many lines as its value has.
func (r *yamlReader) blockEnd(start int, value string) int {
	want, end := strings.Count(strings.TrimSuffix(value, "\n")+"\n", "\n"), start
	for line := range lines(r.text[start:r.end]) {
		if end += len(line); want == 0 {
			break
		}
		want--
	}
	return end
}

// scalar returns a plain or quoted text.
func (r *yamlReader) scalar(n ast.Node) *Node {
	t := n.GetToken()
	start := r.offset(t)
	v := &Node{Kind: Text, Value: t.Value, Span: source.Span{Start: start, End: start}}
	if s, ok := n.(*ast.StringNode); ok {
		v.Value = s.Value
	}
	rest := r.text[start:r.end]
	switch {
	case t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType:
		v.End = start + quotedEnd(r.index.text[start:r.end])
		if v.End-start >= 2 {
			v.inner = source.Span{Start: start + 1, End: v.End - 1}
		}
	case strings.HasPrefix(rest, v.Value):
		v.End = start + len(v.Value)
		v.inner = v.Span
	default: // over several lines, or with a template
		v.End = start + plainEnd(r.index.text[start:r.end], v.Value)
		v.inner = v.Span
	}
	if r.takeTemplates(v) {
		v.Value = r.text[v.inner.Start:v.inner.End]
	}
	v.literal = v.inner.End <= len(r.text) && r.text[v.inner.Start:v.inner.End] == v.Value
	return v
}

// plainEnd returns the length of a plain text that is not there as its value: in
// the masked text it is, unless it goes over several lines.
func plainEnd(masked, value string) int {
	if strings.HasPrefix(masked, value) {
		return len(value)
	}
	line, _, _ := strings.Cut(masked, "\n")
	return len(strings.TrimRight(line, " \t\r"))
}

// quotedEnd returns the length of a text in quotes.
func quotedEnd(s string) int {
	if s == "" {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[0] == '"' && s[i] == '\\':
			i++
		case s[i] != s[0]:
		case s[0] == '\'' && i+1 < len(s) && s[i+1] == '\'':
			i++
		default:
			return i + 1
		}
	}
	return len(s)
}

// takeTemplates notes the templates of a value, and reports whether it has any.
func (r *yamlReader) takeTemplates(v *Node) bool {
	i := sort.Search(len(r.templates), func(i int) bool { return r.templates[i].End > v.Start })
	for ; i < len(r.templates) && r.templates[i].Start < v.End; i++ {
		r.used[i], v.Template = true, true
	}
	return v.Template
}

// mapping returns a map.
func (r *yamlReader) mapping(values []*ast.MappingValueNode, flow bool, open, closed *token.Token, depth int) *Node {
	n := &Node{Kind: Map}
	var merges []*Node
	for _, m := range values {
		if m.Key.IsMergeKey() {
			merges = append(merges, r.value(m.Value, depth+1))
			continue
		}
		key := r.value(m.Key, depth+1)
		value := r.value(m.Value, depth+1)
		if key == nil {
			continue
		}
		if value == nil {
			value = &Node{Span: source.Span{Start: key.End, End: key.End}}
		}
		n.Pairs = append(n.Pairs, Pair{key.Value, key.Span, value})
	}
	n.cover(n.Pairs, nil)
	if flow {
		n.around(r.offset(open), r.offset(closed), r.end)
	}
	for _, m := range merges {
		for _, source := range m.Each() {
			r.merge(n, source)
		}
	}
	return n
}

// maxMerged is how many pairs of a document merge keys add.
const maxMerged = 1 << 16

// merge adds the pairs of another map whose keys are not there yet.
func (r *yamlReader) merge(n, from *Node) {
	have := map[string]bool{}
	for _, p := range n.Pairs {
		have[p.Key] = true
	}
	for _, p := range from.Pairs {
		if r.merged++; r.merged > maxMerged {
			return
		}
		if !have[p.Key] {
			n.Pairs = append(n.Pairs, p)
		}
	}
}

// sequence returns a list.
func (r *yamlReader) sequence(m *ast.SequenceNode, depth int) *Node {
	n := &Node{Kind: List}
	for _, v := range m.Values {
		if item := r.value(v, depth+1); item != nil {
			n.Items = append(n.Items, item)
		}
	}
	n.cover(nil, n.Items)
	if start := r.offset(m.Start); m.IsFlowStyle {
		n.around(start, r.offset(m.End), r.end)
	} else if len(n.Items) == 0 || start < n.Start {
		n.Start = start
		n.End = max(n.End, start)
	}
	return n
}

// cover makes the span of a collection that of what is in it, as far as it is not
// somewhere else, where an alias leads.
func (n *Node) cover(pairs []Pair, items []*Node) {
	n.Start, n.End = -1, -1
	add := func(s source.Span) {
		if n.Start < 0 {
			n.Start = s.Start
		}
		if s.Start >= n.Start {
			n.End = max(n.End, s.End)
		}
	}
	for _, p := range pairs {
		add(p.At)
		add(p.Value.Span)
	}
	for _, item := range items {
		add(item.Span)
	}
	n.Start, n.End = max(n.Start, 0), max(n.End, 0)
}

// around makes the span of a collection that of its brackets.
func (n *Node) around(open, closed, end int) {
	n.Start, n.End = open, max(open, min(closed+1, end))
}
