package yamlread

import (
	"fmt"
	"sort"

	"github.com/goccy/go-yaml/ast"
)

// Decoder reads the values of one document and collects the mistakes in it. [Parse]
// makes one.
type Decoder struct {
	file     string
	lines    []string
	anchors  map[string][]*ast.AnchorNode // in the order of the document
	visited  int                          // values
	text     int                          // bytes of their text
	overdone bool                         // it is too much, which has been reported
	mistakes int
	errs     Errors
}

// Refuse reports a mistake at a place. It sets the fields of e that say where it
// is. After the first 1,000 it only counts them.
func (d *Decoder) Refuse(at Place, e Error) {
	if d.mistakes++; d.mistakes > maxMistakes {
		return
	}
	e.File, e.Line, e.Column = d.file, at.Line, at.Column
	if !e.Secret {
		e.source = d.line(at.Line)
	}
	if e.Field == "" {
		e.Field = at.Field
	}
	d.errs = append(d.errs, &e)
}

// Mistakes returns how many have been reported so far.
func (d *Decoder) Mistakes() int { return d.mistakes }

// Since returns the mistakes that have been reported since there were n.
func (d *Decoder) Since(n int) Errors { return d.errs[min(n, len(d.errs)):] }

// Entry is a key of a mapping and its value.
type Entry struct {
	Key   string // as it is read
	At    Place  // where the key is
	Value Value  // Broken if it cannot be read
}

// collectAnchors finds the anchors in a document.
func (d *Decoder) collectAnchors(body ast.Node) {
	d.anchors = map[string][]*ast.AnchorNode{}
	ast.Walk(visitor(func(n ast.Node) {
		if a, ok := n.(*ast.AnchorNode); ok && a.Name != nil {
			name := a.Name.GetToken().Value
			d.anchors[name] = append(d.anchors[name], a)
		}
	}), body)
}

type visitor func(ast.Node)

// Visit implements [ast.Visitor].
func (v visitor) Visit(n ast.Node) ast.Visitor {
	v(n)
	return v
}

// resolve returns the value of a node of a field: what its aliases, anchors and
// tags lead to.
func (d *Decoder) resolve(field string, n ast.Node) Value {
	at := placeOf(field, firstToken(n))
	if d.visited++; d.tooMuch(at) {
		return Value{Place: at}
	}
	for range maxAliases {
		switch m := n.(type) {
		case *ast.AnchorNode:
			n = m.Value
		case *ast.TagNode:
			n = m.Value
		case *ast.MappingKeyNode:
			n = m.Value
		case *ast.AliasNode:
			target := d.anchorOf(m)
			if target == nil {
				d.refuseAlias(at, m)
				return Value{Place: at}
			}
			n = target
		case nil:
			return Value{Place: at}
		default:
			v := Value{placeOf(field, firstToken(n)), n}
			text, _ := v.Text()
			if d.text += len(text); d.tooMuch(at) {
				return Value{Place: at}
			}
			return v
		}
	}
	d.Refuse(at, Error{Code: CodeTooManyAliases, Why: "its aliases lead in a circle", Fix: "write it without them"})
	return Value{Place: at}
}

// tooMuch reports whether the document is bigger than anybody needs, aliases
// counted as what they repeat. Nothing more of it is read then.
func (d *Decoder) tooMuch(at Place) bool {
	if !d.overdone && (d.visited > maxVisited || d.text > maxText) {
		d.refuseExpansion(at)
	}
	return d.overdone
}

func (d *Decoder) refuseExpansion(at Place) {
	d.overdone = true
	d.Refuse(at, Error{Code: CodeTooManyAliases, Why: "its aliases expand to too many values", Fix: "write it without them"})
}

// anchorOf returns the last anchor of that name before an alias, or nil.
func (d *Decoder) anchorOf(alias *ast.AliasNode) *ast.AnchorNode {
	anchors := d.anchors[alias.Value.GetToken().Value]
	at := alias.GetToken().Position.Offset
	i := sort.Search(len(anchors), func(i int) bool { return anchors[i].GetToken().Position.Offset >= at })
	if i == 0 {
		return nil
	}
	return anchors[i-1]
}

