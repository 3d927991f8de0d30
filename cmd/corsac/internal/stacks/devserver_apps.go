package stacks

import (
	"fmt"
	"strings"
)

// proxiedHeaders takes the CORS headers off what the upstream of a development
// server answers: they would replace those of the server.
const proxiedHeaders = `const proxied = (answer) => {
  for (const name of Object.keys(answer.headers)) {
    if (name.startsWith('access-control-')) delete answer.headers[name];
  }
  answer.headers.vary = [answer.headers.vary, 'Origin'].filter(Boolean).join(', ');
};
`

func viteFiles(code string, at Addresses) map[string]string {
	server := fmt.Sprintf(`  server: {
    host: %s,
    port: %s,
    strictPort: true,
    proxy: {
      '/': { target: %s, configure: (proxy) => proxy.on('proxyRes', proxied) },
    },
`, jsString(at.AnyHost()), at.Port, jsString("http://"+at.Upstream))
	imports, config, _ := strings.Cut(code, "\n\n")
	return map[string]string{
		"vite.config.mjs": imports + "\n\n" + proxiedHeaders + "\n" + strings.Replace(config, "  server: {\n", server, 1) + "\n",
		"package.json":    packageJSON("vite@8.3.8"),
	}
}

const webpackStart = `const webpack = require('webpack');
const Server = require('webpack-dev-server');
const config = require('./webpack.config.js');

const { devServer, ...rest } = config;
new Server(devServer, webpack(rest)).start();
`

func webpackFiles(code string, at Addresses) map[string]string {
	server := fmt.Sprintf(`  mode: 'development',
  entry: './index.js',
  devServer: {
    host: %s,
    port: %s,
    proxy: [{ context: () => true, target: %s, onProxyRes: proxied }],
`, jsString(at.AnyHost()), at.Port, jsString("http://"+at.Upstream))
	imports, config, _ := strings.Cut(code, "\n\n")
	return map[string]string{
		"webpack.config.js": imports + "\n\n" + proxiedHeaders + "\n" + strings.Replace(config, "  devServer: {\n", server, 1) + "\n",
		"index.js":          "document.body.textContent = 'The routes are those of the upstream.';\n",
		"start.js":          webpackStart,
		"package.json":      packageJSON("cors@2.8.6", "webpack@5.113.0", "webpack-dev-server@5.2.7"),
	}
}

// setupProxyStart does what react-scripts does with src/setupProxy.js.
const setupProxyStart = `const express = require('express');
const { createProxyMiddleware } = require('http-proxy-middleware');
const app = express();

%s
require('./src/setupProxy.js')(app);
app.use(createProxyMiddleware({ target: %s, on: { proxyRes: proxied } }));
app.listen(%s, %s);
`

func setupProxyFiles(code string, at Addresses) map[string]string {
	return map[string]string{
		"src/setupProxy.js": code + "\n",
		"start.js":          fmt.Sprintf(setupProxyStart, proxiedHeaders, jsString("http://"+at.Upstream), at.Port, jsString(at.AnyHost())),
		"package.json":      packageJSON("cors@2.8.6", "express@5.3.0", "http-proxy-middleware@3.0.11"),
	}
}
