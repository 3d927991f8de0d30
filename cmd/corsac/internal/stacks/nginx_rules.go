package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

// nginxRules are the mistakes that people make with nginx, the worst first.
var nginxRules = []*Rule{
	nginxReflects, nginxReflectsPlain, nginxWildcardCredentials, nginxWildcardNames, nginxUnanchored, nginxStart, nginxWide, nginxDot, nginxFold, nginxNull,
	nginxSeveral, nginxTwice, nginxSlash, nginxSubdomains, nginxInvalid, nginxOwnOrigin, nginxNotTrue,
	nginxAlwaysMissing, nginxVaryMissing, nginxVaryIf, nginxNoPreflight, nginxNoPreflightFiles, nginxAuth, nginxRefusedFirst, nginxOnlyPreflight, nginxPreflightBare, nginxLastIf,
	nginxDoubled, nginxInheritance, nginxErrorPage, nginxIf, nginxEverywhere, nginxMaxAge, nginxMapCase,
	nginxFragile, nginxFewHeaders, nginxNoCredentials, nginxNoMaxAge, nginxIncludeMissing,
}

func nginxRule(id string, severity finding.Severity, cause, title, why, fix string) *Rule {
	return &Rule{ID: "nginx/" + id, Severity: severity, Cause: cause, Title: title, Why: why, Fix: fix}
}

// Who may read answers.
var (
	nginxReflects = nginxRule("reflects-any-origin", finding.Error, "",
		"Every origin is allowed, with credentials",
		"$http_origin is sent back unchecked, so any website can read what its visitors' cookies open.",
		"Compare $http_origin with the origins that you trust, in a map, and send the result of that.")
	nginxReflectsPlain = nginxRule("reflects-origin", finding.Warning, "",
		"Every origin is repeated",
		"Without credentials this allows what * allows, but answers differ by origin, and caches keep one for each.",
		"Write *, or compare $http_origin with a list in a map.")
	nginxWildcardCredentials = nginxRule("wildcard-with-credentials", finding.Error, "wildcard-origin-with-credentials",
		"* does not work with credentials",
		"Browsers refuse an answer to a request with credentials if it allows every origin.",
		"Name the origins that may send credentials, or delete the Access-Control-Allow-Credentials line.")
	nginxWildcardNames = nginxRule("wildcard-names-with-credentials", finding.Error, "wildcard-headers-with-credentials",
		"A list of * does not work with credentials",
		"With credentials, browsers take * as the name of a method or header.",
		"List the methods and headers.")
	nginxStart = nginxRule("no-start-anchor", finding.Note, "",
		"The expression for origins has no ^",
		"nginx looks for it anywhere in the origin. As it begins with a scheme, only forged origins match besides.",
		"Write ^ before the expression.")
	nginxUnanchored = nginxRule("unanchored-origin", finding.Error, "",
		"The expression for origins has no anchors",
		"nginx looks for it anywhere in the origin, so https://app.example.com.evil.example matches too.",
		"Write ^ before and $ after the expression.")
	nginxWide = nginxRule("expression-too-wide", finding.Error, "",
		"The expression for origins matches domains of others",
		"A part such as .* before or after the domain also matches a name that somebody else can register.",
		`Match whole labels before the domain: ^https://([a-z0-9-]+\.)+example\.com$.`)
	nginxDot = nginxRule("dot-not-escaped", finding.Error, "",
		"A dot in the expression for origins matches any character",
		"https://app.example.com also matches https://appxexample.com, which anybody can register.",
		`Write \. for a dot.`)
	nginxFold = nginxRule("case-insensitive-origin", finding.Note, "",
		"The expression for origins ignores case",
		"Browsers send origins in lower case, so only forged ones match besides.",
		"Write ~ for ~*.")
	nginxNull = nginxRule("null-origin", finding.Error, "acao-literal-null",
		"The origin null is allowed",
		"Any website can make a page with the origin null, in a sandboxed frame.",
		"Serve the page over http or https, and allow its origin.")
)

