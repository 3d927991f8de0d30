package stacks

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// sortedText returns a policy as a file; its origins, methods and headers are sorted,
// and what is implied is left out.
func sortedText(t *testing.T, p cors.Policy) string {
	t.Helper()
	sorted := func(list []string) []string {
		list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(simpleMethods, s) })
		slices.Sort(list)
		return list
	}
	p.AllowOrigins, p.AllowMethods, p.AllowHeaders, p.ExposeHeaders = sorted(p.AllowOrigins), sorted(p.AllowMethods), sorted(p.AllowHeaders), sorted(p.ExposeHeaders)
	if p.AllowCredentials && slices.Contains(p.AllowHeaders, "*") {
		p.AllowHeaders = []string{"*"}
	}
	text, err := policyfile.Marshal(map[string]cors.Policy{"app": p})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestExpressRoundTrip checks that what the snippet of a policy says is read as
// the same policy, wherever the stack can say it, and that corsac fix makes the
// same of it.
func TestExpressRoundTrip(t *testing.T) {
	testenv.OneGoroutine(t)
	r := rand.New(rand.NewPCG(1, 2))
	valid, expressible := 0, 0
	for range testenv.Rounds(400, 100) {
		p := *randomPolicy(r, withTiming, withStatus, withZeroAge, withAllHeaders)
		valid++
		snippet := Lookup("express").Snippet(&p)
		if len(snippet.Lost)+len(snippet.Wider) > 0 {
			continue
		}
		expressible++
		code := "const app = require('express')();\n" + snippet.Code + "\n"
		for _, text := range []string{code, strings.ReplaceAll(code, "\n", "\r\n")} {
			sites := readExpress(expressTree(map[string]string{"app.js": text}))
			if len(sites) != 1 || len(sites[0].Draft.Remarks) > 0 {
				t.Fatalf("%s\n%s", text, showExpress(sites))
			}
			got, err := sites[0].Draft.Policy()
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if sortedText(t, *got) != sortedText(t, p) {
				t.Fatalf("%s\nis read as\n%s\nand was\n%s", text, sortedText(t, *got), sortedText(t, p))
			}
		}
		fixed(t, &p)
	}
	share := 100 * expressible / valid
	t.Logf("%d of %d policies, %d %%, can be said with the package cors", expressible, valid, share)
	if share < 60 {
		t.Errorf("only %d %%", share)
	}
}

// expressWant returns a want of all of a policy.
func expressWant(t *testing.T, p *cors.Policy) *Want {
	t.Helper()
	w := &Want{Set: map[string][]string{}}
	set := func(field string, values ...string) {
		if len(values) > 0 {
			w.Set[field] = values
		}
	}
	set("allow_origins", p.AllowOrigins...)
	set("dangerously_allow_origin_regexps", p.DangerouslyAllowOriginRegexps...)
	set("allow_methods", p.AllowMethods...)
	set("allow_headers", p.AllowHeaders...)
	set("expose_headers", p.ExposeHeaders...)
	set("allow_credentials", fmt.Sprint(p.AllowCredentials))
	if d, ok := p.MaxAge.Duration(); ok {
		set("max_age", d.String())
	}
	if p.PreflightStatus != 0 {
		set("preflight_status", fmt.Sprint(p.PreflightStatus))
	}
	return w
}

// before are projects that fix changes; each has a file app.js.
var before = []string{
	"const app = require('express')();\n",
	"import express from 'express'\nimport cors from 'cors'\nconst app = express()\napp.get('/', (q, r) => r.end())\napp.use(cors({ origin: ['https://old.example', 'https://app.example.com'], methods: 'GET,DELETE', headers: ['X-Old'], credentials: true }))\n",
	"const express = require('express');\r\nconst cors = require('cors');\r\nconst app = express();\r\napp.use(cors());\r\n",
	"const express = require(\"express\");\nconst cors = require(\"cors\");\nconst app = express();\nconst options = {\n\torigin: [\n\t\t\"http://localhost:3000\",\n\t\t/^https:\\/\\/old\\.example$/, // old\n\t],\n\tmethods: [\"PUT\", \"PATCH\",],\n\tallowedHeaders: \"X-Old, Content-Type\",\n\texposedHeaders: [\"ETag\"],\n\tmaxAge: 1\n};\napp.use(cors(options));\n",
}

