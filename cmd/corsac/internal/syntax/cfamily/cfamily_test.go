package cfamily_test

import (
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/cfamily"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

const (
	java   = cfamily.Java
	kotlin = cfamily.Kotlin
	csharp = cfamily.CSharp
)

// list returns the tokens that are neither white space nor comments, with the
// letter of their kind.
func list(text string, l cfamily.Language) string {
	letters := []string{"_", "#", "n", "0", "s", "c", "p", "BAD"}
	var out []string
	for _, t := range cfamily.Scan(text, l) {
		if t.Kind != cfamily.Space && t.Kind != cfamily.Comment {
			out = append(out, letters[t.Kind]+":"+text[t.Start:t.End])
		}
	}
	return strings.Join(out, " ")
}

// TestScan checks what is easily read in two ways.
func TestScan(t *testing.T) {
	for _, x := range []struct {
		text string
		l    cfamily.Language
		want string
	}{
		{`a("x\"//y", 'c', '\'') // "`, java, `n:a p:( s:"x\"//y" p:, c:'c' p:, c:'\'' p:)`},
		{"a = \"\"\"\n  x \"y\" \\\"\"\" z\n  \"\"\" + b;", java, "n:a p:= s:\"\"\"\n  x \"y\" \\\"\"\" z\n  \"\"\" p:+ n:b p:;"},
		{`"" + ""`, java, `s:"" p:+ s:""`},
		{`@A(b = {"c"}) /* /* */ x`, java, `p:@ n:A p:( n:b p:= p:{ s:"c" p:} p:) n:x`},
		{`/* /* */ " */ x`, kotlin, `n:x`},
		{`/* /* */ " */`, java, `BAD:" */`},
		{`"a\u0022 + x + "`, java, `BAD:"a\u0022 + x + "`},
		{`"a\\u0022" + x`, java, `s:"a\\u0022" p:+ n:x`},
		{"// \\u000a evil()", java, "BAD:// \\u000a evil()"},
		{`"\u003c"`, java, `s:"\u003c"`},
		{`x \u002f`, java, `n:x BAD:\ n:u002f`},
		{`"${f("}")}" + "$a" + "\$b"`, kotlin, `s:"${f("}")}" p:+ s:"$a" p:+ s:"\$b"`},
		{`"""a\""""" + "b"`, kotlin, `s:"""a\""""" p:+ s:"b"`},
		{`"""${"""x"""}"""`, kotlin, `s:"""${"""x"""}"""`},
		{"`a b`.c '\\u0041'", kotlin, "n:`a b` p:. n:c c:'\\u0041'"},
		{`@"a\" + @"b""c" + $"{x["y"]}" + $@"{z}""" + @class`, csharp, `s:@"a\" p:+ s:@"b""c" p:+ s:$"{x["y"]}" p:+ s:$@"{z}""" p:+ n:@class`},
		{`$"{{a}}" + $"{{{b}}}"`, csharp, `s:$"{{a}}" p:+ s:$"{{{b}}}"`},
		{`"""a "b" c""" + """"x"""y""""`, csharp, `s:"""a "b" c""" p:+ s:""""x"""y""""`},
		{`$$"""{a} {{b("}")}}"""`, csharp, `s:$$"""{a} {{b("}")}}"""`},
		{"#if DEBUG // \"\na #b\n  #endif\nc", csharp, "n:a p:# n:b n:c"},
		{"1_000L 0xFFu .5f 1.5e-3 1..2 x.y", csharp, "0:1_000L 0:0xFFu 0:.5f 0:1.5e-3 0:1 p:. 0:.2 n:x p:. n:y"},
		{"\"a\nb", java, "BAD:\"a n:b"},
		{"'a\nb", java, "BAD:'a n:b"},
		{`"""a`, csharp, `BAD:"""a`},
		{"/* a", java, "BAD:/* a"},
		{`a?.b ?: c -> d => e`, kotlin, "n:a p:?. n:b p:?: n:c p:-> n:d p:=> n:e"},
	} {
		if got := list(x.text, x.l); got != x.want {
			t.Errorf("%s\n got %s\nwant %s", x.text, got, x.want)
		}
	}
}

// show returns a value as a text.
func show(v cfamily.Value) string {
	switch v.Kind {
	case cfamily.StringValue:
		return `"` + v.Text + `"`
	case cfamily.NumberValue:
		return v.Text
	case cfamily.TrueValue:
		return "true"
	case cfamily.FalseValue:
		return "false"
	case cfamily.NullValue:
		return "null"
	case cfamily.ListValue:
		var items []string
		for _, item := range v.Items {
			items = append(items, show(item))
		}
		return "[" + strings.Join(items, " ") + "]"
	default:
		return strings.TrimSpace("? " + v.Property)
	}
}

// TestValue checks what the argument of f(…) is.
func TestValue(t *testing.T) {
	for _, x := range []struct {
		l          cfamily.Language
		text, want string
	}{
		{java, `f("a" + "b")`, `"ab"`},
		{java, `class A { static final String H = "https://"; void x() { f(H + "a"); } }`, `"https://a"`},
		{java, `class A { private final List<String> o = List.of("a", "b"); void x() { f(o); f(this.o); } }`, `["a" "b"] ["a" "b"]`},
		{java, `class A { String o = "a"; A() { this.o = z(); } void x() { f(o); } }`, `?`},
		{java, `class A { String o = "a"; void x(String o) { f(o); } void y() { f(o); } }`, `? "a"`},
		{java, `class A { @Value("${app.o:x}") private String[] o; void x() { f(o); } }`, `? app.o`},
		{java, `class A { A(@Value("${app.o}") String o, String p) { f(o); f(p); } }`, `? app.o ?`},
		{java, `class A { void x() { f(B.O); f(B.P); } } class B { static final String O = "b"; }`, `"b" ?`},
		{java, `f(new String[] {"a", "b",}) f(Arrays.asList(new String[]{"a"})) f(new ArrayList<>(List.of("a"))) f(Collections.emptyList())`, `["a" "b"] ["a"] ["a"] []`},
		{java, `f(HttpMethod.PUT.name()) f(RequestMethod.GET) f(HttpHeaders.CONTENT_TYPE) f(o.PUT)`, `"PUT" "GET" "Content-Type" ?`},
		{java, `f(60 * 60) f(3_600L) f(-1) f(Boolean.TRUE) f(null) f(!x) f(a.b("c")) f(x ? "a" : "b")`, `3600 3600 -1 true null ? ? ?`},
		{java, `f("a" + x) f("a".split(",")) f("a", "b")`, `? ? "a"`},
		{kotlin, "class A {\n  private val o = listOf(\n    \"a\",\n    \"b\"\n  )\n  val p: String = \"c\"\n  fun x() { f(o); f(p); f(arrayOf(*o, \"d\")) }\n}", `["a" "b"] "c" ["a" "b" "d"]`},
		{kotlin, "class A {\n  companion object {\n    const val O = \"a\"\n  }\n  fun x() { f(O) }\n}", `"a"`},
		{kotlin, "class A {\n  @Value(\"\\${app.o}\")\n  lateinit var o: String\n  val p = \"b\"\n  fun x() { f(o); f(p) }\n}", `? app.o "b"`},
		{kotlin, `class A(@Value("\${app.o}") private val o: String) { fun x() { f(o) } }`, `? app.o`},
		{kotlin, `f("a$b") f("a\$b") f("""c\d""") f("${x}")`, `? "a$b" "c\d" ?`},
		{csharp, `const string O = "a"; f(O); f(new[] { "a", @"b\" }); f(new List<string> { "c" }); f([O, "d", .. Rest]);`, `"a" ["a" "b\"] ["c"] ["a" "d" ?]`},
		{csharp, `f(HttpMethods.Put); f(HeaderNames.ContentType); f($"a{b}"); f($"a"); f("""a"b""");`, `"PUT" "Content-Type" ? "a" "a"b"`},
		{csharp, `var o = "a"; o = "b"; f(o);`, `?`},
		{csharp, `var o = "a"; f(o!); f(o!.Trim());`, `"a" ?`},
	} {
		p, err := cfamily.Parse(x.text, x.l)
		if err != nil {
			t.Errorf("%s: %v", x.text, err)
			continue
		}
		var got []string
		for _, i := range p.Named("f") {
			c, ok := p.CallAt(i)
			if args := p.Args(c.Open); ok && len(args) > 0 {
				got = append(got, show(p.Value(args[0])))
			}
		}
		if s := strings.Join(got, " "); s != x.want {
			t.Errorf("%s\n got %s\nwant %s", x.text, s, x.want)
		}
	}
}

// TestGuarded checks what a directive is about.
func TestGuarded(t *testing.T) {
	p, err := cfamily.Parse("a\n#if X\n b\n#if Y\nc\n#endif\nd\n#else\ne\n # endif\nf\n#region g\nh", csharp)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for i := range p.Tokens {
		if p.Guarded(i) {
			got += p.At(i)
		}
	}
	if got != "bcde" {
		t.Error(got)
	}
}

func TestStatement(t *testing.T) {
	for _, x := range []struct {
		l          cfamily.Language
		text, want string
	}{
		{java, `a(); if (b) { x.mark().c(); } d();`, `x.mark().c();`},
		{java, `a(() -> { b(); }).mark(); c();`, `a(() -> { b(); }).mark();`},
		{csharp, `a(o => o.mark());`, `o => o.mark()`},
		{kotlin, "a()\nx\n  .mark()\n  .c()\nd()", "x\n  .mark()\n  .c()"},
		{kotlin, "if (a) {\n}\nmark()\nb()", "mark()"},
	} {
		p, err := cfamily.Parse(x.text, x.l)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Source(p.Statement(p.Named("mark")[0])); got != x.want {
			t.Errorf("%s\n got %s\nwant %s", x.text, got, x.want)
		}
	}
}

// TestHostile checks that large and strange files do not take long.
func TestHostile(t *testing.T) {
	testenv.OneGoroutine(t)
	const n = 1 << 20
	for _, piece := range []string{
		`"`, `"""`, "@", "$", `$"`, `$"{`, `"${`, "{", "(", "'", "`", "/*", "*/", `\`, "a=", "val a=b\n", "f(a+", `f("a"+`, "a.b(c)", "new A[]{", "@Value(", "//\\u000a", "\\u", "\"\\u", "x;", "f(a);", "String a=b;", "<A", "f<A>(",
	} {
		for l := java; l <= csharp; l++ {
			start := time.Now()
			text := strings.Repeat(piece, n/len(piece)/8)
			p, err := cfamily.Parse(text, l)
			if err == nil {
				look(p)
			}
			if d := time.Since(start); d > 30*time.Second {
				t.Errorf("%q takes %v", piece, d)
			}
		}
	}
}

// look asks for everything that there is to ask of a program.
func look(p *cfamily.Program) {
	for i := range p.Tokens {
		s := p.Statement(i)
		p.Source(s)
		if c, ok := p.CallAt(i); ok {
			for _, arg := range p.Args(c.Open) {
				p.Value(arg)
			}
		}
		if i < 100 {
			p.Chain(i)
		}
		p.Around(i)
		if i > 2000 {
			break
		}
	}
}

// FuzzParse checks that tokens cover the text, and that nothing panics.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`@CrossOrigin(origins = {"a", B.C}) class A { @Value("${x}") String y = "b" + 'c'; }`, "val a: String = \"${b}\"\nfun f() = \"\"\"c\"\"\" // d", `$@"{a}" + $$"""{{b}}""" + @"c""d" + [.. e]`, "#if A\nf<B[]>(x => x.c())", `\u0022 /* /* */ */ "\u005c"`,
	} {
		for l := range 3 {
			f.Add(s, uint8(l))
		}
	}
	f.Fuzz(func(t *testing.T, text string, l uint8) {
		language := cfamily.Language(l % 3)
		at := 0
		for _, token := range cfamily.Scan(text, language) {
			if token.Start != at || token.End <= at {
				t.Fatalf("%q: %+v after %d", text, token, at)
			}
			at = token.End
		}
		if at != len(text) {
			t.Fatalf("%q ends at %d", text, at)
		}
		if p, err := cfamily.Parse(text, language); err == nil {
			look(p)
		}
	})
}
