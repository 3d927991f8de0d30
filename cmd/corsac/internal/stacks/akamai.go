package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "akamai", Title: "Akamai", Layer: Edge,
	Why: "An EdgeWorker, as the rules of Property Manager cannot compare an origin with a list and send it back. It answers preflights before the cache and the origin, and takes the origin's own CORS headers out.",
	Signs: []Sign{
		header(finding.Certain, "Server", "AkamaiGHost"), header(finding.Certain, "Server", "AkamaiNetStorage"),
		hasHeader(finding.Certain, "X-Akamai-Request-ID"), hasHeader(finding.Certain, "Akamai-Cache-Status"),
		header(finding.Likely, "Server-Timing", "ak_p"), body(finding.Likely, "Reference&#32;&#35;"),
	},
	Projects: []Project{{File: "bundle.json", Contains: "edgeworker-version"}},
	Snippet:  akamaiSnippet,
	Advice: map[string]Advice{
		"preflight-blocked-by-waf":      {Text: "A rule of Akamai refuses OPTIONS; the reference number of the page names it in the Security Center. Allow that method in the property (Allow OPTIONS) and in the policy.", Only: true},
		"blocked-by-bot-protection":     {Text: "Bot Manager of Akamai refused the request; the reference number of the page names the rule in the Security Center. Exempt the path of the API.", Only: true},
		"preflight-not-routed":          {Text: "A property refuses OPTIONS unless it has the behaviour Allow OPTIONS. Add it, then activate the property.", Only: true},
		"conditional-cors-without-vary": {Text: "Akamai does not cache answers with Vary: Origin, unless Remove Vary Header is on. Put Origin into the cache ID of the property, or do not cache these answers."},
		"cached-for-other-origin":       {Text: "Put Origin into the cache ID of the property, or do not cache these answers; then purge the URL."},
		"cached-response-without-cors":  {Text: "Put Origin into the cache ID of the property, or do not cache these answers; then purge the URL."},
	},
})

func akamaiSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Akamai", canEverything)
	var c code
	if d.any {
		c.line("const allows = () => true;")
	} else {
		var patterns []string
		for _, e := range d.expressions() {
			patterns = append(patterns, "/"+escapeSlashes(e)+"/")
		}
		c.line("const exact = new Set([%s]);\nconst patterns = [%s];", list(jsString, d.exact...), strings.Join(patterns, ", "))
		c.line("const allows = (origin) => exact.has(origin) || patterns.some((p) => p.test(origin));")
	}
	c.line("const first = (request, name) => (request.getHeader(name) || [])[0];")
	c.line("const isPreflight = (request) => request.method === 'OPTIONS' && first(request, 'Origin') && first(request, 'Access-Control-Request-Method');\n")
	c.line("function headersFor(request) {\n  const origin = first(request, 'Origin');\n  const headers = {};")
	c.line("  if (origin === undefined || !allows(origin)) return headers;")
	value := "origin"
	if d.any {
		value = "'*'"
	}
	c.line("  headers['Access-Control-Allow-Origin'] = %s;", value)
	set := func(indent string, f field) {
		v := jsString(f.value)
		if f.echo {
			v = "first(request, " + v + ") || ''"
		}
		c.line("%sheaders[%s] = %s;", indent, jsString(f.name), v)
	}
	for _, f := range d.always() {
		set("  ", f)
	}
	c.when(d.timing, "  headers['Timing-Allow-Origin'] = %s;", value)
	c.line("  if (isPreflight(request)) {")
	for _, f := range d.answer() {
		set("    ", f)
	}
	c.line("  }\n  return headers;\n}\n")
	c.line("export function onClientRequest(request) {")
	c.line("  if (isPreflight(request)) {")
	vary := ", { Vary: 'Origin' }"
	if d.any {
		vary = ""
	}
	c.line("    request.respondWith(%d, Object.assign(headersFor(request)%s), '');\n  }\n}\n", d.status, vary)
	c.line("export function onClientResponse(request, response) {\n  for (const name of [%s]) response.removeHeader(name);", list(jsString, d.removed()...))
	c.line("  for (const [name, value] of Object.entries(headersFor(request))) response.setHeader(name, value);")
	c.when(d.resource != "", "  response.setHeader('Cross-Origin-Resource-Policy', %s);", jsString(d.resource))
	c.when(!d.any, "  response.addHeader('Vary', 'Origin');")
	c.line("}")
	return Snippet{File: "main.js", Place: "as an EdgeWorker of the property", Code: c.lines(), Shortfall: d.Shortfall}
}
