package stacks_test

import (
	"fmt"
	"strings"
)

func varnishFiles(code, _, _, upstream string) map[string]string {
	host, port, _ := strings.Cut(upstream, ":")
	return map[string]string{"default.vcl": strings.NewReplacer(`.host = "127.0.0.1"`, `.host = "`+host+`"`, `.port = "8080"`, `.port = "`+port+`"`).Replace(code)}
}

func lighttpdFiles(code, dir, address, upstream string) map[string]string {
	host, port, _ := strings.Cut(address, ":")
	upHost, upPort, _ := strings.Cut(upstream, ":")
	conf, scripts, _ := strings.Cut(code, "-- /etc/lighttpd/preflight.lua")
	preflight, lua, _ := strings.Cut(scripts, "-- /etc/lighttpd/cors.lua")
	return map[string]string{
		"preflight.lua": preflight,
		"cors.lua":      lua,
		"lighttpd.conf": fmt.Sprintf(`server.document-root = "%s"
server.bind = "%s"
server.port = %s
server.errorlog = "%[1]s/error.log"
%[6]s
server.modules += ("mod_proxy")
proxy.server = ("" => (("host" => "%[4]s", "port" => %[5]s)))
`, dir, host, port, upHost, upPort, strings.ReplaceAll(conf, "/etc/lighttpd/", dir+"/")),
	}
}

// workerFiles runs a function with the API of fetch in Node.js. An application
// that does not answer is a 502, as it is an answer of the platform too.
func workerFiles(code, _, address, upstream string) map[string]string {
	host, port, _ := strings.Cut(address, ":")
	return map[string]string{"worker.mjs": code, "bridge.mjs": fmt.Sprintf(`import http from 'node:http';
let handler;
const forward = (request) => new Promise((resolve) => {
  const url = new URL(request.url);
  const out = http.request({ host: %[3]q, port: %[4]s, path: url.pathname, method: request.method, headers: Object.fromEntries(request.headers) }, (r) => {
    const chunks = [];
    r.on('data', (c) => chunks.push(c));
    r.on('end', () => {
      const headers = new Headers();
      for (let i = 0; i < r.rawHeaders.length; i += 2) headers.append(r.rawHeaders[i], r.rawHeaders[i + 1]);
      resolve(new Response(Buffer.concat(chunks), { status: r.statusCode, headers }));
    });
  });
  out.on('error', () => resolve(new Response('down', { status: 502 })));
  out.end();
});
globalThis.fetch = forward;
globalThis.answerTo = forward;
globalThis.Deno = { serve: (h) => { handler = h; } };
const worker = await import('./worker.mjs');
handler ??= worker.default.fetch;
http.createServer(async (req, res) => {
  const response = await handler(new Request('http://' + req.headers.host + req.url, { method: req.method, headers: req.headers }));
  res.writeHead(response.status, [...response.headers].flat());
  res.end(Buffer.from(await response.arrayBuffer()));
}).listen(%[2]s, %[1]q);
`, host, port, strings.Split(upstream, ":")[0], strings.Split(upstream, ":")[1])}
}
