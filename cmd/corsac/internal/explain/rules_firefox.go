package explain

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
)

// columnRules are the words of the network panels of Firefox and Chrome, and the
// names of the same errors in Firefox's documentation and Chrome's protocol.
var columnRules = []rule{
	{slug: "acao-missing", says: `\b(?:CORS ?Missing ?Allow ?Origin|(?P<preflight>Preflight)?MissingAllowOriginHeader)\b`, refine: (*reading).missing},
	{slug: "acao-other-origin", causes: "acao-other-origin cached-for-other-origin origin-not-allowed", says: `\b(?:CORS ?Allow ?Origin ?Not ?Matching ?Origin|(?:Preflight)?AllowOriginMismatch)\b`},
	{slug: "acao-invalid-value", says: `\b(?:Preflight)?InvalidAllowOriginValue\b`},
	{slug: "duplicate-acao", causes: "duplicate-acao acao-list-of-origins", says: `\b(?:CORS ?Multiple ?Allow ?Origin ?Not ?Allowed|(?:Preflight)?MultipleAllowOriginValues)\b`},
	{slug: wildcard, says: `\b(?:CORS ?Not ?Supporting ?Credentials|(?:Preflight)?WildcardOriginNotAllowed)\b`, refine: (*reading).credentialed},
	{slug: "acac-missing", causes: "acac-missing acac-not-true", says: `\b(?:CORS ?Missing ?Allow ?Credentials|(?:Preflight)?InvalidAllowCredentials)\b`, refine: (*reading).credentialed},
	{slug: "preflight-bad-status", causes: badStatus, says: `\b(?:CORS ?Preflight ?Did ?Not ?Succeed|PreflightInvalidStatus)\b`, refine: (*reading).preflightStatus},
	{slug: "preflight-redirect", causes: redirected, says: `\bPreflightDisallowedRedirect\b`},
	{slug: "method-not-allowed", causes: "method-not-allowed method-case-mismatch wildcard-methods-with-credentials", says: `\b(?:CORS ?Method ?Not ?Found|MethodDisallowedByPreflightResponse)\b`},
	{slug: "header-not-allowed", causes: "header-not-allowed wildcard-headers-with-credentials acah-missing", says: `\b(?:CORS ?Missing ?Allow ?Header(?: ?From ?Preflight)?|HeaderDisallowedByPreflightResponse)\b`},
	{slug: "acam-syntax-error", says: `\b(?:CORS ?Invalid ?Allow ?Method|InvalidAllowMethodsPreflightResponse)\b`},
	{slug: "acah-syntax-error", says: `\b(?:CORS ?Invalid ?Allow ?Header|InvalidAllowHeadersPreflightResponse)\b`},
	{slug: "redirect-after-preflight", causes: "redirect-without-cors-headers redirect-to-login " + redirected, says: `\bCORS ?External ?Redirect ?Not ?Allowed\b`},
	{slug: "file-origin-page", causes: "null-origin-page", says: `\bCORS ?Request ?Not ?HTTP\b`},
	{slug: lnaSlug, says: `\b(?:LocalNetworkAccessPermissionDenied|InsecureLocalNetwork|InsecurePrivateNetwork|Preflight(?:Missing|Invalid)AllowPrivateNetwork)\b`},
	{slug: generic, causes: "connection-refused tls-untrusted-certificate dns-failure blocked-by-extension", says: `\bCORS ?(?:Did ?Not ?Succeed|Failed)\b`},
	{slug: "mixed-content", causes: "mixed-content redirect-downgrade-mixed-content", says: `\bblocked:mixed-content\b`},
	{slug: "page-csp-connect-src", says: `\bblocked:csp\b`},
	{slug: "corp-same-origin", causes: "corp-same-origin coep-requires-corp", says: `\bblocked:(?:corp-not-same-origin|NotSameOrigin)`},
}

