package stacks

import (
	"slices"
	"strings"
	"testing"
)

// jsOpenHands are bodies of a middleware (req, res, next) in which not every
// origin is allowed, or not certainly.
var jsOpenHands = []string{
	`const origin = req.headers.origin; if (!lists.get(origin)) return next(); res.setHeader('Access-Control-Allow-Origin', origin); next();`,
	`const origin = allowed.includes(req.headers.origin) ? req.headers.origin : allowed[0]; res.setHeader('Access-Control-Allow-Origin', origin); next();`,
	`res.setHeader('Access-Control-Allow-Origin', check(req.headers.origin)); next();`,
	`let origin = req.get('Origin'); origin = check(origin); res.setHeader('Access-Control-Allow-Origin', origin); next();`,
	`isOk(req.headers.origin) && res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`isOk(req.headers.origin) ? res.setHeader('Access-Control-Allow-Origin', req.headers.origin) : 0; next();`,
	`isOk(req.headers.origin) || res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`switch (req.headers.origin) { case 'https://a.example': res.setHeader('Access-Control-Allow-Origin', req.headers.origin); } next();`,
	`if (blocked.includes(req.headers.origin)) { return next(); } else { res.setHeader('Access-Control-Allow-Origin', req.headers.origin); } next();`,
	`if (!(blocked.includes(req.headers.origin))) { res.setHeader('Access-Control-Allow-Origin', req.headers.origin); } next();`,
	`if (blocked.includes(req.headers.origin)) return next(); res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`if (blocked.indexOf(req.headers.origin) === -1) res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`if (blocked.indexOf(req.headers.origin) < 0) res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`if (isBad(req.headers.origin)) throw new Error('no'); res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`assertAllowed(req.headers.origin); res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`try { check(req.headers.origin); res.setHeader('Access-Control-Allow-Origin', req.headers.origin); } catch {} next();`,
	`for (const o of list) { if (o === req.headers.origin) { res.setHeader('Access-Control-Allow-Origin', req.headers.origin); } } next();`,
	`list.forEach((o) => { if (o === req.headers.origin) res.setHeader('Access-Control-Allow-Origin', req.headers.origin); }); next();`,
	`db.find(req.headers.origin, (err, ok) => { res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next(); });`,
	`while (check(req)) { res.setHeader('Access-Control-Allow-Origin', req.headers.origin); } next();`,
	`if (dev) { res.setHeader('Access-Control-Allow-Origin', '*'); } next();`,
	`if (dev) res.setHeader('Access-Control-Allow-Origin', '*'); next();`,
	`if (allowed.includes(req.headers.origin)) res.setHeader('Access-Control-Allow-Origin', '*'); next();`,
	`if (allowed.includes(req.headers.origin) && dev) res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`if (allowed.includes(req.headers.origin) || dev) res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`if (allowed.includes(req.headers.host)) res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`if (!req.headers.origin.endsWith('.a.example')) { return next(); } res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`,
	`if (req.headers.cookie) return next(); res.setHeader('Access-Control-Allow-Origin', '*'); next();`,
	"res.setHeader('Access-Control-Allow-Origin', `${req.headers.origin}`); next();",
	`res.setHeader('Access-Control-Allow-Origin', req.headers.origin.replace('a', 'b')); next();`,
	`res.setHeader('Access-Control-Allow-Origin', req.headers.origin || fallback); next();`,
	`res.setHeader('Access-Control-Allow-Origin', known[req.headers.origin]); next();`,
	`res.setHeader('Access-Control-Allow-Origin', req.headers.originalOrigin); next();`,
	`const { origin } = settings; res.setHeader('Access-Control-Allow-Origin', origin); next();`,
	`const { origin } = pick(req.headers); res.setHeader('Access-Control-Allow-Origin', origin); next();`,
	`label: { if (bad) break label; res.setHeader('Access-Control-Allow-Origin', req.headers.origin); } next();`,
}

// TestJSHandOpen checks that headers which a condition decides about are not read
// as if every origin were allowed, and that lint does not say so.
func TestJSHandOpen(t *testing.T) {
	for _, body := range jsOpenHands {
		for _, credentials := range []string{"", "res.setHeader('Access-Control-Allow-Credentials', 'true'); "} {
			text := "const app = require('express')();\nconst allowed = ['https://a.example'], blocked = ['https://evil.example'];\napp.use((req, res, next) => { " + credentials + body + " });\n"
			checkOpen(t, text, readExpress(expressTree(map[string]string{"app.js": text})))
		}
	}
}

