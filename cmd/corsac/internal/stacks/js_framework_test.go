package stacks

import (
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

// frameworkHeads are what comes before the snippets of frameworks.
var frameworkHeads = map[string]string{
	"nest":    "const app = await NestFactory.create(AppModule);\n",
	"fastify": "const fastify = require('fastify')();\n",
	"koa":     "const Koa = require('koa');\nconst app = new Koa();\n",
	"hono":    "import { Hono } from 'hono';\nconst app = new Hono();\n",
}

// TestFrameworkRoundTrip checks that the snippet of a policy reads back as the same
// policy, without a mistake in it, wherever the framework can say it.
func TestFrameworkRoundTrip(t *testing.T) {
	for stack, head := range frameworkHeads {
		t.Run(stack, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			valid, expressible := 0, 0
			for range testenv.Rounds(400, 100) {
				p := *randomPolicy(r, withTiming, withStatus, withZeroAge, withAllHeaders)
				if stack == "koa" || stack == "hono" {
					p.PreflightStatus = 0 // theirs is fixed
				}
				valid++
				snippet := Lookup(stack).Snippet(&p)
				if len(snippet.Lost)+len(snippet.Wider) > 0 {
					continue
				}
				expressible++
				for _, code := range []string{head + snippet.Code, strings.ReplaceAll(head+snippet.Code, "\n", "\r\n")} {
					checkFramework(t, stack, snippet.File, code, p)
				}
			}
			share := 100 * expressible / valid
			t.Logf("%d of %d policies, %d %%, can be said with %s", expressible, valid, share, stack)
			if share < 60 {
				t.Errorf("only %d %%", share)
			}
		})
	}
}

// checkFramework checks what is read of the snippet of a policy.
func checkFramework(t *testing.T, stack, file, code string, p cors.Policy) {
	t.Helper()
	sites := Lookup(stack).Source.Read(expressTree(map[string]string{path.Base(file): code}))
	if len(sites) != 1 || len(sites[0].Draft.Remarks) > 0 {
		t.Fatalf("%s\n%s", code, showExpress(sites))
	}
	got, err := sites[0].Draft.Policy()
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	if sortedText(t, *got) != sortedText(t, p) {
		t.Fatalf("%s\nis read as\n%s\nand was\n%s", code, sortedText(t, *got), sortedText(t, p))
	}
	for _, f := range sites[0].Faults {
		wanted := f.Rule.ID == stack+"/headers-reflected" && slices.Contains(p.AllowHeaders, "*") || stack == "nest" && strings.HasSuffix(f.Rule.ID, "/headers-reflected") && slices.Contains(p.AllowHeaders, "*")
		if f.Rule.Severity != finding.Note && !wanted {
			t.Fatalf("%s\nhas %s", code, showExpress(sites))
		}
	}
}

// TestParsedOnce checks that each file is parsed once for all readers of a tree, also
// the package.json, and one that cannot be parsed.
func TestParsedOnce(t *testing.T) {
	tree := expressTree(map[string]string{"app.js": "const app = require('express')();\napp.use(cors());\n", "package.json": "{}", "broken.js": "cors({\n"})
	parse := func(name string) *js.Program {
		p, err := parseJS(tree, tree.Open(name))
		if (err != nil) != (name == "broken.js") {
			t.Error(name, err)
		}
		return p
	}
	for _, name := range []string{"app.js", "package.json"} {
		if first := parse(name); first != parse(name) {
			t.Errorf("%s is parsed twice", name)
		}
	}
	parse("broken.js")
	first, second := jsFiles(tree, "cors"), jsFiles(tree, "cors")
	if len(first) != 1 || len(second) != 1 || first[0].Program != second[0].Program || first[0].Program != parse("app.js") {
		t.Errorf("%d and %d files; app.js is parsed twice", len(first), len(second))
	}
	if nearestPackage(tree, "app.js").Program != parse("package.json") {
		t.Error("package.json is parsed twice")
	}
}

