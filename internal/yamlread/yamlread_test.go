package yamlread_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/internal/yamlread"
)

// object is what the tests read.
type object struct {
	name    string
	names   []string
	on      bool
	number  int
	timeout time.Duration
}

// read reads an object and returns the mistakes in it.
func read(t testing.TB, file, input string) (o object, mistakes yamlread.Errors) {
	t.Helper()
	err := yamlread.Parse(file, []byte(input), func(d *yamlread.Decoder, root yamlread.Value) {
		var places []yamlread.Place
		d.Fields(root, yamlread.Fields{
			"name": d.Text(&o.name), "names": d.Texts(&o.names, &places), "on": d.Bool(&o.on),
			"number": d.Int(&o.number, "7"), "timeout": d.Duration(&o.timeout),
			"dangerously_on": d.Bool(&o.on),
			"next":           func(v yamlread.Value) { d.Entries(v) },
		}, true)
		if len(places) != len(o.names) {
			t.Errorf("%d places of %d names", len(places), len(o.names))
		}
	})
	if err != nil && !errors.As(err, &mistakes) {
		t.Fatalf("error of type %T", err)
	}
	return o, mistakes
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		input string
		want  object
	}{
		{"", object{}},
		{"---\n", object{}},
		{"null", object{}},
		{"{name: fox, names: [a, 'b', \"\\u0063\"], on: true, number: -3, timeout: 1m30s}", object{"fox", []string{"a", "b", "c"}, true, -3, 90 * time.Second}},
		{"name: |\n  two\n  lines\nnames:\n- null\n- 'true'\nnumber: 0\n", object{name: "two\nlines\n", names: []string{"null", "true"}}},
		{"name:\nnames: ~\non: null\nnumber:\ntimeout:\n", object{}},
		{"timeout: 30", object{timeout: 30 * time.Second}},
		{"\xef\xbb\xbfname: a\r\non: True\rnumber: 1", object{name: "a", on: true, number: 1}},
		{"x-a: &a {name: a, number: 1}\n<<: *a\nnumber: 2\n", object{name: "a", number: 2}},
		{"x-a: &a {name: a}\nx-b: &b {name: b, on: true}\n<<: [*a, *b]\n", object{name: "a", on: true}},
		{"x-a: &a first\nx-b: &a second\nname: *a\n", object{name: "second"}},
		{"{name: a:1, names: [http://localhost:3000, b:1:2, é:true , c]}", object{name: "a:1", names: []string{"http://localhost:3000", "b:1:2", "é:true", "c"}}},
		{"name: !!str 12a\n? on\n: true\n", object{name: "12a", on: true}},
	} {
		got, mistakes := read(t, "", c.input)
		if len(mistakes) > 0 || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%q: %+v, %v; want %+v", c.input, got, mistakes, c.want)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ input, want string }{
		{"name: [a]", `f:1:7: name: it is a list, but must be text`},
		{"name: 5", `f:1:7: name: "5": it is a number, but must be text; write "5" in quotes`},
		{"\nnames: a", `f:2:8: names: "a": it is text, but must be a list; write [a]`},
		{"names: PUT, DELETE", `f:1:8: names: "PUT, DELETE": it is text, but must be a list; write [PUT, DELETE]`},
		{"names: [é, {}]", `f:1:12: names[1]: it is a mapping, but must be text`},
		{"names:\n- \n", `f:2:3: names[0]: it is empty, but must be text; drop the entry, or write what belongs there`},
		{"on: yes", `f:1:5: on: "yes": it is text, but must be true or false; write true`},
		{"number: 1.5", `f:1:9: number: "1.5": it is a number, but must be a whole number; write one such as 7`},
		{"number: '7'", `f:1:9: number: "7": it is text, but must be a whole number; write one such as 7`},
		{"timeout: soon", `f:1:10: timeout: "soon": it is not a duration; write one such as "30s" or "2m"`},
		{"timeout: 0", `f:1:10: timeout: "0": it must be longer than nothing; write one such as "30s" or "2m"`},
		{"nmaes: a", `f:1:1: nmaes: there is no such field; did you mean names?`},
		{"dangerously_onn: a", `f:1:1: dangerously_onn: there is no such field; did you mean dangerously_on?`},
		{"fox: a", `f:1:1: fox: there is no such field; the fields here are name, names, next, number, on, timeout`},
		{"on: true\non: true", `f:2:1: on: it is already there, on line 1; keep one of the two`},
		{"name: *a", `f:1:7: name: "*a": YAML reads it as an alias, and there is no such anchor before it; if it is meant as text, write it in quotes: "*a"`},
		{"[]", `f:1:1: it is a list, but must be a mapping; write lines of the form "name: value"`},
		{"x-x: &a [b]\n? *a\n: c", `f:1:9: it is a list, but must be a name`},
		{"names: [*]", `f:1:9: "*": YAML reads an unquoted asterisk as the name of an alias; write "*" with its quotes`},
		{"names: *", `f:1:8: "*": YAML reads an unquoted asterisk as the name of an alias; write ["*"]`},
		{"names: ['a, 'b']", `f:1:13: the value goes on after its quotes; write ' at the beginning and at the end of each value`},
		{"names: ['a', \"b, \"c\"]", `f:1:18: the value goes on after its quotes; write " at the beginning and at the end of each value`},
		{"{names: [http://a:*]}", `f:1:19: "*": YAML reads an unquoted asterisk as the name of an alias; write the whole value in quotes`},
		{"{names: [a:1, 'b':2, c: 3]}", `f:1:15: names[1]: it is a mapping, but must be text` + "\n" + `f:1:22: names[2]: it is a mapping, but must be text`},
		{"name: a\n\ton: true", `f:2:1: YAML forbids tabs in indentation; write spaces`},
		{"a\n---\nb", `f:3:1: a second document begins here; write one file for each`},
		{"name: \xff", `f:1:7: it is not text in UTF-8; save the file as UTF-8`},
	} {
		_, mistakes := read(t, "f", c.input)
		if mistakes.Error() != c.want {
			t.Errorf("%q:\n%v\nwant:\n%s", c.input, mistakes, c.want)
		}
	}
	if _, mistakes := read(t, "", "on: 1"); !strings.HasPrefix(mistakes.Error(), "1:5: on: ") {
		t.Errorf("without a file: %v", mistakes)
	}
}

