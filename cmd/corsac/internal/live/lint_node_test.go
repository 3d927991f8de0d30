package live_test

import "testing"

// These start the applications of corsac generate --runnable, with a mistake in
// front of their routes, and without it.

var put = []string{"-X", "PUT"}

const (
	subset  = "https://evilexample.com"
	pageSet = "origin: ['http://localhost:5173']"
)

// TestLintFastify shows that what lint says about Fastify is so.
func TestLintFastify(t *testing.T) {
	npm(t)
	cors := func(options string) string {
		return "await fastify.register(require('@fastify/cors'), { " + options + ", methods: ['PUT'], allowedHeaders: ['X-A'] });\n"
	}
	const auth = "fastify.addHook('onRequest', async (request, reply) => { if (!request.headers.authorization) return reply.code(401).send({}); });\n"
	fine := cors(pageSet)
	for _, l := range []linted{
		{rule: "methods-left-out", path: "/x", args: put, lines: "await fastify.register(require('@fastify/cors'), { " + pageSet + " });\nfastify.put('/y', async () => ({}));", fixed: fine},
		{rule: "origin-empty", path: "/x", lines: cors("origin: ''"), fixed: fine},
		{rule: "origin-never-answers", path: "/x", args: []string{"-m", "2"}, lines: cors("origin: (origin) => origin === 'http://localhost:5173'"), fixed: cors("origin: async (origin) => origin === 'http://localhost:5173'")},
		{rule: "preflight-off", path: "/x", args: put, lines: cors(pageSet + ", preflight: false"), fixed: fine},
		{rule: "late-hook", path: "/x", lines: cors(pageSet+", hook: 'preHandler'") + auth, fixed: fine + auth},
		{rule: "cors-after-auth", path: "/x", args: put, lines: auth + fine, fixed: fine + auth},
		{rule: "encapsulated", path: "/x", lines: "fastify.register(async (instance) => { await instance.register(require('@fastify/cors'), { " + pageSet + ", methods: [] }); });", fixed: fine},
		{rule: "any-origin-with-credentials", path: "/x", allows: true, origin: evil, lines: cors("origin: true, credentials: true"), fixed: fine},
		{rule: "origin-in-part", path: "/x", allows: true, origin: subset, lines: cors("origin: async (origin) => origin.endsWith('example.com')"), fixed: cors("origin: async (origin) => origin.endsWith('.example.com')")},
		{rule: "regexp-unescaped", path: "/x", allows: true, origin: "https://appxexample.com", lines: cors(`origin: /^https:\/\/app.example\.com$/`)},
		{rule: "origin-slash", path: "/x", cause: "origin-not-allowed", lines: cors("origin: ['http://localhost:5173/']")},
	} {
		t.Run(l.rule, func(t *testing.T) { l.try(t, "fastify") })
	}
}

