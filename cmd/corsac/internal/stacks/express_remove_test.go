package stacks

import (
	"strings"
	"testing"
)

// notOnlyCORS are bodies of middlewares that do more than CORS, with what must
// stay of them.
var notOnlyCORS = []struct{ name, body, stays string }{
	{"key before next", `res.header('Access-Control-Allow-Origin', '*'); if (req.headers['x-api-key'] === process.env.KEY) next();`, `if (req.headers['x-api-key'] === process.env.KEY) next();`},
	{"tenant", `res.header('Access-Control-Allow-Origin', '*'); req.tenant = req.get('X-Tenant'); next();`, `req.tenant = req.get('X-Tenant');`},
	{"key with OPTIONS", `res.header('Access-Control-Allow-Origin', '*'); if (req.method === 'OPTIONS' || req.get('x-api-key') !== KEY) return res.sendStatus(401); next();`, `if (req.method === 'OPTIONS' || req.get('x-api-key') !== KEY) return res.sendStatus(401);`},
	{"role", `res.header('Access-Control-Allow-Origin', '*'); if (!req.get('x-role').includes('admin')) return next('route'); next();`, `return next('route')`},
	{"error passed on", `res.set('Access-Control-Allow-Origin', '*'); next(req.headers.key ? undefined : denied);`, `next(req.headers.key ? undefined : denied)`},
	{"else of OPTIONS", `res.set('Access-Control-Allow-Origin', '*'); if (req.method === 'OPTIONS') { res.sendStatus(204); } else if (req.get('x-key') === KEY) { next(); }`, `else if (req.get('x-key') === KEY) { next(); }`},
	{"refusal of OPTIONS", `res.set('Access-Control-Allow-Origin', '*'); if (req.method === 'OPTIONS') return res.sendStatus(403); next();`, `return res.sendStatus(403)`},
	{"not OPTIONS", `res.set('Access-Control-Allow-Origin', '*'); if (req.method !== 'OPTIONS') return res.status(401).end(); next();`, `res.status(401).end()`},
	{"other header", `res.set({ 'Access-Control-Allow-Origin': '*', 'X-Frame-Options': 'DENY' }); next();`, `'X-Frame-Options': 'DENY'`},
	{"other vary", `res.set('Access-Control-Allow-Origin', '*'); res.vary('Accept-Language'); next();`, `res.vary('Accept-Language');`},
	{"value with effect", `res.set('Access-Control-Allow-Origin', claim(req)); next();`, `claim(req)`},
	{"condition with effect", `if (consume(req)) res.set('Access-Control-Allow-Origin', '*'); next();`, `consume(req)`},
	{"assignment in condition", `if (req.user = lookup) res.set('Access-Control-Allow-Origin', '*'); next();`, `req.user = lookup`},
	{"and", `req.headers.key === KEY && next(); res.set('Access-Control-Allow-Origin', '*');`, `req.headers.key === KEY && next();`},
	{"no next", `res.set('Access-Control-Allow-Origin', '*');`, `(req, res, next)`},
	{"loop", `for (const o of list) { if (o === req.get('origin')) { res.set('Access-Control-Allow-Origin', o); } else next(); } `, `else next();`},
	{"switch", `switch (req.get('x-plan')) { case 'free': return next('router'); } res.set('Access-Control-Allow-Origin', '*'); next();`, `return next('router')`},
	{"try", `try { check.get(req); } catch { return res.send('no'); } res.set('Access-Control-Allow-Origin', '*'); next();`, `return res.send('no')`},
	{"locals", `res.locals.nonce = req.get('x-nonce'); res.set('Access-Control-Allow-Origin', '*'); next();`, `res.locals.nonce = req.get('x-nonce');`},
	{"declared with effect", `const user = sessions.get(req.cookies.sid, true); res.set('Access-Control-Allow-Origin', '*'); next();`, `sessions.get(req.cookies.sid, true)`},
	{"store", `const left = quota.get(req.ip); res.set('Access-Control-Allow-Origin', '*'); next();`, `quota.get(req.ip)`},
	{"delete", `delete req.headers['x-internal']; res.set('Access-Control-Allow-Origin', '*'); next();`, `delete req.headers['x-internal'];`},
	{"removed header of others", `res.removeHeader('X-Powered-By'); res.set('Access-Control-Allow-Origin', '*'); next();`, `res.removeHeader('X-Powered-By');`},
	{"body for OPTIONS", `res.set('Access-Control-Allow-Origin', '*'); if (req.method === 'OPTIONS') { audit.get(req); return res.sendStatus(204); } next();`, `audit.get(req);`},
	{"key in the branch of OPTIONS", `res.set('Access-Control-Allow-Origin', '*'); if (req.method === 'OPTIONS' && req.get('x-key') === KEY) return res.sendStatus(204); next();`, `req.get('x-key') === KEY`},
	{"early next", `if (req.path.startsWith('/health')) return next(); res.set('Access-Control-Allow-Origin', '*'); if (req.headers.key !== KEY) return; next();`, `if (req.headers.key !== KEY) return;`},
	{"tagged", "res.set('Access-Control-Allow-Origin', tag`x`); next();", "tag`x`"},
	{"limiter", `if (limiter.test(req.ip)) res.set('Access-Control-Allow-Origin', '*'); next();`, `limiter.test(req.ip)`},
	{"room", `const who = req.rooms.join(req.ip); res.set('Access-Control-Allow-Origin', '*'); next();`, `req.rooms.join(req.ip)`},
	{"made", `const l = make(); if (l.includes(req.ip)) { res.set('Access-Control-Allow-Origin', '*'); } next();`, `l.includes(req.ip)`},
	{"get of others", `if (store.get(req.ip).includes(1)) { res.set('Access-Control-Allow-Origin', '*'); } next();`, `store.get(req.ip).includes(1)`},
	{"got before", `const l = store.get('x'); if (l.includes(req.ip)) res.set('Access-Control-Allow-Origin', '*'); next();`, `l.includes(req.ip)`},
	{"new", `const t = new Timer(req); res.set('Access-Control-Allow-Origin', '*'); next();`, `new Timer(req)`},
}

