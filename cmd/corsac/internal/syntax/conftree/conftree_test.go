package conftree

import (
	"fmt"
	"strings"
	"testing"
)

// show returns a document in one line per node: its value, and the text at its
// place.
func show(d *Document, text string) string {
	var b strings.Builder
	var walk func(key string, n *Node, depth int)
	walk = func(key string, n *Node, depth int) {
		fmt.Fprintf(&b, "%s%s %d", strings.Repeat(" ", depth), key, n.Kind)
		if n.Kind == Text {
			fmt.Fprintf(&b, " %q", n.Value)
		}
		if n.Tag != "" {
			b.WriteString(" " + n.Tag)
		}
		if n.Template {
			b.WriteString(" template")
		}
		if at, ok := n.Literal(); ok {
			fmt.Fprintf(&b, " at %d", at.Start)
		}
		fmt.Fprintf(&b, " = %q\n", text[n.Start:n.End])
		for _, p := range n.Pairs {
			walk(text[p.At.Start:p.At.End]+":", p.Value, depth+1)
		}
		for _, i := range n.Items {
			walk("-", i, depth+1)
		}
	}
	if d.Root != nil {
		walk("", d.Root, 0)
	}
	for _, l := range d.Lines {
		fmt.Fprintf(&b, "line %q\n", text[l.Start:l.End])
	}
	if d.Problem != "" {
		fmt.Fprintf(&b, "problem at %d: %s\n", d.Offset, d.Problem)
	}
	return b.String()
}

func TestShow(t *testing.T) {
	for _, text := range []string{
		"# c\r\na:\r\n- name: 'x''y'   # hi\r\n  v: \"é\\n\" \r\n- {k: [é, 'b', c d], z: true}\r\n- |\r\n  block\r\n  two\r\n- plain multi\r\n  line\r\n- &x 1\r\n- *x\r\n- !Ref Foo\r\n- é: ok\r\n",
		"a: {{ .Values.x | quote }}\n{{- if .Foo }}\nb: \"{{ index .V \"ü\" }}/x\"\n{{- end }}\nc: [ '{{ . }}' ]\n",
		"a: 1\n--- # two\nb: 2\n---\nc: [\n\n- x: 1\n\nd: 4\n",
		"base: &b {x: 1, y: 2}\nm:\n  <<: *b\n  x: 3\nl: [*b, *b]\n",
		`{"a": ["x", "y\n", 1, true, null], "b": {}}`,
		"<A>\n <B> x </B><B>&lt;y</B><C/></A>",
	} {
		for _, d := range Read("x", text) {
			t.Log("\n" + show(d, text))
		}
	}
}