// What the header says.
var (
	nginxSeveral = nginxRule("several-origins", finding.Error, "acao-list-of-origins",
		"Access-Control-Allow-Origin has several origins",
		"Browsers accept one origin, or *; they refuse every other value.",
		"Choose the origin with a map on $http_origin.")
	nginxTwice = nginxRule("header-twice", finding.Error, "duplicate-acao",
		"Access-Control-Allow-Origin is sent twice",
		"Both lines apply, and browsers refuse an answer with two of the header.",
		"Delete all but one of the lines; for several origins, use a map on $http_origin.")
	nginxSlash = nginxRule("trailing-slash", finding.Error, "acao-trailing-slash",
		"The origin ends with a slash",
		"Browsers compare the header letter by letter, and origins have no slash at the end.",
		"Delete the slash.")
	nginxSubdomains = nginxRule("wildcard-in-origin", finding.Error, "acao-subdomain-wildcard",
		"The header has a wildcard in an origin",
		"Browsers know * only by itself; they take https://*.example.com literally.",
		"Match $http_origin with an expression in a map, and send $http_origin.")
	nginxInvalid = nginxRule("invalid-origin", finding.Error, "acao-invalid-value",
		"The header has a value that is not an origin",
		"Browsers compare it with the page's origin letter by letter: scheme, host in lower case, and the port unless it is the usual one.",
		"Write the origin as browsers send it, such as https://app.example.com.")
	nginxOwnOrigin = nginxRule("own-origin", finding.Warning, "acao-is-server-own-origin",
		"The header has the server's own address",
		"Requests from there need no CORS, and requests from elsewhere are refused.",
		"Name the origin of the page.")
	nginxNotTrue = nginxRule("credentials-not-true", finding.Warning, "acac-not-true",
		"Access-Control-Allow-Credentials has another value than true",
		"Browsers know only true, in lower case; everything else means no.",
		"Write true, or delete the line.")
	nginxMaxAge = nginxRule("invalid-max-age", finding.Warning, "max-age-ignored",
		"Access-Control-Max-Age is not a number of seconds",
		"Browsers ignore it, and ask again after five seconds.",
		"Write a number such as 3600.")
)

