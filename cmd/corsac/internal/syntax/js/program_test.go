package js_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

func parse(t *testing.T, text string) *js.Program {
	t.Helper()
	p, err := js.Parse(text, js.TypeScript)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

// TestStatements checks where statements end.
func TestStatements(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"a\nb;c", "a|b;|c"},
		{"a\n.b()\n(c)\nd", "a\n.b()\n(c)|d"},
		{"const a = b +\nc, d\n= e\nf", "const a = b +\nc, d\n= e|f"},
		{"if (a) b; else if (c) { d } else e\nf", "if (a) b; else if (c) { d } else e|f"},
		{"function a() {}\nb\nclass C extends D { e() {} } f", "function a() {}|b|class C extends D { e() {} }|f"},
		{"export default function () {} a", "export default function () {}|a"},
		{"export default { a }\nb", "export default { a }|b"},
		{"export const a = () => {\n}\nb", "export const a = () => {\n}|b"},
		{"try { a } catch (b) { c } finally { d } e", "try { a } catch (b) { c } finally { d }|e"},
		{"for await (const a of b) { c } while (d) e; do f; while (g)\nh", "for await (const a of b) { c }|while (d) e;|do f; while (g)|h"},
		{"@A({ b: 1 }) export class C { d }\ne", "@A({ b: 1 }) export class C { d }|e"},
		{"interface A { b: c }\ntype D = { e: f }\ng", "interface A { b: c }|type D = { e: f }|g"},
		{"function f(): { a: b } { c }\nd", "function f(): { a: b } { c }|d"},
		{"import a, { b } from 'c'\nimport 'd'\ne", "import a, { b } from 'c'|import 'd'|e"},
		{"return\na", "return|a"},
		{"a = `x${\nb\n}`\nc", "a = `x${\nb\n}`|c"},
		{"a\n++b", "a|++b"},
		{"let a: string\nlet b", "let a: string|let b"},
	} {
		p := parse(t, x.text)
		var got []string
		for _, s := range p.Statements(-1) {
			got = append(got, p.Source(s))
		}
		if strings.Join(got, "|") != x.want {
			t.Errorf("%s\n got %q\nwant %q", x.text, got, x.want)
		}
	}
}

// show returns a value as text.
func show(v *js.Value) string {
	switch v.Kind {
	case js.StringValue:
		return fmt.Sprintf("%q", v.Text)
	case js.NumberValue:
		return v.Text
	case js.TrueValue:
		return "true"
	case js.FalseValue:
		return "false"
	case js.NullValue:
		return "null"
	case js.RegExpValue:
		return "/" + v.Text + "/" + v.Flags
	case js.FunctionValue:
		return "function"
	case js.ArrayValue:
		var items []string
		for i := range v.Items {
			items = append(items, show(&v.Items[i]))
		}
		return "[" + strings.Join(items, " ") + "]"
	case js.ObjectValue:
		var props []string
		for i := range v.Props {
			props = append(props, v.Props[i].Name+":"+show(&v.Props[i].Value))
		}
		if v.Open {
			props = append(props, "...")
		}
		return "{" + strings.Join(props, " ") + "}"
	}
	if v.Env != "" {
		return "env " + v.Env + " or " + show(v.Default)
	}
	return "?"
}

