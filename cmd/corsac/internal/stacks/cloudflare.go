package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "cloudflare", Aliases: []string{"cloudflare-workers"}, Title: "Cloudflare", Layer: Edge,
	Versions: "Workers, in workerd 1.20261117", Proof: Live, Holds: holdsAll,
	Why:    "A Worker, because the rules of the dashboard cannot compare an origin with a list and send it back. fetch keeps the headers of the origin server: its CORS headers are deleted first, and a new Response is made because those of fetch cannot be changed.",
	Server: npmServer("workerd", "serve config.capnp", workerFiles).before(),
	Signs: []Sign{
		hasHeader(finding.Certain, "CF-Ray"), product("cloudflare"),
		hasHeader(finding.Certain, "CF-Cache-Status"), hasHeader(finding.Certain, "CF-Mitigated"),
		host(".workers.dev"),
	},
	Projects: []Project{{File: "wrangler.toml"}, {File: "wrangler.json*"}},
	Snippet: func(p *cors.Policy) Snippet {
		d := planFor(p, "Cloudflare", canEverything)
		handler := fetchHandler{head: "export default {\n  async fetch(request) {", next: "await fetch(request).catch(() => new Response(null, { status: 502 }))", foot: "  },\n};"}
		return Snippet{
			File: "worker.js", Place: "as a Worker on the route of the API; in a Worker that answers by itself, call your own function instead of fetch(request)",
			Code: handler.code(d, "    "), Shortfall: d.Shortfall,
		}
	},
	Advice: map[string]Advice{
		"preflight-blocked-by-waf":       {Text: "A rule of Cloudflare refuses OPTIONS (Security, Events names it by the CF-Ray of the answer). Add a custom rule that skips it where the method is OPTIONS.", Code: cloudflareSkip},
		"blocked-by-bot-protection":      {Text: "Cloudflare shows a challenge, which a script cannot solve. Add a custom rule that skips managed challenges, Bot Fight Mode and Under Attack for the path of the API.", Only: true},
		"preflight-requires-auth":        {Text: "Cloudflare Access refuses preflights, as they never carry a cookie. Turn on Bypass options requests to origin in the CORS settings of the Access application.", Only: true},
		"preflight-redirect-login":       {Text: "Cloudflare Access sends preflights to its login. Turn on Bypass options requests to origin in the CORS settings of the Access application.", Only: true},
		"preflight-redirect-https":       {Text: "Call the https URL: Always Use HTTPS redirects the other one, and browsers do not follow redirects of preflights.", Only: true},
		"conditional-cors-without-vary":  {Text: "Cloudflare ignores Vary: Origin, except for images of some plans. Do not let it cache these answers (a cache rule, or Cache-Control: private), or set the headers in a Worker, which runs before the cache."},
		"missing-vary-origin":            {Text: "Send Vary: Origin for browsers. Cloudflare itself ignores it: do not let it cache these answers, or set the headers in a Worker, which runs before the cache."},
		"cached-response-without-cors":   {Text: "Cloudflare ignores Vary: Origin. Do not let it cache these answers (a cache rule, or Cache-Control: private), or set the headers in a Worker; then purge the URL."},
		"cached-for-other-origin":        {Text: "Cloudflare ignores Vary: Origin. Do not let it cache these answers (a cache rule, or Cache-Control: private), or set the headers in a Worker; then purge the URL."},
		"gateway-error-without-cors":     {Text: "Cloudflare made this error page (52x): it cannot reach your server. Its log, certificate and firewall say why; the page has no CORS headers."},
		"rate-limited-without-cors":      {Text: "A rate limiting rule of Cloudflare refused the request. Wait, or raise its limit."},
		"payload-too-large-without-cors": {Text: "Cloudflare accepts bodies of 100 MB on its free plan. Upload in parts, or directly to the storage.", Only: true},
		"duplicate-acao":                 {Text: "A response header transform rule of Cloudflare that adds the header makes a second one: let it set the header, or let only your server do it."},
	},
})

func cloudflareSkip(*cors.Policy) Snippet {
	return Snippet{
		File: "a custom rule", Place: "under Security, WAF, Custom rules, first in the order, with the action Skip",
		Code: `(http.request.method eq "OPTIONS" and len(http.request.headers["access-control-request-method"]) > 0)`,
	}
}
