package stacks

import (
	"fmt"
	"slices"
	"strings"
)

// nodeServer starts a program of Node.js in a file.
func nodeServer(file string, files func(code string, at Addresses) map[string]string) *Server {
	return &Server{
		Programs: []string{"node"}, Install: "apt-get install nodejs npm", Start: file, Files: files,
		Prepare: npmInstall,
	}
}

// npmServer starts a program that a package has, once the packages are there.
func npmServer(program, start string, files func(code string, at Addresses) map[string]string) *Server {
	return &Server{
		Programs: []string{"npm"}, Install: "apt-get install nodejs npm", Start: start, Files: files,
		Prepare: npmInstall + "\nprogram=node_modules/.bin/" + program,
	}
}

// before returns a server that stands before an upstream.
func (s *Server) before() *Server {
	s.Upstream = true
	return s
}

// npmInstall lets npm get the packages.
const npmInstall = "[ -d node_modules ] || npm install --no-audit --no-fund || exit 3"

// packageJSON returns the file that names packages, each with its version.
func packageJSON(packages ...string) string {
	slices.Sort(packages)
	lines := make([]string, len(packages))
	for i, p := range packages {
		at := strings.LastIndex(p, "@")
		lines[i] = fmt.Sprintf("    %q: %q", p[:at], p[at+1:])
	}
	return "{\n  \"private\": true,\n  \"dependencies\": {\n" + strings.Join(lines, ",\n") + "\n  }\n}\n"
}

// javaScript returns the code of a snippet without the types of TypeScript.
func javaScript(code string) string {
	return strings.NewReplacer("(origin: string)", "(origin)", ", type NextRequest", "", ": NextRequest", "").Replace(code)
}

const fastifyApp = `// Routes: ` + appRoutes + `.
import { createRequire } from 'node:module';
import Fastify from 'fastify';
const require = createRequire(import.meta.url);

const fastify = Fastify();

%s

for (const status of [200, 401, 500]) fastify.get('/' + status, async (req, res) => res.code(status).send({}));
fastify.get('/throw', async () => { throw new Error('boom'); });
fastify.get('/own', async (req, res) => res.header('Access-Control-Allow-Origin', '*').header('Vary', [res.getHeader('Vary'), 'Accept-Language'].filter(Boolean).join(', ')).send({}));
fastify.route({ method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], url: '/x', handler: async (req, res) => res.header('X-Total-Count', '3').send({}) });
await fastify.listen({ port: %s, host: %s });
`

func fastifyFiles(code string, at Addresses) map[string]string {
	return map[string]string{
		"server.mjs":   fmt.Sprintf(fastifyApp, code, at.Port, jsString(at.AnyHost())),
		"package.json": packageJSON("fastify@5.12.8", "@fastify/cors@11.4.3"),
	}
}

const koaApp = `// Routes: ` + appRoutes + `.
const Koa = require('koa');
const app = new Koa();
app.silent = true; // no log of errors

%s

const statuses = { '/200': 200, '/401': 401, '/500': 500 };
app.use((ctx) => {
  if (ctx.path === '/x') {
    ctx.set('X-Total-Count', '3');
    ctx.body = {};
  } else if (ctx.method !== 'GET') {
    ctx.status = 404;
  } else if (ctx.path === '/throw') {
    throw new Error('boom');
  } else if (ctx.path === '/own') {
    ctx.set('Access-Control-Allow-Origin', '*');
    ctx.vary('Accept-Language');
    ctx.body = 'own';
  } else if (ctx.path in statuses) {
    ctx.status = statuses[ctx.path];
  }
});
app.listen(%s, %s);
`

func koaFiles(code string, at Addresses) map[string]string {
	return map[string]string{
		"app.js":       fmt.Sprintf(koaApp, code, at.Port, jsString(at.AnyHost())),
		"package.json": packageJSON("koa@3.3.0", "@koa/cors@5.0.0"),
	}
}

const honoApp = `// Routes: ` + appRoutes + `.
import { Hono } from 'hono';
import { serve } from '@hono/node-server';
const app = new Hono();

%s

for (const status of [200, 401, 500]) app.get('/' + status, (c) => c.text('', status));
app.get('/throw', () => { throw new Error('boom'); });
app.get('/own', (c) => {
  c.header('Access-Control-Allow-Origin', '*');
  c.header('Vary', 'Accept-Language', { append: true });
  return c.text('own');
});
app.all('/x', (c) => {
  c.header('X-Total-Count', '3');
  return c.json({});
});
serve({ fetch: app.fetch, port: %s, hostname: %s });
`

func honoFiles(code string, at Addresses) map[string]string {
	return map[string]string{
		"index.mjs":    fmt.Sprintf(honoApp, javaScript(code), at.Port, jsString(at.AnyHost())),
		"package.json": packageJSON("hono@4.13.19", "@hono/node-server@2.1.9"),
	}
}

const hapiApp = `// Routes: ` + appRoutes + `.
const Hapi = require('@hapi/hapi');

%s

server.settings.debug = false; // no log of errors
for (const status of [200, 401, 500]) {
  server.route({ method: 'GET', path: '/' + status, handler: (request, h) => h.response({}).code(status) });
}
server.route({ method: 'GET', path: '/throw', handler: () => { throw new Error('boom'); } });
server.route({ method: 'GET', path: '/own', handler: (request, h) => h.response({}).header('Access-Control-Allow-Origin', '*').vary('Accept-Language') });
server.route({ method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], path: '/x', handler: (request, h) => h.response({}).header('X-Total-Count', '3') });
server.start();
`