// checkOpen checks that sites say nothing about which origins are allowed but that
// it is known only when the program runs.
func checkOpen(t *testing.T, text string, sites []*Site) {
	t.Helper()
	dynamic := false
	for _, s := range sites {
		for _, e := range s.Draft.Entries {
			if e.Field == "allow_origins" || strings.HasPrefix(e.Field, "dangerously") {
				t.Errorf("%s\nis read as %s: %s", text, e.Field, e.Value)
			}
		}
		for _, r := range s.Draft.Remarks {
			dynamic = dynamic || r.Kind == Dynamic && (r.Field == "allow_origins" || r.Field == "")
			if r.Kind == Lost && strings.HasPrefix(r.Text, "Every ") {
				t.Errorf("%s\nis read as every origin: %s", text, r.Text)
			}
		}
		for _, f := range s.Faults {
			if strings.HasPrefix(f.Rule.Title, "Every origin is allowed") {
				t.Errorf("%s\nbreaks %s", text, f.Rule.ID)
			}
		}
	}
	if !dynamic {
		t.Errorf("%s\nis not dynamic: %s", text, showExpress(sites))
	}
}

// TestJSHandKnown checks that lookups of the origin which are understood are read.
func TestJSHandKnown(t *testing.T) {
	for _, c := range []struct {
		body string
		want []string
	}{
		{`const origin = req.headers.origin; if (!allowed.includes(origin)) return next(); res.setHeader('Access-Control-Allow-Origin', origin); next();`, []string{"https://a.example"}},
		{`const origin = req.get('Origin'); if (!origin || !allowed.includes(origin)) { return next(); } res.setHeader('Access-Control-Allow-Origin', origin); next();`, []string{"https://a.example"}},
		{`const { origin } = req.headers; if (origin && allowed.includes(origin)) { res.setHeader('Access-Control-Allow-Origin', origin); } next();`, []string{"https://a.example"}},
		{`if (allowed.indexOf(req.headers.origin) !== -1) res.setHeader('Access-Control-Allow-Origin', req.headers.origin); next();`, []string{"https://a.example"}},
		{`if (req.headers.origin === 'https://b.example') res.setHeader('Access-Control-Allow-Origin', 'https://b.example'); next();`, []string{"https://b.example"}},
		{`if (req.headers.origin) { res.setHeader('Access-Control-Allow-Origin', req.headers.origin); } next();`, []string{"*"}},
		{`if (!req.headers.origin) return next(); res.setHeader('Access-Control-Allow-Origin', req.header("origin")); next();`, []string{"*"}},
		{`if (req.method === 'OPTIONS') { return res.sendStatus(204); } res.setHeader('Access-Control-Allow-Origin', req.headers['origin'] || '*'); next();`, []string{"*"}},
		{`console.log(req.url); res.setHeader('Access-Control-Allow-Origin', '*'); next();`, []string{"*"}},
	} {
		text := "const app = require('express')();\nconst allowed = ['https://a.example'];\napp.use((req, res, next) => { " + c.body + " });\n"
		sites := readExpress(expressTree(map[string]string{"app.js": text}))
		var got []string
		for _, e := range sites[0].Draft.Entries {
			got = append(got, e.Value)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s\n%s", text, showExpress(sites))
		}
	}
}

// TestJSFunctionsOpen checks functions for the origin that do more than to look it
// up.
func TestJSFunctionsOpen(t *testing.T) {
	for _, f := range []string{
		`(o) => list.some(a => a === o) || check(o) ? o : null`,
		`(o) => { const ok = check(o); if (!ok) return null; return o }`,
		`(o) => { const bad = check(o); return bad ? null : o }`,
		`(o) => { try { if (!check(o)) return null } catch {} ; return o }`,
		`(o) => { if (blocked.has(o)) throw new Error('no'); return o }`,
		`(o) => { const bad = check(o), _ = bad && fail(); return o }`,
		`async (o) => (await check(o)) && o`,
		`(o) => { console.assert(check(o)) || fail(); return check(o) && o }`,
		`(o) => { let x = o; x = map[x]; return x }`,
		`(o) => o.replace('a', 'b')`,
		`(o) => { for (const a of list) { if (a === o) return o } }`,
		`(o) => { const u = new URL(o); return u.host === 'a.example' ? o : null }`,
		`(o) => patterns.some(a => a === o) ? o : null`,
	} {
		text := "import { Hono } from 'hono'; import { cors } from 'hono/cors'; const app = new Hono();\nconst list = ['https://b.example'], patterns = [/^https:\\/\\/a\\.example$/];\napp.use(cors({ origin: " + f + " }));\n"
		checkOpen(t, text, Lookup("hono").Source.Read(expressTree(map[string]string{"app.ts": text})))
	}
}

