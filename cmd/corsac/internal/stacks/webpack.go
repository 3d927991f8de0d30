package stacks

import (
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "webpack-dev-server", Aliases: []string{"webpack", "wds"}, Title: "webpack-dev-server", Layer: DevServer,
	Versions: "webpack-dev-server 5.2 with cors 2.8.6", Proof: Live, Holds: Errors | Vary | VaryPreflights | Preflights, BuiltOn: []string{"express"},
	Why:    "It has no setting for CORS, and headers never answers preflights: the package cors is put before everything else. For an API behind proxy no CORS is needed: the page and the API have one origin.",
	Server: nodeServer("start.js", webpackFiles).before(),
	Signs: []Sign{
		bodyPrefix(finding.Certain, "Invalid Host header"),
		bodyPrefix(finding.Certain, "Invalid Host/Origin header"),
		body(finding.Likely, "<title>webpack-dev-server</title>"),
	},
	Projects: []Project{{File: "webpack.config.*"}, {File: "package.json", Contains: `"webpack-dev-server"`}},
	Forward:  &webpackForward,
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		c.line("const cors = require('cors');\n\nmodule.exports = {\n  devServer: {\n    setupMiddlewares: (middlewares) => {")
		c.line("      middlewares.unshift({\n        name: 'cors',\n        middleware: cors({")
		npmCors(&c, r, "          ")
		c.line("        }),\n      });\n      return middlewares;\n    },\n  },\n};")
		return r.snippet(&c, Snippet{
			File: "webpack.config.js", Place: "merged with what is there", Install: "npm install --save-dev cors",
			Shortfall: gaps("It answers every OPTIONS request, also those for paths that are forwarded; CORS headers of the API replace its own."),
		})
	},
	Advice: devAdvice(
		webpackForward.snippet(),
		Snippet{File: "webpack.config.js", Place: "merged with what is there", Code: "module.exports = {\n  devServer: {\n    allowedHosts: ['dev.example.com'],\n  },\n};"},
	),
})

var _ = register(&Stack{
	Name: "create-react-app", Aliases: []string{"cra", "react-scripts"}, Title: "Create React App", Layer: DevServer,
	Versions: "react-scripts with cors 2.8.6, in Express with http-proxy-middleware 3.0", Proof: Live, Holds: Errors | Vary | VaryPreflights | Preflights, BuiltOn: []string{"express", "webpack-dev-server"},
	Why:    "src/setupProxy.js is the only place where the server can be changed. For an API behind proxy no CORS is needed: the page and the API have one origin.",
	Server: nodeServer("start.js", setupProxyFiles).before(),
	Signs: []Sign{
		body(finding.Certain, `src="/static/js/bundle.js"`),
		body(finding.Likely, "You need to enable JavaScript to run this app."),
	},
	Projects: []Project{{File: "package.json", Contains: `"react-scripts"`}},
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		c.line("const cors = require('cors');\n\nmodule.exports = (app) => {\n  app.use(cors({")
		npmCors(&c, r, "    ")
		c.line("  }));\n};")
		return r.snippet(&c, Snippet{File: "src/setupProxy.js", Place: "as the whole file", Install: "npm install --save-dev cors", Shortfall: gaps(everyOptions)})
	},
	Advice: devAdvice(
		Snippet{File: "package.json", Place: "beside \"scripts\"", Code: "\"proxy\": \"http://localhost:8080\""},
		Snippet{
			File: "src/setupProxy.js", Place: "as the whole file, instead of \"proxy\" in package.json, which is what makes the server check names",
			Install: "npm install --save-dev http-proxy-middleware",
			Code:    "const { createProxyMiddleware } = require('http-proxy-middleware');\n\nmodule.exports = (app) => {\n  app.use(createProxyMiddleware({ target: 'http://localhost:8080', changeOrigin: true, pathFilter: '/api' }));\n};",
		},
	),
})

var webpackForward = Forward{
	File: "webpack.config.js", Place: merged, whole: "module.exports = {\n  %s,\n};",
	Line: func(path, target string, strip bool) string {
		rewrite := ""
		if strip {
			rewrite = fmt.Sprintf(", pathRewrite: { %s: '' }", jsString("^"+path))
		}
		return fmt.Sprintf("devServer: { proxy: [{ context: [%s], target: %s, changeOrigin: true%s }] }", jsString(path), jsString(target), rewrite)
	},
}
