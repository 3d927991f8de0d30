package stacks

import (
	"fmt"
	"strings"
)

// workerConfig runs a Worker as Cloudflare does, with the upstream where its
// fetch goes.
const workerConfig = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "upstream", external = (address = "%s", http = ())),
  ],
  sockets = [(name = "http", address = "%s", http = (), service = "worker")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  globalOutbound = "upstream",
);
`

func workerFiles(code string, at Addresses) map[string]string {
	return map[string]string{
		"worker.js": code + "\n", "config.capnp": fmt.Sprintf(workerConfig, at.Upstream, at.Listen("*")),
		"package.json": packageJSON("workerd@1.20261117.1"),
	}
}

const denoApp = `// Routes: ` + appRoutes + `.
const statuses: Record<string, number> = { '/200': 200, '/401': 401, '/500': 500 };

async function answerTo(request: Request) {
  const { pathname } = new URL(request.url);
  if (pathname === '/x') return Response.json({}, { headers: { 'X-Total-Count': '3' } });
  if (request.method !== 'GET') return new Response(null, { status: 405 });
  if (pathname === '/throw') throw new Error('boom');
  if (pathname === '/own') return new Response('own', { headers: { 'Access-Control-Allow-Origin': '*', Vary: 'Accept-Language' } });
  return new Response(null, { status: statuses[pathname] ?? 404 });
}

%s
`

func denoFiles(code string, at Addresses) map[string]string {
	code = strings.Replace(code, "Deno.serve(", fmt.Sprintf("Deno.serve({ port: %s, hostname: %s }, ", at.Port, jsString(at.AnyHost())), 1)
	return map[string]string{"main.ts": fmt.Sprintf(denoApp, code), "package.json": packageJSON("deno@2.9.6")}
}