// TestLintKoa shows that what lint says about Koa is so.
func TestLintKoa(t *testing.T) {
	npm(t)
	const start = "const cors = require('@koa/cors');\nconst Router = require('@koa/router');\nconst router = new Router();\n"
	use := func(options string) string {
		return "app.use(cors({ " + options + ", allowMethods: ['PUT'], allowHeaders: ['X-A'] }));\n"
	}
	const list = "origin: (ctx) => (['http://localhost:5173'].includes(ctx.get('Origin')) ? ctx.get('Origin') : '')"
	const auth = "app.use(async (ctx, next) => { if (!ctx.get('Authorization')) { ctx.status = 401; return; } await next(); });\n"
	const route = "router.put('/y', (ctx) => { ctx.body = {}; }).get('/y', (ctx) => { ctx.body = {}; });\n"
	const routes = "app.use(router.routes());\napp.use(router.allowedMethods());\n"
	fine := start + use(list)
	for _, l := range []linted{
		{rule: "origin-array", path: "/x", lines: start + use("origin: ['https://app.example.com', 'http://localhost:5173']"), fixed: fine},
		{rule: "origin-regexp", path: "/x", lines: start + use(`origin: /^http:\/\/localhost:5173$/`), fixed: fine},
		{rule: "origin-boolean", path: "/x", lines: start + use("origin: (ctx) => ['http://localhost:5173'].includes(ctx.get('Origin'))"), fixed: fine},
		{rule: "origin-false", path: "/x", allows: true, origin: evil, lines: start + use("origin: false"), fixed: fine},
		{rule: "any-origin-with-credentials", path: "/x", allows: true, origin: evil, lines: start + use("credentials: true"), fixed: fine},
		{rule: "errors-without-headers", path: "/throw", lines: start + use(list+", keepHeadersOnError: false")},
		{rule: "cors-after-routes", path: "/y", lines: start + route + routes + use(list), fixed: fine + route + routes},
		{rule: "cors-after-auth", path: "/x", args: put, lines: start + auth + use(list), fixed: fine + auth},
		{rule: "cors-on-router", path: "/y", args: put, lines: start + "router.use(cors({ " + list + ", allowMethods: ['PUT'] }));\n" + route + routes, fixed: fine + route + routes},
		{rule: "cors-not-called", path: "/x", cause: "url-not-found", lines: start + "app.use(cors);", fixed: fine},
	} {
		t.Run(l.rule, func(t *testing.T) { l.try(t, "koa") })
	}
}

// TestLintHono shows that what lint says about Hono is so.
func TestLintHono(t *testing.T) {
	npm(t)
	const start = "import { cors } from 'hono/cors';\n"
	use := func(path, options string) string {
		return "app.use('" + path + "', cors({ " + options + ", allowMethods: ['PUT'], allowHeaders: ['X-A'] }));\n"
	}
	const auth = "app.use('*', async (c, next) => { if (!c.req.header('Authorization')) return c.text('log in', 401); await next(); });\n"
	const route = "app.get('/y/z', (c) => c.json({}));\n"
	fine := start + use("*", pageSet)
	for _, l := range []linted{
		{rule: "origin-type", path: "/x", lines: start + use("*", `origin: /^http:\/\/localhost:5173$/`), fixed: fine},
		{rule: "origin-boolean", path: "/x", lines: start + use("*", "origin: (origin) => origin === 'http://localhost:5173'"), fixed: fine},
		{rule: "list-needed", path: "/x", args: put, cause: "method-not-allowed", lines: start + "app.use('*', cors({ " + pageSet + ", allowMethods: 'PUT', allowHeaders: ['X-A'] }));"},
		{rule: "cors-after-routes", path: "/y/z", lines: start + route + use("*", pageSet), fixed: fine + route},
		{rule: "cors-after-auth", path: "/x", args: put, lines: start + auth + use("*", pageSet), fixed: fine + auth},
		{rule: "path-exact", path: "/y/z", cause: "no-cors-headers", lines: start + use("/y", pageSet) + route, fixed: start + use("/y/*", pageSet) + route},
		{rule: "cors-on-route", path: "/y", args: []string{"-H", "X-A: 1"}, lines: start + "app.get('/y', cors({ " + pageSet + ", allowHeaders: ['X-A'] }), (c) => c.json({}));", fixed: fine + "app.get('/y', (c) => c.json({}));"},
		{rule: "any-origin-with-credentials", path: "/x", allows: true, origin: evil, lines: start + use("*", "origin: (origin) => origin, credentials: true"), fixed: fine},
		{rule: "origin-in-part", path: "/x", allows: true, origin: subset, lines: start + use("*", "origin: (origin) => (origin.endsWith('example.com') ? origin : null)"), fixed: fine},
		{rule: "origin-wildcard", path: "/x", cause: "origin-not-allowed", lines: start + use("*", "origin: ['*']"), fixed: fine},
	} {
		t.Run(l.rule, func(t *testing.T) { l.try(t, "hono") })
	}
}