func hapiFiles(code string, at Addresses) map[string]string {
	code = strings.Replace(code, hapiPort, fmt.Sprintf("port: %s,\n  host: %s,", at.Port, jsString(at.AnyHost())), 1)
	return map[string]string{"server.js": fmt.Sprintf(hapiApp, code), "package.json": packageJSON("@hapi/hapi@21.4.10")}
}

// hapiPort stands in the snippet where the application has its own.
const hapiPort = "port: 3000, // as before"

// The decorators are called as functions, so that no compiler is needed.
const nestApp = `// Routes: ` + appRoutes + `.
import 'reflect-metadata';
import { All, Controller, Get, HttpCode, Module, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

class AppController {
  fine() { return {}; }
  denied() { return {}; }
  failed() { return {}; }
  boom() { throw new Error('boom'); }
  own(res) { res.set('Access-Control-Allow-Origin', '*').vary('Accept-Language').json({}); }
  x(res) { res.set('X-Total-Count', '3').json({}); }
}
const decorate = (name, ...decorators) => {
  for (const d of decorators) d(AppController.prototype, name, Object.getOwnPropertyDescriptor(AppController.prototype, name));
};
decorate('fine', Get('200'));
decorate('denied', Get('401'), HttpCode(401));
decorate('failed', Get('500'), HttpCode(500));
decorate('boom', Get('throw'));
decorate('own', Get('own'));
decorate('x', All('x'));
for (const name of ['own', 'x']) Res()(AppController.prototype, name, 0);
Controller()(AppController);
class AppModule {}
Module({ controllers: [AppController] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });

%s

await app.listen(%s, %s);
`

func nestFiles(code string, at Addresses) map[string]string {
	return map[string]string{
		"main.mjs": fmt.Sprintf(nestApp, code, at.Port, jsString(at.AnyHost())),
		"package.json": packageJSON("@nestjs/common@12.5.1", "@nestjs/core@12.5.1", "@nestjs/platform-express@12.5.1",
			"reflect-metadata@0.2.2", "rxjs@7.8.2"),
	}
}

const nodeApp = `// Routes: ` + appRoutes + `.
const http = require('node:http');

%s
`

const nodeRoutes = `try {
    const statuses = { '/x': 200, '/own': 200, '/200': 200, '/401': 401, '/500': 500 };
    const path = new URL(req.url, 'http://localhost').pathname;
    if (path === '/throw') throw new Error('boom');
    if (path === '/x') res.setHeader('X-Total-Count', '3');
    if (path === '/own') {
      res.setHeader('Access-Control-Allow-Origin', '*');
      res.appendHeader('Vary', 'Accept-Language');
    }
    res.writeHead(path === '/x' || req.method === 'GET' ? statuses[path] ?? 404 : 405).end();
  } catch {
    res.writeHead(500).end();
  }
})`

func nodeFiles(code string, at Addresses) map[string]string {
	code = strings.Replace(code, nodeHandler+"\n})", nodeRoutes, 1)
	code = strings.TrimSuffix(code, ";") + fmt.Sprintf(".listen(%s, %s);", at.Port, jsString(at.AnyHost()))
	return map[string]string{"server.js": fmt.Sprintf(nodeApp, code)}
}

// nodeHandler stands in the snippet where the application has its own.
const nodeHandler = "// … as before"

// The matcher of the snippet is for /api.
const nextRoutes = "// Routes, below /api: " + appRoutes + "."

func nextFiles(code string, _ Addresses) map[string]string {
	files := map[string]string{
		"proxy.js":               nextRoutes + "\n" + javaScript(code) + "\n",
		"next.config.mjs":        "export default { poweredByHeader: false };\n",
		"app/layout.js":          "export default function Layout({ children }) {\n  return <html><body>{children}</body></html>;\n}\n",
		"app/page.js":            "export default function Page() {\n  return <p>The routes are below /api.</p>;\n}\n",
		"package.json":           packageJSON("next@16.4.6", "react@19.3.1", "react-dom@19.3.1"),
		"app/api/throw/route.js": "export const dynamic = 'force-dynamic';\nexport async function GET() {\n  throw new Error('boom');\n}\n",
		"app/api/own/route.js":   "export const dynamic = 'force-dynamic';\nexport async function GET() {\n  return Response.json({}, { headers: { 'Access-Control-Allow-Origin': '*', Vary: 'Accept-Language' } });\n}\n",
	}
	for _, status := range []string{"200", "401", "500"} {
		files["app/api/"+status+"/route.js"] = "export const dynamic = 'force-dynamic';\nexport async function GET() {\n  return Response.json({}, { status: " + status + " });\n}\n"
	}
	x := "export const dynamic = 'force-dynamic';\nconst answer = async () => Response.json({}, { headers: { 'X-Total-Count': '3' } });\n"
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		x += "export const " + method + " = answer;\n"
	}
	files["app/api/x/route.js"] = x
	files["app/api/[...path]/route.js"] = strings.Replace(x, "Response.json({}, { headers: { 'X-Total-Count': '3' } })", "Response.json({}, { status: 404 })", 1)
	return files
}
