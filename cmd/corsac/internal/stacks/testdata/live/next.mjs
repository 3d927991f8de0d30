// A stand-in for Next.js, which takes minutes to install and to build: it runs
// proxy() before each answer, and merges the headers.
import http from 'node:http';

class NextResponse extends Response {
  static next() { return Object.assign(new NextResponse(null), { goesOn: true }); }
}
SNIPPET
http.createServer((req, res) => {
  const url = new URL(req.url, 'http://127.0.0.1');
  const response = proxy(new Request(url, { method: req.method, headers: new Headers(req.headers) }));
  response.headers.forEach((value, name) => res.setHeader(name, value));
  if (!response.goesOn) return res.writeHead(response.status).end();
  if (req.url === '/x') res.setHeader('X-Total-Count', '3');
  res.writeHead({ '/x': 200, '/401': 401, '/500': 500 }[req.url] ?? 404).end();
}).listen(PORT, '127.0.0.1');