// When the headers are sent.
var (
	nginxAlwaysMissing = nginxRule("without-always", finding.Warning, "headers-only-on-success",
		"The header is not sent with errors",
		"Without always, add_header applies to 200, 201, 204, 206 and redirects only, so that pages cannot read a 401, 404, 500 or 502: browsers show a CORS error.",
		"Write always at the end of the line.")
	nginxVaryMissing = nginxRule("missing-vary", finding.Warning, "missing-vary-origin",
		"Vary: Origin is missing",
		"The answer depends on the origin. A cache that does not know gives the one for one origin to the next.",
		"Add the line add_header Vary Origin always;")
	nginxVaryIf = nginxRule("conditional-vary", finding.Warning, "conditional-cors-without-vary",
		"Vary: Origin is sent to some origins only",
		"A cache may keep the answer for others, without CORS headers, and give it to those that are allowed.",
		"Move add_header Vary Origin always; out of the if; so that nothing is lost, choose the origin with a map and have no add_header in an if.")
	nginxNoPreflight = nginxRule("no-preflight-answer", finding.Warning, "preflight-not-routed",
		"Preflights are left to the application",
		"An application without a route for OPTIONS answers 401, 404 or 405, and one that is down 502; browsers then block the request.",
		"Answer preflights in nginx: return 204 in an if.")
	nginxNoPreflightFiles = nginxRule("no-preflight-answer-for-files", finding.Error, "preflight-not-routed",
		"Preflights get 405",
		"nginx serves files to GET and HEAD only. Its 405 to OPTIONS makes browsers block the request.",
		"Answer preflights with return 204 in an if.")
	nginxAuth = nginxRule("preflight-behind-auth", finding.Error, "preflight-requires-auth",
		"Preflights must log in",
		"Browsers send preflights without credentials, so that this refuses them before the application has them.",
		"Answer preflights with return 204 in an if: that comes before authentication.")
	nginxRefusedFirst = nginxRule("preflight-refused", finding.Error, "preflight-bad-status",
		"Preflights get a status that browsers refuse",
		"The answer to a preflight must have a status from 200 to 299.",
		"Answer OPTIONS before this line, or let it apply to other methods only.")
	nginxOnlyPreflight = nginxRule("only-on-preflight", finding.Error, "cors-only-on-preflight",
		"Only preflights get the header",
		"The line is in an if about OPTIONS. The answer to the request itself needs Access-Control-Allow-Origin, too.",
		"Move the line out of the if.")
	nginxPreflightBare = nginxRule("if-drops-headers", finding.Error, "preflight-without-cors-headers",
		"The if drops the CORS headers",
		"An add_header in an if replaces all of those outside of it.",
		"Repeat the CORS lines in the if, or have no add_header in it.")
	nginxLastIf = nginxRule("last-if-wins", finding.Error, "preflight-without-cors-headers",
		"Preflights get none of the CORS headers",
		"Of several ifs that match, nginx applies only the last. That is this one, and the headers are in the others.",
		"Send the headers outside of ifs, with always: nginx leaves out those with an empty value.")
	nginxInheritance = nginxRule("inherited-headers-lost", finding.Warning, "cors-missing-on-route",
		"The CORS headers are not inherited here",
		"A block with an add_header of its own inherits none.",
		"Repeat the CORS lines in this block, or include them from a file.")
	nginxErrorPage = nginxRule("error-page-without-headers", finding.Warning, "error-response-without-cors",
		"The error page has no CORS headers",
		"error_page moves the request to another location, and the headers of that one apply.",
		"Repeat the CORS lines in the location of the error page.")
	nginxDoubled = nginxRule("upstream-headers-doubled", finding.Warning, "duplicate-acao",
		"Headers of the application are sent, too",
		"add_header does not replace the header of the application. If that sends Access-Control-Allow-Origin, browsers see two and refuse the answer, or origins get in that nginx does not allow.",
		"Hide it with proxy_hide_header Access-Control-Allow-Origin; and the same for the other CORS headers that nginx sends here.")
	nginxIf = nginxRule("if-in-location", finding.Warning, "",
		"The if has more in it than return and set",
		"nginx makes a location of it, where only a part of the settings around it applies. https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if says what is safe.",
		"Choose values with a map, and send headers outside of the if: nginx leaves out those with an empty value.")
)

// What else to know.
var (
	nginxEverywhere = nginxRule("preflight-headers-everywhere", finding.Note, "",
		"A header for preflights is sent with every answer",
		"Browsers read it in answers to preflights only, and nginx does not answer those here.",
		"Answer preflights in nginx, or delete the line.")
	nginxMapCase = nginxRule("map-ignores-case", finding.Note, "",
		"The map ignores the case of its keys",
		"Browsers send origins in lower case, so only forged ones match besides.",
		`Write an expression: "~^https://app\.example\.com$".`)
	nginxFragile = nginxRule("inheritance-is-fragile", finding.Note, "cors-missing-on-route",
		"Any add_header further in drops these headers",
		"A location or an if with an add_header of its own inherits none of these.",
		"Whoever adds one must repeat these lines; a file to include makes that easy.")
	nginxFewHeaders = nginxRule("few-request-headers", finding.Note, "header-not-allowed",
		"Only the request headers that are listed are allowed",
		"Libraries add others, such as X-Request-Id or X-Requested-With; a preflight that asks for one fails.",
		"Add those that your pages send.")
	nginxNoCredentials = nginxRule("no-credentials", finding.Note, "acac-missing",
		"Requests with cookies are refused",
		"* permits no credentials, and there is no Access-Control-Allow-Credentials.",
		"If pages send cookies or log in, name their origins and add Access-Control-Allow-Credentials true.")
	nginxNoMaxAge = nginxRule("no-max-age", finding.Note, "",
		"Browsers ask again after five seconds",
		"Without Access-Control-Max-Age, nearly every request has a preflight before it.",
		"Add add_header Access-Control-Max-Age 3600 always;")
	nginxIncludeMissing = nginxRule("include-missing", finding.Note, "",
		"The include could not be followed",
		"The file is not here, or includes itself. If it sets headers, they are not looked at, and the CORS headers around it may not be inherited.",
		"Run corsac where the file is, such as in /etc/nginx, or give it the output of nginx -T.")
)
