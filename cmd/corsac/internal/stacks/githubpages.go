package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "github-pages", Title: "GitHub Pages", Layer: Edge,
	Why:   "GitHub Pages sends Access-Control-Allow-Origin: * with every file and has no setting for it, so there is nothing to write.",
	Signs: []Sign{header(finding.Certain, "Server", "GitHub.com"), hasHeader(finding.Certain, "X-GitHub-Request-Id"), host(".github.io")},
	Snippet: func(p *cors.Policy) Snippet {
		s := Snippet{
			File: "README.md", Place: "for your users",
			Code: "GitHub Pages sends Access-Control-Allow-Origin: * with every file.",
		}
		const text = "GitHub Pages has no setting for headers: every page can read its files, with GET and HEAD and without credentials or headers of its own."
		const instead = "Use another host, or a CDN before it, such as corsac generate cloudflare."
		switch r := rulesOf(p); {
		case !r.anyOrigin:
			s.widen(instead, text)
		case r.anyHeader || len(r.methods) > 3 || len(r.headers)+len(r.expose) > 0:
			s.lose(instead, text)
		default:
			s.Gaps = []string{text}
		}
		return s
	},
	Advice: map[string]Advice{
		"preflight-not-routed":             {Text: "GitHub Pages refuses OPTIONS. Send a simple request: GET without headers of your own.", Only: true},
		"preflight-without-cors-headers":   {Text: "GitHub Pages does not answer preflights. Send a simple request: GET without headers of your own.", Only: true},
		"wildcard-origin-with-credentials": {Text: "GitHub Pages sends `*`, always. Send the request without credentials.", Only: true},
		"redirect-without-cors-headers":    {Text: "Call the URL that the redirect leads to: the custom domain of the site, with https.", Only: true},
	},
})
