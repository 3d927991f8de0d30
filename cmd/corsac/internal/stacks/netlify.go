package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "netlify", Title: "Netlify", Layer: Edge,
	Why:      "Netlify sends constants, so one origin, and only with files: neither with functions nor with rewrites to other servers. An edge function can do the rest.",
	Signs:    []Sign{header(finding.Certain, "Server", "Netlify"), hasHeader(finding.Certain, "X-Nf-Request-Id"), host(".netlify.app")},
	Projects: []Project{{File: "netlify.toml"}, {File: "_headers"}},
	Snippet: func(p *cors.Policy) Snippet {
		s := staticSnippet(p, "Netlify", Snippet{File: "netlify.toml", Place: "at its end"}, tomlHeaders)
		s.Gaps = append(s.Gaps, "Netlify sends these headers with files only: functions and proxied paths must send their own.")
		return s
	},
	Advice: hostingAdvice("add a redirect with status 200 to netlify.toml (from = \"/api/*\", to = \"https://…/:splat\")"),
})