// TestBounds: whatever is in a document, it is read or refused in little time and
// memory. Most of these took minutes or gigabytes before there was a bound.
func TestBounds(t *testing.T) {
	fill := func(part string) string { return strings.Repeat(part, yamlread.MaxSize*3/10/len(part)) }
	for _, c := range []struct{ name, input, code string }{
		{"size", strings.Repeat("# comment\n", 200_000), yamlread.CodeTooLarge},
		{"angles", "name: " + fill("<"), yamlread.CodeTooLarge},
		{"angles, interrupted", "name: " + fill(strings.Repeat("<", 1024)+"x"), ""},
		{"blank lines in a block", "name: |\n" + fill("\n"), yamlread.CodeTooLarge},
		{"blank lines, interrupted", "name: |\n" + fill(strings.Repeat(" \n", 200)+"  x\n"), ""},
		{"a long block, then blank lines", "name: |\n" + fill(" x\n") + strings.Repeat("\n", 250), ""},
		{"keys without values", fill("a:\n"), yamlread.CodeTooLarge},
		{"fewer keys without values", strings.Repeat("x-a:\n", 1<<12), yamlread.CodeDuplicateKey},
		{"commas", "[" + fill(",") + "]", yamlread.CodeTooLarge},
		{"brackets", fill("]"), yamlread.CodeTooLarge},
		{"long key", strings.Repeat("a", 500_000) + ": [" + strings.Repeat("x,", 30_000) + "]", yamlread.CodeTooLarge},
		{"long text, repeated", "x-a: &a '" + strings.Repeat("a", 500_000) + "'\nnames: [" + strings.Repeat("*a,", 1000) + "]", yamlread.CodeTooManyAliases},
		{"circle of merges", "next: &a {<<: *a}", yamlread.CodeTooManyAliases},
		{"mistakes in one line", "names: [" + strings.Repeat("1,", 20_000) + "]", yamlread.CodeTooManyMistakes},
		{"one long line", "names: [" + fill("'a',  ") + "1]", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			_, mistakes := read(t, "f", c.input)
			for _, m := range mistakes {
				_ = m.Error()
				if line, caret := m.Excerpt(); len(line) > 400 || len(caret) > 101 {
					t.Fatalf("an excerpt of %d bytes, with the caret at %d", len(line), len(caret))
				}
			}
			took := time.Since(begin)
			runtime.ReadMemStats(&after)
			if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 1024 || took > time.Minute {
				t.Errorf("it took %v and %d MiB", took, mib)
			}
			if c.code != "" && !slices.ContainsFunc(mistakes, func(e *yamlread.Error) bool { return e.Code == c.code }) {
				t.Errorf("%.300v; want code %s", mistakes, c.code)
			}
			if len(mistakes) > 1001 {
				t.Errorf("%d mistakes", len(mistakes))
			}
		})
	}
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("é", 300)
	for _, c := range []struct{ input, line, caret string }{
		{"on: \"\x1b[2J\"", `on: " [2J"`, "    ^"},
		{"on: 1 \t ", "on: 1", "    ^"},
		{"names: ['" + long + "', 1, '" + long + "']", strings.Repeat("é", 47) + "', 1, '" + strings.Repeat("é", 46), strings.Repeat(" ", 50) + "^"},
		{"names: [1, '" + long + "']", "names: [1, '" + strings.Repeat("é", 88), "        ^"},
		{"name: 'x", "name: 'x", "      ^"},
	} {
		_, mistakes := read(t, "", c.input)
		if len(mistakes) != 1 {
			t.Fatalf("%q: %v", c.input, mistakes)
		}
		if line, caret := mistakes[0].Excerpt(); line != c.line || caret != c.caret {
			t.Errorf("%q:\n%s\n%s\nwant:\n%s\n%s", c.input, line, caret, c.line, c.caret)
		}
	}
	if line, caret := (&yamlread.Error{}).Excerpt(); line+caret != "" {
		t.Errorf("an error without a place has the excerpt %q, %q", line, caret)
	}
}