// firefoxRules are the messages of Firefox. The last ones are for interfaces in
// other languages, which keep the names of headers and their values.
var firefoxRules = []rule{
	{slug: "acao-missing", says: `CORS header '?Access-Control-Allow-Origin'? missing`, refine: (*reading).missing},
	{slug: "acao-other-origin", says: `CORS header '?Access-Control-Allow-Origin'? does not match '{value}'(?: \)|\.| \n|$)`, refine: (*reading).refused},
	{slug: "duplicate-acao", says: `Multiple CORS header '?Access-Control-Allow-Origin'? not allowed`},
	{slug: wildcard, says: `Credential is not supported if the CORS header '?Access-Control-Allow-Origin'? is '?\*`, refine: (*reading).credentialed},
	{slug: "acac-missing", causes: "acac-missing acac-not-true", says: `expected 'true' in CORS header '?Access-Control-Allow-Credentials'?`, refine: (*reading).credentialed},
	{slug: "preflight-bad-status", causes: badStatus, says: `CORS preflight (?:channel|response) did(?: not|n't) succeed`, refine: (*reading).preflightStatus},
	{slug: "method-not-allowed", causes: "method-not-allowed method-case-mismatch wildcard-methods-with-credentials", says: `Did not find method in CORS header '?Access-Control-Allow-Methods'?`},
	{slug: "acam-syntax-error", says: `invalid token '{value}' in CORS header '?Access-Control-Allow-Methods'?`},
	{slug: "acah-syntax-error", says: `invalid token '{value}' in CORS header '?Access-Control-Allow-Headers'?`},
	{slug: "header-not-allowed", says: `header '{header}' is not allowed according to header '?Access-Control-Allow-Headers'?`, refine: (*reading).header},
	{slug: "header-not-allowed", says: `missing token '{header}' in CORS header '?Access-Control-Allow-Headers'?`, refine: (*reading).header},
	{
		slug: "redirect-after-preflight", causes: "redirect-without-cors-headers redirect-to-login " + redirected,
		says: `CORS request external redirect not allowed`,
	},
	{slug: "file-origin-page", says: `CORS request not https?`, refine: (*reading).scheme},
	{slug: generic, causes: "connection-refused tls-untrusted-certificate dns-failure blocked-by-extension blocked-unsafe-port", says: `CORS request (?:did not succeed|failed)`},
	{slug: "authorization-not-covered-by-wildcard", says: `Access-Control-Allow-Headers is '?\*'?, the '?Authorization'? header is not covered`},
	{slug: "cookie-samesite-blocks-cross-site", says: `Cookie '{cookie}' has been rejected because it is in a cross-site context and its 'SameSite' is`},
	{slug: "cookie-samesite-none-without-secure", says: `Cookie '{cookie}' [^\n]{0,60}?rejected because it has the 'SameSite=None' attribute but is missing the 'secure' attribute`},
	{slug: "third-party-cookies-blocked", says: `Cookie '{cookie}' (?:has been|will soon be) rejected because it is foreign and does not have the 'Partitioned`},
	{slug: "mixed-content", causes: "mixed-content redirect-downgrade-mixed-content", says: `Blocked loading mixed active content '{url}'`},
	{slug: "page-csp-connect-src", says: `The page's settings blocked the loading of a resource \((?:connect-src|default-src)\) at {bare}`},
	{slug: "page-csp-connect-src", says: `The page's settings blocked the loading of a resource at {bare} \('?(?:connect-src|default-src)`},
	{slug: "corp-same-origin", causes: "corp-same-origin coep-requires-corp", says: `The resource at '{url}' was blocked due to its Cross-Origin-Resource-Policy header`},
	{slug: "opaque-response-blocked", causes: "no-cors-mode-opaque html-instead-of-json", says: `The resource at '{url}' was blocked by OpaqueResponseBlocking`},
	{slug: "opaque-response-blocked", causes: "no-cors-mode-opaque html-instead-of-json", says: `A resource is blocked by OpaqueResponseBlocking`},
	{slug: "sri-needs-crossorigin", says: `'?(?P<url>[^\s'"]+)'? is not eligible for integrity checks since it's neither CORS-enabled nor same-origin`},
	{slug: "font-needs-cors", causes: "no-cors-headers", says: `downloadable font: download failed [^\n]{0,200}?bad URI or cross-site access not allowed(?: source: (?P<url>\S+))?`},
	{slug: "url-with-credentials", says: `(?P<url>[^\s'"]+) is an url with embedded credentials`},
	{slug: "forbidden-request-header", says: `Attempt to set a forbidden header was denied: {header}`},
	{slug: "canvas-tainted", says: `The canvas has been tainted by cross-origin data`},

	{slug: generic, causes: "connection-refused tls-untrusted-certificate dns-failure blocked-by-extension", says: `\bCORS\b[^:：]{0,40}[:：] \(null\)`},
	{slug: "file-origin-page", causes: "null-origin-page", says: `(?P<url>file://\S+?)\.? .{0,60}?\bCORS\b[^:：]{0,40}\bhttps?\b`},
	{slug: "duplicate-acao", says: `\b(?:mehrere|multiples?|múltiplas|múltiples|varios|più|несколько|複数|多个|meerdere)[^'"]{0,60}'Access-Control-Allow-Origin'`},
	{slug: wildcard, says: `CORS[^"]{0,60}'Access-Control-Allow-Origin'[^'"]{0,40}'\*'`, refine: (*reading).credentialed},
	{slug: "acac-missing", causes: "acac-missing acac-not-true", says: `'true'[^"]{0,80}'Access-Control-Allow-Credentials'`, refine: (*reading).credentialed},
	{slug: "acac-missing", causes: "acac-missing acac-not-true", says: `CORS[^"]{0,60}'Access-Control-Allow-Credentials'[^"]{0,60}'true'`, refine: (*reading).credentialed},
	{slug: "acao-other-origin", says: `CORS[^'"]{0,40}'Access-Control-Allow-Origin'[^'".)）。]{0,60}'(?P<value>[^'"]+)'`, refine: (*reading).refused},
	{slug: "acao-missing", says: `CORS[^'"]{0,40}'Access-Control-Allow-Origin'`, refine: (*reading).missing},
	{slug: "acao-missing", says: `'Access-Control-Allow-Origin'[^'"]{0,40}CORS`, refine: (*reading).missing},
	{slug: "header-not-allowed", says: `'(?P<value>[^'"]{1,200})'[^"]{0,80}'Access-Control-Allow-Headers'`, refine: (*reading).translatedHeader},
	{slug: "acam-syntax-error", says: `(?:token|jeton|токен|トークン)[^'"]{0,40}'{value}'[^'"]{0,60}'Access-Control-Allow-Methods'`},
	{slug: "method-not-allowed", causes: "method-not-allowed method-case-mismatch wildcard-methods-with-credentials", says: `CORS[^'"]{0,60}'Access-Control-Allow-Methods'`},
}

// token is the word for a token in the languages of Firefox.
var token = lazyregexp.New(`(?i)(?:token|jeton|токен|トークン)`)

// translatedHeader distinguishes a header that is not allowed from a list that
// cannot be parsed.
func (r *reading) translatedHeader() {
	if token.MatchString(r.before[max(0, len(r.before)-60):]) {
		r.is("acah-syntax-error")
		return
	}
	r.Header, r.Value = strings.TrimSpace(r.value()), nil
	r.header()
}