// TestJSSomeWithRegExp checks that a regular expression which is compared with ===
// allows nothing.
func TestJSSomeWithRegExp(t *testing.T) {
	for _, text := range []string{
		"import { Hono } from 'hono'; import { cors } from 'hono/cors'; const app = new Hono();\nconst list = [/^https:\\/\\/.*\\.a\\.example$/, 'https://b.example'];\napp.use(cors({ origin: (o) => list.some(a => a === o) ? o : null, allowMethods: [] }));\n",
		"import { Hono } from 'hono'; import { cors } from 'hono/cors'; const app = new Hono();\nconst list = [/^https:\\/\\/.*\\.a\\.example$/, 'https://b.example'];\napp.use(cors({ origin: (o) => list.some(a => o === a) ? o : null, allowMethods: [] }));\n",
	} {
		sites := Lookup("hono").Source.Read(expressTree(map[string]string{"app.ts": text}))
		if got := showExpress(sites); !strings.Contains(got, "allow_origins: https://b.example ") || strings.Contains(got, "regexps") || strings.Contains(got, "a.example at") {
			t.Errorf("%s\n%s", text, got)
		}
	}
}

// TestJSHandPreflight checks that an origin which only preflights are answered with
// is not read as allowed.
func TestJSHandPreflight(t *testing.T) {
	for _, c := range []struct {
		body, want string
		remark     bool
	}{
		{`if (req.method === 'OPTIONS') { res.set('Access-Control-Allow-Origin', '*'); return res.sendStatus(204); } next();`, "", true},
		{`if (req.method === 'OPTIONS') res.set('Access-Control-Allow-Origin', '*'); next();`, "", true},
		{`res.set('Access-Control-Allow-Origin', 'https://a.example'); if (req.method === 'OPTIONS') { res.set('Access-Control-Allow-Origin', '*'); return res.sendStatus(204); } next();`, "https://a.example", false},
		{`if (req.method === 'OPTIONS') { return res.sendStatus(204); } res.set('Access-Control-Allow-Origin', '*'); next();`, "*", false},
	} {
		text := "const app = require('express')();\napp.use((req, res, next) => { " + c.body + " });\n"
		sites := readExpress(expressTree(map[string]string{"app.js": text}))
		got := ""
		for _, e := range sites[0].Draft.Entries {
			got += e.Value
		}
		if got != c.want || strings.Contains(showExpress(sites), "preflights only") != c.remark {
			t.Errorf("%s\n%s", c.body, showExpress(sites))
		}
	}
}

// TestJSRequestOrigin checks that only the header of the request is read as its
// origin.
func TestJSRequestOrigin(t *testing.T) {
	for _, c := range []struct {
		stack, origin string
		repeats       bool
	}{
		{"express", "config.get('origin')", false},
		{"express", "config.headers.origin", false},
		{"express", "res.get('origin')", false},
		{"express", "res.req.get('origin')", true},
		{"express", "req.get('origin')", true},
		{"express", "req?.headers?.origin", true},
		{"koa", "ctx.get('Origin')", true},
		{"koa", "ctx.request.headers.origin", true},
		{"koa", "config.get('origin')", false},
		{"hono", "c.req.header('origin')", true},
		{"hono", "c.get('origin')", false},
		{"hono", "config.get('origin')", false},
	} {
		text := map[string]string{
			"express": "const app = require('express')();\nconst config = require('config');\napp.use((req, res, next) => { res.set('Access-Control-Allow-Origin', ORIGIN); next(); });\n",
			"koa":     "const Koa = require('koa');\nconst config = require('config');\nconst app = new Koa();\napp.use(async (ctx, next) => { ctx.set('Access-Control-Allow-Origin', ORIGIN); await next(); });\n",
			"hono":    "import { Hono } from 'hono';\nimport config from 'config';\nconst app = new Hono();\napp.use(async (c, next) => { c.header('Access-Control-Allow-Origin', ORIGIN); await next(); });\n",
		}[c.stack]
		sites := Lookup(c.stack).Source.Read(expressTree(map[string]string{"app.js": strings.Replace(text, "ORIGIN", c.origin, 1)}))
		if got := showExpress(sites); strings.Contains(got, "allow_origins: *") != c.repeats {
			t.Errorf("%s: %s\n%s", c.stack, c.origin, got)
		}
	}
}
