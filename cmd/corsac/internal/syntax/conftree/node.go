// Package conftree reads files of settings as trees of nodes with offsets: YAML
// with any number of documents, JSON, XML, the properties of Java and the part of
// HCL that Terraform needs.
//
//   - [Read] chooses the format by what is there. It does not fail: a document
//     that is not of its format has no root, and a Problem.
//   - Templates ({{ … }}, as in Helm) are kept out of the way of the parsers; a
//     node with one in it says so.
//   - Files are hostile until read: sizes and depths are bounded, aliases are
//     shared rather than repeated, and nothing panics.
package conftree

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// Kind is what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Null Kind = iota // nothing, or null
	Text             // text, a number, true or false
	List
	Map
	Code // an expression of HCL that is not a literal
)

// Node is a value in a file. The methods of a nil node return nothing.
type Node struct {
	// Span is where it is, with its quotes.
	source.Span

	Kind Kind
	// Value is that of a Text, without quotes and escapes.
	Value string
	// Tag is that of YAML, such as !Ref; it may be "".
	Tag string
	// Template says that there is a template in it.
	Template bool

	Pairs []Pair  // of a Map, in the order of the file
	Items []*Node // of a List

	// literal says that the value stands in the file as it is, at inner.
	literal bool
	inner   source.Span
}

// Pair is a key of a map and its value. A file can have a key more than once.
type Pair struct {
	Key   string
	At    source.Span // of the key
	Value *Node
}

// Document is one of those in a file.
type Document struct {
	// Root is nil if the document is empty, or cannot be read.
	Root *Node
	// Problem says why it cannot be read; "" if it can. Offset is where.
	Problem string
	Offset  int
	// Lines are templates that stand for lines of their own, of which nobody
	// knows what they put there.
	Lines []source.Span
}

// Literal returns where the value of a text stands in the file as it is, without
// its quotes. It is false if the file writes it in another way, such as with
// escapes.
func (n *Node) Literal() (source.Span, bool) {
	if n == nil {
		return source.Span{}, false
	}
	return n.inner, n.literal
}

// Part returns where a part of the value of a text stands in the file, or where
// all of it does if that cannot be known.
func (n *Node) Part(start, end int) source.Span {
	if at, ok := n.Literal(); ok {
		return source.Span{Start: at.Start + start, End: at.Start + end}
	}
	return n.Span
}

// Get returns what is at a path of keys, or nil. Of a key that is there more than
// once it is the last, as most programs take it.
func (n *Node) Get(keys ...string) *Node {
	for _, key := range keys {
		n = n.last(func(k string) bool { return k == key })
	}
	return n
}

// Fold is Get for keys that ignore case.
func (n *Node) Fold(keys ...string) *Node {
	for _, key := range keys {
		n = n.last(func(k string) bool { return strings.EqualFold(k, key) })
	}
	return n
}

func (n *Node) last(is func(string) bool) (found *Node) {
	if n == nil {
		return nil
	}
	for i := len(n.Pairs) - 1; i >= 0; i-- {
		if is(n.Pairs[i].Key) {
			return n.Pairs[i].Value
		}
	}
	return nil
}

// All returns the values of each of the pairs with a key. In XML and HCL, that is
// how lists are written.
func (n *Node) All(key string) (list []*Node) {
	if n == nil {
		return nil
	}
	for _, p := range n.Pairs {
		if p.Key == key {
			list = append(list, p.Value)
		}
	}
	return list
}

// Fields returns the pairs of a map.
func (n *Node) Fields() []Pair {
	if n == nil {
		return nil
	}
	return n.Pairs
}

// Slice returns a part of a text.
func (n *Node) Slice(start, end int) *Node {
	c := *n
	c.Value = n.Value[start:end]
	if n.literal {
		c.inner = source.Span{Start: n.inner.Start + start, End: n.inner.Start + end}
		c.Span = c.inner
	}
	return &c
}

// WithValue returns a text with another value, which the file writes in a way of
// its own.
func (n *Node) WithValue(value string) *Node {
	c := *n
	c.literal = c.literal && value == n.Value
	c.Value = value
	return &c
}

// Each returns the items of a list; a value that is not a list stands for one of
// its own, and null for none.
func (n *Node) Each() []*Node {
	switch {
	case n == nil || n.Kind == Null:
		return nil
	case n.Kind == List:
		return n.Items
	default:
		return []*Node{n}
	}
}

// Is reports whether a node has a kind.
func (n *Node) Is(k Kind) bool { return n != nil && n.Kind == k }

// Text returns the value of a text, or "".
func (n *Node) Text() string {
	if n == nil || n.Kind != Text {
		return ""
	}
	return n.Value
}

// At is a node with where it stands in its document.
type At struct {
	*Node

	// Key is that of the pair that it is the value of; "" for an item of a list.
	Key string
	// Up is what it stands in; nil for the root.
	Up *At
}

// Parent returns what a node stands in, or a node without anything.
func (a *At) Parent() *At {
	if a.Up == nil {
		return &At{}
	}
	return a.Up
}

// Inside reports whether a node stands in what a key has, at any depth.
func (a *At) Inside(key string) bool {
	for up := a.Up; up != nil; up = up.Up {
		if up.Key == key {
			return true
		}
	}
	return false
}

// Walk calls visit for each node, those further out first. A node that aliases
// repeat is visited once.
func (d *Document) Walk(visit func(*At)) {
	seen := map[*Node]bool{}
	var walk func(*At)
	walk = func(a *At) {
		if a.Node == nil || seen[a.Node] {
			return
		}
		seen[a.Node] = true
		visit(a)
		for _, p := range a.Pairs {
			walk(&At{p.Value, p.Key, a})
		}
		for _, item := range a.Items {
			walk(&At{item, "", a})
		}
	}
	walk(&At{Node: d.Root})
}

// maxNodes is how many nodes of a file are read.
const maxNodes = 1 << 17

// maxDepth is how deep they are nested.
const maxDepth = 100

// Read returns the documents of a file, whose name decides only where what is
// there does not. Of YAML, it leaves out the documents whose text is not wanted;
// nil wants all.
func Read(name, text string, wanted func(document string) bool) []*Document {
	switch first := strings.TrimLeft(strings.TrimPrefix(text, bom), " \t\r\n"); {
	case strings.HasSuffix(name, ".properties"):
		return []*Document{readProperties(text)}
	case strings.HasSuffix(name, ".tf"):
		return []*Document{readHCL(text)}
	case strings.HasPrefix(first, "<"):
		return []*Document{readXML(text)}
	case strings.HasPrefix(first, "{"), strings.HasPrefix(first, "["):
		if d := readJSON(text); d.Problem == "" || strings.HasSuffix(name, ".json") {
			return []*Document{d}
		}
	}
	return readYAML(text, wanted)
}

const bom = "\uFEFF"

// failed returns a document that cannot be read.
func failed(offset int, problem string) *Document {
	return &Document{Problem: problem, Offset: offset}
}