// fixed checks that a change makes each of the projects do what a policy says,
// and that a second one does nothing.
func fixed(t *testing.T, p *cors.Policy) {
	t.Helper()
	for _, text := range before {
		w := expressWant(t, p)
		for _, field := range []string{"allow_origins", "dangerously_allow_origin_regexps", "expose_headers", "max_age", "allow_headers", "allow_methods", "preflight_status"} {
			if !w.Sets(field) { // as files with everything have it
				w.Set[field] = nil
			}
		}
		project := map[string]string{"app.js": text}
		changed, notes := changeExpressProject(t, project, w)
		sites := readExpress(expressTree(changed))
		if len(sites) != 1 {
			t.Fatalf("%s\n%s", changed["app.js"], notes)
		}
		got, err := sites[0].Draft.Policy()
		if err != nil {
			t.Fatalf("%v\n%s", err, changed["app.js"])
		}
		if p.MaxAge == (cors.MaxAge{}) {
			got.MaxAge = cors.MaxAge{} // what is there and not asked for
		}
		if sortedText(t, *got) != sortedText(t, *p) {
			t.Fatalf("%s\nbecame\n%s\nwhich is\n%s\nnot\n%s", text, changed["app.js"], sortedText(t, *got), sortedText(t, *p))
		}
		if again, _ := changeExpressProject(t, changed, w); !maps.Equal(again, changed) {
			t.Fatalf("a second change of\n%s\nmakes\n%s", changed["app.js"], again["app.js"])
		}
	}
}

// TestExpressBytes checks that every byte outside of a change stays as it is:
// line ends, tabs, JSX, generics, templates and regular expressions.
func TestExpressBytes(t *testing.T) {
	const head = "#!/usr/bin/env node\r\n\ufeffimport express, { type Request } from 'express';\r\nimport cors from 'cors';\r\n"
	const odd = "\tconst a = `x${`y${1 / 2}`}` + /[/'\"`]{2,}$/gu.source, b = <T,>(x: Array<Map<string, T>>) => x;   \r\n" +
		"\tconst view = <div title='it\\' {...a}>it's {`${a}`} /* no comment */ // either\t<b/> &amp;</div>;\r\n" +
		"\tlet n = 1_000 / 2 / (a as any)!.length; label: for (;;) break label;\r\n"
	const app = "const app = express();\r\n"
	const options = "app.use(cors({ origin: 'http://localhost:1234' }));\r\n"
	const tail = "app.get('/', (req: Request, res) => {\r\n" + odd + "});\r\nexport default app"
	for _, middle := range []string{"", odd} {
		text := head + middle + app + options + odd + tail
		project := map[string]string{"app.tsx": text}
		changed, notes := changeExpressProject(t, project, &Want{Set: map[string][]string{"allow_origins": {"https://app.example.com"}, "allow_headers": {"X-A"}}})
		want := head + middle + app + "app.use(cors({ origin: ['https://app.example.com'], methods: ['GET', 'HEAD', 'POST'], allowedHeaders: ['X-A'] }));\r\n" + odd + tail
		if changed["app.tsx"] != want {
			t.Errorf("%q\nwant\n%q\n%s", changed["app.tsx"], want, notes)
		}
	}
}

// FuzzExpress checks that nothing panics, that what a change writes can be read,
// and that a second change does nothing.
func FuzzExpress(f *testing.F) {
	for _, text := range before {
		f.Add(text, "https://app.example.com")
	}
	f.Add("app.use((req, res, next) => { res.set('Access-Control-Allow-Origin', '*'); next() })\nconst app = express()\nimport express from 'express'", "*")
	f.Add("const express = require('express'), app = express().use(cors()).get('/', cors(), h); var cors = require('cors')", "http://localhost:3000")
	f.Fuzz(func(t *testing.T, text, origin string) {
		project := map[string]string{"app.ts": text, "package.json": `{"dependencies":{"express":"5"}}`}
		tree := expressTree(project)
		showExpress(readExpress(tree))
		w := &Want{Set: map[string][]string{"allow_origins": {origin}}}
		changed, notes := changeExpressProject(t, project, w)
		if strings.HasPrefix(notes, "error") {
			return
		}
		if _, err := js.Parse(changed["app.ts"], js.TypeScript); err != nil {
			t.Fatalf("%v\n%s\nbecame\n%s", err, text, changed["app.ts"])
		}
	})
}

// TestExpressLong checks that large files do not take long, whatever they have.
func TestExpressLong(t *testing.T) {
	testenv.OneGoroutine(t)
	const head = "const express = require('express'), cors = require('cors'), app = express();\n"
	for _, line := range []string{
		"app.use(cors());\n", "app.use('/x', cors({ origin: ['https://a.example.com'] }), cors());\n", "app.options('*', cors());\n", "app.get('/x', (req, res) => res.set('Access-Control-Allow-Origin', '*').end());\n",
		"app.use((req, res, next) => { res.set('Access-Control-Allow-Origin', '*'); next(); });\n", "app.use((e, req, res, next) => { res.removeHeader('x'); });\n", "app.use(express.json());\n", ".use(cors())", "express().use(cors());\n", "app.get(x, cors);\n",
	} {
		start := time.Now()
		if strings.HasPrefix(line, ".") {
			line = "app" + strings.Repeat(line, 1+len(line)/20)
		}
		project := map[string]string{"app.js": head + strings.Repeat(line, 100_000/len(line))}
		changeExpressProject(t, project, &Want{Set: map[string][]string{"allow_origins": {"http://localhost:3000"}}})
		if took := time.Since(start); took > 8*time.Second {
			t.Errorf("%q took %v", line, took)
		} else {
			t.Log(took, line)
		}
	}
}
