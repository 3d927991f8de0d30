package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "node",
	Aliases:  []string{"nodejs", "http"},
	Title:    "Node.js",
	Layer:    Application,
	Versions: "Node.js 20", Proof: Live, Holds: holdsMiddleware,
	Server: &Server{Programs: []string{"node"}, Install: "apt-get install nodejs", Start: "server.js", Files: nodeFiles},
	Why:    "One function at the beginning of the handler, with what every answer needs before anything can fail. It returns true for a preflight, which is then answered.",
	Signs: []Sign{
		trait(finding.Possible, "Connection: keep-alive and Keep-Alive: timeout=5, as Node.js sends them", isNode),
	},
	Projects: []Project{{File: "package.json", Contains: `"node `, Sure: finding.Possible}},
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		jsAllowed(&c, r, "")
		c.line("// Sets the CORS headers, and returns true if it has answered a preflight.")
		c.line("function cors(req, res) {")
		c.line("  const origin = req.headers.origin ?? '';")
		c.line("  const preflight = req.method === 'OPTIONS' && origin !== '' && 'access-control-request-method' in req.headers;")
		jsHeaders(&c, r, "  ", "req.headers['access-control-request-headers']", func(name, value string) string {
			return "res.setHeader('" + name + "', " + value + ");"
		})
		c.line("  if (preflight) {")
		c.line("    res.writeHead(%d).end();", r.preflightStatus())
		c.line("  }")
		c.line("  return preflight;")
		c.line("}")
		c.line("")
		c.line("http.createServer((req, res) => {")
		c.line("  if (cors(req, res)) return;")
		c.line("  %s", nodeHandler)
		c.line("});")
		return r.snippet(&c, Snippet{
			File:      "server.js",
			Place:     "the function on its own, the call as the first line of the handler",
			Shortfall: gaps("Handlers must add to Vary, not set it."),
		})
	},
})

// isNode reports whether a response has the headers of a connection that
// Node.js sends with HTTP/1.1.
func isNode(s *Seen) bool {
	return s.is("Connection", "keep-alive") && strings.HasPrefix(s.Headers.Get("Keep-Alive"), "timeout=") && !strings.Contains(s.Headers.Get("Keep-Alive"), ",")
}
