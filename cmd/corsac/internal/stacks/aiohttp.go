package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "aiohttp",
	Title:    "aiohttp",
	Layer:    Application,
	Versions: "aiohttp 3.8", Proof: Live, Holds: holdsMiddleware,
	Server: pythonServer("server.py", []string{"aiohttp"}, aiohttpFiles),
	Why:    "The package aiohttp-cors has no patterns, sends no Vary and wants every route to be added: a middleware and a signal are shorter and hold more. on_response_prepare also sees errors that nobody handles, and files.",
	Signs: []Sign{
		{finding.Certain, func(s *Seen) string {
			if server := s.Headers.Get("Server"); strings.Contains(server, " aiohttp/") {
				return "Server: " + server
			}
			return ""
		}},
		body(finding.Certain, "Server got itself in trouble"),
		bodyLike(finding.Likely, `^(?:404: Not Found|405: Method Not Allowed)$`, "the text of aiohttp for an error"),
	},
	Projects: []Project{
		{File: "requirements*.txt", Contains: "aiohttp", Sure: finding.Likely},
		{File: "pyproject.toml", Contains: "aiohttp", Sure: finding.Likely},
		{File: "*.py", Contains: "from aiohttp import web"},
	},
	Snippet: aiohttpSnippet,
	Advice: map[string]Advice{
		"preflight-not-routed": {Text: "aiohttp answers OPTIONS with 405. Answer preflights in a middleware, which runs for every path and method."},
	},
})

func aiohttpSnippet(p *cors.Policy) Snippet {
	r := rulesOf(p)
	var c code
	isAllowed := pyAllowed(&c, r)
	c.line("@web.middleware")
	c.line("async def answer_preflights(request, handler):")
	c.line(`    if request.method == "OPTIONS" and "Origin" in request.headers and "Access-Control-Request-Method" in request.headers:`)
	c.line("        return web.Response(status=%d)", r.preflightStatus())
	c.line("    return await handler(request)")
	c.line("")
	c.line("async def add_cors_headers(request, response):")
	indent := "    "
	if r.anyOrigin {
		c.line(`    response.headers["Access-Control-Allow-Origin"] = "*"`)
	} else {
		c.line(`    origin = request.headers.get("Origin", "")`)
		c.line(`    response.headers.add("Vary", "Origin")`)
		c.line("    if %s:", isAllowed)
		indent += "    "
		c.line(`%sresponse.headers["Access-Control-Allow-Origin"] = origin`, indent)
	}
	put := func(name, value string) { c.line(`%sresponse.headers["%s"] = %s`, indent, name, value) }
	if r.credentials {
		put("Access-Control-Allow-Credentials", `"true"`)
	}
	if len(r.expose) > 0 {
		put("Access-Control-Expose-Headers", pyString(commas(r.expose)))
	}
	c.line(`%sif request.method == "OPTIONS":`, indent)
	indent += "    "
	put("Access-Control-Allow-Methods", pyString(commas(r.methods)))
	switch {
	case r.anyHeader:
		put("Access-Control-Allow-Headers", `request.headers.get("Access-Control-Request-Headers", "")`)
	case len(r.headers) > 0:
		put("Access-Control-Allow-Headers", pyString(commas(r.headers)))
	}
	if r.maxAge >= 0 {
		put("Access-Control-Max-Age", fmt.Sprintf(`"%d"`, r.maxAge))
	}
	c.line("")
	c.line("app.middlewares.insert(0, answer_preflights)")
	c.line("app.on_response_prepare.append(add_cors_headers)")
	return r.snippet(&c, Snippet{
		File:  "app.py",
		Place: "right after app = web.Application()",
	})
}

// pyAllowed writes what is needed to decide about a variable origin, and returns
// the expression that does.
func pyAllowed(c *code, r *rules) (expr string) {
	if r.anyOrigin {
		return "True"
	}
	var terms []string
	if len(r.patterns) > 0 {
		c.line("import re")
		c.line("")
	}
	if len(r.exact) > 0 || len(r.patterns) == 0 {
		c.line("ALLOWED = [%s]", list(pyString, r.exact...))
		terms = append(terms, "origin in ALLOWED")
	}
	if len(r.patterns) > 0 {
		c.line("ALLOWED_PATTERN = re.compile(%s)", pyRegexp(r.union()))
		terms = append(terms, "ALLOWED_PATTERN.fullmatch(origin)")
	}
	c.line("")
	return strings.Join(terms, " or ")
}
