package stacks

import (
	"fmt"
	"strconv"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "vite", Title: "Vite", Layer: DevServer,
	Versions: "Vite 8", Proof: Live, Holds: Errors | Vary | VaryPreflights | Preflights,
	Why:    "server.cors is the package cors. Vite allows all pages of localhost by default, and answers every OPTIONS request before server.proxy sees it. For an API behind server.proxy no CORS is needed: the page and the API have one origin.",
	Server: npmServer("vite", "", viteFiles).before(),
	Signs: []Sign{
		body(finding.Certain, `src="/@vite/client"`),
		body(finding.Certain, "Blocked request. This host ("),
		body(finding.Likely, `src="/@react-refresh"`),
	},
	Projects: []Project{{File: "vite.config.*"}, {File: "package.json", Contains: `"vite"`}},
	Forward:  &viteForward,
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		c.line("import { defineConfig } from 'vite';\n\nexport default defineConfig({\n  server: {\n    cors: {")
		npmCors(&c, r, "      ")
		c.line("    },\n  },\n});")
		return r.snippet(&c, Snippet{
			File: "vite.config.js", Place: "merged with what is there",
			Shortfall: gaps("Vite answers every OPTIONS request itself, also those for paths that it forwards; CORS headers of the API replace its own."),
		})
	},
	Advice: devAdvice(
		viteForward.snippet(),
		Snippet{File: "vite.config.js", Place: "merged with what is there", Code: "import { defineConfig } from 'vite';\n\nexport default defineConfig({\n  server: {\n    allowedHosts: ['dev.example.com'],\n  },\n});"},
	),
})

var viteForward = Forward{
	File: "vite.config.js", Place: merged, whole: "import { defineConfig } from 'vite';\n\nexport default defineConfig({\n  %s,\n});",
	Line: func(path, target string, strip bool) string {
		rewrite := ""
		if strip {
			rewrite = ", rewrite: (path) => path.slice(" + strconv.Itoa(len(path)) + ")"
		}
		return fmt.Sprintf("server: { proxy: { %s: { target: %s, changeOrigin: true%s } } }", jsString(path), jsString(target), rewrite)
	},
}
