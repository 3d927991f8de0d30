package stacks

import (
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// traefikLabel matches a label for a middleware; Compose has no list of headers.
var traefikLabel = lazyregexp.New(`(?i)^traefik\.http\.middlewares\.([^.=]+)\.headers\.([^=]+)$`)

// traefikLabels reads the middlewares of the labels of a service: a list of
// texts with =, or a map.
func (f *confFile) traefikLabels(at *conftree.At, table func() *partTable) {
	byName := map[string]*traefikSite{}
	span := at.Span
	for _, l := range labelsOf(at.Node) {
		m := traefikLabel.FindStringSubmatch(l.name)
		if m == nil {
			continue
		}
		s := byName[m[1]]
		if s == nil {
			s = &traefikSite{set: map[string]*conftree.Node{}, custom: map[string]*conftree.Node{}, separator: ","}
			s.confSite = &confSite{Site: &Site{Title: "middleware " + m[1], File: f.file, Span: span}, commonRules: f.common, conf: f, done: map[string]bool{}, dollar: "$$"}
			byName[m[1]] = s
		}
		key := strings.ToLower(m[2])
		if header, ok := strings.CutPrefix(key, "customresponseheaders."); ok {
			s.custom[header] = s.unescape(l.value)
		} else {
			s.set[key] = s.unescape(l.value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		s := byName[name]
		if !setsTraefikCORS(s.set, s.custom) {
			continue
		}
		s.Span = s.labelSpan(span)
		f.sites = append(f.sites, s.Site)
		s.place(table(), s.Start)
		s.read()
		s.finish()
	}
}

// labelSpan returns from where to where the labels of a middleware go.
func (s *traefikSite) labelSpan(whole source.Span) source.Span {
	span := source.Span{Start: whole.End, End: whole.Start}
	for _, m := range []map[string]*conftree.Node{s.set, s.custom} {
		for _, n := range m {
			span.Start, span.End = min(span.Start, n.Start), max(span.End, n.End)
		}
	}
	return span
}

// label is a label of a service.
type label struct {
	name  string
	value *conftree.Node
}

func labelsOf(n *conftree.Node) (labels []label) {
	for _, p := range n.Fields() {
		labels = append(labels, label{p.Key, p.Value})
	}
	if !n.Is(conftree.List) {
		return labels
	}
	for _, item := range n.Items {
		if name, _, ok := strings.Cut(item.Text(), "="); ok {
			labels = append(labels, label{name, item.Slice(len(name)+1, len(item.Value))})
		}
	}
	return labels
}

// unescape returns a value without the second $ of each two. Compose reads a
// single one as a variable.
func (s *traefikSite) unescape(n *conftree.Node) *conftree.Node {
	if !strings.Contains(n.Text(), "$") || n.Template {
		return n
	}
	c := *n
	single := -1
	for i := 0; i < len(n.Value); i++ {
		if n.Value[i] != '$' {
			continue
		}
		if i+1 < len(n.Value) && n.Value[i+1] == '$' {
			i++
			continue
		}
		next := byte(' ')
		if i+1 < len(n.Value) {
			next = n.Value[i+1]
		}
		if next == '{' || next == '_' || next|0x20 >= 'a' && next|0x20 <= 'z' {
			c.Template = true // a variable
			return &c
		}
		single = i
	}
	if single >= 0 {
		var edits []source.Edit
		at := n.Part(single, single+1)
		if _, ok := n.Literal(); ok && strings.Count(n.Value, "$") == 1 {
			edits = append(edits, source.Insert(at.Start, "$"))
		}
		s.fault(traefikDollar, at, "", edits...)
	}
	return c.WithValue(strings.ReplaceAll(n.Value, "$$", "$"))
}

// argumentsOf returns the arguments of a command: a list of texts with =, or a text
// with blanks between them.
func argumentsOf(n *conftree.Node) (labels []label) {
	for word := range strings.FieldsSeq(n.Text()) {
		if name, value, ok := strings.Cut(word, "="); ok {
			labels = append(labels, label{name, &conftree.Node{Kind: conftree.Text, Value: value, Span: n.Span}})
		}
	}
	return append(labels, labelsOf(n)...)
}

// labelTree returns the labels that begin with a prefix as the settings that they
// stand for: a map for each part of their names.
func labelTree(labels []label, prefix string) *conftree.Node {
	const deepest = 12
	root := &conftree.Node{Kind: conftree.Map}
	known := map[string]*conftree.Node{"": root}
	for _, l := range labels {
		if len(l.name) < len(prefix) || !strings.EqualFold(l.name[:len(prefix)], prefix) {
			continue
		}
		keys := strings.SplitN(l.name[len(prefix):], ".", deepest)
		at, path := root, ""
		for i, key := range keys {
			path += "." + strings.ToLower(key)
			next := known[path]
			switch last := i == len(keys)-1; {
			case next == nil:
				next = &conftree.Node{Kind: conftree.Map}
				known[path] = next
				at.Pairs = append(at.Pairs, conftree.Pair{Key: key, At: l.value.Span, Value: next})
				if last {
					*next = *l.value
				}
			case last && len(next.Pairs) == 0:
				*next = *l.value
			case !last && !next.Is(conftree.Map): // tls=true has more below it
				*next = conftree.Node{Kind: conftree.Map}
			}
			at = next
		}
	}
	cover(root)
	return root
}

// cover makes maps span what is in them.
func cover(n *conftree.Node) {
	if !n.Is(conftree.Map) || len(n.Pairs) == 0 {
		return
	}
	for i, p := range n.Pairs {
		if cover(p.Value); i == 0 {
			n.Span = p.Value.Span
		}
		n.Start, n.End = min(n.Start, p.Value.Start), max(n.End, p.Value.End)
	}
}