// TestValue checks what an expression is; it is the initial value of x.
func TestValue(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{`const x = 'a\x41\u0042\u{43}' + "b"`, `"aABCb"`},
		{"const x = `a`", `"a"`},
		{"const x = `a${b}`", "?"},
		{"const x = (1_0) as const", "10"},
		{"const x = [/a\\/b/gi, new RegExp('^a$'), RegExp(`b`, 'y')]", "[/a\\/b/gi /^a$/ /b/y]"},
		{"const a = ['b'], x = [...a, ...c, 'd']", `["b" ? "d"]`},
		{"const a = { b: 1 }, x = { ...a, c: true, d, 'e-f': null, [g]: 2 }", `{b:1 c:true d:? e-f:null ...}`},
		{"const x = { origin(o, cb) {}, get y() {}, async z() {}, w: async (a) => {}, v: function () {} }", "{origin:function y:? z:function w:function v:function}"},
		{"const a = 'b'; const x = a", `"b"`},
		{"let a = 'b'; a = 'c'; const x = a", "?"},
		{"const a = ['b']; a.push('c'); const x = a", "?"},
		{"const a = ['b']; if (a.includes('b')) {} const x = a", `["b"]`},
		{"const a = { b: { c: 'd' } }; const x = a.b.c", `"d"`},
		{"const { b: e } = { b: 'd' }; const x = e", `"d"`},
		{"const x = x", "?"},
		{"const a = b, b = a, x = a", "?"},
		{"const x = process.env.A", "env A or null"},
		{"const x = process.env['A'] || 'b'", `env A or "b"`},
		{"const a = process.env.A ?? 'b', x = a", `env A or "b"`},
		{"const x = process.env.A.split(',')", "env A or null"},
		{"const x = Object.freeze(['a']) satisfies string[]", `["a"]`},
		{"const x: Array<string> = ['a' as const, 'b'!]", `["a" "b"]`},
		{"function a(o, cb) {} const x = a", "function"},
		{"const x = undefined, y = void 0", "null"},
		{"const x = cond ? 'a' : 'b'", "?"},
		{"const x = '\\q'", "?"},
		{"const a = 'b'; function f(a) { const x = a }", "?"},
		{"const x = -5", "-5"},
	} {
		p := parse(t, x.text)
		v := js.Value{}
		for _, i := range p.Names("x") {
			if d := p.Decl(i); d != nil && d.Token == i {
				v = p.Value(d.Init)
			}
		}
		if got := show(&v); got != x.want {
			t.Errorf("%s\n got %s\nwant %s", x.text, got, x.want)
		}
	}
}

// TestCalls checks under which names a module is found.
func TestCalls(t *testing.T) {
	for _, text := range []string{
		"import cors from 'cors'; x(cors(1))",
		"import * as c from 'cors'; c(1)",
		"import { default as c } from \"cors\"; c(1)",
		"import c = require('cors'); c(1)",
		"import { type A, default as c } from 'cors'; c.default(1)",
		"const c = require('cors'); c(1)",
		"const { default: c } = require('cors'); c(1)",
		"const c = require(`cors`).default; c(1)",
		"var a = 1, c = require('cors'), b; c(1)",
		"const c = __importDefault(require('cors')); c.default(1)",
		"const c = (await import('cors')).default; require('cors')(1)",
		"const { default: c } = await import('cors'); c(1)",
		"x.use(require('cors')(1))",
		"import cors from 'cors'; x(cors<Request>(1))",
	} {
		p := parse(t, text)
		calls, _ := p.Calls("cors")
		if len(calls) != 1 || len(calls[0].Args) != 1 || p.Source(calls[0].Args[0]) != "1" {
			t.Errorf("%s: %v", text, calls)
		}
	}
	for _, text := range []string{
		"import { cors } from 'hono/cors'; cors(1)",
		"import cors from 'cors'; function f(cors) { cors(1) }",
		"import cors from 'cors'; x.cors(1)",
		"import type cors from 'cors'; cors(1)",
		"// import cors from 'cors'\ncors(1)",
		"const s = `import cors from 'cors'; cors(1)`",
	} {
		p := parse(t, text)
		if calls, _ := p.Calls("cors"); len(calls) != 0 {
			t.Errorf("%s: %v", text, calls)
		}
	}
	p := parse(t, "const c = require('cors'); app.use(c)")
	if _, uses := p.Calls("cors"); len(uses) != 1 {
		t.Errorf("uses: %v", uses)
	}
}

// TestReceiver checks what a method is called on.
func TestReceiver(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"app.use(a)", "app"},
		{"this.app.use(a)", "this.app"},
		{"express().use(a).use(b)", "express()"},
		{"b; a.b[c](d).e.use(f)", "a.b[c](d).e"},
		{"return app.use(a)", "app"},
		{"x = (a).use(b)", "(a)"},
		{"if (x) app.use(a)", "app"},
	} {
		p := parse(t, x.text)
		if got := p.Source(p.Receiver(p.Members("use")[0])); got != x.want {
			t.Errorf("%s: %s", x.text, got)
		}
	}
}
