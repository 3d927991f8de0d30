package stacks_test

import (
	"fmt"
	"strings"
)

// nginxFiles puts the two parts of the snippet where it says.
func nginxFiles(code, dir, address, upstream string) map[string]string {
	maps, lines, _ := strings.Cut(code, "# Part 2")
	return map[string]string{"nginx.conf": fmt.Sprintf(`daemon off;
pid %[1]s/nginx.pid;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	%[4]s
	server {
		listen %[2]s;
		location / {
			# Part 2%[5]s
			proxy_pass http://%[3]s;
		}
	}
}
`, dir, address, upstream, maps, lines)}
}

func apacheFiles(code, dir, address, upstream string) map[string]string {
	return map[string]string{"httpd.conf": fmt.Sprintf(`ServerRoot %[1]s
ServerName localhost
PidFile %[1]s/httpd.pid
ErrorLog %[1]s/error.log
Listen %[2]s
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
LoadModule setenvif_module /usr/lib/apache2/modules/mod_setenvif.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
<VirtualHost *>
%[4]s
ProxyPass / http://%[3]s/ retry=0
</VirtualHost>
`, dir, address, upstream, code)}
}

func caddyFiles(code, _, address, upstream string) map[string]string {
	code = strings.ReplaceAll(strings.ReplaceAll(code, "api.example.com {", "http://"+address+" {"), "127.0.0.1:8080", upstream)
	return map[string]string{"Caddyfile": "{\n\tadmin off\n}\n" + code + "\n"}
}

func haproxyFiles(code, _, address, upstream string) map[string]string {
	return map[string]string{"haproxy.cfg": fmt.Sprintf(`defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    retries 0
frontend web
    bind %s
%s
    default_backend app
backend app
    server app %s
`, address, code, upstream)}
}

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