// FuzzParse: no document makes the reader panic, and each mistake is in it.
// TestDocuments reads a file of several documents, each with anchors of its own.
func TestDocuments(t *testing.T) {
	const text = "# nothing\n---\na: &x 1\nb: *x\n---\n---\n# more\na: *x\n---\n- 1\n...\n---\n"
	var kinds []yamlread.Kind
	err := yamlread.ParseAll("x.yaml", []byte(text), func(d *yamlread.Decoder, v yamlread.Value) {
		kinds = append(kinds, v.Kind())
		if v.Kind() == yamlread.Mapping {
			d.Entries(v)
		}
	})
	var errs yamlread.Errors
	if !errors.As(err, &errs) || len(errs) != 1 || errs[0].Code != yamlread.CodeAliasUnknown || errs[0].Line != 8 {
		t.Errorf("%v", err)
	}
	kinds = slices.DeleteFunc(kinds, func(k yamlread.Kind) bool { return k != yamlread.Mapping && k != yamlread.List })
	if want := []yamlread.Kind{yamlread.Mapping, yamlread.Mapping, yamlread.List}; !slices.Equal(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("{name: fox, names: [a, 'b', \"\\u0063\"], on: true, number: -3, timeout: 1m30s}")
	f.Add("x-a: &a {name: a}\nx-b: &b {name: b, on: true}\n<<: [*a, *b]\n")
	f.Add("name: >-\n  a\n\n  b\nnames:\n- *\n")
	f.Add("? on\n: !!bool true\n--- # second\n")
	f.Fuzz(func(t *testing.T, input string) {
		_, mistakes := read(t, "", input)
		lines := strings.Count(input, "\n") + strings.Count(input, "\r") + 1
		for _, e := range mistakes {
			if e.Code == "" || e.Why == "" || e.Line < 0 || e.Line > lines || e.Line > 0 && e.Column < 1 {
				t.Errorf("%+v", e)
			}
			e.Excerpt()
		}
	})
}

// FuzzWriteText: text that is written reads as the same text, in both kinds of
// collections.
func FuzzWriteText(f *testing.F) {
	for _, s := range []string{"", "a", "A:00", "null", "~", "1", "0x1", ".inf", "<<", "=", "- a", "a: b", "a:", "a #b", "*", "/x", "é\u2028\U0001f98a", "\x00\x7f\u0085\ufeff", "http://[::1]:8080", "Yes"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "")
		if len(text) > 1000 || strings.ContainsAny(text, "$“”„‟‘’‚‛«»‹›＂＇") || strings.Contains(text, "{{") {
			return // it may be refused as a variable, or for its quotes
		}
		for _, input := range []string{
			"name: " + yamlread.WriteText(text) + "\nnames: " + yamlread.WriteTexts([]string{text, "b"}) + "\n",
			"{name: " + yamlread.WriteText(text) + ", names: " + yamlread.WriteTexts([]string{text, "b"}) + "}",
			"names:\n  - " + yamlread.WriteText(text) + "\n  - b\nname: " + yamlread.WriteText(text),
		} {
			o, mistakes := read(t, "", input)
			if len(mistakes) > 0 || o.name != text || len(o.names) != 2 || o.names[0] != text || o.names[1] != "b" {
				t.Errorf("%q is written as %q and read as %+v, %v", text, input, o, mistakes)
			}
		}
	})
}

func TestSuggest(t *testing.T) {
	var many []string
	for i := range 3000 {
		many = append(many, fmt.Sprintf("policy-%04d", i))
	}
	for _, c := range []struct{ name, want string }{
		{"policy-00011", "did you mean policy-0001?"},
		{"fox", "the policies are " + strings.Join(many[:20], ", ") + ", …"},
		{strings.Repeat("x", 100_000), "the policies are " + strings.Join(many[:20], ", ") + ", …"},
	} {
		if got := yamlread.Suggest(c.name, many, "the policies are"); got != c.want {
			t.Errorf("%.20s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWriteDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Hour: "1h", 24 * time.Hour: "24h", 90 * time.Minute: "90m", 61 * time.Second: "61s", 1500 * time.Millisecond: "1.5s",
	} {
		if got := yamlread.WriteDuration(d); got != want {
			t.Errorf("%v is written as %s, want %s", d, got, want)
		}
	}
}

// TestValidYAML reads what other readers of YAML read, too.
func TestValidYAML(t *testing.T) {
	t.Parallel()
	for _, input := range []string{
		"%YAML 1.2\n---\nnames: [a]\n",
		"---\nnames:\n- a\n...\n",
		"{names: [http://localhost:3000, a], name: b}",
		"{\"names\":[\"a\"],\"name\":\"b\",}\n",
		"names :\t[a,b ,\n  c, # a comment\n  ]\n",
	} {
		if o, mistakes := read(t, "", input); len(mistakes) > 0 || len(o.names) == 0 {
			t.Errorf("%q: %v, %v", input, o, mistakes)
		}
	}
}
