package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "vercel", Title: "Vercel", Layer: Edge,
	Why:      "vercel.json sends constants, so one origin, and does not answer preflights of functions: the function or a middleware has to.",
	Signs:    []Sign{header(finding.Certain, "Server", "Vercel"), hasHeader(finding.Certain, "X-Vercel-Id"), hasHeader(finding.Certain, "X-Vercel-Cache"), host(".vercel.app")},
	Projects: []Project{{File: "vercel.json"}},
	Snippet: func(p *cors.Policy) Snippet {
		s := staticSnippet(p, "Vercel", Snippet{File: "vercel.json", Place: "merged with what is there"}, func(d *plan) string {
			return jsonLines(map[string][]headerRule{"headers": {d.jsonHeaders("/api/(.*)")}})
		})
		s.Gaps = append(s.Gaps, "Vercel does not answer preflights of functions: the function must answer OPTIONS with 204.")
		return s
	},
	Advice: hostingAdvice("add a rewrite to vercel.json (\"source\": \"/api/:path*\", \"destination\": \"https://…/:path*\")"),
})
