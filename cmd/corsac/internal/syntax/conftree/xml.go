package conftree

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// readXML reads the one element of a text as a map with its name; an element
// without others in it is a text, and attributes are left out.
func readXML(text string) *Document {
	start := len(text) - len(strings.TrimPrefix(text, bom))
	d := xml.NewDecoder(strings.NewReader(text[start:]))
	root := &Node{Kind: Map, Span: source.Span{Start: start, End: len(text)}}
	open := []*Node{root}
	for nodes := 0; ; nodes++ {
		from := start + int(d.InputOffset())
		token, err := d.Token()
		to := start + int(d.InputOffset())
		switch {
		case errors.Is(err, io.EOF):
			return &Document{Root: root}
		case err != nil:
			return failed(min(to, len(text)), "it is not XML: "+err.Error())
		case len(open) > maxDepth:
			return failed(from, "it is nested too deep")
		case nodes > maxNodes:
			return failed(from, "it has too many elements")
		}
		last := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &Node{Span: source.Span{Start: from, End: to}}
			last.Kind = Map
			last.Pairs = append(last.Pairs, Pair{t.Name.Local, source.Span{Start: from, End: to}, n})
			open = append(open, n)
		case xml.EndElement:
			if last.Kind != Text {
				last.End = to
			}
			open = open[:len(open)-1]
		case xml.CharData:
			last.addText(text, string(t), source.Span{Start: from, End: to})
		}
	}
}

// maxJoined is how much of a text is put together from parts: its work is the
// square of that.
const maxJoined = 4096

// addText adds characters to an element that has no other in it.
func (n *Node) addText(file, chars string, at source.Span) {
	value := strings.TrimSpace(chars)
	if value == "" || n.Kind == Map {
		return
	}
	if n.Kind == Text { // after a comment
		if n.literal = false; len(n.Value) < maxJoined {
			n.Value += value
		}
		return
	}
	raw := file[at.Start:at.End]
	at.Start += len(raw) - len(strings.TrimLeft(raw, " \t\r\n"))
	at.End -= len(raw) - len(strings.TrimRight(raw, " \t\r\n"))
	at.End = max(at.Start, at.End)
	n.Kind, n.Value, n.Span, n.inner = Text, value, at, at
	n.literal = at.In(&source.File{Text: file}) == value
}
