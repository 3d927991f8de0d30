package live_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// meantWant is the policy of meantFile as something to change a project to.
var meantWant = &stacks.Want{Set: map[string][]string{
	"allow_origins": meant.AllowOrigins, "allow_methods": meant.AllowMethods, "allow_headers": meant.AllowHeaders,
	"expose_headers": meant.ExposeHeaders, "allow_credentials": {"true"}, "max_age": {"1h0m0s"},
}}

// brokenProject is a project that is broken, and that a change makes do what is meant.
type brokenProject struct {
	name    string
	files   map[string]string
	command []string
}

// change returns the files of the project after a change, and checks that a
// second one does nothing.
func (m *brokenProject) change(t *testing.T, stack string) map[string]string {
	t.Helper()
	once := changeOnce(t, stack, m.files)
	if again := changeOnce(t, stack, once); !maps.Equal(again, once) {
		t.Errorf("a second change gives %v", again)
	}
	return once
}

func changeOnce(t *testing.T, stack string, files map[string]string) map[string]string {
	t.Helper()
	dir := fstest.MapFS{}
	for name, text := range files {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	s := stacks.Lookup(stack).Source
	tree := source.NewTree("", dir, slices.Sorted(maps.Keys(files)))
	c, err := s.Change(tree, s.Read(tree), meantWant)
	if err != nil {
		t.Fatal(err)
	}
	changed := maps.Clone(files)
	for name, edits := range c.Edits {
		if changed[name], err = source.Apply(files[name], edits); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s:\n%s", name, changed[name])
	}
	t.Log(strings.Join(c.Notes, "\n"))
	return changed
}

// try verifies the project before and after.
func (m *brokenProject) try(t *testing.T, stack string) {
	t.Parallel()
	policy := filepath.Join(t.TempDir(), "corsac.yaml")
	if err := os.WriteFile(policy, []byte(meantFile), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		files map[string]string
		want  int
	}{{m.files, cli.ExitFailed}, {m.change(t, stack), cli.ExitOK}} {
		s := &server{files: x.files, command: m.command}
		url, stop := s.start(t)
		broken, _, out, status := verified(t, url+"/items", "-c", policy, "--failing", url+"/fail")
		stop()
		if status != x.want {
			t.Errorf("status %d, want %d\n%s", status, x.want, out)
		}
		t.Logf("broken: %q", broken)
	}
}

// The routes of the projects.
const (
	expressRoutes = `
app.get('/items', (req, res) => res.set('X-Total-Count', '1').json([{ id: 1 }]));
app.put('/items', (req, res) => res.json({}));
app.get('/fail', () => { throw new Error('failed'); });
`
	expressListen = "app.listen({port}, '127.0.0.1');\n"
	expressCJS    = "const express = require('express');\n"
	expressESM    = "import express from 'express';\n"
)

// typed runs an app in TypeScript with what vite has to take the types away.
const typed = `import { readFileSync, writeFileSync } from 'node:fs';
import { transformWithOxc } from 'vite';
writeFileSync('app.mjs', (await transformWithOxc(readFileSync('app.ts', 'utf8'), 'app.ts')).code);
await import('./app.mjs');
`

// TestFixExpress checks that a change of a broken project with Express makes it
// do what is meant.
func TestFixExpress(t *testing.T) {
	npm(t)
	const manifest = "{\n  \"dependencies\": {\n    \"express\": \"^5.2.1\"\n  }\n}\n"
	const auth = "app.use((req, res, next) => req.headers.authorization || req.path !== '/private' && req.method !== 'OPTIONS' ? next() : res.sendStatus(401));\n"
	for _, m := range []brokenProject{
		{name: "nothing, CommonJS", files: map[string]string{"app.js": expressCJS + "const app = express();\n" + expressRoutes + expressListen}},
		{name: "nothing, ES module", files: map[string]string{"app.mjs": expressESM + "const app = express()\n" + expressRoutes + expressListen}},
		{name: "TypeScript", command: []string{"node", "run.mjs"}, files: map[string]string{
			"run.mjs": typed,
			"app.ts":  "import express, { type Express } from 'express';\n\nfunction create(): Express {\n\tconst app: Express = express();\n" + expressRoutes + "\treturn app;\n}\n\ncreate().listen({port}, '127.0.0.1');\n",
		}},
		{name: "after the routes", files: map[string]string{"app.js": expressCJS + "const cors = require('cors');\nconst app = express();\n" + expressRoutes + "const options = { origin: ['https://app.example.com'] };\napp.use(cors(options));\n" + expressListen}},
		{name: "after authentication", files: map[string]string{"app.js": expressCJS + "const cors = require('cors');\nconst app = express();\n" + auth + "app.use(express.json());\napp.use(cors({ origin: true, credentials: true }));\n" + expressRoutes + expressListen}},
		{name: "headers by hand, too", files: map[string]string{"app.js": expressCJS + "const cors = require('cors');\nconst app = express();\napp.use(cors({ origin: 'https://app.example.com', credentials: true }));\n" +
			strings.Replace(expressRoutes, "res.set('X-Total", "res.set('Access-Control-Allow-Origin', '*').set('X-Total", 1) + expressListen}},
		{name: "a middleware by hand", files: map[string]string{"app.js": expressCJS + "const app = express();\napp.use(function (req, res, next) {\n  res.header('Access-Control-Allow-Origin', '*');\n  res.header('Access-Control-Allow-Headers', 'Origin, Content-Type');\n  if (req.method === 'OPTIONS') return res.status(200).end();\n  next();\n});\n" + expressRoutes + expressListen}},
		{name: "a constant origin", files: map[string]string{"app.mjs": expressESM + "import cors from 'cors';\nconst app = express();\napp.use(cors({\n  origin: 'https://app.example.com/', // production\n  allowedHeaders: '*',\n}));\n" + expressRoutes + expressListen}},
		{name: "a function that throws", files: map[string]string{"app.js": expressCJS + "const cors = require('cors');\nconst app = express();\nconst list = ['https://app.example.com'];\nconst corsOptions = {\n  origin: (origin, callback) => list.includes(origin) ? callback(null, true) : callback(new Error('Not allowed')),\n  credentials: true,\n};\napp.use(cors(corsOptions));\n" + expressRoutes + expressListen}},
		{name: "on single routes", files: map[string]string{"app.js": expressCJS + "const cors = require('cors');\nconst app = express();\n" + strings.ReplaceAll(expressRoutes, "'/items', ", "'/items', cors(), ") + expressListen}},
		{name: "two calls", files: map[string]string{"app.js": expressCJS + "const cors = require('cors');\nconst app = express();\napp.use(cors({ origin: [/example\\.com$/g] }));\napp.use('/items', cors());\n" + expressRoutes + "app.use((err, req, res, next) => res.status(500).json({ error: err.message }));\n" + expressListen}},
		{name: "a router", files: map[string]string{"app.js": expressCJS + "const cors = require('cors')\nconst router = express.Router()\nrouter.use(cors())\n" + strings.ReplaceAll(expressRoutes, "app.", "router.") + "express().use('/', router).listen({port}, '127.0.0.1')\n"}},
	} {
		t.Run(m.name, func(t *testing.T) {
			m.files["package.json"] = manifest
			if m.command == nil {
				m.command = []string{"node", "app.js"}
				if m.files["app.js"] == "" {
					m.command[1] = "app.mjs"
				}
			}
			m.try(t, "express")
		})
	}
}
