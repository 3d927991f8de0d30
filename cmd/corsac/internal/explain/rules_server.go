package explain

import "strings"

// serverRules are what frameworks and servers say when they refuse a request.
var serverRules = []rule{
	{slug: "origin-not-allowed", causes: "origin-not-allowed method-not-allowed header-not-allowed", says: `Invalid CORS request`},
	{slug: "origin-not-allowed", says: `Reject: '(?P<origin>[^'"\s]+)' origin is not allowed`},
	{slug: "method-not-allowed", says: `Reject: HTTP '{method}' is not allowed`},
	{slug: "header-not-allowed", says: `Reject: headers '\[?{header}[^'"]*' are not allowed`, refine: (*reading).header},
	{slug: wildcard, says: `When allowCredentials is true, allowedOrigins cannot contain the special value '\*'`},
	{slug: wildcard, says: `The CORS protocol does not allow specifying a wildcard \(any\) origin and credentials at the same time`},
	{slug: wildcard, says: `(?:allow_?origins? ?(?:=|:)? ?\[?'?\*'?\]?[^\n]{0,40}(?:with|and|when) (?:allow_?)?credentials|CORS\(resources=[^\n]{0,80}\* and supports_credentials)`},
	{slug: "origin-not-allowed", says: `Disallowed CORS (?P<value>(?:origin|method|headers)(?:, (?:origin|method|headers))*)`, refine: (*reading).starlette},
	{slug: "origin-not-allowed", says: `(?:Origin )?(?P<origin>(?:https?|capacitor|ionic)://[^\s'"]+)? ?Not allowed by CORS`},
	{slug: "origin-not-allowed", says: `CORS policy execution failed`},
	{slug: "origin-not-allowed", says: `Request origin (?P<origin>\S+) does not have permission to access the resource`},
	{slug: "method-not-allowed", says: `Request method {method} not allowed in CORS policy`},
	{slug: "header-not-allowed", says: `Request header '{header}' not allowed in CORS policy`, refine: (*reading).header},
	{slug: "origin-not-allowed", says: `origin '(?P<origin>[^'"\s]+)' not allowed`},
	{slug: "origin-not-allowed", says: `Blocking Cross Origin API request[^\n]*?Origin: (?P<origin>\S+?),? `},
	{slug: "method-not-allowed", says: `(?:Preflight aborted|Actual request no headers added): method '{method}' not allowed`},
	{slug: "header-not-allowed", says: `Preflight aborted: headers '\[?{header}[^'"]*' not allowed`, refine: (*reading).header},
	{slug: "no-cors-headers", says: `No CORS policy found for the specified request`},
	{slug: "no-cors-headers", says: `contains CORS metadata, but a middleware was not found that supports CORS`},
	{slug: "acao-missing-scheme", says: `Origin '{value}' in CORS_(?:ALLOWED_ORIGINS|ORIGIN_WHITELIST) is missing scheme or netloc`},
	{slug: "acao-has-path", says: `Origin '{value}' in CORS_(?:ALLOWED_ORIGINS|ORIGIN_WHITELIST) should not have path`},
	{slug: "csrf-origin-check-failed", says: `Origin checking failed - (?P<origin>[^\s'"]+) does not match any trusted origins`},
	{slug: "csrf-origin-check-failed", says: `(?:Referer checking failed|CSRF verification failed|CSRF Failed: )`},
	{slug: "csrf-origin-check-failed", says: `HTTP Origin header \((?P<origin>[^)\s]+)\) didn't match request\.base_url`},
	{slug: "csrf-origin-check-failed", says: `(?:InvalidAuthenticityToken|Can't verify CSRF token authenticity|CSRF token mismatch|invalid csrf token|TokenMismatchException)`},
	{slug: "csrf-origin-check-failed", says: `Cross-site POST form submissions are forbidden`},
	{slug: "host-header-rejected", says: `Invalid HTTP_HOST header: '{value}'`},
	{slug: "host-header-rejected", says: `Blocked hosts?: (?P<value>\S+)`},
	{slug: "host-header-rejected", says: `Blocked request\. This host \('{value}'\) is not allowed`},
	{slug: "host-header-rejected", says: `Invalid Host(?:/Origin)? header`},
	{slug: "websocket-origin-rejected", says: `request origin not allowed by Upgrader\.CheckOrigin`},
	{slug: "websocket-origin-rejected", says: `request Origin '(?P<origin>[^'"]*)' is not authorized for Host`},
	{slug: "websocket-origin-rejected", says: `(?:Request origin not allowed: (?P<origin>\S+)|Cross origin websockets not allowed|Could not check origin for Phoenix\.Socket transport)`},
	{slug: "headers-already-sent", says: `headers already sent`},
	{slug: "headers-already-sent", says: `Cannot set headers after they are sent`},
	{slug: "preflight-not-routed", says: `\{ ?'message' ?: ?'Missing Authentication Token' ?\}`},
	{slug: "storage-cors-rule-missing", says: `CorsPreflightFailure`},
	{slug: "storage-cors-rule-missing", says: `CORSResponse: (?:This CORS request is not allowed|CORS is not enabled for this bucket)`},
	{slug: "storage-cors-rule-missing", says: `This CORS request is not allowed\. This is usually because the evalution of Origin`},
	{slug: "server-error-without-cors", says: `Exception in ASGI application`},
	{slug: "blocked-by-bot-protection", says: `(?:<title>Just a moment\.\.\.|Attention Required! \| Cloudflare|cf-mitigated: challenge)`},
	{slug: "preflight-bad-status", causes: badStatus, says: `(?:'| )OPTIONS (?P<url>\S+) HTTP/[0-9.]+'? (?P<status>[345][0-9]{2})\b`, refine: (*reading).logged},
}

