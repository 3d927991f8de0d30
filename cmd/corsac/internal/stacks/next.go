package stacks

import (
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "next",
	Aliases:  []string{"nextjs", "next.js"},
	Title:    "Next.js",
	Layer:    Application,
	Versions: "Next.js 16", Proof: Live, Holds: holdsMiddleware,
	Server: &Server{
		Programs: []string{"npm"}, Install: "apt-get install nodejs npm", Start: `start -p "$port" -H "$host"`, Files: nextFiles,
		Prepare: npmInstall + "\nprogram=node_modules/.bin/next\n[ -d .next ] || \"$program\" build || exit 3",
	},
	Why: "proxy.ts rather than headers() in next.config: only code can answer preflights, and headers() sends constants. It covers routes that throw. With an external rewrite() the headers of the target win.",
	Signs: []Sign{
		header(finding.Certain, "X-Powered-By", "Next.js"),
		headers(finding.Certain, "X-Nextjs-"),
		body(finding.Certain, "/_next/static/"),
		header(finding.Certain, "Vary", "rsc, next-router-state-tree"),
	},
	Projects: []Project{{File: "package.json", Contains: `"next"`}, {File: "next.config.*"}},
	Forward: &Forward{
		File: "next.config.js",
		Line: func(path, target string, strip bool) string {
			kept := path
			if strip {
				kept = ""
			}
			return fmt.Sprintf("rewrites: async () => [{ source: %s, destination: %s }]", jsString(path+"/:path*"), jsString(target+kept+"/:path*"))
		},
	},
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		c.line("import { NextResponse, type NextRequest } from 'next/server';")
		c.line("")
		jsAllowed(&c, r, ": string")
		c.line("export function proxy(request: NextRequest) {")
		c.line("  const origin = request.headers.get('origin') ?? '';")
		c.line("  const preflight = request.method === 'OPTIONS' && origin !== '' && request.headers.has('access-control-request-method');")
		c.line("  const response = preflight ? new NextResponse(null, { status: %d }) : NextResponse.next();", r.preflightStatus())
		jsHeaders(&c, r, "  ", "request.headers.get('access-control-request-headers')", func(name, value string) string {
			return "response.headers.set('" + name + "', " + value + ");"
		})
		c.line("  return response;")
		c.line("}")
		c.line("")
		c.line("export const config = { matcher: '/api/:path*' };")
		return r.snippet(&c, Snippet{
			File:  "proxy.ts",
			Place: "beside the app or pages folder; up to Next.js 15, the file is middleware.ts and the function middleware",
			Shortfall: gaps(
				"Answers of rewrites to other hosts lose the headers: those hosts must send them.",
				"The page for a path without a route loses Vary: Origin: add app/api/[...path]/route.ts, which answers 404."),
		})
	},
	Forms: []Form{{"has", nextConfig}},
	Advice: map[string]Advice{
		"preflight-without-cors-headers": {Text: "headers() in next.config does not answer preflights, and route handlers answer OPTIONS by themselves. Answer them in proxy.ts."},
		"preflight-not-routed":           {Text: "headers() in next.config does not answer preflights, and a route under pages/api or a route handler without OPTIONS refuses them. Answer them in proxy.ts."},
		"preflight-redirect-trailing-slash": {
			Text: "Next.js redirects between the two spellings before anything else runs. Request the URL in the spelling that trailingSlash in next.config asks for.", Only: true,
		},
	},
})

