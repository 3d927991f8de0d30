package explain

// safariRules are the messages of WebKit.
var safariRules = []rule{
	{slug: "acao-missing", says: `Origin (?P<origin>[^\s'"]+) is not allowed by Access-Control-Allow-Origin`, refine: (*reading).missingOrOther},
	{slug: wildcard, says: `Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true`, refine: (*reading).credentialed},
	{slug: "duplicate-acao", says: `Access-Control-Allow-Origin cannot contain more than one origin`, refine: (*reading).several},
	{slug: "acac-missing", causes: "acac-missing acac-not-true", says: `Credentials flag is true, but Access-Control-Allow-Credentials is not 'true'`, refine: (*reading).credentialed},
	{slug: "preflight-bad-status", causes: badStatus, says: `Preflight response is not successful`, refine: (*reading).preflightStatus},
	{slug: "acam-syntax-error", says: `Header Access-Control-Allow-Methods has an invalid value: (?P<value>[^\n]*)`},
	{slug: "acah-syntax-error", says: `Header Access-Control-Allow-Headers has an invalid value: (?P<value>[^\n]*)`},
	{slug: "redirect-to-unusable-url", says: `not allowed to follow a cross-origin CORS redirection with non CORS scheme`},
	{slug: "redirect-with-userinfo", says: `redirection URL (?P<url>\S+) has credentials`},
	{slug: "corp-same-origin", causes: "corp-same-origin coep-requires-corp", says: `Cancelled load (?:to|from|of)? ?(?P<url>[^\s'"]+) because it violates the resource's Cross-Origin-Resource-Policy response header`},
	{slug: "corp-same-origin", causes: "corp-same-origin coep-requires-corp", says: `Cancelled load [^\n]{0,300}?Cross-Origin-Resource-Policy`},
	{slug: "coep-requires-corp", says: `violates the (?:document|page)'s Cross-Origin-Embedder-Policy`},
	{slug: "mixed-content", causes: "mixed-content redirect-downgrade-mixed-content", says: `The page at (?P<page>\S+) (?:was not allowed to|requested insecure content from) (?:(?:display|run) insecure content from )?(?P<url>[^\s]+?)\.?(?: This content was blocked|\s|$)`},
	{slug: "page-csp-connect-src", says: `Refused to connect to (?P<url>\S+) because it (?:does not appear in|appears in neither) the (?:connect-src|default-src|connect-src directive nor the default-src)`},
	{slug: generic, causes: "no-cors-headers connection-refused tls-untrusted-certificate", says: `(?P<kind>Fetch API|XMLHttpRequest|EventSource) cannot load (?P<url>\S+?)\.? due to access control checks`},
	{slug: generic, causes: "no-cors-headers connection-refused tls-untrusted-certificate", says: `due to access control checks`},
}
