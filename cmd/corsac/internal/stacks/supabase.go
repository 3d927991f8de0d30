package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "supabase", Aliases: []string{"supabase-functions"}, Title: "Supabase", Layer: Proxy,
	Versions: "Edge Functions, in Node.js 20", Proof: Live, Holds: holdsMiddleware,
	Why: "The helper corsHeaders allows every page: this compares the origin. The headers apikey and x-client-info of the client library have to be in the policy.",
	Signs: []Sign{
		host(".supabase.co"), hasHeader(finding.Certain, "Sb-Project-Ref"),
		hasHeader(finding.Certain, "Sb-Gateway-Version"), headerContains(finding.Certain, "X-Served-By", "supabase-edge-runtime"),
	},
	Projects: []Project{{File: "config.toml", Contains: "[functions"}, {File: "deno.json*", Contains: "supabase"}, {File: "package.json", Contains: `"supabase"`, Sure: finding.Likely}},
	Snippet: func(p *cors.Policy) Snippet {
		d := planFor(p, "Supabase", canEverything)
		handler := fetchHandler{head: "Deno.serve(async (request) => {", next: "await answerTo(request)", foot: "});"}
		return Snippet{
			File: "supabase/functions/NAME/index.ts", Place: "around your own function, answerTo here, which takes a Request and returns a Response",
			Code: handler.code(d, "  "), Shortfall: d.Shortfall,
		}
	},
	Advice: map[string]Advice{
		"preflight-requires-auth":        {Text: "Answer OPTIONS before you check the user, as a preflight has no Authorization header."},
		"preflight-without-cors-headers": {Text: "An edge function answers preflights by itself: it must do so before everything else."},
		"server-error-without-cors":      {Text: "The function failed before it returned its headers: look at its log. Catch errors, and return the headers with them, too."},
		"header-not-allowed":             {Text: "supabase-js sends authorization, apikey, x-client-info and content-type, newer ones x-retry-count too: list them all."},
	},
})