// nextConfig returns settings of next.config, where a condition on the request's
// headers compares the origin: Next.js compares the whole value.
func nextConfig(p *cors.Policy) Snippet {
	r := rulesOf(p)
	var c code
	c.line("export default {")
	c.line("  async headers() {")
	c.line("    return [")
	value := "'*'"
	if !r.anyOrigin {
		value = "':origin'"
		c.line("      { source: '/api/:path*', headers: [{ key: 'Vary', value: 'Origin' }] },")
	}
	c.line("      {")
	c.line("        source: '/api/:path*',")
	if !r.anyOrigin {
		all := make([]pattern, 0, len(r.exact)+len(r.patterns))
		for _, s := range r.exact {
			all = append(all, exactPattern(s))
		}
		r.patterns = append(all, r.patterns...)
		c.line("        has: [{ type: 'header', key: 'origin', value: %s }],", jsString("(?<origin>"+r.union().re+")"))
	}
	c.line("        headers: [")
	header := func(name, value string) { c.line("          { key: '%s', value: %s },", name, value) }
	header("Access-Control-Allow-Origin", value)
	if r.credentials {
		header("Access-Control-Allow-Credentials", "'true'")
	}
	header("Access-Control-Allow-Methods", jsString(commas(r.methods)))
	if names := r.headerList(); len(names) > 0 {
		header("Access-Control-Allow-Headers", jsString(commas(names)))
	}
	if len(r.expose) > 0 {
		header("Access-Control-Expose-Headers", jsString(commas(r.expose)))
	}
	if r.maxAge >= 0 {
		header("Access-Control-Max-Age", jsString(decimal(r.maxAge)))
	}
	c.line("        ],")
	c.line("      },")
	c.line("    ];")
	c.line("  },")
	c.line("};")
	return r.snippet(&c, Snippet{
		File:  "next.config.mjs",
		Place: "with your other settings",
		Shortfall: gaps(
			"It does not answer preflights: the route must answer OPTIONS with a status from 200 to 299. Route handlers do for the methods that they have.",
			"Answers of rewrites to other hosts lose the headers: those hosts must send them."),
	})
}

// preflightStatus returns the status of the answer to a preflight.
func (r *rules) preflightStatus() int {
	if r.status == 0 {
		return 204
	}
	return r.status
}

// someHeaders returns the request headers, for a stack that allows all of them
// if the list is empty. Accept needs no permission.
func (r *rules) someHeaders() []string {
	if len(r.headers) == 0 {
		return []string{"Accept"}
	}
	return r.headers
}

// jsAllowed writes a function isAllowed, unless every origin is allowed. typed
// is the type of its argument in TypeScript.
func jsAllowed(c *code, r *rules, typed string) {
	if r.anyOrigin {
		return
	}
	if len(r.patterns) == 0 {
		c.line("const allowed = %s;", jsOrigins(r))
		c.line("const isAllowed = (origin%s) => allowed.includes(origin);", typed)
	} else {
		c.line("const allowed = %s;", jsOrigins(r))
		c.line("const isAllowed = (origin%s) => allowed.some((a) => (a instanceof RegExp ? a.test(origin) : a === origin));", typed)
	}
	c.line("")
}

// jsHeaders writes statements that set the CORS headers of a response, for code
// with the variables origin and preflight. asked is an expression for the headers
// that a preflight asks for; set returns the statement that sets a header.
func jsHeaders(c *code, r *rules, indent, asked string, set func(name, value string) string) {
	inner := indent
	put := func(indent, name, value string) { c.line("%s", indent+set(name, value)) }
	if r.anyOrigin {
		put(inner, "Access-Control-Allow-Origin", "'*'")
	} else {
		inner += "  "
		put(indent, "Vary", "'Origin'")
		c.line("%sif (isAllowed(origin)) {", indent)
		put(inner, "Access-Control-Allow-Origin", "origin")
	}
	if r.credentials {
		put(inner, "Access-Control-Allow-Credentials", "'true'")
	}
	c.line("%sif (preflight) {", inner)
	deep := inner + "  "
	put(deep, "Access-Control-Allow-Methods", jsString(commas(r.methods)))
	switch {
	case r.anyHeader:
		put(deep, "Access-Control-Allow-Headers", asked+" ?? ''")
	case len(r.headers) > 0:
		put(deep, "Access-Control-Allow-Headers", jsString(commas(r.headers)))
	}
	if r.maxAge >= 0 {
		put(deep, "Access-Control-Max-Age", jsString(decimal(r.maxAge)))
	}
	if len(r.expose) > 0 {
		c.line("%s} else {", inner)
		put(deep, "Access-Control-Expose-Headers", jsString(commas(r.expose)))
	}
	c.line("%s}", inner)
	c.when(!r.anyOrigin, "%s}", indent)
}
