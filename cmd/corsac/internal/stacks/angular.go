package stacks

import (
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "angular-cli", Aliases: []string{"angular", "ng"}, Title: "Angular CLI", Layer: DevServer, BuiltOn: []string{"vite", "webpack-dev-server"},
	Why:      "ng serve can only send the same headers to everyone, so one origin. A proxy (proxyConfig) that puts the API on the page's own origin needs no CORS at all, and is the better choice in development.",
	Signs:    []Sign{body(finding.Likely, "<app-root>")},
	Projects: []Project{{File: "angular.json"}, {File: "package.json", Contains: `"@angular/cli"`}},
	Forward:  &angularForward,
	Snippet: func(p *cors.Policy) Snippet {
		s := staticSnippet(p, "ng serve", Snippet{File: "angular.json", Place: "in projects, NAME, architect, serve, merged with what is there"}, func(d *plan) string {
			headers := map[string]string{}
			for _, f := range d.fixedHeaders() {
				headers[f.name] = f.value
			}
			return jsonLines(map[string]map[string]map[string]string{"options": {"headers": headers}})
		})
		s.Gaps = append(s.Gaps, "ng serve does not answer preflights of other origins.")
		return s
	},
	Advice: devAdvice(
		angularForward.snippet(),
		Snippet{File: "angular.json", Place: "in projects, NAME, architect, serve, options", Code: "\"allowedHosts\": [\"dev.example.com\"]"},
	),
})

var angularForward = Forward{
	File: "src/proxy.conf.json", Place: "as the whole file, with \"proxyConfig\": \"src/proxy.conf.json\" in the serve options of angular.json", whole: "%s",
	Line: func(path, target string, strip bool) string {
		rewrite := ""
		if strip {
			rewrite = fmt.Sprintf(", \"pathRewrite\": { %q: \"\" }", "^"+path)
		}
		return fmt.Sprintf("{ %q: { \"target\": %q, \"changeOrigin\": true%s } }", path, target, rewrite)
	},
}
