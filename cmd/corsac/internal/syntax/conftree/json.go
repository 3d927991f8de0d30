package conftree

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// readJSON reads the one value of a text.
func readJSON(text string) *Document {
	start := len(text) - len(strings.TrimPrefix(text, bom))
	r := &jsonReader{text: text, base: start, Decoder: json.NewDecoder(strings.NewReader(text[start:]))}
	r.UseNumber()
	root, err := r.value(0)
	if err == nil {
		if _, err = r.next(); err == nil {
			err = errors.New("there is more after the value")
		} else if errors.Is(err, io.EOF) {
			return &Document{Root: root}
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	return failed(min(r.end(), len(text)), "it is not JSON: "+err.Error())
}

type jsonReader struct {
	*json.Decoder

	text  string
	base  int
	nodes int
}

func (r *jsonReader) end() int { return r.base + int(r.InputOffset()) }

// jsonToken is a token and where it is.
type jsonToken struct {
	source.Span

	value json.Token
}

// next returns the next token. Before it are blanks, commas and colons.
func (r *jsonReader) next() (jsonToken, error) {
	from := r.end()
	value, err := r.Token()
	if err != nil {
		return jsonToken{}, err
	}
	between := r.text[from:r.end()]
	from += len(between) - len(strings.TrimLeft(between, " \t\r\n,:"))
	return jsonToken{source.Span{Start: from, End: r.end()}, value}, nil
}

func (r *jsonReader) value(depth int) (*Node, error) {
	t, err := r.next()
	if err != nil {
		return nil, err
	}
	return r.valueOf(t, depth)
}

var (
	errDeep = errors.New("it is nested too deep")
	errMany = errors.New("it has too many values")
)

// valueOf returns the value that a token begins.
func (r *jsonReader) valueOf(t jsonToken, depth int) (*Node, error) {
	if r.nodes++; r.nodes > maxNodes {
		return nil, errMany
	}
	if depth > maxDepth {
		return nil, errDeep
	}
	n := &Node{Span: t.Span}
	switch v := t.value.(type) {
	case json.Delim:
		return n, r.collection(n, v, depth)
	case string:
		n.Kind, n.Value = Text, v
		n.inner = source.Span{Start: t.Start + 1, End: t.End - 1}
	case json.Number:
		n.Kind, n.Value, n.inner = Text, v.String(), t.Span
	case bool:
		n.Kind, n.Value, n.inner = Text, r.text[t.Start:t.End], t.Span
	}
	n.literal = n.Kind == Text && r.text[n.inner.Start:n.inner.End] == n.Value
	return n, nil
}

// collection reads what follows a bracket.
func (r *jsonReader) collection(n *Node, open json.Delim, depth int) error {
	n.Kind = List
	if open == '{' {
		n.Kind = Map
	}
	for {
		t, err := r.next()
		if err != nil {
			return err
		}
		if d, ok := t.value.(json.Delim); ok && (d == ']' || d == '}') {
			n.End = t.End
			return nil
		}
		if n.Kind == List {
			item, err := r.valueOf(t, depth+1)
			if err != nil {
				return err
			}
			n.Items = append(n.Items, item)
			continue
		}
		key, _ := t.value.(string)
		value, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Pairs = append(n.Pairs, Pair{key, t.Span, value})
	}
}
