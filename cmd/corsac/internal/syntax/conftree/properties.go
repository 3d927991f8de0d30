package conftree

import (
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// readProperties reads a file of properties as a map whose keys are those of the
// file; dots do not divide them. The values of x[0], x[1] … are a list at x
// (https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)).
func readProperties(text string) *Document {
	root := &Node{Kind: Map, Span: source.Span{End: len(text)}}
	lists := map[string]*Node{}
	for at := 0; at < len(text); {
		start := at + len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\f\r\n"))
		if start == len(text) {
			break
		}
		end := lineEnd(text, start)
		if c := text[start]; c == '#' || c == '!' {
			at = plainLine(text, start)
			continue
		}
		if len(root.Pairs) == maxNodes {
			return failed(start, "it has too many values")
		}
		p := property(text[:end], start)
		root.add(p, lists)
		at = end
	}
	return &Document{Root: root}
}

// plainLine returns the end of a line.
func plainLine(text string, start int) int {
	if i := strings.IndexAny(text[start:], "\r\n"); i >= 0 {
		return start + i
	}
	return len(text)
}

// lineEnd returns the end of a line that goes on after a backslash.
func lineEnd(text string, start int) int {
	for i := start; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if i++; strings.HasPrefix(text[min(i, len(text)):], "\r\n") {
				i++
			}
		case '\r', '\n':
			return i
		}
	}
	return len(text)
}

// property reads the line that goes to the end of a text.
func property(text string, start int) Pair {
	i := start
	for i < len(text) && !strings.ContainsRune("=: \t\f", rune(text[i])) {
		if text[i] == '\\' {
			i++
		}
		i++
	}
	i = min(i, len(text))
	p := Pair{Key: plainProperty(text[start:i]), At: source.Span{Start: start, End: i}}
	i += len(text[i:]) - len(strings.TrimLeft(text[i:], " \t\f"))
	if i < len(text) && (text[i] == '=' || text[i] == ':') {
		i++
		i += len(text[i:]) - len(strings.TrimLeft(text[i:], " \t\f"))
	}
	at := source.Span{Start: i, End: len(text)}
	p.Value = &Node{Kind: Text, Value: plainProperty(text[i:]), Span: at, inner: at, literal: !strings.Contains(text[i:], `\`)}
	return p
}

// plainProperty returns a text without backslashes, and the ends of lines and blanks
// after them.
func plainProperty(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `\`)
		b.WriteString(before)
		if !found || after == "" {
			return b.String()
		}
		switch c := after[0]; {
		case c == '\r' || c == '\n':
			s = strings.TrimLeft(strings.TrimPrefix(after, "\r\n"), "\r\n \t\f")
			continue
		case c == 'u' && len(after) >= 5:
			if r, err := strconv.ParseUint(after[1:5], 16, 16); err == nil {
				b.WriteRune(rune(r))
				s = after[5:]
				continue
			}
			b.WriteByte(c)
		case strings.IndexByte("tnrf", c) >= 0:
			b.WriteByte("\t\n\r\f"[strings.IndexByte("tnrf", c)])
		default:
			b.WriteByte(c)
		}
		s = after[1:]
	}
}

// add adds a property to a map. One such as x[0] is an item of a list.
func (n *Node) add(p Pair, lists map[string]*Node) {
	key, ok := strings.CutSuffix(p.Key, "]")
	open := strings.LastIndexByte(key, '[')
	if ok && open > 0 && open < len(key)-1 && strings.Trim(key[open+1:], "0123456789") == "" {
		name := key[:open]
		if lists[name] == nil {
			lists[name] = &Node{Kind: List, Span: p.Value.Span}
			n.Pairs = append(n.Pairs, Pair{name, p.At, lists[name]})
		}
		list := lists[name]
		list.Items = append(list.Items, p.Value)
		list.End = max(list.End, p.Value.End)
		return
	}
	n.Pairs = append(n.Pairs, p)
}
