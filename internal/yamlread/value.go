package yamlread

import (
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Value is a value and where it is. What an alias stands for is where its anchor
// is.
type Value struct {
	Place

	node ast.Node // without aliases, anchors and tags around it; nil if Broken
}

// Kind is what a value looks like.
type Kind int

// The kinds of values.
const (
	Broken  Kind = iota // not a value; that has been reported
	Empty               // nothing after the colon
	Null                // null or ~
	Text                // in quotes or not
	Number              // whole or not
	Bool                // true or false
	List                // of values
	Mapping             // of names to values
	Other               // anything else
)

// String returns how messages name the kind.
func (k Kind) String() string {
	switch k {
	case Empty:
		return "empty"
	case Null:
		return "null"
	case Text:
		return "text"
	case Number:
		return "a number"
	case Bool:
		return "true or false"
	case List:
		return "a list"
	case Mapping:
		return "a mapping"
	default:
		return "something else"
	}
}

// Kind returns the kind of v.
func (v Value) Kind() Kind {
	switch m := v.node.(type) {
	case nil:
		return Broken
	case *ast.NullNode:
		if m.GetToken().Type == token.ImplicitNullType {
			return Empty
		}
		return Null
	case *ast.StringNode, *ast.LiteralNode:
		return Text
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return Number
	case *ast.BoolNode:
		return Bool
	case *ast.SequenceNode:
		return List
	case *ast.MappingNode, *ast.MappingValueNode:
		return Mapping
	default:
		return Other
	}
}

// isPlain reports whether v is text without quotes.
func (v Value) isPlain() bool {
	text, ok := v.node.(*ast.StringNode)
	return ok && text.Token.Type == token.StringType
}

// IsUnset reports whether v is null or empty, which stands for a field that is
// not there.
func (v Value) IsUnset() bool { return v.Kind() == Empty || v.Kind() == Null }

// IsMapping reports whether v has fields. Null is a mapping without any.
func (v Value) IsMapping() bool { return v.Kind() == Mapping || v.IsUnset() }

// Text returns the text of a value that is not a list or mapping, whatever its
// type: as it is written, if it is not in quotes.
func (v Value) Text() (text string, ok bool) {
	switch m := v.node.(type) {
	case *ast.StringNode:
		return m.Value, true
	case *ast.LiteralNode:
		return m.Value.Value, true
	case *ast.NullNode:
		if v.Kind() == Empty {
			return "", true
		}
		return m.GetToken().Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return m.GetToken().Value, true
	default:
		return "", false
	}
}

// Keys returns the keys of a mapping that are written in it, without those of merge
// keys and aliases.
func (v Value) Keys() (keys []string) {
	pairs, _ := pairsOf(v.node)
	for _, pair := range pairs {
		if key := pair.Key.GetToken(); key != nil {
			keys = append(keys, key.Value)
		}
	}
	return keys
}

// sequence returns the nodes of a list.
func (v Value) sequence() ([]ast.Node, bool) {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		return nil, false
	}
	return seq.Values, true
}

// boolean returns a truth value.
func (v Value) boolean() (is, ok bool) {
	b, ok := v.node.(*ast.BoolNode)
	return ok && b.Value, ok
}
