package config

import (
	"fmt"
	"sort"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder reads the nodes of a document into typed values, and collects what is
// wrong with them.
type decoder struct {
	file    string
	lines   []string
	anchors map[string][]*ast.AnchorNode // in the order of the document
	visited int
	errs    Errors
}

// refuse reports a mistake.
func (d *decoder) refuse(at place, e Error) {
	e.File, e.Line, e.Column = d.file, at.line, at.column
	if !e.secret {
		e.source = d.line(at.line)
	}
	if e.Field == "" {
		e.Field = at.field
	}
	d.errs = append(d.errs, &e)
}

// value is a node and where it is. The node has no aliases, anchors or tags
// around it; it is nil if the value is broken and has been reported.
type value struct {
	place

	node ast.Node
}

// entry is a key of a mapping and its value.
type entry struct {
	key   string
	at    place // of the key
	value value
}

// collectAnchors finds the anchors in a document.
func (d *decoder) collectAnchors(body ast.Node) {
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

// resolve returns the value of a node of a field.
func (d *decoder) resolve(field string, n ast.Node) value {
	at := placeOf(field, firstToken(n))
	if d.visited++; d.visited > maxVisited {
		if d.visited == maxVisited+1 {
			d.refuse(at, Error{Code: CodeTooManyAliases, Why: "its aliases repeat more than anyone can mean", Fix: "write it without them"})
		}
		return value{place: at}
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
				return value{place: at}
			}
			n = target
		case nil:
			return value{place: at}
		default:
			return value{placeOf(field, firstToken(n)), n}
		}
	}
	d.refuse(at, Error{Code: CodeTooManyAliases, Why: "its aliases lead in a circle", Fix: "write it without them"})
	return value{place: at}
}

// anchorOf returns the last anchor of that name before an alias, or nil.
func (d *decoder) anchorOf(alias *ast.AliasNode) *ast.AnchorNode {
	anchors := d.anchors[alias.Value.GetToken().Value]
	at := alias.GetToken().Position.Offset
	i := sort.Search(len(anchors), func(i int) bool { return anchors[i].GetToken().Position.Offset >= at })
	if i == 0 {
		return nil
	}
	return anchors[i-1]
}

func (d *decoder) refuseAlias(at place, alias *ast.AliasNode) {
	name := "*" + alias.Value.GetToken().Value
	d.refuse(at, Error{
		Code: CodeAliasUnknown, Value: name,
		Why: "YAML reads it as an alias, and there is no such anchor before it",
		Fix: fmt.Sprintf("if it is meant to be text, write it in quotes: %q", name),
	})
}

// entries returns the entries of a mapping, merge keys resolved. ok is false if
// it is none, which has been reported.
func (d *decoder) entries(v value) (list []entry, ok bool) {
	return d.merged(v, 0)
}

func (d *decoder) merged(v value, depth int) (list []entry, ok bool) {
	pairs, ok := pairsOf(v.node)
	if !ok || depth > maxAliases {
		if v.node != nil {
			d.refuseType(v, "a mapping", `write lines of the form "name: value"`)
		}
		return nil, false
	}
	seen := map[string]place{}
	var merges []value
	for _, pair := range pairs {
		if pair.Key.IsMergeKey() {
			merges = append(merges, d.resolve(v.field, pair.Value))
			continue
		}
		e, ok := d.entry(v.field, pair)
		if !ok {
			continue
		}
		if first, twice := seen[e.key]; twice {
			d.refuse(e.at, Error{
				Code: CodeDuplicateKey, Why: fmt.Sprintf("it is there already, in line %d", first.line),
				Fix: "keep one of the two",
			})
			continue
		}
		seen[e.key] = e.at
		list = append(list, e)
	}
	for _, m := range merges {
		for _, e := range d.mergeSource(m, depth) {
			if _, there := seen[e.key]; !there {
				seen[e.key] = e.at
				list = append(list, e)
			}
		}
	}
	return list, true
}

// mergeSource returns the entries that a merge key stands for: those of a
// mapping, or of several.
func (d *decoder) mergeSource(v value, depth int) (list []entry) {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		list, _ = d.merged(v, depth+1)
		return list
	}
	for _, n := range seq.Values {
		more, _ := d.merged(d.resolve(v.field, n), depth+1)
		list = append(list, more...)
	}
	return list
}

func (d *decoder) entry(field string, pair *ast.MappingValueNode) (entry, bool) {
	k := d.resolve(field, pair.Key)
	if k.node == nil {
		return entry{}, false
	}
	name, ok := scalarText(k.node)
	if !ok {
		d.refuseType(k, "a name")
		return entry{}, false
	}
	k.field = join(field, name)
	return entry{name, k.place, d.resolve(k.field, pair.Value)}, true
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

func join(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

// scalarText returns the text of a scalar, whatever its type: as it is written,
// if it is not in quotes.
func scalarText(n ast.Node) (string, bool) {
	switch m := n.(type) {
	case *ast.StringNode:
		return m.Value, true
	case *ast.LiteralNode:
		return m.Value.Value, true
	case *ast.NullNode:
		if m.GetToken().Type == token.ImplicitNullType {
			return "", true
		}
		return m.GetToken().Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return m.GetToken().Value, true
	default:
		return "", false
	}
}

// refuseType reports a value that is not what it should be.
func (d *decoder) refuseType(v value, want string, fix ...string) {
	e := Error{Code: CodeFieldType, Fix: strings.Join(fix, "; ")}
	e.Value, _ = scalarText(v.node)
	e.Why = fmt.Sprintf("it is %s, but must be %s", kindOf(v.node), want)
	d.refuse(v.place, e)
}

func kindOf(n ast.Node) string {
	switch m := n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.NullNode:
		if m.GetToken().Type == token.ImplicitNullType {
			return "empty"
		}
		return "null"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	default:
		return "something else"
	}
}
