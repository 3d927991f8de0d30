package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "supabase", Aliases: []string{"supabase-functions"}, Title: "Supabase", Layer: Proxy,
	Versions: "Edge Functions, in Deno 2.9", Proof: Live, Holds: holdsAll,
	Why:    "The helper corsHeaders allows every page: this compares the origin. The headers apikey and x-client-info of the client library have to be in the policy.",
	Server: npmServer("deno", "run --allow-net main.ts", denoFiles),
	Signs: []Sign{
		host(".supabase.co"), hasHeader(finding.Certain, "Sb-Project-Ref"),
		hasHeader(finding.Certain, "Sb-Gateway-Version"), headerContains(finding.Certain, "X-Served-By", "supabase-edge-runtime"),
	},
	Projects: []Project{{File: "config.toml", Contains: "[functions"}, {File: "deno.json*", Contains: "supabase"}, {File: "package.json", Contains: `"supabase"`, Sure: finding.Likely}},
	Snippet: func(p *cors.Policy) Snippet {
		d := planFor(p, "Supabase", canEverything)
		handler := fetchHandler{head: denoCatch + "Deno.serve(async (request) => {", next: "await answered(request)", foot: "});"}
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

// denoCatch is a function that answers errors, so that they get headers, too.
const denoCatch = `async function answered(request: Request) {
  try {
    return await answerTo(request);
  } catch (error) {
    console.error(error);
    return new Response('Internal Server Error', { status: 500 });
  }
}

`