// TestExpressKeepsOtherCode checks that corsac fix takes nothing away that does
// more than CORS.
func TestExpressKeepsOtherCode(t *testing.T) {
	want := parseExpressWant(t, "allow_origins: https://app.example.com")
	for _, c := range notOnlyCORS {
		for _, shape := range []string{"app.use((req, res, next) => { BODY });", "app.use(guard);\nfunction guard(req, res, next) { BODY }", "const guard = function (req, res, next) { BODY }, other = 1;\napp.use(guard);"} {
			text := "const express = require('express');\nconst app = express();\n" + strings.ReplaceAll(shape, "BODY", c.body) + "\napp.get('/items', (req, res) => res.json([]));\napp.listen(3000);\n"
			changed, notes := changeExpressProject(t, map[string]string{"app.js": text}, want)
			got := changed["app.js"]
			if strings.Contains(shape, "other") && !strings.Contains(got, "other = 1;") || !strings.Contains(got, c.stays) || !strings.Contains(got, "app.use(cors(") {
				t.Errorf("%s: %q is gone from\n%s\n%s\n%s", c.name, c.stays, text, got, notes)
			}
			if strings.Contains(got, "Access-Control-Allow-Origin") && !strings.Contains(notes, "line ") {
				t.Errorf("%s: the header is left without a word:\n%s\n%s", c.name, got, notes)
			}
		}
	}
}

// TestExpressOnlyCORS checks that a middleware that does nothing else is replaced
// as a whole.
func TestExpressOnlyCORS(t *testing.T) {
	want := parseExpressWant(t, "allow_origins: https://app.example.com")
	for _, body := range []string{
		`res.header('Access-Control-Allow-Origin', '*'); next();`,
		`res.set('Access-Control-Allow-Origin', '*').set('Vary', 'Origin'); return next();`,
		`const origin = req.headers.origin; if (['https://a.example'].includes(origin)) { res.setHeader('Access-Control-Allow-Origin', origin); res.vary('Origin'); } next();`,
		`res.set({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Methods': 'PUT' }); if ('OPTIONS' == req.method) { res.send(200); } else { next(); }`,
		`res.header('Access-Control-Allow-Origin', req.get('Origin') || '*'); if (req.method === 'OPTIONS') { res.header('Access-Control-Allow-Methods', 'PUT'); return res.status(200).json({}); } next();`,
		`res.header('Access-Control-Allow-Origin', '*'); if (req.method.toUpperCase() === 'OPTIONS') { res.setHeader('Content-Length', '0'); res.statusCode = 204; res.end(); return; } next();`,
		`res.header('Access-Control-Allow-Origin', '*'); if (req.method === 'OPTIONS') { res.writeHead(204, { 'Access-Control-Max-Age': '60' }); res.end(); } else next();`,
		`const list = (process.env.ORIGINS || 'https://a.example').split(','); const origin = req.headers.origin; if (list.includes(origin) || /^https:/.test(origin) || origin.endsWith('.a.example')) res.set('Access-Control-Allow-Origin', origin); next();`,
		`if (req.get('Origin').startsWith('https:') && req.headers['x'].trim() && req.path.split('/').includes('a')) res.set('Access-Control-Allow-Origin', '*'); next();`,
		`res.removeHeader('Access-Control-Allow-Headers'); res.header('Access-Control-Allow-Origin', '*'); next();`,
	} {
		text := "const express = require('express');\nconst app = express();\napp.use((req, res, next) => { " + body + " });\napp.get('/items', (req, res) => res.json([]));\n"
		changed, notes := changeExpressProject(t, map[string]string{"app.js": text}, want)
		if got := changed["app.js"]; strings.Contains(got, "next") {
			t.Errorf("%s\n%s\n%s", body, got, notes)
		}
	}
}

// TestExpressOtherPath checks that what a middleware allows below one path does not
// become what the whole app allows.
func TestExpressOtherPath(t *testing.T) {
	text := "const express = require('express');\nconst app = express();\napp.use('/public', (req, res, next) => { res.set('Access-Control-Allow-Origin', '*'); next(); });\napp.get('/items', (req, res) => res.json([]));\n"
	for _, c := range []struct{ want, in, notes string }{
		{"max_age: 600", "app.use('/public', (req", "the policy allows no origin"},
		{"path: /public\nmax_age: 600", "  maxAge: 600,", ""},
		{"allow_origins: https://a.example", "app.use(cors({\n  origin: ['https://a.example']", "No longer allowed: "},
	} {
		changed, notes := changeExpressProject(t, map[string]string{"app.js": text}, parseExpressWant(t, c.want))
		if got := changed["app.js"]; !strings.Contains(got, c.in) || !strings.Contains(notes, c.notes) {
			t.Errorf("%s\n%s\n%s", c.want, got, notes)
		}
	}
}
