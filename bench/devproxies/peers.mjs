// Runs a development proxy in front of a server:
//
//   node peers.mjs NAME PORT TARGET PAGE [strip]
//
// It takes /api on 127.0.0.1:PORT and forwards it to TARGET, with or without the
// prefix. PAGE is the origin of a page that wants to use it. Each proxy is set up as
// its documentation shows it, for one upstream with its own Host, and for PAGE where
// it can be told of one.

import http from "node:http";

const [name, portText, target, page, strip] = process.argv.slice(2);
const port = Number(portText);
const host = "127.0.0.1";
const withoutPrefix = (path) => path.replace(/^\/api/, "");

const peers = {
  async vite() {
    const { createServer } = await import("vite");
    const server = await createServer({
      configFile: false,
      logLevel: "silent",
      root: process.env.PEER_ROOT,
      server: {
        host, port, strictPort: true,
        cors: { origin: page, credentials: true },
        proxy: { "/api": { target, changeOrigin: true, ws: true, ...(strip && { rewrite: withoutPrefix }) } },
      },
    });
    await server.listen();
  },
  async "http-proxy-middleware"() {
    const { createProxyMiddleware } = await import("http-proxy-middleware");
    const proxy = createProxyMiddleware({
      target, changeOrigin: true, ws: true, pathFilter: "/api", ...(strip && { pathRewrite: { "^/api": "" } }),
    });
    const server = http.createServer((req, res) => proxy(req, res, () => { res.statusCode = 404; res.end(); }));
    server.on("upgrade", proxy.upgrade);
    server.listen(port, host);
  },
  async "local-cors-proxy"() {
    const { default: proxy } = await import("local-cors-proxy");
    console.log = () => {};
    proxy.startProxy(port, strip ? target : `${target}/api`, "/api", true, page); // it always removes the prefix
  },
  async "cors-anywhere"() {
    const { default: proxy } = await import("cors-anywhere");
    proxy.createServer({ originWhitelist: [] }).listen(port, host);
  },
};

await peers[name]();
