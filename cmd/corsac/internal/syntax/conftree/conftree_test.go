package conftree

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// show returns a document with a line for each node: its key, its kind and value,
// and the text at its place.
func show(d *Document, text string) string {
	var b strings.Builder
	var walk func(key string, n *Node, depth int)
	walk = func(key string, n *Node, depth int) {
		fmt.Fprintf(&b, "%s%s %s", strings.Repeat(" ", depth), key, [...]string{"null", "text", "list", "map", "code"}[n.Kind])
		if n.Kind == Text {
			fmt.Fprintf(&b, " %q", n.Value)
		}
		if n.Tag != "" {
			b.WriteString(" " + n.Tag)
		}
		if n.Template {
			b.WriteString(" template")
		}
		if _, ok := n.Literal(); ok {
			b.WriteString(" literal")
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
		walk("root", d.Root, 0)
	}
	for _, l := range d.Lines {
		fmt.Fprintf(&b, "line %q\n", text[l.Start:l.End])
	}
	if d.Problem != "" {
		fmt.Fprintf(&b, "problem at %d: %s\n", d.Offset, d.Problem)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"YAML, whatever the ends of lines", "x.yaml", "# c\r\na:\r\n- n: 'x''y'   # hi\r\n  v: \"é\\n\" \r\n- {k: [é, 'b', c d]}\r\n- |\r\n  block\r\n  two\r\n- plain multi\r\n  line\r\n- !Ref Foo\r\n", `
root map = "a:\r\n- n: 'x''y'   # hi\r\n  v: \"é\\n\" \r\n- {k: [é, 'b', c d]}\r\n- |\r\n  block\r\n  two\r\n- plain multi\r\n  line\r\n- !Ref Foo"
 a: list = "- n: 'x''y'   # hi\r\n  v: \"é\\n\" \r\n- {k: [é, 'b', c d]}\r\n- |\r\n  block\r\n  two\r\n- plain multi\r\n  line\r\n- !Ref Foo"
  - map = "n: 'x''y'   # hi\r\n  v: \"é\\n\""
   n: text "x'y" = "'x''y'"
   v: text "é\n" = "\"é\\n\""
  - map = "{k: [é, 'b', c d]}"
   k: list = "[é, 'b', c d]"
    - text "é" literal = "é"
    - text "b" literal = "'b'"
    - text "c d" literal = "c d"
  - text "block\ntwo\n" = "|\r\n  block\r\n  two\r\n"
  - text "plain multi line" = "plain multi"
  - text "Foo" !Ref = "!Ref Foo"
`},
		{"templates", "x.yaml", "a: {{ .V.x | quote }}\n{{- if .Foo }}\nb: \"{{ index .V \"ü\" }}/x\"\n{{- end }}\nc: [ '{{ . }}' ]\n", `
root map = "a: {{ .V.x | quote }}\n{{- if .Foo }}\nb: \"{{ index .V \"ü\" }}/x\"\n{{- end }}\nc: [ '{{ . }}' ]"
 a: text "{{ .V.x | quote }}" template literal = "{{ .V.x | quote }}"
 b: text "{{ index .V \"ü\" }}/x" template literal = "\"{{ index .V \"ü\" }}/x\""
 c: list = "[ '{{ . }}' ]"
  - text "{{ . }}" template literal = "'{{ . }}'"
line "{{- if .Foo }}"
line "{{- end }}"
`},
		{"documents, one of them broken", "x.yaml", "%YAML 1.2\n--- # one\na: 1\n--- {b: 2}\n---\nc: [\n\n- x: 1\n\nd: 4\n", `
root map = "a: 1"
 a: text "1" literal = "1"
root map = "{b: 2}"
 b: text "2" literal = "2"
problem at 43: this bracket is not closed
root list = "- x: 1"
 - map = "x: 1"
  x: text "1" literal = "1"
root map = "d: 4"
 d: text "4" literal = "4"
`},
		{"aliases and merge keys", "x.yaml", "b: &b {x: 1, y: 2}\nm:\n  <<: *b\n  x: 3\nl: [*b, *none]\n", `
root map = "b: &b {x: 1, y: 2}\nm:\n  <<: *b\n  x: 3\nl: [*b, *none]"
 b: map = "{x: 1, y: 2}"
  x: text "1" literal = "1"
  y: text "2" literal = "2"
 m: map = "x: 3"
  x: text "3" literal = "3"
  y: text "2" literal = "2"
 l: list = "[*b, *none]"
  - map = "{x: 1, y: 2}"
   x: text "1" literal = "1"
   y: text "2" literal = "2"
  - null = ""
`},
		{"JSON", "x.json", `{"a": ["x", "y\n", 1, true, null], "a": {}}`, `
root map = "{\"a\": [\"x\", \"y\\n\", 1, true, null], \"a\": {}}"
 "a": list = "[\"x\", \"y\\n\", 1, true, null]"
  - text "x" literal = "\"x\""
  - text "y\n" = "\"y\\n\""
  - text "1" literal = "1"
  - text "true" literal = "true"
  - null = "null"
 "a": map = "{}"
`},
		{"JSON that ends early", "x.json", `{"a": [`, "problem at 7: it is not JSON: it ends too early"},
		{"JSON with more", "x.json", `{} {}`, "problem at 4: it is not JSON: there is more after the value"},
		{"flow style", "x.yaml", `{a: b}`, "root map = \"{a: b}\"\n a: text \"b\" literal = \"b\""},
		{"XML", "x.xml", "\uFEFF<A x='y'>\n <B> x </B><B>&lt;<!-- c -->y</B><C/></A>", `
root map = "<A x='y'>\n <B> x </B><B>&lt;<!-- c -->y</B><C/></A>"
 <A x='y'>: map = "<A x='y'>\n <B> x </B><B>&lt;<!-- c -->y</B><C/></A>"
  <B>: text "x" literal = "x"
  <B>: text "<y" = "&lt;"
  <C/>: null = "<C/>"
`},
		{"XML that ends early", "x.xml", "<A><B>", "problem at 6: it is not XML: XML syntax error on line 1: unexpected EOF"},
		{"HCL", "x.tf", `# c
resource "a_b" "c" { // d
  x = "y" /* e */
  list = ["1", var.x, "${a("}")}", <<-EOT
    text
  EOT
  , [2]]
  call = concat(["a"], "b", {x = 1})
  map = {a = true, "b" : null
    c = x ? 1 : 2 }
  dollar = "$${x}\n"
}
`, `
root map = "# c\nresource \"a_b\" \"c\" { // d\n  x = \"y\" /* e */\n  list = [\"1\", var.x, \"${a(\"}\")}\", <<-EOT\n    text\n  EOT\n  , [2]]\n  call = concat([\"a\"], \"b\", {x = 1})\n  map = {a = true, \"b\" : null\n    c = x ? 1 : 2 }\n  dollar = \"$${x}\\n\"\n}\n"
 resource: map = "{ // d\n  x = \"y\" /* e */\n  list = [\"1\", var.x, \"${a(\"}\")}\", <<-EOT\n    text\n  EOT\n  , [2]]\n  call = concat([\"a\"], \"b\", {x = 1})\n  map = {a = true, \"b\" : null\n    c = x ? 1 : 2 }\n  dollar = \"$${x}\\n\"\n}"
  a_b: map = "{ // d\n  x = \"y\" /* e */\n  list = [\"1\", var.x, \"${a(\"}\")}\", <<-EOT\n    text\n  EOT\n  , [2]]\n  call = concat([\"a\"], \"b\", {x = 1})\n  map = {a = true, \"b\" : null\n    c = x ? 1 : 2 }\n  dollar = \"$${x}\\n\"\n}"
   c: map = "{ // d\n  x = \"y\" /* e */\n  list = [\"1\", var.x, \"${a(\"}\")}\", <<-EOT\n    text\n  EOT\n  , [2]]\n  call = concat([\"a\"], \"b\", {x = 1})\n  map = {a = true, \"b\" : null\n    c = x ? 1 : 2 }\n  dollar = \"$${x}\\n\"\n}"
    x: text "y" literal = "\"y\""
    list: list = "[\"1\", var.x, \"${a(\"}\")}\", <<-EOT\n    text\n  EOT\n  , [2]]"
     - text "1" literal = "\"1\""
     - code = "var.x"
     - text "${a(\"}\")}" template literal = "\"${a(\"}\")}\""
     - text "" template = "<<-EOT\n    text\n  EOT"
     - list = "[2]"
      - text "2" literal = "2"
    call: code = "concat([\"a\"], \"b\", {x = 1})"
    map: map = "{a = true, \"b\" : null\n    c = x ? 1 : 2 }"
     a: text "true" literal = "true"
     b: null = "null"
     c: code = "x ? 1 : 2 "
    dollar: text "${x}\n" = "\"$${x}\\n\""
`},
		{"HCL that ends early", "x.tf", "a \"b\" {\n", "problem at 8: it is not HCL: a block does not end"},
		{"empty", "x.yaml", "", ""},
		{"not UTF-8", "x.yaml", "a: \xff", "problem at 3: it is not text in UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			for _, d := range Read(c.file, c.text, nil) {
				got += show(d, c.text)
			}
			if strings.TrimSpace(got) != strings.TrimSpace(c.want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// TestBounds checks that hostile files take little time, and do not panic.
func TestBounds(t *testing.T) {
	fill := func(s string) string { return strings.Repeat(s, (1<<20)/len(s)) }
	most := func(s string) string { return strings.Repeat(s, (maxDocument-20)/len(s)) } // of a document of YAML
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	merges := "a0: &a0 {k0: x}\n"
	for i := 1; i < 2000; i++ {
		if i < 40 {
			bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
		}
		merges += fmt.Sprintf("a%d: &a%d {<<: *a%d, k%d: x}\n", i, i, i-1, i)
	}
	for name, text := range map[string]string{
		"bomb.yaml": bomb, "merges.yaml": merges, "circle.yaml": "a: &a [*a, {b: *a}]\n", "documents.yaml": fill("---\n"), "flow.yaml": most("["), "block.yaml": most("- "),
		"templates.yaml": most("{{}}"), "lines.yaml": most("{{}}\n"), "open.yaml": most("{{"), "list.yaml": "[" + most("1,") + "]", "pieces.yaml": most("a: [\n\n"),
		"keys.yaml": most("a: 1\n"), "quotes.yaml": most(`"`), "tags.yaml": most("! "), "nul.yaml": "a: \x00", "list.json": "[" + fill("1,") + "1]", "deep.json": fill(`{"a":`),
		"deep.xml": fill("<a>"), "wide.xml": "<a>" + fill("<b/>") + "</a>", "comments.xml": "<a>" + fill("x<!-- -->") + "</a>", "entity.xml": `<!DOCTYPE a [<!ENTITY b "` + fill("b") + `">]><a>&b;</a>`,
		"deep.tf": fill("a {\n"), "strings.tf": "a = " + fill(`"${`), "list.tf": "a = " + fill("["), "calls.tf": "a = f" + fill("("), "values.tf": fill("a=1\n"), "heredoc.tf": "a = <<" + fill("X\n"), "labels.tf": fill("a "),
	} {
		t.Run(name, func(t *testing.T) {
			start, nodes := time.Now(), 0
			for _, d := range Read(name, text, nil) {
				d.Walk(func(*At) { nodes++ })
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %v for %d nodes", took, nodes)
			}
		})
	}
}

// valueOf returns what encoding/json returns of a value; of a key that is there
// twice, the last.
func valueOf(n *Node) any {
	switch n.Kind {
	case List:
		list := []any{}
		for _, i := range n.Items {
			list = append(list, valueOf(i))
		}
		return list
	case Map:
		m := map[string]any{}
		for _, p := range n.Pairs {
			m[p.Key] = valueOf(p.Value)
		}
		return m
	case Null:
		return "null"
	default:
		return n.Value
	}
}

// plain returns a value of encoding/json with its scalars as text.
func plain(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
		return v
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
		return v
	case nil:
		return "null"
	default:
		return fmt.Sprint(v)
	}
}

// FuzzRead checks that nothing panics, that all nodes are in the file, that a
// literal stands there as it is, and that JSON means what encoding/json says.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"a: &x {b: 'c''d', <<: *x}\n---\n- |\n  e\n- \"{{ f }}\"\n", `{"a": [1, "b\u00e9", null]}`, "<a><b>c</b><!-- d --></a>",
		"r \"a\" {\n x = [\"b${c}\", d(1)] # e\n y = <<E\nf\nE\n}\n", "{{- if x }}\na: b\n{{ end }}\n", "? a\n: b\n", "a: b\r\n\r\nc\rd: [e,\n f]\n",
	} {
		f.Add("x.yaml", text)
		f.Add("x.tf", text)
	}
	f.Add("x.properties", "# a\na.b[0] = c\\\n  d\na.b[1]:\\u0041\n[/**].e f\n")
	f.Fuzz(func(t *testing.T, name, text string) {
		for _, d := range Read(name, text, nil) {
			if d.Offset < 0 || d.Offset > len(text) || d.Problem != "" && d.Root != nil {
				t.Fatalf("problem at %d: %s", d.Offset, d.Problem)
			}
			d.Walk(func(at *At) {
				if at.Start < 0 || at.End < at.Start || at.End > len(text) {
					t.Fatalf("%q is at %v", at.Value, at.Span)
				}
				if l, ok := at.Literal(); ok && text[l.Start:l.End] != at.Value {
					t.Fatalf("%q is not %q", at.Value, text[l.Start:l.End])
				}
				for _, p := range at.Pairs {
					if p.At.Start < 0 || p.At.End < p.At.Start || p.At.End > len(text) {
						t.Fatalf("key %q is at %v", p.Key, p.At)
					}
				}
			})
		}
		if d := readJSON(text); d.Problem == "" {
			decoder := json.NewDecoder(strings.NewReader(strings.TrimPrefix(text, bom)))
			decoder.UseNumber()
			var v any
			if err := decoder.Decode(&v); err != nil {
				t.Fatalf("encoding/json: %v", err)
			} else if got := valueOf(d.Root); !reflect.DeepEqual(got, plain(v)) {
				t.Fatalf("%v is not %v", got, v)
			}
		}
	})
}

// TestProperties checks what is easily read in another way.
func TestProperties(t *testing.T) {
	const text = "# a=b\n! c\n a.b = c d \r\nlist[1]=x\nlist[0]: y\n[/**].k\\=ey\tv\\\n   w\\u00e9\\t\nempty\nmap.[0]=z\n"
	want := `
root map = "# a=b\n! c\n a.b = c d \r\nlist[1]=x\nlist[0]: y\n[/**].k\\=ey\tv\\\n   w\\u00e9\\t\nempty\nmap.[0]=z\n"
 a.b: text "c d " literal = "c d "
 list[1]: list = "x\nlist[0]: y"
  - text "x" literal = "x"
  - text "y" literal = "y"
 [/**].k\=ey: text "vwé\t" = "v\\\n   w\\u00e9\\t"
 empty: text "" literal = ""
 map.[0]: list = "z"
  - text "z" literal = "z"
`
	if got := "\n" + show(Read("a.properties", text, nil)[0], text); got != want {
		t.Errorf("got%s", got)
	}
}