func (d *Decoder) refuseAlias(at Place, alias *ast.AliasNode) {
	name := "*" + alias.Value.GetToken().Value
	d.Refuse(at, Error{
		Code: CodeAliasUnknown, Value: name,
		Why: "YAML reads it as an alias, and there is no such anchor before it",
		Fix: fmt.Sprintf("if it is meant as text, write it in quotes: %q", name),
	})
}

// Entries returns the entries of a mapping, those of merge keys last. A value
// that is not a mapping has none, which is reported.
func (d *Decoder) Entries(v Value) []Entry {
	return d.merged(v, 0)
}

// merged is Entries for a mapping that depth merge keys lead to.
func (d *Decoder) merged(v Value, depth int) (list []Entry) {
	pairs, ok := pairsOf(v.node)
	switch {
	case v.node == nil, d.overdone:
		return nil
	case !ok:
		d.RefuseMapping(v, "a mapping", `write lines of the form "name: value"`)
		return nil
	case depth > maxAliases:
		d.refuseExpansion(v.Place)
		return nil
	}
	seen := map[string]Place{}
	var merges []Value
	for _, pair := range pairs {
		if pair.Key.IsMergeKey() {
			merges = append(merges, d.resolve(v.Field, pair.Value))
			continue
		}
		e, ok := d.entry(v.Field, pair)
		if !ok {
			continue
		}
		if first, twice := seen[e.Key]; twice {
			d.Refuse(e.At, Error{
				Code: CodeDuplicateKey, Why: fmt.Sprintf("it is already there, on line %d", first.Line),
				Fix: "keep one of the two",
			})
			continue
		}
		seen[e.Key] = e.At
		list = append(list, e)
	}
	for _, m := range merges {
		for _, e := range d.mergeSource(m, depth) {
			if _, there := seen[e.Key]; !there {
				seen[e.Key] = e.At
				list = append(list, e)
			}
		}
	}
	return list
}

// mergeSource returns the entries that a merge key stands for: those of a
// mapping, or of several.
func (d *Decoder) mergeSource(v Value, depth int) (list []Entry) {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		return d.merged(v, depth+1)
	}
	for _, n := range seq.Values {
		list = append(list, d.merged(d.resolve(v.Field, n), depth+1)...)
	}
	return list
}

func (d *Decoder) entry(field string, pair *ast.MappingValueNode) (Entry, bool) {
	k := d.resolve(field, pair.Key)
	if k.node == nil {
		return Entry{}, false
	}
	name, ok := k.Text()
	if !ok {
		d.RefuseType(k, "a name", "")
		return Entry{}, false
	}
	k.Field = Join(field, name)
	return Entry{name, k.Place, d.resolve(k.Field, pair.Value)}, true
}

// pairsOf returns the pairs of a mapping. An empty value is an empty mapping.
func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	case *ast.NullNode:
		return nil, true
	default:
		return nil, false
	}
}

// Join returns the path of a field of a mapping that is at a path itself. A name
// that is very long is cut, since each value below it repeats it.
func Join(path, name string) string {
	name = abbreviate(name)
	if path == "" {
		return name
	}
	return path + "." + name
}

// RefuseType reports a value that is not what it should be. fix says what to
// write instead, and may be empty.
func (d *Decoder) RefuseType(v Value, want, fix string) {
	text, _ := v.Text()
	d.RefuseText(v, Error{
		Code: CodeFieldType, Value: text, Why: fmt.Sprintf("it is %v, but must be %s", v.Kind(), want), Fix: fix,
	})
}

// RefuseText reports a mistake in a value, or what it follows from: the text is in
// quotes that are not YAML's, or has a variable.
func (d *Decoder) RefuseText(v Value, e Error) {
	if text, _ := v.Text(); v.Kind() == Text {
		if other, ok := unread(text); ok {
			e = other
		}
	}
	d.Refuse(v.Place, e)
}