// starlette decides by which of the three Starlette refuses.
func (r *reading) starlette() {
	all := map[string]string{"origin": "origin-not-allowed", "method": "method-not-allowed", "headers": "header-not-allowed"}
	var causes []string
	for what := range strings.SplitSeq(strings.ToLower(r.value()), ",") {
		causes = append(causes, all[strings.TrimSpace(what)])
	}
	r.Value = nil
	r.is(causes[0], causes...)
}

// logged decides about a preflight in an access log, whose URL is only a path.
func (r *reading) logged() {
	r.preflightStatus()
	if !strings.Contains(r.URL, "://") {
		r.URL = ""
	}
}

// gatewayRules are the errors that proxies log or respond with.
var gatewayRules = []rule{
	{slug: "payload-too-large-without-cors", says: `client intended to send too large body`},
	{slug: "payload-too-large-without-cors", says: `413 (?:Request Entity|Payload|Content) Too Large`},
	{slug: "rate-limited-without-cors", says: `limiting requests, excess`},
	{slug: "rate-limited-without-cors", says: `429 Too Many Requests`},
	{slug: "http-to-https-port", says: `plain HTTP request (?:was sent )?to (?:an )?HTTPS (?:port|server)`},
	{slug: "http-to-https-port", says: `client sent an HTTP request to an HTTPS server`},
	{slug: "gateway-error-without-cors", says: `connect\(\) (?:to \S+ )?failed \([0-9]+: [^\n)]{1,80}\) while connecting to upstream`},
	{slug: "gateway-error-without-cors", says: `upstream (?:timed out|prematurely closed connection|sent (?:too big|invalid|no valid|unexpected|duplicate) )`},
	{slug: "gateway-error-without-cors", says: `(?:no live upstreams|no healthy upstream|upstream connect error or disconnect/reset before headers|host not found in upstream)`},
	{slug: "gateway-error-without-cors", says: `AH0111[0-9]: `},
	{slug: "gateway-error-without-cors", says: `(?:502 Bad Gateway|503 Service (?:Temporarily )?Unavailable|504 Gateway Time-?out)`},
	{slug: "gateway-error-without-cors", says: `http\.log\.error[^\n]{0,120}dial tcp`},
	{slug: "gateway-error-without-cors", says: `reverseproxy: [^\n]{0,80}(?:no upstreams available|refused)`},
}