// TestModuleBounds checks that modules which import one another, and many of them,
// are read in no time.
func TestModuleBounds(t *testing.T) {
	files := map[string]string{"app.js": "const app = require('express')();\n"}
	var app, many strings.Builder
	app.WriteString(files["app.js"])
	for range 300 {
		app.WriteString("app.use(require('cors')(require('./a')));\n")
	}
	for range 4000 {
		many.WriteString("...require('./b'), ")
	}
	files["app.js"] = app.String()
	files["a.js"] = "module.exports = { origin: [" + many.String() + "] };\n"
	files["b.js"] = "module.exports = [" + strings.Repeat("'https://a.example', ", 4000) + "...require('./a').origin];\n"
	if sites := readExpress(expressTree(files)); len(sites) != 300 {
		t.Errorf("%d sites", len(sites))
	}
}

// TestModuleNames checks which file a relative import means.
func TestModuleNames(t *testing.T) {
	for module, file := range map[string]string{
		"./o": "src/o.js", "./o.js": "src/o.ts", "./o.mjs": "src/o.mts", "./d": "src/d/index.cjs", "../o": "o.mjs", "./o.json": "src/o.json", "./j": "src/j.json",
		"./a b[1]": "src/a b[1].js", "./../src/o": "src/o.cjs",
	} {
		text := "module.exports = { origin: ['https://a.example'] }"
		if strings.HasSuffix(file, ".json") {
			text = `{"origin": ["https://a.example"]}`
		}
		sites := readExpress(expressTree(map[string]string{
			"src/app.js": "require('express')().use(require('cors')(require('" + module + "')));",
			file:         text, "o": "", "src/o/x.js": "",
		}))
		if len(sites) != 1 || len(sites[0].Draft.Entries) == 0 || sites[0].Draft.Entries[0].File.Name != file {
			t.Errorf("%s: %s", module, showExpress(sites))
		}
	}
	for _, module := range []string{"../../o", "o", "/o", "./none", "./bad", "./app"} {
		sites := readExpress(expressTree(map[string]string{
			"src/app.js": "require('express')().use(require('cors')(require('" + module + "')));",
			"o.js":       "module.exports = {}", "src/bad.js": "module.exports = {",
		}))
		if len(sites) != 1 || len(sites[0].Draft.Entries) > 0 {
			t.Errorf("%s: %s", module, showExpress(sites))
		}
	}
}

// FuzzFrameworks checks that reading never fails, and that edits are within their
// file.
func FuzzFrameworks(f *testing.F) {
	for stack, head := range frameworkHeads {
		p := cors.Policy{AllowOrigins: []string{"https://a.example", "https://*.b.example"}, AllowMethods: []string{"PUT"}, AllowCredentials: true}
		f.Add(head+Lookup(stack).Snippet(&p).Code, "module.exports = { origin: 'x' };")
	}
	f.Add("import {a} from './o'; import { cors } from 'hono/cors'; app.use('/x', cors({origin: (o) => a.includes(o) ? o : a[0], allowMethods: 'A,B'})); app.get('/x', cors(), (c) => c.json({}, 200, {'Access-Control-Allow-Origin': '*'}))", "export const a = ['https://a.example/']; export * from './m'; export { b as c, d }; export default function x() {}")
	f.Add("const cors = require('@koa/cors'); app.use(cors({...require('./o'), origin: (ctx) => { const o = ctx.get('Origin'); if (!o) return ''; if (/x/g.test(o)) { return o; } return list[0]; }, keepHeadersOnError: false}))", "exports.origin = ['a']; exports.origin.push('b'); module.exports.x = require('./m')")
	f.Add("fastify.register(require('@fastify/cors'), {origin: o => o == 'x', hook: 'preHandler'}); module.exports = async function (fastify, o) { fastify.register(import('@fastify/cors')) }", "{\"origin\": true}")
	f.Fuzz(func(t *testing.T, text, other string) {
		for _, name := range []string{"m.js", "m.ts", "m.tsx"} {
			tree := expressTree(map[string]string{name: text, "o.js": other, "o/index.json": other})
			for _, stack := range []string{"express", "nest", "fastify", "koa", "hono"} {
				for _, s := range Lookup(stack).Source.Read(tree) {
					_ = showExpress([]*Site{s})
					for _, fault := range s.Faults {
						if _, err := source.Apply(fault.File.Text, fault.Edits); err != nil {
							t.Errorf("%s: %v", fault.Rule.ID, err)
						}
					}
				}
			}
		}
	})
}
