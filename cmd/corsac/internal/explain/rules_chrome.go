package explain

// The causes of a preflight with a bad status, the most likely first, and of a
// redirected one.
const (
	badStatus  = "preflight-not-routed preflight-requires-auth preflight-server-error"
	redirected = "preflight-redirect-https preflight-redirect-trailing-slash preflight-redirect-login preflight-redirect-www preflight-redirect-double-slash"
	noNetwork  = "connection-refused no-cors-headers tls-untrusted-certificate"
	lnaSlug    = "local-network-access"
	wildcard   = "wildcard-origin-with-credentials"
)

// chromeRules are the messages of Chromium, with the wordings of its versions
// since 2013.
var chromeRules = []rule{
	{slug: "acao-missing", says: `No '?Access-Control-Allow-Origin'? header is present on the requested resource\.?`, refine: (*reading).missing},
	{slug: "duplicate-acao", says: `The '?Access-Control-Allow-Origin'? header contains multiple values '{value}', but only one is allowed`, refine: (*reading).several},
	{slug: "acao-other-origin", says: `The '?Access-Control-Allow-Origin'? header (?:in the response )?has a value '{value}' that is not equal to the supplied origin\.?`, refine: (*reading).refused},
	{slug: "acao-other-origin", says: `The '?Access-Control-Allow-Origin'? header contains '{value}'\. Must be`, refine: (*reading).refused},
	{slug: "acao-invalid-value", says: `The '?Access-Control-Allow-Origin'? header contains the invalid value '{value}'(?: \.|$)`, refine: (*reading).refused},
	{slug: wildcard, says: `(?:The value of the '?Access-Control-Allow-Origin'? header in the response )?must not be the wildcard '\*' when the request's credentials mode is 'include'`, refine: (*reading).credentialed},
	{slug: wildcard, says: `A wildcard '.' cannot be used in the 'Access-Control-Allow-Origin' header when the credentials flag is true`, refine: (*reading).credentialed},
	{slug: "acac-missing", says: `The value of the '?Access-Control-Allow-Credentials'? header in the response is '(?P<value>[^\n]*?)' which must be 'true'(?: when the request's credentials mode is 'include')?`, refine: (*reading).noCredentials},
	{slug: "acac-missing", says: `Credentials flag is 'true', but the 'Access-Control-Allow-Credentials' header is '{value}'\. It must be 'true'`, refine: (*reading).noCredentials},
	{slug: "preflight-bad-status", causes: badStatus, says: `It does not have HTTP ok status`, refine: (*reading).preflightStatus},
	{slug: "preflight-bad-status", causes: badStatus, says: `Response for preflight (?:has invalid HTTP status code {status}|does not have HTTP ok status)`, refine: (*reading).preflightStatus},
	{slug: "preflight-bad-status", causes: badStatus, says: `Invalid HTTP status code {status}`, refine: (*reading).preflightStatus},
	{slug: "preflight-redirect", causes: redirected, says: `Redirect is not allowed for a preflight request`},
	{slug: "preflight-redirect", causes: redirected, says: `Response for preflight is invalid \(redirect\)`},
	{
		slug: "redirect-after-preflight", causes: "redirect-without-cors-headers redirect-to-login " + redirected,
		says: `The request was redirected to '{first}', which is disallowed for cross-origin requests that require preflight`,
	},
	{slug: "redirect-to-unusable-url", says: `The request was redirected to a URL \('{value}'\) which has a disallowed scheme for cross-origin requests`},
	{slug: "redirect-with-userinfo", says: `Redirect location '{value}' contains a username and password`},
	{slug: "redirect-with-userinfo", says: `The request was redirected to a URL \('{value}'\) containing userinfo`},
	{slug: "method-not-allowed", says: `Method {method} is not allowed by Access-Control-Allow-Methods`, refine: (*reading).method},
	{slug: "header-not-allowed", says: `Request header field {header} is not (?:allowed by|present in the) Access-Control-Allow-Headers`, refine: (*reading).header},
	{slug: "acam-syntax-error", says: `Cannot parse Access-Control-Allow-Methods response header field`},
	{slug: "acah-syntax-error", says: `Cannot parse Access-Control-Allow-Headers response header field`},
	{slug: lnaSlug, says: `Permission was denied for this request to access the '?(?P<value>[a-z]+)'? address space`},
	{slug: lnaSlug, says: `The request client is not a secure context and the resource is in more-private address space '?(?P<value>[a-z]+)'?`},
	{slug: lnaSlug, says: `Request had (?:a|no) target IP address space`},
	{slug: lnaSlug, says: `Access-Control-Allow-Private-Network`},
	{slug: "file-origin-page", says: `Cross origin requests are only supported for (?:protocol schemes|HTTP)`, refine: (*reading).scheme},
	{slug: "unsupported-scheme", says: `Fetch API cannot load {url}\. URL scheme '(?P<value>[^'"]*)' is not supported`, refine: (*reading).scheme},
	{slug: "unsupported-scheme", says: `URL scheme '(?P<value>[^'"]*)' (?:is not supported|must be 'http' or 'https' for CORS request)`, refine: (*reading).scheme},
	{slug: "file-origin-page", causes: "null-origin-page", says: `Not allowed to load local resource: (?P<url>\S+)`},
	{slug: "same-origin-mode", says: `Fetch API cannot load (?P<url>\S+)\. Request mode is 'same-origin' but the URL's origin is not same as the request origin (?P<origin>[^'"\s]+?)\.?\b`},
	{slug: "same-origin-mode", says: `Cross origin requests are not allowed by request mode`},
	{slug: "same-origin-mode", says: `Request mode is 'same-origin' but the URL's origin is not same`},
	{slug: "authorization-not-covered-by-wildcard", says: `Authorization will not be covered by the wildcard symbol`},
	{
		slug: "mixed-content", causes: "mixed-content redirect-downgrade-mixed-content",
		says: `Mixed Content: The page at '{page}' was loaded over (?:HTTPS|a secure connection), but (?:requested|attempted to connect to) an insecure (?P<kind>[a-z ]+?) '{url}'`, refine: (*reading).mixed,
	},
	{slug: "page-csp-connect-src", says: `Refused to connect to '{url}' because it violates the following (?:document's )?Content Security Policy directive`},
	{slug: "page-csp-connect-src", says: `Connecting to '{url}' violates the following Content Security Policy directive`},
	{slug: "page-csp-connect-src", says: `Fetch API cannot load (?P<url>\S+?)\.? Refused to connect because it violates the document's Content Security Policy`},
	{slug: "page-csp-connect-src", says: `Refused to connect because it violates the document's Content Security Policy`},
	{slug: "page-csp-connect-src", says: `violates the following Content Security Policy directive: '(?:connect-src|default-src)\b[^"\n]*'[^\n]{0,60}connect-src`},
	{slug: "header-not-exposed", causes: "header-not-exposed wildcard-expose-with-credentials", says: `Refused to get unsafe header '{header}'`},
	{slug: "forbidden-request-header", says: `Refused to set unsafe header '{header}'`},
	{slug: "opaque-response-blocked", causes: "no-cors-mode-opaque html-instead-of-json", says: `Cross-Origin Read Blocking \(CORB\) blocked cross-origin response {bare}`},
	{slug: "sri-needs-crossorigin", says: `The resource '{url}' has an integrity attribute, but the resource requires the request to be CORS enabled`},
	{slug: "url-with-credentials", says: `Request cannot be constructed from a URL that includes credentials: (?P<url>\S+)`},
	{slug: "url-without-scheme", says: `Failed to (?:execute 'fetch' on '\w+': Failed to )?parse URL from (?P<url>[^\s'"]+)`},
	{slug: "invalid-request", says: `Failed to execute 'fetch' on '(?:Window|WorkerGlobalScope)': [^\n]{1,200}`},
	{slug: "no-cors-mode-opaque", says: `Request mode is 'no-cors' but the redirect mode is not 'follow'`},
}
